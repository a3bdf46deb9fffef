"""Walk over the anchors of one log and cut it into events.

A report starts at "invoked oom-killer" and ends with its kill lines or its panic; a new header, a reboot
or too much foreign text ends it unfinished.  Kill lines whose header was rate-limited away become events
of their own.  Mirrors dump_header(), __oom_kill_process() and oom_kill_process() in mm/oom_kill.c.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from oomlog.events.recognise import MAX_PIECES, Recognised, match_line, match_text, recognise
from oomlog.events.report import Report
from oomlog.grammar import Match, Matcher, diagnose
from oomlog.lines.anchors import count_lines
from oomlog.lines.escapes import decode, undo_quoted_printable
from oomlog.lines.reader import expand, split_message
from oomlog.lines.shape import shape_of
from oomlog.lines.stamps import Clock
from oomlog.lines.tape import HISTORY, Tape, scan_blocks
from oomlog.model import LogLine, Note, OomEvent, Problem, Reaped

__all__ = ["Finder", "Unfinished"]

MAX_REPORT = 8 << 20
"""A header with no kill within so many bytes stands alone; 100,000 tasks fit."""
HOLD = 1 << 20
"""How far behind a kill the reaper's line is still looked for."""
HOLD_EVENTS = 512
GROUP_GAP_S = 1.0
_CHOPPED = re.compile(r",task_memcg=([^,]{1,4096}),(?:t(?:a(?:sk?)?)?)?>\Z")
LINES_BEFORE = 3  # lines before a header that may belong to it: sysrq, "callbacks suppressed"


