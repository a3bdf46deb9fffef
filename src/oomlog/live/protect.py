"""What another oom_score_adj would change: who is meant, who would die when, and what is nonsense.

Nothing is written here; see ``live.apply``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from oomlog.errors import UsageError
from oomlog.kernel import UNKILLABLE_ADJ
from oomlog.live.cgroups import Memcg
from oomlog.live.scores import Score, Scores, ranked, score_of
from oomlog.live.units import unit_of

__all__ = ["DEFAULT_ADJ", "Change", "Plan", "matching", "names", "plan"]

DEFAULT_ADJ = -500
"""Takes half of RAM and swap off a badness: killed late, but before the machine has nothing else to kill."""
_COMM_BYTES = 15  # TASK_COMM_LEN - 1: the kernel keeps no more of a name


@dataclass(frozen=True, slots=True)
class Change:
    """One process before and after; ranks are derived, 1 dies first."""

    before: Score
    after: Score
    rank_before: int | None
    rank_after: int | None


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be set, and what follows."""

    adj: int
    changes: tuple[Change, ...]
    unreadable: int
    """How many that were meant are left out, as their value cannot be read."""
    killable_before: int
    next_before: Score | None
    next_after: Score | None
    near: tuple[tuple[Memcg, Score, Score], ...]
    """Cgroups near their limit in which somebody else would be next: who is, and who would be."""
    known: bool
    """Ranks could be computed; otherwise no formula gives the kernel's scores."""


def names(scores: Scores) -> set[str]:
    """Return every name that could be asked for: processes and services."""
    rows = [row for row in scores.rows if not row.process.kernel_thread]
    units = (unit_of(row.process) for row in rows)
    return {row.process.comm for row in rows if row.process.comm} | {unit.name for unit in units if unit}


def matching(scores: Scores, target: str) -> list[Score]:
    """Return the processes that ``target`` means: a number, a name, or else a service.

    A name longer than the kernel keeps is compared as far as it goes.
    """
    if target.isascii() and target.isdigit():
        return [row for row in scores.rows if row.process.pid == int(target[:20])]
    comm = target.encode("utf-8", "surrogateescape")[:_COMM_BYTES].decode("utf-8", "surrogateescape")
    found = [row for row in scores.rows if row.process.comm == comm]
    if found and not target.endswith(".service"):
        return found
    wanted = {target, f"{target}.service"}
    inside = [row for row in scores.rows if (unit := unit_of(row.process)) and unit.name in wanted]
    return inside or found


def plan(scores: Scores, chosen: Iterable[Score], adj: int) -> Plan:
    """Return what setting ``adj`` for the chosen processes would change.

    :raise UsageError: When that is nonsense, with the reason.
    """
    chosen = list(chosen)
    rows = [row for row in chosen if row.process.oom_score_adj is not None]
    unreadable = len(chosen) - len(rows)
    rows = [row for row in rows if not _is_hopeless(row)] or rows
    if not rows:
        raise UsageError("its oom_score_adj cannot be read from here\nTry again as root.")
    for row in rows:
        _refuse(row)
    if adj == UNKILLABLE_ADJ and len(rows) > 1:
        raise UsageError(
            f"{UNKILLABLE_ADJ} would make all {len(rows)} processes unkillable, and a leak in one of them "
            "could only end in a panic\nTry --adj -999, or name one process by its number."
        )
    pids = {row.process.pid for row in rows}

    def changed(row: Score) -> Score:
        if row.process.pid not in pids:
            return row
        return score_of(
            replace(row.process, oom_score_adj=adj),
            formula=scores.fit.formula,
            totalpages=scores.totalpages,
            page_size=scores.page_size,
        )

    after = ranked(scores.rows, changed)
    places_before, places_after = _places(scores.rows), _places(after)
    if not places_after:
        raise UsageError(
            "nothing that can be seen would be left to kill, and the kernel panics then\nTry --adj -999."
        )
    by_pid = {row.process.pid: row for row in after}
    return Plan(
        adj=adj,
        changes=tuple(
            Change(row, by_pid[pid], places_before.get(pid), places_after.get(pid))
            for row in rows
            for pid in (row.process.pid,)
        ),
        unreadable=unreadable,
        killable_before=len(places_before),
        next_before=scores.next,
        next_after=next((row for row in after if row.killable and row.rated), None),
        near=tuple(_moved(scores, after)),
        known=scores.fit.formula is not None,
    )


def _moved(scores: Scores, after: tuple[Score, ...]) -> Iterator[tuple[Memcg, Score, Score]]:
    for near in scores.near:
        then = scores.next_in(near.memcg, after)
        if near.next is not None and then is not None and near.next.process.pid != then.process.pid:
            yield near.memcg, near.next, then


# Of several processes with one name, those for which nothing can be done are passed over in silence.
def _is_hopeless(row: Score) -> bool:
    process = row.process
    return bool(process.kernel_thread) or process.init or process.has_memory is False


def _refuse(row: Score) -> None:
    process = row.process
    if process.kernel_thread:
        raise UsageError(f"process {process.pid} is a thread of the kernel, which is never killed")
    if process.init:
        raise UsageError("process 1 is init, which the kernel never kills")
    if process.pid == 1:
        raise UsageError(
            "process 1 is the first of a container here; its oom_score_adj is set from outside, by the QoS "
            "class of the pod in Kubernetes, else with docker run or podman run --oom-score-adj"
        )
    if process.has_memory is False:
        raise UsageError(
            f"process {process.pid} has ended or is about to, and has no memory to be killed for"
        )


def _places(rows: Iterable[Score]) -> dict[int, int]:
    alive = (row for row in rows if row.killable and row.rated)
    return {row.process.pid: place for place, row in enumerate(alive, 1)}
