"""Why this victim: who the kernel's formula chooses, who it chose, and what explains a difference.

Mirrors select_bad_process(), oom_kill_process() and __oom_kill_process() in mm/oom_kill.c.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice

from oomlog.explain.difference import Choice, difference
from oomlog.explain.formula import formula_of
from oomlog.explain.model import Derived, Ranked, VictimChoice
from oomlog.explain.neighbours import Log, seconds_between
from oomlog.explain.quote import kill_lines, row_lines
from oomlog.explain.ranking import Process, chosen_for, processes_of, rank, winner
from oomlog.explain.totalpages import ram_pages, total_swap_kb, totalpages
from oomlog.model import OomEvent

__all__ = ["choose_victim", "dying_before", "machine_pages", "swap_of_siblings"]

# Whoever was killed minutes ago and has the same pid and name is stuck, or is another process.
_DYING_S = 120.0
_DYING = 200
_LOOKED_AT = 200
"""Events before and after that are asked for what does not change, such as the size of swap."""


def choose_victim(
    event: OomEvent,
    page: Derived,
    siblings: Sequence[OomEvent] = (),
    processes: Sequence[Process] | None = None,
) -> VictimChoice:
    """Recompute the kernel's choice for one event.

    :param page: The page size in kB.
    :param siblings: The other events of the same log: who died before, and how much swap there is.
    :param processes: Of the task table, where the caller has them already.
    """
    choice = formula_of(event)
    total = totalpages(event, page.value, swap_of_siblings(event, siblings))
    processes = processes_of(event, page.value) if processes is None else tuple(processes)
    immune = dying_before(event, siblings, processes)
    pages = None if total is None else total.derived.value
    machine = machine_pages(event, page.value, siblings)
    shares = total is not None and total.is_told
    able, spared = (
        rank(processes, choice, pages, immune, machine_pages=machine, shares=shares)
        if choice.formula
        else ((), ())
    )
    made = Choice(event, processes, choice, total, immune, page.value)
    found = VictimChoice(
        page_size_kb=page,
        formula=choice.formula,
        totalpages=None if total is None else total.derived,
        ranking=able,
        immune=spared,
        predicted=_predicted(able, made),
        victim_pid=event.kills[0].pid if event.kills else None,
    )
    found = replace(found, margin_pages=_margin(found))
    agrees, reason, values = difference(made, found)
    if reason == "permille_open":
        found = replace(found, predicted=None, margin_pages=None)
    lines = kill_lines(event)
    pids = {each.pid for each in (found.predicted, _first(able)) if each is not None}
    if made.chosen is not None:
        pids.add(made.chosen.pid)
    rows = row_lines(event, {p.row_pid for p in processes if p.pid in pids})
    return replace(found, agrees=agrees, reason=reason, values=values, evidence=(*rows, *lines))


def _first(ranking: Sequence[Ranked]) -> Ranked | None:
    return ranking[0] if ranking else None


def _predicted(able: Sequence[Ranked], made: Choice) -> Ranked | None:
    by_formula = winner(able)
    if by_formula is not None or not able:
        return by_formula
    # Where all adjustments are equal, totalpages does not matter for who is first.
    same = chosen_for(made.processes, made.formula, made.immune)
    return None if same is None else next(each for each in able if each.pid == same.pid)


def _margin(found: VictimChoice) -> int | None:
    if found.formula == "permille":
        return None  # thousandths are no pages
    first = found.predicted
    second = next((each for each in found.ranking if first is not None and each.pid != first.pid), None)
    if first is None or second is None or first.badness is None or second.badness is None:
        return None
    if first.swap_pages is None:
        return None  # lower bounds
    return first.badness - second.badness


def dying_before(
    event: OomEvent, siblings: Sequence[OomEvent], processes: Sequence[Process]
) -> Mapping[int, str]:
    """Return those whom an earlier event of the same boot killed and who are still listed.

    Their memory is already on its way back (MMF_OOM_SKIP, tsk_is_oom_victim()), so they are not chosen again.
    """
    if not processes:
        return {}
    listed = {(each.pid, each.comm) for each in processes}
    found = {}
    for seen, other in enumerate(Log.around(event, siblings).before(event)):
        seconds = seconds_between(other, event)
        if seen >= _DYING or (seconds is not None and not 0 <= seconds <= _DYING_S):
            break
        for kill in other.kills:
            if kill.pid is not None and (kill.pid, kill.comm) in listed:
                found[kill.pid] = "already_killed"
    return found


def swap_of_siblings(event: OomEvent, siblings: Sequence[OomEvent]) -> int | None:
    """Return the machine's swap as the nearest other report of this boot printed it."""
    found = (total_swap_kb(other) for other in _reports_near(event, siblings))
    return next((kb for kb in found if kb is not None), None)


def machine_pages(event: OomEvent, page_kb: int, siblings: Sequence[OomEvent]) -> int | None:
    """Return RAM and swap in pages, from this report or the nearest other one of this boot."""
    for each in (event, *_reports_near(event, siblings)):
        ram, swap = ram_pages(each, page_kb), total_swap_kb(each)
        if ram is not None and ram.exact and swap is not None:
            return ram.value + swap // page_kb
    return None


def _reports_near(event: OomEvent, siblings: Sequence[OomEvent]) -> Iterator[OomEvent]:
    # A memory cgroup's report has had no Mem-Info since 3.9, and decoding costs.
    near = islice(Log.around(event, siblings).nearest(event), _LOOKED_AT)
    return (each for each in near if each.trigger_comm is not None and each.quick_scope != "memcg")
