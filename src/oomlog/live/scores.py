"""Who would die next: every process with the badness that oom_badness() would give it now.

/proc/PID/oom_score is what the kernel itself says, but rounded to about a thousandth of all memory.  The
badness is computed again from the memory of the process, and the formula is the one whose scores agree with
the kernel's, as vendors carry formulas from version to version.  All of it is derived: the kernel decides
anew when memory has run out.  Mirrors mm/oom_kill.c:oom_badness(), oom_evaluate_task() and
fs/proc/base.c:proc_oom_score().
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from oomlog.errors import SourceError
from oomlog.kernel import UNKILLABLE_ADJ, Formula, Terms, badness, oom_score, terms
from oomlog.live.cgroups import NEAR, Memcg, hierarchy, limited_groups
from oomlog.live.container import surroundings
from oomlog.live.files import read_number, read_pairs
from oomlog.live.processes import Process, read_processes

__all__ = ["Fit", "NearLimit", "Score", "Scores", "fit", "immunity", "ranked", "read_scores", "score_of"]

# Newest first, which wins when the processes at hand cannot tell them apart.  The thousandths of 2.6.36 to
# 3.4 are no pages and would need a table of their own; there the order is that of oom_score.
_FORMULAS: tuple[Formula, ...] = ("plain", "plain_clamped", "root_bonus", "root_bonus_adj")
# /proc/PID/status and oom_score are read one after the other, and until 7.0 the kernel's counters drift.
_TOLERANCE = 2


@dataclass(frozen=True, slots=True)
class Fit:
    """How well the recomputed scores agree with the kernel's."""

    formula: Formula | None
    """``None`` when no known one gives the scores of at least half of the processes."""
    agree: int
    compared: int


@dataclass(frozen=True, slots=True)
class Score:
    """One process in the order of the OOM killer."""

    process: Process
    terms: Terms | None
    """What its badness is made of, in pages; derived."""
    badness: int | None
    """In pages; ``None`` when it is immune or something of it could not be read.  Derived."""
    share: float | None
    """Part of all memory that it uses; derived."""
    immune: str | None
    """Why it is never chosen; ``None`` for a process that can be."""

    @property
    def killable(self) -> bool:
        """Return whether the kernel may choose it."""
        return self.immune is None

    @property
    def rated(self) -> bool:
        """Return whether anything is known about how likely it is to be chosen."""
        return self.badness is not None or self.process.oom_score is not None


@dataclass(frozen=True, slots=True)
class NearLimit:
    """A cgroup that is near its limit, and who would die there."""

    memcg: Memcg
    next: Score | None
    """With the badness that counts in this group; ``None`` when nobody in it can be seen or chosen."""


@dataclass(frozen=True, slots=True)
class Scores:
    """All processes, the likeliest victim first."""

    rows: tuple[Score, ...]
    page_size: int
    totalpages: int | None
    """RAM and swap, in pages, as a global OOM counts it."""
    total_swap_kb: int | None
    fit: Fit
    near: tuple[NearLimit, ...]
    swappiness: int | None
    """vm.swappiness; at 0 a cgroup counts without swap."""
    allocating_task: bool
    """vm.oom_kill_allocating_task is set: whoever asks for memory dies, whatever the scores say."""
    panic_on_oom: int | None

    @property
    def next(self) -> Score | None:
        """Return who would die next in a global OOM."""
        return next((row for row in self.rows if row.killable and row.rated), None)

    @property
    def limited_view(self) -> str | None:
        """Return why a process that cannot be seen may be next, ``None`` if all can be."""
        first = next((row.process for row in self.rows if row.process.pid == 1), None)
        if first is None:
            return "process 1 is not shown, so others are hidden as well (hidepid?)"
        if first.oom_score and not first.init:
            return "process 1 is not the machine's init (a container?), so those outside are not seen"
        hidden = sum(not row.rated for row in self.rows if row.killable)
        return f"{hidden:,} could not be read (hidepid?)" if hidden else None

    def next_in(self, memcg: Memcg, rows: Iterable[Score] | None = None) -> Score | None:
        """Return who would die next in a cgroup, with the badness that counts there.

        An OOM in a cgroup counts oom_score_adj by the memory of the group, and looks at its own only.

        :param rows: Instead of those that were read, to see what would be.
        """
        total = memcg.totalpages(
            total_swap_kb=self.total_swap_kb or 0, page_size=self.page_size, swappiness=self.swappiness
        )
        inside = (
            score_of(row.process, formula=self.fit.formula, totalpages=total, page_size=self.page_size)
            for row in (self.rows if rows is None else rows)
            if memcg.holds(row.process.memcg)
        )
        return next((row for row in ranked(inside) if row.killable and row.rated), None)

    def kb(self, pages: int) -> int:
        """Return pages in kB."""
        return pages * self.page_size // 1024


