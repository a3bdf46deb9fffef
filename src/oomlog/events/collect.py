"""What the lines at the anchors mean: which report they open, continue or end.

Mirrors dump_header(), __oom_kill_process() and oom_kill_process() in mm/oom_kill.c.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import replace
from typing import Any

from oomlog.events.pieces import LineReader, Piece
from oomlog.events.recognise import match_line
from oomlog.events.report import Report
from oomlog.events.settle import settle_name, settle_paths
from oomlog.events.tasks import TaskRows
from oomlog.events.userspace import act_of
from oomlog.grammar import Match
from oomlog.lines.stamps import Clock
from oomlog.lines.tape import HISTORY
from oomlog.model import LogLine, Note, Problem, Reaped

__all__ = ["LINES_BEFORE", "MAX_REPORT", "Collector"]

MAX_REPORT = 8 << 20
"""A header with no kill within so many bytes stands alone; 100,000 tasks fit."""
_MAX_HEADERS = 64
"""A report with no kill within so many headers of other machines or tasks stands alone, too: the text behind
each open report is read for it, and a log can have a header on every line."""
LINES_BEFORE = 3
"""Lines before a header that may belong to it: sysrq, "callbacks suppressed"."""
_GROUP_GAP_S = 1.0
_MEMBER_GAP_S = 10.0
"""The members of a group are killed in one go, but a slow console takes its time."""
_BOOT = b"Linux version "
"""So a boot begins."""
_OLD_KILL = re.compile(rb"[Kk]ill(?:ed)? process \d")
# What oom_kill_process() and its callers put before the colon; other words are somebody's who quotes it.
_MESSAGE = re.compile(
    r"(?:[\w .+-]{0,40} )?[Oo]ut of [Mm]emory(?: \([\w ]{1,40}\))?\Z|No available memory|\Z"
)


class Collector:
    """Collects the reports of one log from the lines at its anchors.

    :ivar open: Reports whose end was not seen.
    :ivar done: Finished reports, in the order of their first lines, that later lines may still complete.
    """

    def __init__(self, reader: LineReader, clock: Clock, source: str, *, fresh: bool) -> None:
        self.reader = reader
        self.tape = reader.tape
        self.clock = clock
        self.source = source
        self.open: list[Report] = []
        self.done: deque[Report] = deque()
        self.latest = -1
        """Where the report that starts last of all finished ones starts."""
        self._seen_oom = not fresh

    def take(self, piece: Piece) -> None:
        """Act on one recognised line."""
        match, line = piece.what.match, piece.what.line
        handler = _HANDLERS.get(match.section) if match is not None else None
        if match is None or handler is None:
            return
        report = handler(self, match, line, piece.start, piece.end)
        if report is None:
            return
        report.raw.setdefault(line.no, self.tape.text(piece.start, piece.end))
        if piece.problem is not None:
            report.problems.append(piece.problem)
        if piece.doubtful is not None and match.section == "kill":
            report.tail = piece.doubtful
        if match.section != "userspace" and line.is_kernel:
            self._seen_oom = True

    def _passed(self, line: LogLine, offset: int) -> None:
        """Note that nothing before ``offset`` belongs to a later line; a forged one decides nothing."""
        if line.is_kernel:
            self.reader.floor = max(self.reader.floor, offset)

    def _current(self, line: LogLine, start: int | None = None) -> Report | None:
        """Return the open report this line can belong to; one that a reboot ended is closed."""
        for report in reversed(self.open):
            if start is not None and line.uptime_s is None and report.header is not None:
                after = max(report.end, min(report.same_boot, start) - len(_BOOT))
                boot = self.tape.text(after, start).find(_BOOT)
                if boot >= 0:
                    self.close(report, after + boot)
                    continue
                report.same_boot = max(report.same_boot, start)
            if start is not None and _other_boot(report, line):
                self.close(report, start)
                continue
            same = report.first.caller is None or line.caller is None or report.first.caller == line.caller
            if same and _same_writer(report, line) and report.accepts_uptime(line):
                return report
        return None

    def _recent(self, line: LogLine) -> Report | None:
        """Return the last finished kernel report of the same caller."""
        for report in reversed(self.done):
            if report.killer != "kernel" or not _same_writer(report, line):
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
                if begin <= max(self.reader.floor, tape.base):
                    break
                before = tape.line_start(begin - 1)
                if before < 0:
                    break
                begin = before
        else:
            begin = tape.line_start(max(self.reader.floor, tape.base, start - HISTORY))
            ends = (each.end for each in self.open if each.first.is_kernel == line.is_kernel)
            begin = max([begin, self.reader.floor, tape.base, *ends])
        report.start = begin if header is None else start
        report.begin = begin
        if begin == 0 and tape.base == 0 and start > 0 and self.reader.first_is_cut:
            begin = min(start, tape.line_end(0) + 1)  # its first word may lack its head
        report.when, report.origin = self.clock.resolve(line.stamp)
        report.body_no = tape.line_no(begin)
        report.body = tape.text(begin, start)
        self.open.append(report)
        self._keep()
        return report

    def _keep(self) -> None:
        self.tape.keep_from = min((report.start for report in self.open), default=None)

    def _grow(self, report: Report, until: int) -> None:
        """Take the text from the report's first line up to ``until`` into its body."""
        if report.header is None or report.body is None:
            return
        text = self.tape.text(report.start, until)
        report.body = report.body + text
        report.body_terminated = text.endswith(b"\n") or not text

    def close(self, report: Report, until: int) -> None:
        """End a report that has no kill line (among the anchors)."""
        if not report.ended and self._old_kill(report, until):
            return
        if not report.ended:
            self._grow(report, min(until, report.start + MAX_REPORT))
            report.end = max(report.end, report.start)
            if report.named is not None:
                report.problems.append(report.named)
        self.finish(report)

    def _old_kill(self, report: Report, until: int) -> bool:
        """Find a kill line without sizes (until 2.6.32), which has no anchor of its own."""
        tape, base = self.tape, report.end
        for at in _OLD_KILL.finditer(tape.text(base, until)):
            start = tape.line_start(base + at.start())
            physical = self.reader.physical(start, tape.line_end(start))
            if len(physical.lines) != 1 or self._current(physical.lines[0]) is not report:
                continue
            piece = self.reader.piece(physical)
            if piece is not None:
                self.take(piece)
            if report.ended:
                return True
        return False

    def finish(self, report: Report) -> None:
        """Move a report to the finished ones."""
        if report in self.open:
            self.open.remove(report)
        self._keep()
        if not report.forged:
            self.reader.floor = max(self.reader.floor, report.end)
        at = len(self.done)
        while at and self.done[at - 1].start > report.start:
            at -= 1
        self.done.insert(at, report)
        self.latest = max(self.latest, report.start)
        if report.killer == "kernel":
            self.tape.follow(report.end)

    def _header(self, match: Match, line: LogLine, start: int, end: int) -> Report | None:
        if (
            not match.fields.keys() & {"gfp_mask", "gfp_mask_hidden"}
            and line.uptime_s is None
            and line.ident is None
        ):
            return None  # "x invoked oom-killer" alone may be anybody's words
        previous = self._current(line, start)
        for report in list(self.open):
            report.headers_since += 1
            crowded = report.headers_since > _MAX_HEADERS
            if crowded or report is previous or (line.caller is None and _same_writer(report, line)):
                self.close(report, start)
        if start == 0 and self.reader.first_is_cut and "comm" in match.fields:
            match = match._replace(fields={k: v for k, v in match.fields.items() if k != "comm"})
            report = self._new(line, start, end, match)
            report.problems.append(Problem(line.no, line.text, "the whole line: its head is cut off"))
        else:
            report = self._new(line, start, end, match)
        if "gfp_mask_hidden" in match.fields:
            report.problems.append(Problem(line.no, line.text, "a hexadecimal gfp_mask"))
        self._passed(line, start)
        return report

    def _constraint(self, match: Match, line: LogLine, start: int, end: int) -> Report | None:
        report = self._current(line, start)
        if report is None or report.constraint or report.ended:
            if self._swapped(match, line):
                return None
            if report is not None:
                self.close(report, start)
            report = self._new(line, start, end, None)
        report.constraint = settle_paths(dict(match.fields))
        report.named = Problem(line.no, match.text, f"the kill line of process {match.fields.get('pid')}")
        report.saw(line, end)
        return report

    def _swapped(self, match: Match, line: LogLine) -> bool:
        """Join a summary line that stands after its kill line (lists sorted otherwise) to that kill."""
        report = self.done[-1] if self.done else None
        if (
            report is None
            or not _same_writer(report, line)
            or report.constraint
            or report.header is not None
            or len(report.kills) != 1
        ):
            return False
        kill = report.kills[0]
        if kill.pid != match.fields.get("pid") or kill.comm != match.fields.get("comm"):
            return False
        report.constraint = settle_paths(dict(match.fields))
        if kill.uid is None:
            report.kills[0] = replace(kill, uid=match.fields.get("uid"))  # type: ignore[arg-type]
        return True

    def _kill(self, match: Match, line: LogLine, start: int, end: int) -> Report | None:
        name = match.id.partition(".")[2]
        fields: dict[str, Any] = match.fields
        if name.startswith("select"):
            if _MESSAGE.match(str(fields.get("message", ""))) is None:
                return None
            report = self._current(line, start)
            if report is None or report.selected is not None:
                if report is not None:
                    self.close(report, start)
                report = self._new(line, start, end, None)
            report.selected = fields
            report.message = str(fields.get("message", ""))
            report.saw(line, end)
            return report
        if name.startswith("group"):
            recent = self._recent(line)
            if recent is not None:
                if recent.group is not None:
                    recent = self._split_off(recent)
                recent.group = fields.get("oom_group")
                recent.saw(line, end)
                self._passed(line, end)
            return recent
        if name.startswith("sharing"):
            return self._sharing(line, fields, start, end)
        if name.startswith("exiting"):
            report = self._current(line, start)
            if report is not None:
                self._grow(report, start)
                report.exiting = True
                report.saw(line, end)
                self.finish(report)
            return report
        if name.startswith("killed"):
            return self._killed(match, line, start, end)
        return self._current(line)

    def _sharing(self, line: LogLine, fields: dict[str, Any], start: int, end: int) -> Report | None:
        report = self._recent(line)
        if report is None or not report.kills:
            report = self._current(line) or self._new(line, start, end, None)
            self._grow(report, start)
            self.finish(report)
        when, _ = self.clock.resolve(line.stamp)
        report.add_kill(line, fields, when)
        report.saw(line, end)
        return report

    def _killed(self, match: Match, line: LogLine, start: int, end: int) -> Report | None:
        fields: dict[str, Any] = match.fields
        message = str(fields.get("message", ""))
        if _MESSAGE.match(message) is None:
            return None
        report = self._current(line, start)
        if report is None and not line.has_prefix and not message and "total_vm_kb" not in fields:
            return None  # "Killed process 1 (x)" alone may be anybody's words
        if report is None:
            report = self._more_of_a_group(line, fields, message, start)
            if report is None:
                report = self._new(line, start, end, None)
        fresh = not report.kills
        if fresh and report.selected is None and "total_vm_kb" not in fields:
            self._selected_before(report, start)
        report.message = report.message or message
        report.constraint = settle_name(report.constraint, fields)
        when, _ = self.clock.resolve(line.stamp)
        report.add_kill(line, fields, when)
        report.saw(line, end)
        report.last_kill = (line, start, end)
        self._passed(line, end)
        if fresh:
            self._grow(report, start)
            self.finish(report)
        return report

    def _selected_before(self, report: Report, start: int) -> None:
        """Read the selection line of 2.6.19 and before ("Out of Memory", capital M), which has no anchor."""
        before = self.reader.precede(start)
        for line in before.lines if before is not None else ():
            found = match_line(self.reader.matcher, line)
            if found is not None and found.id.startswith("kill.select") and _same_writer(report, line):
                report.selected = dict(found.fields)
                report.message = str(found.fields.get("message", ""))
                report.saw(line, start)

    def _more_of_a_group(
        self, line: LogLine, fields: dict[str, Any], message: str, start: int
    ) -> Report | None:
        """Return the finished report that a further kill line belongs to (memory.oom.group), if any."""
        report = self._recent(line)
        if report is None or not report.kills:
            return None
        if report.has_killed(fields.get("pid"), line):
            return report
        if report.group is not None:
            # All members die with the words of the first (oom_kill_memcg_member()), until 4.19 without any.
            same = not message or message == report.message
            return report if same and report.is_near(line, _MEMBER_GAP_S) else None
        # The log starts inside a group's kills: line after line, nothing between, no header before.
        if (
            report.header is None
            and not report.constraint
            and report.selected is None
            and not report.after_first_line
            and report.last_kill is not None
            and report.last_kill[2] == start
            and report.is_near(line, _GROUP_GAP_S)
            and "cgroup" in report.message
            and "cgroup" in message
        ):
            return report
        return None

    def _split_off(self, report: Report) -> Report:
        """Make the last kill an event of its own: the kernel names a group after its first victim.

        The header of this event was rate-limited away, so that its kill looked like one more of the group.
        """
        kill = report.kills[-1]
        if report.last_kill is None or kill.line != report.last_kill[0].no or len(report.kills) < 2:
            return report
        line, start, end = report.last_kill
        report.take_back_kill(kill)
        second = Report(self.source, start, line, after_first_line=True, message=report.message)
        second.raw[line.no] = report.raw.pop(line.no, b"")
        second.when, second.origin = self.clock.resolve(line.stamp)
        second.kills.append(kill)
        second.killed_at[kill.pid] = (line.stamp, line.uptime_s)
        second.saw(line, end)
        self.finish(second)
        return second

    def _reaper(self, match: Match, line: LogLine, start: int, end: int) -> Report | None:
        fields: dict[str, Any] = match.fields
        reaped = Reaped(
            fields.get("anon_rss_kb"),
            fields.get("file_rss_kb"),
            fields.get("shmem_rss_kb"),
            "reaped" not in match.id,
            line.no,
        )
        for report in reversed(self.done):
            same = _same_writer(report, line) and report.accepts_uptime(line)
            if same and report.reap(fields["pid"], reaped, line):
                return report
        return None

    def _panic(self, match: Match, line: LogLine, start: int, end: int) -> Report | None:
        report = self._current(line, start)
        no_killable = "no_killable" in match.id or "deadlock" in match.id
        if report is None:
            recent = self._recent(line)
            if recent is not None and recent.panic is not None and not recent.kills:
                recent.panic = "panic" if line.text.startswith("Kernel panic") else recent.panic
                recent.saw(line, end)
                return recent
            shortened = not line.has_prefix and line.text.rstrip().endswith("processes")
            if "deadlock" in match.id or (shortened and not self._after_report_line(start)):
                return None  # shortened it may be a heading
            report = self._new(line, start, end, None)
        self._grow(report, start)
        report.panic = "panic" if "ernel panic" in line.text or not no_killable else "no_killable"
        report.saw(line, end)
        self._passed(line, end)
        self.finish(report)
        after = end
        for _ in range(2):  # a panic prints the stack header once more, after its message
            more = self.reader.follow(after)
            if more is None or not more.lines:
                break
            found = match_line(self.reader.matcher, more.lines[0])
            if found is not None and "kernel_release" in found.fields:
                report.release = str(found.fields["kernel_release"])
                report.raw[more.lines[0].no] = self.tape.text(more.start, more.end + 1)
                break
            after = more.end + 1
        return report

    def _after_report_line(self, start: int) -> bool:
        before = self.reader.precede(start)
        return before is not None and any(
            match_line(self.reader.matcher, each) is not None
            or TaskRows.from_header(each.text.strip()) is not None
            for each in before.lines
        )

    def _userspace(self, match: Match, line: LogLine, start: int, end: int) -> Report | None:
        act = act_of(match, line)
        if act is None:
            return None
        if act.kill is None and act.cgroup is None:
            for report in reversed(self.done):
                # A note changes nothing but is believed, so a forged one is dropped.
                believed = not report.forged and not line.doubtful
                if believed and not _other_boot(report, line) and report.accepts_uptime(line):
                    report.notes.append(Note(line.no, act.killer, line.text))
                    return report
            return None
        report = Report(self.source, start, line, killer=act.killer, cgroup=act.cgroup)
        report.when, report.origin = self.clock.resolve(line.stamp)
        if act.kill is not None:
            when, _ = self.clock.resolve(line.stamp)
            report.add_kill(line, act.kill, when)
        report.saw(line, end)
        self.finish(report)
        return report


def _same_writer(report: Report, line: LogLine) -> bool:
    """Tell whether a line can be by the kernel, or the forger, that wrote the report."""
    first = report.first
    return (
        first.is_kernel == line.is_kernel
        and (first.host is None or line.host is None or first.host == line.host)
        and not _other_boot(report, line)
        and (line.is_kernel or first.ident == line.ident)
    )


def _other_boot(report: Report, line: LogLine) -> bool:
    """Tell whether both name their boot, and it is not the same."""
    boot = report.first.boot_id
    return boot is not None and line.boot_id is not None and boot != line.boot_id


_HANDLERS = {
    "invoked": Collector._header,
    "constraint": Collector._constraint,
    "kill": Collector._kill,
    "reaper": Collector._reaper,
    "panic": Collector._panic,
    "userspace": Collector._userspace,
}
