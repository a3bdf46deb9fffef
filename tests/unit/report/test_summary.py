"""What is said about a run."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from oomlog.model import Details, Note, OomEvent, Problem
from oomlog.report.summary import FileTally, Tally, problem_line, stats_lines, summary

MakeEvent = Callable[..., OomEvent]


@pytest.mark.parametrize(
    ("tally", "said"),
    [
        (Tally(0, True), "No OOM event found in 0 files (0 lines, 1.00 s)"),
        (
            Tally(0, True, [FileTally("a", 1, 1, 1, 1)], 1),
            "1 event, 1 kill in 1 file (1 line, 1.00 s), 1 problem (--stats tells more)",
        ),
        (
            Tally(0, True, [FileTally("a", 9_000, 1, 2), FileTally("b", 1_000)], 3),
            "1 event, 2 kills in 2 files (10,000 lines, 1.00 s), 0 problems; 2 filtered out",
        ),
    ],
)
def test_summary(tally: Tally, said: str) -> None:
    """One line says what was found, in the singular where it is one."""
    assert summary(tally, 1.0) == said


def test_stats(make_event: MakeEvent) -> None:
    """The counts of each file, then every problem and note, escaped and cut."""
    details = Details(
        skipped_lines=2,
        callbacks_suppressed=30,
        messages_dropped=1,
        problems=(Problem(3, "\x1b" * 99, "pid:int"),),
    )
    tally = Tally(10, True, [FileTally("kern\n.log", lines=7)])
    tally.add(make_event(details, source="kern\n.log", notes=(Note(9, "systemd", "killed\n"),)))
    first, *rest = stats_lines(tally)
    assert first == (
        r"kern\x0a.log: 7 lines, 1 event, 1 kill, 1 problem, 2 lines of other subsystems inside reports, "
        "30 messages suppressed by rate limits, 1 message dropped"
    )
    assert rest[0] == "Problems:"
    assert rest[1] == r"  kern\x0a.log:3: expected pid:int: " + r"\x1b" * 29 + r"\..."
    assert rest[2:] == ["Notes by other programs:", r"  kern\x0a.log:9: systemd: killed\x0a"]


def test_problems_beyond_what_is_kept_are_counted(make_event: MakeEvent) -> None:
    """A damaged log of any size costs no memory, and the number stays right."""
    tally = Tally(2, True, [FileTally("a")])
    for line in range(5):
        tally.add_problem("a", Problem(line, "x"))
    assert tally.problem_count == 5
    assert [*stats_lines(tally)][-1] == "  ... and 3 more"


def test_problem_without_text() -> None:
    """A problem without text or expectation is still a sentence."""
    assert problem_line("a", Problem(1, "", None)) == "a:1: expected a known line"


def test_nothing_is_decoded_unless_asked(make_event: MakeEvent) -> None:
    """Counting events and kills leaves the reports closed."""

    def decode() -> Details:
        raise AssertionError("decoded")

    tally = Tally(0, False, [FileTally("a")])
    tally.add(make_event(decode=decode))
    assert (tally.events, tally.kills) == (1, 1)
