"""Records that oomlog hands out: one ``OomEvent`` per report, and its parts.

Everything is immutable.  ``None`` means that the kernel did not print a value (or that the log was cut
before it); a zero is a zero that was printed.  Names are the kernel's own plus the unit.  What an event
needs for a table of kills is read at once; the big sections (Mem-Info, task table ...) are decoded from
the kept log text on first use.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple

from oomlog.asking import AskedEvent
from oomlog.task_table import TaskTable

__all__ = [
    "Details",
    "Kept",
    "Kill",
    "LogLine",
    "Memcg",
    "Note",
    "OomEvent",
    "Outcome",
    "Problem",
    "Reaped",
    "ReportLine",
    "Scope",
    "Selected",
    "Stamp",
    "TaskTable",
    "Trigger",
]

Outcome = Literal["killed", "panic", "no_killable", "unknown"]
Scope = Literal["global", "memcg", "cpuset", "mempolicy", "sysrq", "unknown"]
Value = int | float | str | bool | None | Sequence["Value"] | Mapping[str, "Value"]


@dataclass(frozen=True, slots=True)
class Stamp:
    """A wall-clock time as a logger printed it: the parts it printed, nothing filled in."""

    month: int
    day: int
    hour: int
    minute: int
    second: int
    microsecond: int = 0
    year: int | None = None
    utc_offset_s: int | None = None


class LogLine(NamedTuple):
    """One kernel message: its text without the logger's prefix, and what the prefix said."""

    no: int
    text: str
    prefix: str | None = None
    """The bytes before ``text`` as printed; ``None`` when a record format (JSON, journal) carried it."""
    has_prefix: bool = False
    uptime_s: float | None = None
    stamp: Stamp | None = None
    host: str | None = None
    ident: str | None = None
    """Who wrote the line according to the prefix: ``"kernel"``, a program's name, or not said."""
    caller: str | None = None
    """printk caller id (``T123`` a task, ``C0`` a CPU in interrupt), CONFIG_PRINTK_CALLER since 5.1."""
    boot_id: str | None = None
    is_kernel: bool = True
    """False when the prefix names another writer than the kernel."""
    terminated: bool = True
    """False for the unfinished last line of an input: values that touch its end may be cut."""
    doubtful: bool = False
    """True when a record says that somebody else wrote it than its writer claims."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One line of a report that could not be understood in full."""

    line: int
    text: str
    expected: str | None = None


class Kept(NamedTuple):
    """A report as it stands in its log, prefixes and all, so that it can be read once more.

    Lines between and after its kills that belong to something else are left empty.
    """

    text: bytes
    start_no: int
    """Number of the first line of ``text``."""
    first_no: int
    """Number of the line that opened the report, or of its first kill."""
    shift: int = 0
    """Added to numbers below 1, which are of the part of a rotated log before this one."""


class ReportLine(NamedTuple):
    """One line of a report as it can be quoted: without the logger's prefix."""

    no: int
    text: str


@dataclass(frozen=True, slots=True)
class Note:
    """A line by another program that speaks about the same event (systemd, kubelet, slurmstepd ...)."""

    line: int
    source: str
    text: str


@dataclass(frozen=True, slots=True)
class Trigger:
    """The task whose allocation failed; often not the victim (dump_header(), mm/oom_kill.c)."""

    comm: str | None
    pid: int | None
    uid: int | None
    gfp_mask: str | None
    gfp_flags: tuple[str, ...] | None
    order: int | None
    oom_score_adj: int | None


@dataclass(frozen=True, slots=True)
class Selected:
    """The task named by "Kill process ... or sacrifice child" when another one died (until 5.0)."""

    pid: int
    comm: str | None
    score: int | None


@dataclass(frozen=True, slots=True)
class Reaped:
    """What the OOM reaper said about the victim: memory that was *left*, not freed (since 4.6)."""

    anon_rss_kb: int | None
    file_rss_kb: int | None
    shmem_rss_kb: int | None
    failed: bool
    line: int


@dataclass(frozen=True, slots=True)
class Kill:
    """One killed process, from its "Killed process" line (__oom_kill_process(), mm/oom_kill.c)."""

    pid: int | None
    comm: str | None
    total_vm_kb: int | None = None
    anon_rss_kb: int | None = None
    file_rss_kb: int | None = None
    shmem_rss_kb: int | None = None
    uid: int | None = None
    pgtables_kb: int | None = None
    oom_score_adj: int | None = None
    score: int | None = None
    selected: Selected | None = None
    reaped: Reaped | None = None
    time: datetime | None = None
    uptime_s: float | None = None
    line: int = 0

    @property
    def rss_kb(self) -> int | None:
        """Return anon + file + shmem RSS in kB, of the parts that were printed; derived."""
        parts = [v for v in (self.anon_rss_kb, self.file_rss_kb, self.shmem_rss_kb) if v is not None]
        return sum(parts) if parts else None