class _Physical(NamedTuple):
    start: int
    end: int
    lines: list[LogLine]


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
    ) -> None:
        self.tape = tape
        self.matcher = matcher
        self.clock = clock
        self.source = source
        self.own_until = own_until
        self.long_lines: list[int] = []
        self.before = before
        self.unfinished: Unfinished | None = None
        """Set to an empty one to have the reports that the end cuts put there instead of given out."""
        self._open: list[Report] = []
        self._done: deque[Report] = deque()
        self._floor = 0  # nothing before this offset belongs to a later event
        self._seen_oom = not fresh
        self._last_line: tuple[int, str | None] = (-1, None)

    # -- walking -----------------------------------------------------------------------------------

    def events(self) -> Iterator[OomEvent]:
        """Yield the events in the order of their first lines."""
        for report in self.reports():
            yield report.finish(self.clock, self.matcher)

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
            position = self._at(hit)
            yield from self._ripe(position)
        if self.unfinished is not None:
            self._set_aside()
        for report in list(self._open):
            self._close(report, tape.end)
        yield from self._ripe(None)

    def _set_aside(self) -> None:
        """Keep the text of the reports that the end of this log cut, for the log that continues it."""
        started = [report for report in self._open if report.header is not None and not report.ended]
        if not started:
            return
        tape = self.tape
        first = min(started, key=lambda report: report.start)
        self.unfinished = Unfinished(tape.text(first.start, tape.end), self.source, first.first.no)
        self._open = [report for report in self._open if report not in started]

    def _limit(self) -> int | None:
        limits = [report.start + MAX_REPORT for report in self._open]
        if self._done and not self._open:
            limits.append(self._done[0].end + HOLD)
        if self.own_until is not None and all(report.start >= self.own_until for report in self._open):
            limits.append(self.own_until + HOLD)
        return min(limits, default=None)

    def _expire(self, position: int) -> None:
        for report in [r for r in self._open if r.start + MAX_REPORT <= position]:
            self._open.remove(report)
            self._close(report, position)

    def _ripe(self, position: int | None) -> Iterator[Report]:
        """Yield finished events that no later line can change; all of them at the end (``None``)."""
        while self._done:
            first = self._done[0]
            waiting = any(report.start < first.start for report in self._open)
            if position is not None:
                if waiting or (first.end + HOLD > position and len(self._done) < HOLD_EVENTS):
                    return
            self._done.popleft()
            if self.own_until is None or first.start < self.own_until:
                yield first

    def _at(self, hit: int) -> int:
        """Handle the line around an anchor; return where to go on."""
        tape = self.tape
        start = tape.line_start(hit)
        end = tape.line_end(hit) if start >= 0 else -1
        if start < 0 or end < 0:
            self.long_lines.append(tape.line_no(hit))
            return hit + (1 << 16)
        physical = self._physical(start, end)
        after = physical.end + 1
        if not physical.lines:
            return after
        line = physical.lines[0]
        if not line.is_kernel:
            found = match_line(self.matcher, line)
            if found is not None and found.section == "userspace":
                self._one(Recognised(line, found, 1, line.text), start, after)
            return after
        if "\n" in line.text and match_line(self.matcher, line) is None:
            self._record(line, start, after)
            return after
        for piece in self._pieces(physical):
            self._one(piece.what, piece.start, piece.end)
            after = max(after, piece.end)
        return after

    def _record(self, line: LogLine, start: int, after: int) -> None:
        """Handle a record whose message has several lines."""
        lines = split_message(line)
        known = [match_line(self.matcher, piece) for piece in lines]
        if not any(found is not None and found.section == "invoked" for found in known):
            for piece, found in zip(lines, known, strict=True):
                if found is not None:
                    self._one(Recognised(piece._replace(is_kernel=True), found, 1, piece.text), start, after)
            return
        # A whole report in one record: read it as a log of its own, all of it on this line.
        tape = Tape(scan_blocks([f"{line.text}\n".encode()]), first_line=line.no, one_line=True)
        inner = Finder(tape, self.matcher, self.clock, source=self.source)
        for report in inner.reports():
            first = report.first
            report.first = first._replace(
                stamp=first.stamp or line.stamp,
                host=first.host or line.host,
                uptime_s=first.uptime_s if first.uptime_s is not None else line.uptime_s,
                boot_id=line.boot_id,
            )
            report.start, report.end = start, after
            self._finish(report)

    def _physical(self, start: int, end: int) -> _Physical:
        tape = self.tape
        raw = decode(tape.text(start, end))

        def neighbour(distance: int) -> str | None:
            here = start
            if distance < 0:
                for _ in range(-distance):
                    if here <= tape.base:
                        return None
                    here = tape.line_start(here - 1)
                    if here < 0:
                        return None
            else:
                for _ in range(distance):
                    stop = tape.line_end(here)
                    if stop < 0 or stop >= tape.end:
                        return None
                    here = stop + 1
            stop = tape.line_end(here)
            return decode(tape.text(here, stop)) if stop >= 0 and here < tape.end else None

        terminated = end < tape.end
        return _Physical(
            start, end, expand(raw, tape.line_no(start), terminated=terminated, neighbour=neighbour)
        )

    def _follow(self, after: int) -> _Physical | None:
        tape = self.tape
        if after >= tape.end and not tape.more():
            return None
        end = tape.line_end(after)
        return self._physical(after, end) if end >= 0 else None

    def _precede(self, start: int) -> _Physical | None:
        tape = self.tape
        if start <= max(tape.base, self._floor):
            return None
        before = tape.line_start(start - 1)
        return self._physical(before, start - 1) if before >= 0 else None

    class _Piece(NamedTuple):
        what: Recognised
        start: int
        end: int

    def _pieces(self, physical: _Physical) -> list[_Piece]:
        """Recognise the line at an anchor, with the lines it may have been broken into."""
        line = physical.lines[0]
        if "=3D" in line.text:
            found = self._quoted_printable(physical)
            if found is not None:
                return [found]
        alone = match_line(self.matcher, line)
        if line.has_prefix and alone is not None:
            if line.terminated and (line.prefix is None or self._same_shape_next(physical)):
                if alone.section == "invoked":
                    alone = self._newline_in_name(physical, alone)
                return [self._Piece(Recognised(line, alone, 1, line.text), physical.start, physical.end + 1)]
        elif found := self._from_behind(physical):
            return [found]
        found = self._joined([physical], must_reach=physical.start)
        if found is not None:
            return [found]
        what = self._partial(line)
        return [self._Piece(what, physical.start, physical.end + 1)] if what else []

    def _same_shape_next(self, physical: _Physical) -> bool:
        """Tell cheaply that the next line has a prefix of its own, so this one is whole."""
        line, tape = physical.lines[0], self.tape
        if not line.terminated:
            return False
        after = physical.end + 1
        if after >= tape.end:
            tape.more()
            if after >= tape.end:  # the end, or a live log that has paused
                return True
        assert line.prefix is not None
        head = decode(tape.text(after, after + len(line.prefix.encode()) + 8))
        return shape_of(line.prefix).match(head) is not None

    def _from_behind(self, physical: _Physical) -> _Piece | None:
        """Find the head of a broken line when the anchor stands in a later piece of it."""
        line = physical.lines[0]
        back: list[_Physical] = []
        first = self._precede(physical.start)
        while first is not None and len(first.lines) == 1 and len(back) < MAX_PIECES - 2:
            head = first.lines[0]
            if line.has_prefix and head.prefix != line.prefix:
                break
            back.insert(0, first)
            if head.has_prefix:
                break
            first = self._precede(first.start)
        if not back or not back[0].lines[0].has_prefix or not back[0].lines[0].is_kernel:
            return None
        return self._joined([*back, physical], must_reach=physical.start)

    def _newline_in_name(self, physical: _Physical, match: Match) -> Match:
        """Give a trigger's name back the part before a newline, which a console prints as a line.

        Only where the stack header that follows breaks the same name at the same place.
        """
        line, before = physical.lines[0], self._precede(physical.start)
        if before is None or len(before.lines) != 1 or before.lines[0].prefix != line.prefix:
            return match
        head = before.lines[0].text
        comm = str(match.fields.get("comm", ""))
        name = f"{head}\n{comm}"
        if not head or len(name.encode()) > 15 or match_text(self.matcher, head) is not None:
            return match
        end = physical.end + 1
        while self.tape.end < end + 1024 and self.tape.more():
            pass
        context = decode(self.tape.text(end, end + 1024).replace(b"\r", b""))
        if f"Comm: {head}\n" not in context and f"comm: {head}\n" not in context:
            return match
        return Match(match.variant, {**match.fields, "comm": name}, match.text)

    def _joined(self, parts: list[_Physical], *, must_reach: int) -> _Piece | None:
        parts = list(parts)
        head = parts[0].lines[0]
        while len(parts) < MAX_PIECES:
            more = self._follow(parts[-1].end + 1)
            if more is None or len(more.lines) != 1:
                break
            next_ = more.lines[0]
            if not next_.text.strip() or (
                next_.has_prefix and (next_.prefix != head.prefix or not head.prefix)
            ):
                break
            parts.append(more)
        what = recognise(self.matcher, [part.lines[0] for part in parts])
        if what.match is None or parts[what.used - 1].start < must_reach:
            return None
        last = parts[what.used - 1].lines[0]
        if not last.terminated:
            what = self._unfinished(what)
            if what.match is None:
                return None
        return self._Piece(what, parts[0].start, parts[what.used - 1].end + 1)

    def _quoted_printable(self, physical: _Physical) -> _Piece | None:
        tape = self.tape
        end = physical.end
        for _ in range(MAX_PIECES):
            if not tape.text(end - 1, end) == b"=" or (stop := tape.line_end(end + 1)) < 0:
                break
            end = stop
        raw = decode(undo_quoted_printable(tape.text(physical.start, end)))
        lines = expand(raw, physical.lines[0].no)
        found = match_text(self.matcher, lines[0].text) if lines else None
        if found is None:
            return None
        return self._Piece(Recognised(lines[0], found, 1, lines[0].text), physical.start, end + 1)

    def _unfinished(self, what: Recognised) -> Recognised:
        """Drop a number that touches the end of an unfinished last line: digits may be missing.

        A zero is whole: the kernel prints no leading zeros.
        """
        match = what.match
        assert match is not None
        certain = diagnose(match.variant, what.text.strip(), at_end=True)
        doubtful = [key for key in match.fields if key not in certain.fields]
        fields = {k: v for k, v in match.fields.items() if k not in doubtful or v == 0}
        lost = [key for key in doubtful if key not in fields]
        if any(key in match.variant.required for key in lost):
            return what._replace(match=None)
        if lost:
            expected = f"{match.id}: the end of the line after {lost[0]}"
            self._pending_problem = Problem(what.line.no, what.line.text, expected)
            self._pending_tail = {key: match.fields[key] for key in lost}
        return what._replace(match=match._replace(fields=fields))

    def _partial(self, line: LogLine) -> Recognised | None:
        """Keep what is certain of a line that was cut or damaged."""
        text = line.text.strip()
        cut_by_pager = text.endswith(">")  # journalctl in a pager marks where it chopped a long line
        diagnosis = self.matcher.diagnose(text[:-1] if cut_by_pager else text, at_end=True)
        if diagnosis is None or not diagnosis.usable:
            return None
        fields = dict(diagnosis.fields)
        if cut_by_pager and diagnosis.variant.section == "constraint" and "task_memcg" not in fields:
            found = _CHOPPED.search(text)
            if found is not None:
                fields["task_memcg"] = found[1]
        match = Match(diagnosis.variant, fields, text)
        expected = f"{diagnosis.variant.id}: {diagnosis.expected} at column {diagnosis.column}"
        self._pending_problem = Problem(line.no, line.text, expected)
        return Recognised(line, match, 1, text)

    _pending_problem: Problem | None = None
    _pending_tail: dict[str, Any] | None = None

    # -- what the lines mean -----------------------------------------------------------------------

    def _one(self, what: Recognised, start: int, end: int) -> None:
        match, line = what.match, what.line
        problem, self._pending_problem = self._pending_problem, None
        tail, self._pending_tail = self._pending_tail, None
        if match is None:
            return
        kind = match.section
        handler = _HANDLERS.get(kind)
        if handler is None:
            return
        report = handler(self, match, line, start, end)
        if report is not None:
            if problem is not None:
                report.problems.append(problem)
            if tail is not None and kind == "kill":
                report.tail = tail
            if kind != "userspace":
                self._seen_oom = True
        self._last_line = (end, match.id)

    def _current(self, line: LogLine) -> Report | None:
        """Return the open report this line can belong to."""
        for report in reversed(self._open):
            same = report.first.caller is None or line.caller is None or report.first.caller == line.caller
            host = report.first.host is None or line.host is None or report.first.host == line.host
            if same and host and report.accepts_uptime(line):
                return report
        return None

    def _recent(self, line: LogLine) -> Report | None:
        """Return the last finished kernel report of the same caller."""
        for report in reversed(self._done):
            if report.killer != "kernel":
                continue
            same = report.first.caller is None or line.caller is None or report.first.caller == line.caller
            return report if same and report.accepts_uptime(line) else None
        return None

    def _new(self, line: LogLine, start: int, end: int, header: Match | None) -> Report:
        report = Report(self.source, start, line, header=header, after_first_line=self._seen_oom)
        report.saw(line, end)
        tape = self.tape
        if header is not None:
            begin = start
            for _ in range(LINES_BEFORE):
                if begin <= max(self._floor, tape.base):
                    break
                before = tape.line_start(begin - 1)
                if before < 0:
                    break
                begin = before
        else:
            begin = tape.line_start(max(self._floor, tape.base, start - HISTORY))
            begin = max(begin, self._floor, tape.base)
        report.start = begin if header is None else start
        if self.before is not None and start < len(self.before.data):
            report.source, report.shift = self.before.source, self.before.shift
        report.body_no = tape.line_no(begin)
        report.body = tape.text(begin, start)
        self._open.append(report)
        self._keep()
        return report

    def _keep(self) -> None:
        starts = [report.end for report in self._open]
        self.tape.keep_from = min((report.start for report in self._open), default=None) if starts else None

    def _grow(self, report: Report, until: int) -> None:
        """Take the text from the report's first line up to ``until`` into its body."""
        if report.header is None or report.body is None:
            return
        text = self.tape.text(report.start, until)
        report.body = report.body + text
        report.body_terminated = text.endswith(b"\n") or not text

    def _close(self, report: Report, until: int) -> None:
        """End a report that has no kill line (among the anchors)."""
        if not report.ended and self._old_kill(report, until):
            return
        if not report.ended:
            self._grow(report, min(until, report.start + MAX_REPORT))
            report.end = max(report.end, report.start)
        self._finish(report)

    def _old_kill(self, report: Report, until: int) -> bool:
        """Find a kill line without sizes (until 2.6.32), which has no anchor of its own."""
        tape = self.tape
        at = tape.text(report.end, until).find(b"Killed process ")
        if at < 0:
            return False
        start = tape.line_start(report.end + at)
        end = tape.line_end(start)
        for line in self._physical(start, end).lines:
            found = match_line(self.matcher, line)
            if found is not None and line.is_kernel and self._current(line) is report:
                self._one(Recognised(line, found, 1, line.text), start, end + 1)
        return report.ended

    def _finish(self, report: Report) -> None:
        if report in self._open:
            self._open.remove(report)
        self._keep()
        self._floor = max(self._floor, report.end)
        at = len(self._done)
        while at and self._done[at - 1].start > report.start:
            at -= 1
        self._done.insert(at, report)

    def _header(self, match: Match, line: LogLine, start: int, end: int) -> Report | None:
        previous = self._current(line)
        if previous is not None or line.caller is None:
            for report in [r for r in self._open if r is previous or line.caller is None]:
                self._close(report, start)
        report = self._new(line, start, end, match)
        self._floor = max(self._floor, start)
        return report

    def _constraint(self, match: Match, line: LogLine, start: int, end: int) -> Report | None:
        report = self._current(line)
        if report is None or report.constraint or report.ended:
            if self._swapped(match):
                return None
            if report is not None:
                self._close(report, start)
            report = self._new(line, start, end, None)
        report.constraint = _settle_paths(dict(match.fields))
        report.saw(line, end)
        return report

    def _swapped(self, match: Match) -> bool:
        """Join a summary line that stands after its kill line (lists sorted otherwise) to that kill."""
        report = self._done[-1] if self._done else None
        if report is None or report.constraint or report.header is not None or len(report.kills) != 1:
            return False
        kill = report.kills[0]
        if kill.pid != match.fields.get("pid") or kill.comm != match.fields.get("comm"):
            return False
        report.constraint = _settle_paths(dict(match.fields))
        if kill.uid is None:
            report.kills[0] = replace(kill, uid=match.fields.get("uid"))  # type: ignore[arg-type]
        return True

    def _kill(self, match: Match, line: LogLine, start: int, end: int) -> Report | None:
        name = match.id.partition(".")[2]
        fields: dict[str, Any] = match.fields
        if name.startswith("select"):
            report = self._current(line)
            if report is None or report.selected is not None:
                if report is not None:
                    self._close(report, start)
                report = self._new(line, start, end, None)
            report.selected = fields
            report.message = str(fields.get("message", ""))
            report.saw(line, end)
            return report
        if name.startswith("group"):
            recent = self._recent(line)
            if recent is not None:
                recent.group = fields.get("oom_group")
                recent.saw(line, end)
            return recent
        if name.startswith("sharing"):
            return self._sharing(line, fields, start, end)
        if name.startswith("exiting"):
            report = self._current(line)
            if report is not None:
                self._grow(report, start)
                report.exiting = True
                report.saw(line, end)
                self._finish(report)
            return report
        if name.startswith("killed"):
            return self._killed(match, line, start, end)
        return self._current(line)

    def _sharing(self, line: LogLine, fields: dict[str, Any], start: int, end: int) -> Report | None:
        report = self._recent(line)
        if report is None or not report.kills:
            report = self._current(line) or self._new(line, start, end, None)
            self._grow(report, start)
            self._finish(report)
        when, _ = self.clock.resolve(line.stamp)
        report.add_kill(line, fields, when)
        report.saw(line, end)
        return report

    def _killed(self, match: Match, line: LogLine, start: int, end: int) -> Report | None:
        fields: dict[str, Any] = match.fields
        message = str(fields.get("message", ""))
        report = self._current(line)
        if report is None:
            report = self._more_of_a_group(line, fields, message, start)
            if report is None:
                report = self._new(line, start, end, None)
        fresh = not report.kills
        report.message = report.message or message
        report.constraint = _settle_name(report.constraint, fields)
        when, _ = self.clock.resolve(line.stamp)
        report.add_kill(line, fields, when)
        report.saw(line, end)
        report.last_kill_end = end
        if fresh:
            self._grow(report, start)
            self._floor = max(self._floor, end)
            self._finish(report)
        return report

    def _more_of_a_group(
        self, line: LogLine, fields: dict[str, Any], message: str, start: int
    ) -> Report | None:
        """Return the finished report that a further kill line belongs to (memory.oom.group), if any."""
        report = self._recent(line)
        if report is None or not report.kills:
            return None
        if report.group is not None or any(
            k.pid == fields.get("pid") and report.last_uptime_s == line.uptime_s for k in report.kills
        ):
            return report
        # The log starts inside a group's kills: line after line, nothing between, no header before.
        close = (
            line.uptime_s is None
            or report.last_uptime_s is None
            or line.uptime_s - report.last_uptime_s <= GROUP_GAP_S
        )
        if (
            report.header is None
            and not report.constraint
            and report.selected is None
            and not report.after_first_line
            and report.last_kill_end == start
            and close
            and "cgroup" in report.message
            and "cgroup" in message
        ):
            return report
        return None

    def _reaper(self, match: Match, line: LogLine, start: int, end: int) -> Report | None:
        fields: dict[str, Any] = match.fields
        reaped = Reaped(
            fields.get("anon_rss_kb"),
            fields.get("file_rss_kb"),
            fields.get("shmem_rss_kb"),
            "reaped" not in match.id,
            line.no,
        )
        for report in reversed(self._done):
            if report.accepts_uptime(line) and report.reap(fields["pid"], reaped):
                report.last_no = max(report.last_no, line.no)
                return report
        return None

    def _panic(self, match: Match, line: LogLine, start: int, end: int) -> Report | None:
        report = self._current(line)
        no_killable = "no_killable" in match.id or "deadlock" in match.id
        if report is None:
            recent = self._recent(line)
            if recent is not None and recent.panic is not None and not recent.kills:
                recent.panic = "panic" if line.text.startswith("Kernel panic") else recent.panic
                recent.saw(line, end)
                return recent
            if "deadlock" in match.id:
                return None
            report = self._new(line, start, end, None)
        self._grow(report, start)
        report.panic = "panic" if "ernel panic" in line.text or not no_killable else "no_killable"
        report.message = report.message or ("" if no_killable else "Out of memory")
        report.saw(line, end)
        self._floor = max(self._floor, end)
        self._finish(report)
        after = end
        for _ in range(2):  # a panic prints the stack header once more, after its message
            more = self._follow(after)
            if more is None or not more.lines:
                break
            found = match_line(self.matcher, more.lines[0])
            if found is not None and "kernel_release" in found.fields:
                report.release = str(found.fields["kernel_release"])
                break
            after = more.end + 1
        return report

    def _userspace(self, match: Match, line: LogLine, start: int, end: int) -> Report | None:
        from oomlog.events.userspace import act_of

        act = act_of(match, line)
        if act is None:
            return None
        if act.kill is None and act.cgroup is None:
            for report in reversed(self._done):
                if report.accepts_uptime(line):
                    report.notes.append(Note(line.no, act.killer, line.text))
                    return report
            return None
        report = Report(self.source, start, line, killer=act.killer, cgroup=act.cgroup)
        if act.kill is not None:
            when, _ = self.clock.resolve(line.stamp)
            report.add_kill(line, act.kill, when)
        report.saw(line, end)
        self._finish(report)
        return report