def read_scores(root: Path = Path("/"), *, near: float = NEAR, without: int | None = None) -> Scores:
    """Read the machine once.

    :param near: Share of its limit from which a cgroup is looked at.
    :param without: A process to leave out: the one that asks.
    :raise SourceError: When there is no process in ``root``/proc.
    """
    processes = [process for process in read_processes(root) if process.pid != without]
    if not processes:
        raise SourceError(str(root / "proc"), "shows no process", hint="is /proc mounted here?")
    page_size = os.sysconf("SC_PAGE_SIZE")
    meminfo = read_pairs(root / "proc" / "meminfo")
    total_kb, swap_kb = meminfo.get("MemTotal"), meminfo.get("SwapTotal")
    totalpages = None if total_kb is None or swap_kb is None else (total_kb + swap_kb) * 1024 // page_size
    found = fit(processes, totalpages=totalpages, page_size=page_size)
    if found.formula != "plain" and surroundings(root).first_pid_namespace is False:
        # Until 5.8 a score of 0 was also that of a small process, such as the first one of a container.
        processes = [replace(process, init=False) for process in processes]
    rows = [
        score_of(process, formula=found.formula, totalpages=totalpages, page_size=page_size)
        for process in processes
    ]
    vm = root / "proc" / "sys" / "vm"
    scores = Scores(
        rows=ranked(rows),
        page_size=page_size,
        totalpages=totalpages,
        total_swap_kb=swap_kb,
        fit=found,
        near=(),
        swappiness=read_number(vm / "swappiness"),
        allocating_task=(read_number(vm / "oom_kill_allocating_task") or 0) != 0,
        panic_on_oom=read_number(vm / "panic_on_oom"),
    )
    groups = _near(root, near)
    return replace(scores, near=tuple(NearLimit(memcg, scores.next_in(memcg)) for memcg in groups))


def immunity(process: Process) -> str | None:
    """Return why the kernel never chooses a process, ``None`` when it may.

    Mirrors mm/oom_kill.c:oom_unkillable_task() and the first lines of oom_badness().
    """
    if process.kernel_thread:
        return "kernel thread"
    if process.init:
        return "init"
    if process.oom_score_adj == UNKILLABLE_ADJ:
        return f"oom_score_adj {UNKILLABLE_ADJ}"
    if process.has_memory is False:
        return "zombie" if process.state == "Z" else "no memory"
    return None


def score_of(process: Process, *, formula: Formula | None, totalpages: int | None, page_size: int) -> Score:
    """Return a process with its badness among ``totalpages``."""
    immune = immunity(process)
    parts = _terms(process, formula=formula, totalpages=totalpages, page_size=page_size)
    if parts is None or totalpages is None:
        return Score(process, None, None, None, immune)
    share = (parts.rss_pages + parts.swap_pages + parts.pgtables_pages) / max(totalpages, 1)
    if formula is None:
        return Score(process, None, None, share, immune)
    points = None if immune else badness(parts, totalpages=totalpages, formula=formula)
    return Score(process, parts, points, share, immune)


def fit(processes: Iterable[Process], *, totalpages: int | None, page_size: int) -> Fit:
    """Find the formula whose scores are those in /proc."""
    if totalpages is None:
        return Fit(None, 0, 0)
    known = [
        (process, process.oom_score)
        for process in processes
        if process.oom_score is not None and immunity(process) is None
    ]
    best = Fit(None, 0, 0)
    for formula in _FORMULAS:
        agree = compared = 0
        for process, printed in known:
            parts = _terms(process, formula=formula, totalpages=totalpages, page_size=page_size)
            if parts is not None:
                points = badness(parts, totalpages=totalpages, formula=formula)
                compared += 1
                expected = oom_score(points, totalpages=totalpages, formula=formula)
                agree += abs(expected - printed) <= _TOLERANCE
        if agree > best.agree:
            best = Fit(formula, agree, compared)
        elif not best.compared:
            best = Fit(None, 0, compared)
    return best if best.agree * 2 >= best.compared else replace(best, formula=None)


def ranked(rows: Iterable[Score], adj: Callable[[Score], Score] | None = None) -> tuple[Score, ...]:
    """Return processes in the order in which they would die.

    Of equals the one that started last comes first: since 5.3 the last one found with the highest points is
    kept, and processes are gone through in the order of their start (oom_evaluate_task()).

    :param adj: Changes each row first, to see what would be.
    """
    return tuple(sorted(rows if adj is None else map(adj, rows), key=_order, reverse=True))


def _order(row: Score) -> tuple[bool, bool, int, int, int, int]:
    process = row.process
    return (
        row.killable,
        row.badness is not None,
        row.badness or 0,
        -1 if process.oom_score is None else process.oom_score,
        process.started_ticks or 0,
        process.pid,
    )


def _terms(
    process: Process, *, formula: Formula | None, totalpages: int | None, page_size: int
) -> Terms | None:
    values = (process.rss_kb, process.swap_kb, process.pgtables_kb, process.oom_score_adj)
    rss, swap, pgtables, adj = values
    if rss is None or swap is None or pgtables is None or adj is None or totalpages is None:
        return None
    return terms(
        rss_pages=rss * 1024 // page_size,
        swap_pages=swap * 1024 // page_size,
        pgtables_pages=pgtables * 1024 // page_size,
        oom_score_adj=adj,
        totalpages=totalpages,
        formula=formula or "plain",
        root=bool(process.sys_admin),
    )


def _near(root: Path, near: float) -> list[Memcg]:
    where = hierarchy(root)
    groups = [] if where is None else limited_groups(where)
    return [memcg for memcg in groups if memcg.share is not None and memcg.share >= near]