@dataclass(frozen=True, slots=True)
class Memcg:
    """Counters and statistics of the cgroup whose limit was hit (mem_cgroup_print_oom_*())."""

    memory: Mapping[str, int] | None = None
    memory_swap: Mapping[str, int] | None = None
    swap: Mapping[str, int] | None = None
    kmem: Mapping[str, int] | None = None
    stats: Mapping[str, int] | None = None
    children: tuple[tuple[str, Mapping[str, int]], ...] = ()
    """(path, stats) of the other cgroups in the subtree; printed by 3.9 to 5.2 only."""


@dataclass(frozen=True, slots=True)
class Details:
    """Everything in a report that is decoded only when asked for."""

    trigger_pid: int | None = None
    trigger_uid: int | None = None
    kernel_release: str | None = None
    nodemask: str | None = None
    cpuset: str | None = None
    mems_allowed: str | None = None
    oom_memcg: str | None = None
    task_memcg: str | None = None
    memcg: Memcg | None = None
    mem_info: Mapping[str, Value] | None = None
    slab: tuple[Mapping[str, int | str], ...] | None = None
    tasks: TaskTable | None = None
    sysrq: bool = False
    callbacks_suppressed: int | None = None
    messages_dropped: int | None = None
    first_line: int | None = None
    skipped_lines: int = 0
    """Lines of other subsystems (and stack traces) inside the report."""
    sections: Mapping[str, str] = field(default_factory=dict)
    last_section: str | None = None
    """The section that the last recognised line belongs to."""
    problems: tuple[Problem, ...] = ()


