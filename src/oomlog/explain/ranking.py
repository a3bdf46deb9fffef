"""Badness of every row of the task table, and what it would have been with other values.

Mirrors oom_badness() and select_bad_process() in mm/oom_kill.c.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from oomlog.explain.formula import FormulaChoice
from oomlog.explain.model import Ranked
from oomlog.kernel import UNKILLABLE_ADJ, Formula, Terms, badness, oom_score, terms
from oomlog.model import OomEvent

__all__ = ["Process", "chosen_for", "feasible_totalpages", "processes_of", "rank", "winner"]


class Process(NamedTuple):
    """One process of the task table, in pages; ``None`` where the table has no such column."""

    pid: int
    row_pid: int
    """As printed: the first thread that still has memory."""
    comm: str | None
    uid: int | None
    oom_score_adj: int | None
    rss_pages: int | None
    swap_pages: int | None
    pgtables_pages: int | None

    @property
    def used_pages(self) -> int:
        """Return what counts for badness before any adjustment."""
        return (self.rss_pages or 0) + (self.swap_pages or 0) + (self.pgtables_pages or 0)


def processes_of(event: OomEvent, page_kb: int) -> tuple[Process, ...]:
    """Return the table's processes in printed order, one row each; threads of one are one (until 2.6.27)."""
    if event.tasks is None:
        return ()
    found: dict[int, Process] = {}
    # Thousands of rows are usual, so each is read where its columns are, and not as a mapping.
    place = {column: at for at, column in enumerate(event.tasks.columns)}
    numbers = [place.get(column, -1) for column in _NUMBERS]
    counts = [place[column] for column in ("nr_ptes", "nr_pmds", "nr_puds") if column in place]
    at_comm = place.get("comm", -1)
    for row in event.tasks.rows:
        tgid, row_pid, uid, adj, rss, swap, in_bytes = (_int(row, at) for at in numbers)
        pid = row_pid if tgid is None else tgid
        if pid is None or row_pid is None or pid in found:
            continue
        comm = row[at_comm] if at_comm >= 0 else None
        if in_bytes is not None:
            tables: int | None = in_bytes // (page_kb * 1024)
        else:
            known = [count for at in counts if (count := _int(row, at)) is not None]
            tables = sum(known) if known else None
        name = comm if isinstance(comm, str) else None
        found[pid] = Process(pid, row_pid, name, uid, adj, rss, swap, tables)
    return tuple(found.values())


_NUMBERS = ("tgid", "pid", "uid", "oom_score_adj", "rss_pages", "swapents_pages", "pgtables_bytes")


def _int(row: Sequence[int | str | None], at: int) -> int | None:
    found = row[at] if at >= 0 else None
    return found if isinstance(found, int) else None


def rank(
    processes: Sequence[Process],
    choice: FormulaChoice,
    totalpages: int | None,
    immune: Mapping[int, str],
    *,
    machine_pages: int | None = None,
    root: bool = True,
    shares: bool = True,
) -> tuple[tuple[Ranked, ...], tuple[Ranked, ...]]:
    """Return those who could be chosen, worst first, and those who could not.

    Where the badness of one is not known nobody has a rank, and they come by what they used.

    :param totalpages: ``None`` leaves scores out; badness is then told only where no adjustment needs it.
    :param immune: Reasons by pid, beside those that the table shows itself.
    :param machine_pages: RAM and swap of the whole machine: what /proc/PID/oom_score relates to, whatever
        ran out.
    :param root: Take uid 0 for CAP_SYS_ADMIN, which no log shows, where the formula spares it (until 4.16).
    :param shares: Whether totalpages is known well enough to tell what part of it badness is.
    """
    able: list[tuple[Process, Ranked]] = []
    spared: list[Ranked] = []
    formula = choice.formula or "plain"
    for process in processes:
        reason = "adj_min" if process.oom_score_adj == UNKILLABLE_ADJ else immune.get(process.pid)
        if process.pid == 1:
            reason = "init"
        shown = _shown(process, formula, machine_pages, reason, root)
        ranked = _ranked(process, formula, totalpages, reason, root, shown)
        if not shares:
            ranked = replace(ranked, share=None)
        if reason is None:
            able.append((process, ranked))
        else:
            spared.append(ranked)
    order = list(reversed(able)) if choice.last_wins else able  # sorting keeps the order of equals
    known = all(each.badness is not None for _, each in order)
    order.sort(key=lambda both: -((both[1].badness or 0) if known else both[0].used_pages))
    return tuple(each for _, each in order), tuple(
        sorted(spared, key=lambda each: -((each.rss_pages or 0) + (each.swap_pages or 0)))
    )


