"""How far a line follows a variant, and what can be trusted in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oomlog.grammar import Diagnosis, Matcher, default_grammar, diagnose, read_files

GRAMMAR = default_grammar()
MATCHER = Matcher(GRAMMAR)
KILLED = (
    "Out of memory: Killed process 649 (fio) total-vm:216868kB, anon-rss:896kB, file-rss:128kB, "
    "shmem-rss:2176kB, UID:0 pgtables:100kB oom_score_adj:0"
)


def look(text: str, variant: str = "kill.killed", *, at_end: bool = True) -> Diagnosis:
    """The diagnosis of one variant."""
    return diagnose(GRAMMAR.by_id[variant], text, at_end=at_end)


def test_fields_before_the_cut_are_kept() -> None:
    """Values with their unit are complete; the column and what is missing there are said."""
    result = look(KILLED[: KILLED.index("file-rss") + 4])
    assert result.fields == {
        "message": "Out of memory",
        "pid": 649,
        "comm": "fio",
        "total_vm_kb": 216868,
        "anon_rss_kb": 896,
    }
    assert (result.column, result.expected) == (KILLED.index("file-rss") + 5, '" file-rss:"')
    assert result.usable


def test_number_at_the_cut_is_not_trusted() -> None:
    """Digits may be missing from a number that touches the end of the text, unless it is zero."""
    cut = KILLED[: KILLED.index("kB, anon")]
    assert "total_vm_kb" not in look(cut).fields
    cut = KILLED[: KILLED.index(" pgtables")]
    assert look(cut).fields["uid"] == 0
    cut = cut.replace("UID:0", "UID:100")
    assert "uid" not in look(cut).fields
    assert look(cut, at_end=False).fields["uid"] == 100
    assert look(cut + " ").fields["uid"] == 100
    assert look(cut + "   [7/972]").fields["uid"] == 100


def test_damage_in_the_middle() -> None:
    """A letter lost in the middle costs the fields behind it, and none before."""
    result = look(KILLED.replace("oom_score_adj:0", "oom_score_a0"))
    assert result.fields["pgtables_kb"] == 100
    assert result.expected == '" oom_score_adj:"'
    assert "oom_score_adj" not in result.fields


def test_name_needs_more_than_a_bracket() -> None:
    """The bracket after a name may belong to the name, so it is no proof that the name is complete."""
    line = "oom_reaper: reaped process 4503 ((sd-pam)), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB"
    for size in range(len(line)):
        comm = look(line[:size], "reaper.reaped").fields.get("comm", "(sd-pam)")
        assert comm == "(sd-pam)", line[:size]


@pytest.mark.parametrize("variant", [v for v in GRAMMAR.variants if v.fields], ids=lambda v: v.id)
def test_cutting_a_sample_invents_nothing(variant: object) -> None:
    """Cut anywhere, a line keeps only values that the whole line has, and every cut is answered."""
    sources = {source.variant.id: source for file in read_files() for source in file.variants}
    source = sources[variant.id]  # type: ignore[attr-defined]
    for sample in source.samples:
        if "hostile" in sample.note:
            continue  # a name made to look cut is exactly that
        whole = source.variant.read(sample.line)
        assert whole is not None
        for size in range(len(sample.line)):
            result = diagnose(source.variant, sample.line[:size])
            for key, value in result.fields.items():
                if key in ("pairs", "stats", "counters", "free_list", "numbers"):
                    continue
                assert whole[key] == value, (sample.line[:size], key)


def test_whole_line_reaches_its_end() -> None:
    """A line that matches is followed to its end, with all fields but those that touch it."""
    line = KILLED[:-1] + "300"
    result = look(line)
    assert result.expected == "end of line"
    assert len(line) + 1 == result.column
    assert "oom_score_adj" not in result.fields
    assert look(line, at_end=False).fields["oom_score_adj"] == 300


def test_best_variant_of_a_cut_line() -> None:
    """Of all variants the one that gets furthest is chosen."""
    result = MATCHER.diagnose(KILLED[: KILLED.index("pgtables")])
    assert result is not None
    assert result.variant.id == "kill.killed"


def test_nothing_resembles_an_ordinary_line() -> None:
    """A line that has nothing of any variant gets no diagnosis."""
    assert MATCHER.diagnose("Started Session 4 of user root.") is None


def test_required_fields_make_a_cut_line_usable() -> None:
    """A kill line without its pid is worth nothing."""
    assert not look("Out of memory: Killed pro").usable
    assert look(KILLED[:60]).usable


@given(st.text(max_size=200))
def test_any_text_is_answered(text: str) -> None:
    """No text raises, for any variant."""
    for variant in GRAMMAR.variants:
        diagnose(variant, text)
    MATCHER.diagnose(text)