class OomEvent(AskedEvent):
    """One run of an OOM killer: who asked, who died, and what the kernel printed about it.

    The attributes have the names of the ``oomlog.event/1`` schema (``oomlog schema``).
    """

    __slots__ = (
        "_decode",
        "_details",
        "_first_line",
        "_glance",
        "_keep",
        "_oom_memcg",
        "_problems",
        "_quote",
        "_scope",
        "_task_memcg",
        "_trigger",
        "boot_id",
        "complete",
        "constraint",
        "host",
        "killer",
        "kills",
        "last_line",
        "notes",
        "outcome",
        "own_lines",
        "source",
        "time",
        "time_origin",
        "trusted",
        "uptime_s",
    )

    def __init__(
        self,
        *,
        source: str,
        first_line: int,
        last_line: int,
        time: datetime | None,
        time_origin: str,
        uptime_s: float | None,
        host: str | None,
        boot_id: str | None,
        killer: str,
        scope: Scope,
        constraint: str | None,
        outcome: Outcome,
        complete: bool,
        trigger: Trigger | None,
        oom_memcg: str | None,
        task_memcg: str | None,
        kills: tuple[Kill, ...],
        notes: tuple[Note, ...],
        problems: tuple[Problem, ...],
        decode: Callable[[], Details],
        glance: Callable[[], Details | None] | None = None,
        quote: Callable[[], tuple[ReportLine, ...]] = tuple,
        keep: Callable[[int], Kept] | None = None,
        own_lines: frozenset[int] = frozenset(),
        trusted: bool | None = None,
    ) -> None:
        self.source = source
        self.trusted = trusted
        self._first_line = first_line
        self.last_line = last_line
        self.time = time
        self.time_origin = time_origin
        self.uptime_s = uptime_s
        self.host = host
        self.boot_id = boot_id
        self.killer = killer
        self._scope = scope
        self.constraint = constraint
        self.outcome = outcome
        self.complete = complete
        self._trigger = trigger
        self._oom_memcg = oom_memcg
        self._task_memcg = task_memcg
        self.kills = kills
        self.notes = notes
        self._problems = problems
        self._decode = decode
        self._glance = glance
        self._quote = quote
        self._keep = keep
        self.own_lines = own_lines
        self.siblings, self.registry = (), None
        self._details: Details | None = None

    @property
    def details(self) -> Details:
        """Return the decoded sections; the log text is read on the first call."""
        if self._details is None:
            self._details = self._decode()
        return self._details

    @property
    def lines(self) -> tuple[ReportLine, ...]:
        """Return the report's own lines, for quoting; other subsystems' lines in between are among them."""
        return self._quote()

    @property
    def kept(self) -> Kept | None:
        """Return the report's text as it stands in the log; ``None`` when there was no log."""
        return None if self._keep is None else self._keep(self.first_line)

    @property
    def first_line(self) -> int:
        """Return the number of the report's first line, counted from 1."""
        found = self.details.first_line if self._trigger is None else None
        return self._first_line if found is None else min(found, self._first_line)

    @property
    def scope(self) -> Scope:
        """Return what ran out: the machine, a memory cgroup, a cpuset, a mempolicy, or sysrq-f."""
        if self._scope in ("memcg", "sysrq"):
            return self._scope
        if self.details.sysrq:
            return "sysrq"
        if self._scope == "unknown" and (self.details.memcg is not None or self.details.oom_memcg):
            return "memcg"
        if self._scope == "unknown" and self.outcome in ("panic", "no_killable"):
            return "global"
        return self._scope

    @property
    def quick_first_line(self) -> int:
        """Return ``first_line`` without decoding; of the first kill where the report has no header."""
        return self._first_line

    @property
    def quick_scope(self) -> Scope:
        """Return ``scope``, decoding the report only where no summary line (since 5.0) says it."""
        return self._scope if self._task_memcg is not None and self._scope != "unknown" else self.scope

    @property
    def quick_memcgs(self) -> tuple[str | None, str | None]:
        """Return ``(oom_memcg, task_memcg)``, decoding only where no summary line (since 5.0) names them."""
        if self._task_memcg is not None:
            return self._oom_memcg, self._task_memcg
        return self.oom_memcg, self.task_memcg

    @property
    def quick_details(self) -> Details:
        """Return details of which ``kernel_release`` and the counters of ``memcg`` are what ``details`` has.

        Reports that are like most are not decoded for them.
        """
        found = self._glance() if self._details is None and self._glance is not None else None
        return self.details if found is None else found

    @property
    def trigger(self) -> Trigger | None:
        """Return the task that invoked the OOM killer, ``None`` when its line is not in the log."""
        trigger = self._trigger
        if trigger is None:
            return None
        details = self.details
        return Trigger(
            trigger.comm,
            details.trigger_pid if trigger.pid is None else trigger.pid,
            details.trigger_uid,
            trigger.gfp_mask,
            trigger.gfp_flags,
            trigger.order,
            trigger.oom_score_adj,
        )

    @property
    def quick_trigger(self) -> Trigger | None:
        """Return what the header line alone says of the trigger: no ``uid``, and mostly no ``pid``."""
        return self._trigger

    @property
    def trigger_comm(self) -> str | None:
        """Return the trigger's name without decoding anything else."""
        return None if self._trigger is None else self._trigger.comm

    @property
    def oom_memcg(self) -> str | None:
        """Return the cgroup whose limit was hit."""
        return self._oom_memcg if self._oom_memcg is not None else self.details.oom_memcg

    @property
    def task_memcg(self) -> str | None:
        """Return the cgroup the victim lived in."""
        return self._task_memcg if self._task_memcg is not None else self.details.task_memcg

    @property
    def kernel_release(self) -> str | None:
        """Return the kernel release as printed in the stack header (``6.1.0-13-amd64``)."""
        return self.details.kernel_release

    @property
    def nodemask(self) -> str | None:
        """Return the NUMA nodes the allocation was bound to, as printed."""
        return self.details.nodemask

    @property
    def cpuset(self) -> str | None:
        """Return the name of the trigger's cpuset."""
        return self.details.cpuset

    @property
    def mems_allowed(self) -> str | None:
        """Return the NUMA nodes the trigger's cpuset allowed, as printed."""
        return self.details.mems_allowed

    @property
    def memcg(self) -> Memcg | None:
        """Return counters and statistics of the cgroup that hit its limit."""
        return self.details.memcg

    @property
    def mem_info(self) -> Mapping[str, Value] | None:
        """Return the Mem-Info block: counters, nodes, zones, hugepages, swap, totals."""
        return self.details.mem_info

    @property
    def slab(self) -> tuple[Mapping[str, int | str], ...] | None:
        """Return the rows of "Unreclaimable slab info" (since 4.15)."""
        return self.details.slab

    @property
    def tasks(self) -> TaskTable | None:
        """Return the task table, ``None`` when the log has none (``vm.oom_dump_tasks=0``, or cut)."""
        return self.details.tasks

    @property
    def suppressed(self) -> dict[str, int | None] | None:
        """Return how many kernel messages were held back or lost, as the kernel counted them."""
        details = self.details
        if details.callbacks_suppressed is None and details.messages_dropped is None:
            return None
        return {"callbacks": details.callbacks_suppressed, "messages_dropped": details.messages_dropped}

    @property
    def sections(self) -> Mapping[str, str]:
        """Return for each report section whether it is present, absent, cut or unparsable."""
        return self.details.sections

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Return the lines that could not be understood, in order."""
        found = {(p.line, p.text): p for p in (*self._problems, *self.details.problems)}
        return tuple(sorted(found.values(), key=lambda p: p.line))

    def __repr__(self) -> str:
        victims = ", ".join(f"{kill.comm}[{kill.pid}]" for kill in self.kills) or "nobody"
        return f"<OomEvent {self.source}:{self._first_line} {self.outcome}: {victims}>"
