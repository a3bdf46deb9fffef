"""Finding the variant of a line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oomlog.grammar import Matcher, default_grammar

MATCHER = Matcher(default_grammar())


@pytest.mark.parametrize(
    "line",
    [
        "", " ", "Started Session 4 of user root.", "usb 1-9: USB disconnect, device number 5", "memory: 12",
        "session-2.scope: Killing process 943 (lightdm) with signal SIGKILL.", "Memory used: 12kB", "anon 12",
    ],
)  # fmt: skip
def test_other_lines_match_nothing(line: str) -> None:
    """Lines that are not about OOM give no match."""
    assert MATCHER.match(line) is None


def test_generic_shapes_need_the_right_line_before_them() -> None:
    """A word and a number are a statistic only below the head of the statistics."""
    assert MATCHER.match("anon 443244544") is None
    for after in ("memcg.stats_head", "memcg.stat"):
        match = MATCHER.match("anon 443244544", after)
        assert match is not None
        assert (match.id, match.fields) == ("memcg.stat", {"name": "anon", "value": 443244544})
    row = MATCHER.match("bio-88    64KB    64KB", "slab.columns")
    assert row is not None
    assert row.section == "slab"


def test_the_spelling_found_last_is_asked_first() -> None:
    """Reordering after a match changes the speed and nothing else."""
    matcher = Matcher(default_grammar())
    old = "Killed process 5928 (apache2)"
    new = "Killed process 472 (x) total-vm:904kB, anon-rss:28kB, file-rss:0kB, shmem-rss:0kB"
    for line, expected in [(old, "kill.killed_bare"), (new, "kill.killed")] * 3:
        match = matcher.match(line)
        assert match is not None
        assert expected == match.id


def test_hostile_name_with_a_newline() -> None:
    """A name that begins a new line inside the record stays a name."""
    match = MATCHER.match("\nOut of memory: invoked oom-killer: gfp_mask=0x201da, order=0, oom_score_adj=0")
    assert match is not None
    assert match.fields["comm"] == "\nOut of memory:"


def test_escaped_bytes_count_as_one() -> None:
    r"""Fifteen bytes printed as \xNN are a whole name."""
    comm = "\\xf0\\x9f" * 7 + "a"
    match = MATCHER.match(f"Killed process 1 ({comm}) total-vm:1kB, anon-rss:2kB, file-rss:3kB")
    assert match is not None
    assert comm == match.fields["comm"]


def test_sixteen_characters_are_no_name() -> None:
    """A name longer than the kernel allows is not taken for one."""
    assert MATCHER.match(f"{'a' * 16} invoked oom-killer: gfp_mask=0x201da, order=0, oom_score_adj=0") is None


@given(st.text(max_size=400), st.sampled_from([None, "memcg.stat", "slab.row", "mem_info.head"]))
def test_any_text_is_answered(text: str, after: str | None) -> None:
    """No text raises."""
    MATCHER.match(text, after)


@given(st.text(max_size=100))
def test_candidates_hold_every_variant_that_matches(text: str) -> None:
    """The quick search leaves out no variant that would match."""
    for lead in ("", "Killed process 1 (", "oom_reaper: reaped process ", "1 pages "):
        line = lead + text
        ids = {variant.id for variant in MATCHER.candidates(line)}
        generic = {variant.id for variant in MATCHER.grammar.variants if variant.only_after}
        assert {match.id for match in MATCHER.match_all(line)} <= ids | generic