def _ranked(
    process: Process,
    formula: Formula,
    total: int | None,
    reason: str | None,
    root: bool,
    shown: int | None,
) -> Ranked:
    parts = _terms(process, formula, total, root)
    points: int | None = None
    if parts is not None and (total is not None or formula == "plain"):
        points = badness(parts, totalpages=total or 1, formula=formula)
    return Ranked(
        process.pid,
        process.comm,
        process.uid,
        process.oom_score_adj,
        process.rss_pages,
        process.swap_pages,
        parts,
        badness=None if reason is not None else points,
        oom_score=shown,
        share=_share(points, total, formula) if reason is None else None,
        immune=reason,
    )


def _terms(process: Process, formula: Formula, total: int | None, root: bool) -> Terms | None:
    adj = process.oom_score_adj
    if process.rss_pages is None or adj is None or (total is None and adj != 0):
        return None
    return terms(
        rss_pages=process.rss_pages,
        swap_pages=process.swap_pages or 0,
        pgtables_pages=process.pgtables_pages or 0,
        oom_score_adj=adj,
        totalpages=total or 0,
        formula=formula,
        root=root and process.uid == 0,
    )


def _shown(
    process: Process, formula: Formula, machine: int | None, reason: str | None, root: bool
) -> int | None:
    parts = None if machine is None else _terms(process, formula, machine, root)
    if parts is None or machine is None:
        return None
    points = badness(parts, totalpages=machine, formula=formula)
    return oom_score(None if reason else points, totalpages=machine, formula=formula)


def _share(points: int | None, total: int | None, formula: Formula) -> float | None:
    if points is None or not total:
        return None
    return round(points / (1000 if formula == "permille" else total), 4)


def winner(ranking: Sequence[Ranked]) -> Ranked | None:
    """Return who the formula chooses; nobody when not all of them could be counted.

    Where all have the same oom_score_adj it does not matter what the adjustment is worth.
    """
    if not ranking or any(each.rss_pages is None for each in ranking):
        return None
    if all(each.badness is not None for each in ranking):
        return ranking[0]
    return None


def chosen_for(
    processes: Sequence[Process], choice: FormulaChoice, immune: Mapping[int, str]
) -> Process | None:
    """Return who of those who may be chosen has most memory, if all adjustments are equal."""
    able = [p for p in processes if p.oom_score_adj != UNKILLABLE_ADJ and p.pid not in immune and p.pid != 1]
    if not able or len({p.oom_score_adj for p in able}) > 1 or any(p.rss_pages is None for p in able):
        return None
    able = list(reversed(able)) if choice.last_wins else able
    return max(able, key=lambda p: p.used_pages)


def feasible_totalpages(
    chosen: Process, others: Sequence[Process], lowest: int, highest: int | None
) -> tuple[int, int | None] | None:
    """Return the range of totalpages for which ``chosen`` has the highest badness, ``None`` if there is none.

    Badness is linear in totalpages, so each other process cuts the range at one point.  The kernel's rounding
    to thousands is left out; it is worth less than ``abs(adj)`` pages.
    """
    low, high = float(lowest), float("inf") if highest is None else float(highest)
    for other in others:
        if other.pid == chosen.pid or other.oom_score_adj == UNKILLABLE_ADJ:
            continue
        slope = ((chosen.oom_score_adj or 0) - (other.oom_score_adj or 0)) / 1000
        behind = other.used_pages - chosen.used_pages
        if slope == 0:
            if behind > 0:
                return None
        elif slope > 0:
            low = max(low, behind / slope)
        else:
            high = min(high, behind / slope)
    if low > high:
        return None
    return int(low), None if high == float("inf") else int(high)
