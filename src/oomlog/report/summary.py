"""What was read, in sentences: the line under the table, ``--stats``, and the problems."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from oomlog.model import Note, OomEvent, Problem
from oomlog.report.escape import clip, escape

__all__ = ["FileTally", "Tally", "counted", "problem_line", "stats_lines", "summary"]

_CUT = 120


@dataclass(slots=True)
class FileTally:
    """Counts for one log."""

    name: str
    lines: int = 0
    events: int = 0
    kills: int = 0
    problems: int = 0
    skipped_lines: int = 0
    callbacks_suppressed: int = 0
    messages_dropped: int = 0


@dataclass(slots=True)
class Tally:
    """Counts for one run.

    :param keep: How many problems and notes to keep; the rest is only counted.
    :param decode: Whether to look into the reports, which costs time; otherwise only events and kills
        are counted.
    """

    keep: int
    decode: bool
    files: list[FileTally] = field(default_factory=list)
    found: int = 0
    """Events read, wanted or not."""
    problems: list[tuple[str, Problem]] = field(default_factory=list)
    notes: list[tuple[str, Note]] = field(default_factory=list)

    @property
    def events(self) -> int:
        """Return how many events were wanted."""
        return sum(file.events for file in self.files)

    @property
    def kills(self) -> int:
        """Return how many processes the wanted events killed."""
        return sum(file.kills for file in self.files)

    @property
    def lines(self) -> int:
        """Return how many lines were read."""
        return sum(file.lines for file in self.files)

    @property
    def problem_count(self) -> int:
        """Return how many lines could not be understood."""
        return sum(file.problems for file in self.files)

    def add(self, event: OomEvent) -> None:
        """Count a wanted event of the last file."""
        file = self.files[-1]
        file.events += 1
        file.kills += len(event.kills)
        if not self.decode:
            return
        details = event.details
        file.skipped_lines += details.skipped_lines
        file.callbacks_suppressed += details.callbacks_suppressed or 0
        file.messages_dropped += details.messages_dropped or 0
        for problem in event.problems:
            self.add_problem(event.source, problem)
        self.notes += [(event.source, note) for note in event.notes[: max(0, self.keep - len(self.notes))]]

    def add_problem(self, source: str, problem: Problem) -> None:
        """Count a line of the last file that could not be understood."""
        self.files[-1].problems += 1
        if len(self.problems) < self.keep:
            self.problems.append((source, problem))


def counted(number: int, what: str) -> str:
    """Return a number with its noun.

    >>> counted(1, "kill"), counted(2000, "kill")
    ('1 kill', '2,000 kills')
    """
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def summary(tally: Tally, seconds: float, *, listed: bool = False) -> str:
    """Return the line under the table.

    :param listed: The problems are shown elsewhere; otherwise it is said how to see them.

    >>> summary(Tally(0, True, [FileTally("kern.log", lines=1200, events=1, kills=2)], 1), 0.5)
    '1 event, 2 kills in 1 file (1,200 lines, 0.50 s), 0 problems'
    """
    files = counted(len(tally.files), "file")
    read = f"({counted(tally.lines, 'line')}, {seconds:.2f} s)"
    problems = counted(tally.problem_count, "problem")
    if tally.problem_count and not listed:
        problems += " (--stats tells more)"
    if tally.events:
        text = (
            f"{counted(tally.events, 'event')}, {counted(tally.kills, 'kill')} in {files} {read}, {problems}"
        )
        return text if tally.events == tally.found else f"{text}; {tally.found - tally.events:,} filtered out"
    if tally.found:
        return f"No OOM event in {files} {read} fits the filters; {tally.found:,} filtered out"
    return f"No OOM event found in {files} {read}" + (f", {problems}" if tally.problem_count else "")


def problem_line(source: str, problem: Problem) -> str:
    """Return where the problem is, what was expected there and the text, escaped and cut.

    >>> problem_line("kern.log", Problem(7, "pid -", "pid:int"))
    'kern.log:7: expected pid:int: pid -'
    """
    expected = escape(problem.expected) if problem.expected else "a known line"
    found = f": {clip(problem.text, _CUT)}" if problem.text else ""
    return f"{escape(source)}:{problem.line}: expected {expected}{found}"


def stats_lines(tally: Tally) -> Iterator[str]:
    """Yield what ``--stats`` prints."""
    for file in tally.files:
        counts = [
            counted(file.lines, "line"),
            counted(file.events, "event"),
            counted(file.kills, "kill"),
            counted(file.problems, "problem"),
        ]
        extra = [
            (file.skipped_lines, "line", " of other subsystems inside reports"),
            (file.callbacks_suppressed, "message", " suppressed by rate limits"),
            (file.messages_dropped, "message", " dropped"),
        ]
        counts += [counted(number, what) + tail for number, what, tail in extra if number]
        yield f"{escape(file.name)}: {', '.join(counts)}"
    problems = [problem_line(source, problem) for source, problem in tally.problems]
    yield from _listed("Problems", problems, tally.problem_count)
    notes = [f"{escape(s)}:{n.line}: {escape(n.source)}: {clip(n.text, _CUT)}" for s, n in tally.notes]
    yield from _listed("Notes by other programs", notes, len(notes))


def _listed(title: str, lines: Sequence[str], total: int) -> Iterator[str]:
    if not lines:
        return
    yield f"{title}:"
    yield from (f"  {line}" for line in lines)
    if total > len(lines):
        yield f"  ... and {total - len(lines):,} more"
