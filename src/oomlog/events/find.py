"""Walk over the anchors of one log and cut it into events.

A report starts at "invoked oom-killer" and ends with its kill lines or its panic; a new header, a reboot
or too much foreign text ends it unfinished.  Kill lines whose header was rate-limited away become events
of their own.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from oomlog.events.collect import MAX_REPORT, Collector
from oomlog.events.pieces import LineReader, Piece
from oomlog.events.recognise import Recognised, match_line
from oomlog.events.report import Report
from oomlog.grammar import Matcher
from oomlog.lines.anchors import count_lines
from oomlog.lines.reader import split_message
from oomlog.lines.stamps import Clock
from oomlog.lines.tape import FOLLOW, Tape, scan_blocks
from oomlog.model import LogLine, OomEvent

__all__ = ["HOLD", "Finder", "Trust", "Unfinished"]

HOLD = FOLLOW
"""How far behind its end an event waits for the reaper's line and further kills."""
HOLD_EVENTS = 512


@dataclass(frozen=True, slots=True)
class Unfinished:
    """The last lines of a log that was rotated in the middle of a report.

    :param first_no: Number of the first of these lines in its own file.
    """

    data: bytes = b""
    source: str = ""
    first_no: int = 1

    @property
    def lines(self) -> int:
        """Return how many lines it has."""
        return count_lines(self.data)

    @property
    def shift(self) -> int:
        """Return what to add to line numbers, which count the continuing log from 1 and these from 0 down."""
        return self.first_no + self.lines - 1


class Trust(NamedTuple):
    """What is believed of a log.

    :ivar proven: Its source vouches for who wrote each line.
    :ivar forged_too: Events that may be forged are wanted, too.
    """

    proven: bool = False
    forged_too: bool = False


_ANY_LOG = Trust()