def _settle_paths(fields: dict[str, Any]) -> dict[str, Any]:
    """Split two cgroup paths where the victim's lies below the limit's owner, as it must.

    A cgroup may be named ``a,task_memcg=/b``, so the text between the two keys can be ambiguous.
    """
    owner, victim = fields.get("oom_memcg"), fields.get("task_memcg")
    if not isinstance(owner, str) or not isinstance(victim, str):
        return fields
    key = ",task_memcg="
    pieces = f"{owner}{key}{victim}".split(key)
    if len(pieces) == 2 or len(pieces) > 32:
        return fields
    for count in range(1, len(pieces)):
        left, right = key.join(pieces[:count]), key.join(pieces[count:])
        if right == left or right.startswith(left.rstrip("/") + "/"):
            return {**fields, "oom_memcg": left, "task_memcg": right}
    return fields


def _settle_name(constraint: dict[str, Any], kill: dict[str, Any]) -> dict[str, Any]:
    """Split the victim's cgroup and name where the kill line says the name begins.

    Both may hold ``,task=``; the kill line has the name between other texts.
    """
    path, name, comm = constraint.get("task_memcg"), constraint.get("comm"), kill.get("comm")
    if name == comm or path is None or comm is None or constraint.get("pid") != kill.get("pid"):
        return constraint
    both = f"{path},task={name}"
    if not both.endswith(f",task={comm}"):
        return constraint
    return {**constraint, "task_memcg": both[: -len(f",task={comm}")], "comm": comm}


_HANDLERS = {
    "invoked": Finder._header,
    "constraint": Finder._constraint,
    "kill": Finder._kill,
    "reaper": Finder._reaper,
    "panic": Finder._panic,
    "userspace": Finder._userspace,
}
