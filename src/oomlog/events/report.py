"""One report while it is being collected, and what becomes of it.

Only the few lines that open, name and end a kill are looked at here; the text between them is kept and
decoded when somebody asks (``oomlog.events.body``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from oomlog.events.body import Body
from oomlog.events.glance import glance
from oomlog.events.keep import whole_text
from oomlog.events.one_host import lines_of_host
from oomlog.events.quote import report_lines
from oomlog.grammar import Match, Matcher
from oomlog.lines.stamps import seconds_between
from oomlog.model import (
    Details,
    Kept,
    Kill,
    LogLine,
    Note,
    OomEvent,
    Outcome,
    Problem,
    Reaped,
    ReportLine,
    Scope,
    Selected,
    Stamp,
    Trigger,
)  # fmt: skip

__all__ = ["Report"]

_SCOPES: dict[str, Scope] = {
    "CONSTRAINT_MEMCG": "memcg",
    "CONSTRAINT_CPUSET": "cpuset",
    "CONSTRAINT_MEMORY_POLICY": "mempolicy",
}
_KILL_KEYS = (
    "total_vm_kb", "anon_rss_kb", "file_rss_kb", "shmem_rss_kb", "uid", "pgtables_kb", "oom_score_adj",
    "score",
)  # fmt: skip


@dataclass(slots=True)
class Report:
    """One OOM report being collected."""

    source: str
    start: int
    first: LogLine
    killer: str = "kernel"
    header: Match | None = None
    end: int = 0
    last_no: int = 0
    constraint: dict[str, Any] = field(default_factory=dict)
    selected: dict[str, Any] | None = None
    message: str = ""
    kills: list[Kill] = field(default_factory=list)
    killed_at: dict[int | None, tuple[Stamp | None, float | None]] = field(default_factory=dict)
    """When each victim's line was printed, by its pid."""
    panic: str | None = None
    exiting: bool = False
    group: str | None = None
    cgroup: str | None = None
    notes: list[Note] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    body: bytes | None = None
    body_no: int = 0
    body_terminated: bool = True
    last_uptime_s: float | None = None
    last_stamp: Stamp | None = None
    last_kill: tuple[LogLine, int, int] | None = None
    """The last victim's line, where it starts and where the next one does."""
    when: datetime | None = None
    origin: str = "absent"
    named: Problem | None = None
    """Stands for a victim that only the summary line names."""
    own_lines: set[int] = field(default_factory=set)
    """Numbers of the lines that opened, named or ended a kill."""
    texts: dict[int, str] = field(default_factory=dict)
    """What these lines, and the reaper's, say."""
    release: str | None = None
    """Kernel release from the stack header of a panic, which may be all there is."""
    shift: int = 0
    """Added to line numbers, which count the lines of a file that was rotated away from 0 down."""
    tail: dict[str, Any] | None = None
    """A value at the very end of the log, kept only if the task table agrees."""
    after_first_line: bool = False
    """An earlier kernel line about OOM stood in this log."""
    same_boot: int = 0
    """As far as this no boot begins in the log."""
    headers_since: int = 0
    """How many other reports began while this one was open."""
    begin: int | None = None
    """Where the lines before the first one start that belong to the report, if there are any."""
    raw: dict[int, bytes] = field(default_factory=dict)
    """The lines at anchors as they stand in the log, each with its newline, by number."""
    record: bytes | None = None
    """The one line of the log that this whole report came in."""

    @property
    def ended(self) -> bool:
        """Tell whether the line that ends a report was seen."""
        return bool(self.kills) or self.panic is not None or self.exiting

    @property
    def needed_from(self) -> int:
        """Return the offset from which this report can be read once more."""
        return self.start if self.begin is None else min(self.begin, self.start)

    def accepts_uptime(self, line: LogLine) -> bool:
        """Tell whether a line can be of the same boot: uptime never runs backwards."""
        if line.uptime_s is None or self.last_uptime_s is None:
            return True
        # Records of several CPUs may be stored slightly out of order.
        return line.uptime_s >= self.last_uptime_s - 1.0

    def saw(self, line: LogLine, end: int) -> None:
        """Note that the report reaches to this line."""
        self.end = max(self.end, end)
        self.own_lines.add(line.no)
        self.texts[line.no] = line.text
        self.last_no = max(self.last_no, line.no)
        if line.uptime_s is not None:
            self.last_uptime_s = line.uptime_s
        self.last_stamp = line.stamp

    def is_near(self, line: LogLine, seconds: float) -> bool:
        """Tell whether the line was printed so soon after the last one of this report, if times say."""
        if line.uptime_s is not None and self.last_uptime_s is not None:
            return line.uptime_s - self.last_uptime_s <= seconds
        if line.stamp is not None and self.last_stamp is not None:
            return seconds_between(self.last_stamp, line.stamp) <= seconds
        return True

    def add_kill(self, line: LogLine, fields: dict[str, Any], when: datetime | None) -> None:
        """Record a victim; a line that repeats one already known adds nothing."""
        pid = fields.get("pid")
        if any(kill.pid == pid for kill in self.kills):
            return
        self.killed_at[pid] = (line.stamp, line.uptime_s)
        values = {key: fields.get(key) for key in _KILL_KEYS}
        selected = self.selected
        chosen = None
        if selected is not None:
            if not self.kills:
                values["score"] = selected.get("score")
            if selected.get("pid") != pid and not self.kills:
                chosen = Selected(selected["pid"], selected.get("comm"), selected.get("score"))
        if values["uid"] is None and self.constraint.get("pid") == pid:
            values["uid"] = self.constraint.get("uid")
        self.kills.append(
            Kill(
                pid, fields.get("comm"), **values, selected=chosen, time=when,
                uptime_s=line.uptime_s, line=line.no,
            )
        )  # fmt: skip

    def has_killed(self, pid: int | None, line: LogLine) -> bool:
        """Tell whether the line repeats a kill: the same pid at another time is another process."""
        return self.killed_at.get(pid) == (line.stamp, line.uptime_s)

    def take_back_kill(self, kill: Kill) -> None:
        """Forget the last victim, who turned out to be another report's."""
        self.kills.remove(kill)
        del self.killed_at[kill.pid]
        self.own_lines.discard(kill.line)
        self.texts.pop(kill.line, None)
        self.last_no = max(self.own_lines)

    def reap(self, pid: int, reaped: Reaped, line: LogLine) -> bool:
        """Join the OOM reaper's line to its kill."""
        for index, kill in enumerate(self.kills):
            if kill.pid == pid and kill.reaped is None:
                self.kills[index] = replace(kill, reaped=reaped)
                self.texts[line.no] = line.text
                self.last_no = max(self.last_no, line.no)
                return True
        return False

    @property
    def forged(self) -> bool:
        """Tell whether somebody else wrote these lines than the killer they speak for."""
        return self.first.doubtful or (self.killer == "kernel" and not self.first.is_kernel)

    def finish(self, matcher: Matcher, *, proven: bool = False) -> OomEvent:
        """Make the record.

        :param proven: The source vouches for who wrote its lines.
        """
        first = self.first
        constraint = self.constraint
        header = self.header.fields if self.header is not None else None
        body = self._body(matcher, header)
        decode = self._decoder(body, header, constraint)
        if self.tail is not None and self.kills:
            self._confirm_tail(decode())
        return OomEvent(
            source=self.source,
            first_line=self._own(first.no),
            last_line=self._own(max(self.last_no, first.no)),
            time=self.when,
            time_origin=self.origin,
            uptime_s=first.uptime_s,
            host=first.host,
            boot_id=first.boot_id,
            killer=self.killer,
            scope=self._scope(),
            constraint=constraint.get("constraint", self._worded_constraint()),
            outcome=self._outcome(),
            complete=(self.header is not None and self.ended) or self.killer != "kernel",
            trigger=_trigger(header),
            oom_memcg=constraint.get("oom_memcg"),
            task_memcg=constraint.get("task_memcg", self.cgroup),
            kills=tuple(map(self._numbered, self.kills)),
            notes=tuple(replace(note, line=self._own(note.line)) for note in self.notes),
            problems=tuple(replace(each, line=self._own(each.line)) for each in self.problems),
            decode=decode,
            glance=self._glancer(body),
            quote=self._quoter(body),
            keep=self._keeper(),
            own_lines=frozenset(self.own_lines),
            trusted=False if self.forged else True if proven else None,
        )

    def _glancer(self, body: Body) -> Callable[[], Details | None]:
        kernel, release, of_cgroup = self.killer == "kernel", self.release, self._scope() == "memcg"

        def look() -> Details | None:
            details = glance(body, of_cgroup=of_cgroup) if kernel else None
            if details is None or release is None:
                return details
            return replace(details, kernel_release=_first(details.kernel_release, release))

        return look

    def _quoter(self, body: Body) -> Callable[[], tuple[ReportLine, ...]]:
        kernel = self.killer == "kernel"

        def quote() -> tuple[ReportLine, ...]:
            found = dict(report_lines(body)) if kernel else {}
            found.update(self.texts)
            return tuple(ReportLine(self._own(no), found[no]) for no in sorted(found))

        return quote

    def _keeper(self) -> Callable[[int], Kept]:
        body, number, raw, record = self.body or b"", self.body_no, self.raw, self.record
        first, shift, header = self.first.no, self.shift, self.header is not None

        def keep(from_line: int) -> Kept:
            if record is not None:
                return Kept(record, first, first, shift)
            # Without a header it may be anything that stands before the kill.
            start = number if header else min(from_line, first)
            return Kept(whole_text(body, number, raw, start), start, first, shift)

        return keep

    def _own(self, no: int) -> int:
        """Return the line's number in the file that the report began in, counted on beyond its end."""
        return no + self.shift

    def _numbered(self, kill: Kill) -> Kill:
        if not self.shift:
            return kill
        reaped = kill.reaped and replace(kill.reaped, line=self._own(kill.reaped.line))
        return replace(kill, line=self._own(kill.line), reaped=reaped)

    def _confirm_tail(self, details: Details) -> None:
        kill = self.kills[-1]
        for row in details.tasks or ():
            if row.get("pid") == kill.pid:
                same = {k: v for k, v in (self.tail or {}).items() if k in row and row[k] == v}
                if same:
                    self.kills[-1] = replace(kill, **same)
                    self.problems = [p for p in self.problems if p.line != kill.line]

    def _body(self, matcher: Matcher, header: dict[str, Any] | None) -> Body:
        return Body(
            lines_of_host(self.body or b"", self.first.host, self.first.prefix),
            self.body_no,
            matcher,
            self.first.no if header is not None else None,
            self.first.caller,
            self.first.prefix if self.first.has_prefix else "",
            self.body_terminated,
            None if self.first.is_kernel else self.first.ident or "",
            self.first.boot_id,
        )

    def _decoder(
        self, body: Body, header: dict[str, Any] | None, constraint: dict[str, Any]
    ) -> Callable[[], Details]:
        kernel = self.killer == "kernel"
        kills = bool(self.kills)
        unfinished = header is not None and not self.ended

        def decode() -> Details:
            details = body.decode() if kernel else Details()
            sections = dict(details.sections)
            if kernel:
                last = details.last_section
                if unfinished and last in ("context", "mem_info", "memcg", "slab", "tasks"):
                    sections[last] = "cut"  # the log says nothing after it
                sections["invoked"] = "present" if header is not None else "absent"
                sections["constraint"] = "present" if constraint else "absent"
                sections["kill"] = "present" if kills else "absent"
                sections["reaper"] = "present" if any(kill.reaped for kill in self.kills) else "absent"
            # The summary line names the same values last, and is newer than the lines of their own.
            return replace(
                details,
                nodemask=_first(constraint.get("nodemask"), (header or {}).get("nodemask"), details.nodemask),
                cpuset=_first(constraint.get("cpuset"), details.cpuset),
                mems_allowed=_first(constraint.get("mems_allowed"), details.mems_allowed),
                kernel_release=_first(details.kernel_release, self.release),
                sections=sections,
                first_line=None if details.first_line is None else self._own(details.first_line),
                problems=tuple(replace(p, line=self._own(p.line)) for p in details.problems),
            )

        return decode

    def _outcome(self) -> Outcome:
        if self.panic == "panic":
            return "panic"
        if self.kills or self.cgroup is not None:
            return "killed"
        return "no_killable" if self.panic == "no_killable" else "unknown"

    def _worded_constraint(self) -> str | None:
        """Return the constraint that the wording of the kill stands for, where the kernel printed no name.

        Until 4.20 the words were all there was; each comes from one caller (oom_kill_process()).
        """
        message = self.message.lower()
        if "cgroup" in message:
            return "CONSTRAINT_MEMCG"
        if "mpol_bind" in message:
            return "CONSTRAINT_MEMORY_POLICY"
        return "CONSTRAINT_CPUSET" if "in cpuset" in message else None

    def _scope(self) -> Scope:
        if self.header is not None and self.header.fields.get("order") == -1:
            return "sysrq"
        constraint = self.constraint
        if "oom_memcg" in constraint:
            return "memcg"
        for name in (constraint.get("constraint"), self._worded_constraint()):
            if name in _SCOPES:
                return _SCOPES[name]
        if constraint.get("constraint") == "CONSTRAINT_NONE" or "out of memory" in self.message.lower():
            return "global"
        return "unknown"


def _first(*values: str | None) -> str | None:
    return next((value for value in values if value is not None), None)


def _trigger(header: dict[str, Any] | None) -> Trigger | None:
    if header is None:
        return None
    return Trigger(
        header.get("comm"),
        None,
        None,
        header.get("gfp_mask"),
        header.get("gfp_flags"),
        header.get("order"),
        header.get("oom_score_adj"),
    )