class Finder:
    """Finds the events of one log.

    :param own_until: Absolute offset; events that start there or later belong to somebody else, but lines
        there may still end or complete ours.
    :param before: The end of the log before this one, which the tape starts with.
    """

    def __init__(
        self,
        tape: Tape,
        matcher: Matcher,
        clock: Clock,
        *,
        source: str,
        own_until: int | None = None,
        fresh: bool = True,
        before: Unfinished | None = None,
        trust: Trust = _ANY_LOG,
    ) -> None:
        self.tape = tape
        self.matcher = matcher
        self.clock = clock
        self.source = source
        self.own_until = own_until
        self.before = before
        self.trust = trust
        self.left_out = 0
        """Events that may be forged, and were not asked for."""
        self.unfinished: Unfinished | None = None
        """Set to an empty one to have the reports that the end cuts put there instead of given out."""
        self.long_lines: list[int] = []
        self.give_up = False
        """Set to have the next pause end the reports that are still open; whoever acts on it sets it back."""
        self._settled = 0
        self._position = 0
        self._reader = LineReader(tape, matcher)
        self._collector = Collector(self._reader, clock, source, fresh=fresh)

    def events(self) -> Iterator[OomEvent]:
        """Yield the events in the order of their first lines."""
        for report in self.reports():
            if report.forged and not self.trust.forged_too:
                self.left_out += 1
            else:
                yield report.finish(self.matcher, proven=self.trust.proven)

    def reports(self) -> Iterator[Report]:
        """Yield the reports, complete but not yet made into events."""
        position = 0
        tape = self.tape
        while True:
            limit = self._limit()
            hit = tape.next_hit(position, limit)
            if hit is None:
                if tape.idle:
                    tape.idle = False
                    if self.give_up:
                        self.give_up = False
                        self._close_open()
                    yield from self._ripe(None)
                    continue
                if limit is None or (tape.at_end and tape.next_hit(position) is None):
                    break
                if self.own_until is not None and limit == self.own_until + HOLD:
                    break
                self._expire(limit)
                position = max(position, limit)
                yield from self._ripe(position)
                continue
            self._position = position = self._at(hit)
            yield from self._ripe(position)
        if self.unfinished is not None:
            self._set_aside()
        self._close_open()
        yield from self._ripe(None)

    @property
    def waiting(self) -> tuple[Sequence[Report], Sequence[Report]]:
        """Return the reports whose end was not seen, and those that later lines may still complete."""
        return tuple(self._collector.open), tuple(self._collector.done)

    @property
    def reading(self) -> bool:
        """Tell whether a line is being read that may go on in the next one."""
        return self.tape.has_hit(self._position)

    @property
    def settled(self) -> int:
        """Return the offset from which a reader finds all events that were not given out yet.

        Never less than it was before, so that what lies before it can be forgotten.
        """
        collector = self._collector
        needed = [report.needed_from for report in (*collector.open, *collector.done)]
        # A hit whose line is being read is not yet in any report.
        needed.append(self._position if self.reading else self.tape.end)
        self._settled = max(self._settled, min(needed))
        return self._settled

    def _close_open(self) -> None:
        for report in list(self._collector.open):
            self._collector.close(report, self.tape.end)

    def _set_aside(self) -> None:
        """Keep the text of the reports that the end of this log cut, for the log that continues it.

        One whose kill is the log's last line may have more of them there, those of its group.
        """
        opened, done = self._collector.open, self._collector.done
        started = [report for report in opened if report.header is not None and not report.forged]
        started += [report for report in done if self._may_go_on(report)]
        # A later event would be found once more in the text that is handed on.
        if not started or self._collector.latest > min(report.start for report in started):
            return
        tape = self.tape
        first = min(started, key=lambda report: report.start)
        self.unfinished = Unfinished(tape.text(first.start, tape.end), self.source, first.first.no)
        self._collector.open = [report for report in opened if report not in started]
        self._collector.done = deque(report for report in done if report not in started)

    def _may_go_on(self, report: Report) -> bool:
        known = report.header is not None or report.group is not None
        return (
            known
            and bool(report.kills)
            and "cgroup" in report.message
            and report.end >= self.tape.end
            and not report.forged
        )

    def _limit(self) -> int | None:
        limits = [report.start + MAX_REPORT for report in self._collector.open]
        if self._collector.done and not self._collector.open:
            limits.append(self._collector.done[0].end + HOLD)
        if self.own_until is not None and all(
            report.start >= self.own_until for report in self._collector.open
        ):
            limits.append(self.own_until + HOLD)
        return min(limits, default=None)

    def _expire(self, position: int) -> None:
        for report in [r for r in self._collector.open if r.start + MAX_REPORT <= position]:
            self._collector.close(report, position)

    def _ripe(self, position: int | None) -> Iterator[Report]:
        """Yield finished events that no later line can change; all of them at the end (``None``)."""
        while self._collector.done:
            first = self._collector.done[0]
            waiting = any(report.start < first.start for report in self._collector.open)
            held = waiting or len(self._collector.done) < HOLD_EVENTS
            if position is not None and (waiting or (first.end + HOLD > position and held)):
                return
            self._collector.done.popleft()
            if self.before is not None and first.start < len(self.before.data):
                first.source, first.shift = self.before.source, self.before.shift
            if self.own_until is None or first.start < self.own_until:
                yield first
        if not self._collector.done:
            self.tape.follow(None)

    def _at(self, hit: int) -> int:
        """Handle the line around an anchor; return where to go on."""
        tape = self.tape
        start = tape.line_start(hit)
        end = tape.line_end(hit) if start >= 0 else -1
        if start < 0 or end < 0:
            self.long_lines.append(tape.line_no(hit))
            return self._after_long_line(hit)
        physical = self._reader.physical(start, end)
        after = physical.end + 1
        if not physical.lines:
            return after
        line = physical.lines[0]
        if "\n" in line.text and match_line(self.matcher, line) is None:
            self._record(line, start, after)
            return after
        if not line.is_kernel:  # never rejoined with its neighbours: in doubt it says nothing
            found = match_line(self.matcher, line)
            if found is not None:
                self._collector.take(Piece(Recognised(line, found, 1, line.text), start, after))
            return after
        piece = self._reader.piece(physical)
        if piece is None:
            return after
        self._collector.take(piece)
        return max(after, piece.end)

    def _after_long_line(self, hit: int) -> int:
        """Return where the line after one that is too long starts."""
        tape, position = self.tape, hit
        while True:
            found = tape.text(position, tape.end).find(b"\n")
            if found >= 0:
                return position + found + 1
            position = tape.end
            if not tape.more() or tape.idle:
                return position

    def _record(self, line: LogLine, start: int, after: int) -> None:
        """Handle a record whose message has several lines."""
        lines = split_message(line)
        known = [match_line(self.matcher, piece) for piece in lines]
        if not any(found is not None and found.section == "invoked" for found in known):
            for piece, found in zip(lines, known, strict=True):
                if found is not None:
                    self._collector.take(Piece(Recognised(piece, found, 1, piece.text), start, after))
            return
        # A whole report in one record: read it as a log of its own, all of it on this line.
        tape = Tape(scan_blocks([f"{line.text}\n".encode()]), first_line=line.no, one_line=True)
        inner = Finder(tape, self.matcher, self.clock, source=self.source)
        for report in inner.reports():
            if not report.first.is_kernel and line.is_kernel:
                continue
            first = report.first
            report.first = first._replace(
                stamp=first.stamp or line.stamp,
                host=first.host or line.host,
                uptime_s=first.uptime_s if first.uptime_s is not None else line.uptime_s,
                boot_id=line.boot_id,
                ident=first.ident or line.ident,
                is_kernel=line.is_kernel,
                doubtful=line.doubtful,
            )
            report.when, report.origin = self.clock.resolve(report.first.stamp)
            report.start, report.end, report.begin = start, after, None
            report.record = self.tape.text(start, after)
            self._collector.finish(report)
