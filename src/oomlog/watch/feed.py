"""Blocks of a followed log to events, each as soon as it is complete, with the place to read it from again.

A report is complete when nothing came for a while; how long is decided here.  The time that counts is this
machine's, and only while the log has been read to its end: a backlog is cut into events by its lines alone.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from time import monotonic
from typing import NamedTuple

from oomlog.events.find import Finder, Unfinished
from oomlog.events.parse import Options, shared_matcher
from oomlog.events.report import Report
from oomlog.lines.stamps import Clock
from oomlog.lines.tape import Tape, scan_blocks
from oomlog.model import OomEvent
from oomlog.watch.control import Control
from oomlog.watch.follower import NOTHING, Block, Follower, Position, Token

__all__ = ["END_S", "SILENCE_S", "Feed", "Found"]

SILENCE_S = 10.0
"""A report without an end is given up when the whole log is silent for so long ..."""
END_S = 60.0
"""... or so long after its first line, whatever else is logged.  A slow console holds the log up, too."""
_MOST = 5
"""Kills that keep coming hold an event back for so many times the settling time, no longer."""


class Found(NamedTuple):
    """An event, and where to go on reading to find it once more."""

    event: OomEvent
    position: Position | None
    start: int
    """Offset in everything read in this run."""


class _StoppedError(Exception):
    """The watch ends while reports are open; they are read again next time."""


class Feed:
    """Reads one follower.

    :param settle_s: How long to wait for the reaper and for further victims of a group.
    """

    def __init__(
        self,
        follower: Follower,
        control: Control,
        options: Options,
        *,
        settle_s: float,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self.follower = follower
        self.forged = 0
        """Events left out because somebody else than the kernel wrote them."""
        self._long_lines = 0
        self._control = control
        self._options = options
        self._settle_s = settle_s
        self.before_read: Callable[[bool], None] = lambda caught_up: None
        """Called before anything more is read, with whether everything was."""
        self._clock = clock
        self._blocks = follower.blocks()
        self._next: Block | None = None
        self._offsets: list[int] = []
        self._tokens: list[Token] = []
        self._total = 0
        self._base = 0
        self._finder: Finder | None = None
        self._heard = self._changed = clock()
        self._seen: tuple[int, int] = (0, 0)
        self._oldest: dict[str, tuple[Report, float]] = {}

    def found(self) -> Iterator[Found]:
        """Yield events until the log ends or the watch is stopped."""
        before: Unfinished | None = None
        line = 1
        try:
            self._next = next(self._blocks, None)
            while self._next is not None:
                number, first = self._next.line, b"" if before is None else before.data
                tape = Tape(
                    scan_blocks(self._segment(first)),
                    first_line=(line if number is None else number) - (0 if before is None else before.lines),
                )
                carried = before if first else None
                finder = Finder(
                    tape, shared_matcher(), self._times(), source=self.follower.name, before=carried
                )
                finder.unfinished = Unfinished()
                self._base, self._finder = self._total - len(first), finder
                yield from self._events(finder)
                line = 1 if number is not None else line + tape.lines_read
                self._long_lines += len(finder.long_lines)
                finder.long_lines.clear()
                before = finder.unfinished
            if before is not None and before.data:
                tape = Tape(scan_blocks([before.data]), first_line=before.first_no)
                last = Finder(tape, shared_matcher(), self._times(), source=before.source)
                self._base, self._finder = self._total - len(before.data), last
                yield from self._events(last)
        except _StoppedError:
            pass

    def _times(self) -> Clock:
        return Clock(self._options.year, datetime.now(UTC), self._options.tz)

    def _events(self, finder: Finder) -> Iterator[Found]:
        for report in finder.reports():
            if report.forged:  # somebody else wrote the kernel's words: no kill to tell of
                self.forged += 1
                continue
            start = self._base + max(0, report.needed_from)
            event = report.finish(finder.matcher, proven=self.follower.proven)
            yield Found(event, self.position_at(start), start)

    @property
    def settled(self) -> int:
        """Return the offset from which on events may still be found, in everything read in this run."""
        finder = self._finder
        if finder is None:
            return 0
        settled = finder.settled
        if finder.unfinished is not None and finder.unfinished.data:  # on its way to the next log
            settled = min(settled, finder.tape.end - len(finder.unfinished.data))
        return self._base + settled

    @property
    def long_lines(self) -> int:
        """Return how many lines were too long to be log lines."""
        return self._long_lines + (0 if self._finder is None else len(self._finder.long_lines))

    @property
    def at_rest(self) -> bool:
        """Tell whether all that was read is in events that were given out."""
        return self.settled == self._total

    def position_at(self, offset: int) -> Position | None:
        """Return where to go on to get everything from this offset on, ``None`` where that cannot be."""
        at = bisect_right(self._offsets, offset) - 1
        if at < 0:
            return None
        return self.follower.position(self._tokens[at], offset - self._offsets[at])

    def _segment(self, first: bytes) -> Iterator[bytes]:
        """Yield the bytes of one log; an empty block is a pause that lets events out."""
        if first:
            yield first
        block, self._next = self._next, None
        while block is not None:
            if block.marks or block.data:
                self._take(block)
            if block.data:
                yield block.data
            elif self._is_time():
                yield b""
            if self._control.stopping:
                yield b""
                self.before_read(block is NOTHING)
                raise _StoppedError
            self.before_read(block is NOTHING)
            self._forget()
            block = next(self._blocks, None)
            if block is not None and block.fresh:
                self._next = block
                return

    def _take(self, block: Block) -> None:
        total = self._total
        # A place after the last block is the one before this: the newer way to say it counts.
        if self._offsets and self._offsets[-1] == total:
            self._offsets.pop()
            self._tokens.pop()
        for offset, token in block.marks:
            self._offsets.append(total + offset)
            self._tokens.append(token)
        if block.data:
            self._total += len(block.data)
            self._heard = self._clock()

    def _forget(self) -> None:
        at = bisect_right(self._offsets, self.settled) - 1
        if at > 0:
            del self._offsets[:at], self._tokens[:at]

    def _is_time(self) -> bool:
        """Tell whether what was collected is to be given out, and end what has waited too long."""
        finder = self._finder
        if finder is None:
            return False
        now = self._clock()
        started, done = finder.waiting
        silent = now - self._heard >= max(self._settle_s, SILENCE_S)
        if started and (silent or self._age("started", started[0], now) >= END_S):
            finder.give_up = True
            return True
        if finder.reading:  # on until the next line shows that this one is whole, or none comes
            return now - self._heard >= self._settle_s
        if not done:
            return False
        seen = (len(done), sum(len(report.kills) for report in done))
        if seen != self._seen:
            self._seen, self._changed = seen, now
        return (
            now - self._changed >= self._settle_s
            or self._age("done", done[0], now) >= _MOST * self._settle_s
            or (not started and all(map(_is_complete, done)))
        )

    def _age(self, kind: str, report: Report, now: float) -> float:
        """Return for how long this report has been the first of its kind."""
        known = self._oldest.get(kind)
        if known is None or known[0] is not report:
            self._oldest[kind] = report, now
            return 0.0
        return now - known[1]


def _is_complete(report: Report) -> bool:
    """Tell whether no further line is to be expected: a group may have more victims at any time."""
    return bool(report.kills) and report.group is None and all(kill.reaped for kill in report.kills)
