"""What is told of lines by their looks."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from oomlog.events.looks import STATISTIC
from oomlog.grammar import Matcher, default_grammar, read_files

MATCHER = Matcher(default_grammar())
NAMES = st.text("abcdefghijklmnopqrstuvwxyz_0123456789", min_size=1, max_size=40)
COUNTS = st.integers(0, 10**18)


def test_no_line_of_another_variant_looks_like_a_statistic() -> None:
    """A line below a statistic may be looked at as one first, and nothing else is lost."""
    samples = [
        (source.variant.id, sample.line)
        for file in read_files()
        for source in file.variants
        for sample in source.samples
    ]
    assert {name for name, line in samples if STATISTIC.match(line.strip())} == {"memcg.stat"}


@given(NAMES, COUNTS)
def test_the_grammar_reads_the_usual_form_of_a_statistic_alike(name: str, value: int) -> None:
    """What is read without asking the grammar is what the grammar would have read, and only there."""
    line = f"{name} {value}"
    quick, asked = STATISTIC.match(line), MATCHER.match(line, "memcg.stat")
    assert quick is not None and asked is not None
    assert asked.id == "memcg.stat"
    assert asked.fields == {"name": quick[1], "value": int(quick[2])}
    assert MATCHER.match(line) is None
