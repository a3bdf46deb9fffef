"""A process died because of a high oom_score_adj, while clearly bigger ones were there to choose.

Holds when the victim's oom_score_adj is positive and a process that could have been chosen, with a lower
one, uses clearly more.  Who would have died at 0 is named where totalpages does not leave it open.
Without a task table the score tells it, which was printed until 5.0: far more than all of the victim's size.
Since 5.4 the kill line itself has the oom_score_adj, which may count for more than the whole address space.
"""

from __future__ import annotations

from oomlog.explain.case import Case
from oomlog.explain.chosen import (
    CLEARLY_BIGGER,
    biggest,
    is_kernel_choice,
    may_be_chosen,
    selected,
    used_kb,
)
from oomlog.explain.formula import formula_of
from oomlog.explain.model import Finding
from oomlog.explain.quote import in_order, kill_lines, row_lines
from oomlog.explain.ranking import Process, chosen_for, rank, winner
from oomlog.explain.totalpages import scope_of

__all__ = ["ID", "REFERENCE", "find"]

ID = "biased_victim"
REFERENCE = "oom_badness(), mm/oom_kill.c, since 2.6.36"

# Page tables, and what is rounded.
_ROUNDING = 3
# Below that a score says little about oom_score_adj.
_MUCH = 100
_FAR_MORE = 4


def find(case: Case) -> Finding | None:
    """Return the victim, its oom_score_adj, and who would have died without it."""
    if case.event.tasks is None:
        return _by_score(case) or _by_adj(case)
    victim = selected(case)
    if not is_kernel_choice(case) or victim is None or victim.comm is None or victim.rss_pages is None:
        return None
    adj = victim.oom_score_adj
    if adj is None or adj <= 0:
        return None
    lower = tuple(
        each for each in case.processes if may_be_chosen(case, each) and (each.oom_score_adj or 0) < adj
    )
    bigger = biggest(lower)
    if bigger is None or bigger.comm is None or bigger.used_pages < CLEARLY_BIGGER * victim.used_pages:
        return None
    instead = _without(case, victim)
    values: dict[str, int | float | str | None] = {
        "comm": victim.comm,
        "pid": victim.pid,
        "oom_score_adj": adj,
        "used_kb": used_kb(case, victim),
    }
    words = ID
    # At 0 a smaller one may have come first, by an oom_score_adj of its own: then the bigger one tells more.
    if (
        instead is None
        or instead.comm is None
        or instead.pid == victim.pid
        or instead.used_pages < CLEARLY_BIGGER * victim.used_pages
    ):
        instead, words = bigger, f"{ID}_open"
    values |= {
        "other_comm": instead.comm,
        "other_pid": instead.pid,
        "other_adj": instead.oom_score_adj,
        "other_kb": used_kb(case, instead),
    }
    evidence = row_lines(case.event, {victim.row_pid, instead.row_pid})
    return Finding(ID, values, evidence, "certain", REFERENCE, words)


def _by_score(case: Case) -> Finding | None:
    """Return the least oom_score_adj that gives the printed score, a size in thousandths of totalpages.

    It is RSS, swap and page tables, which are less than the address space and a little of it.
    """
    kill, total = case.victim, case.choice.totalpages
    if kill is None or kill.comm is None or not kill.score or not kill.total_vm_kb or kill.selected:
        return None  # the score is the parent's where a child died
    lines = case.quote("or sacrifice child")
    if total is None or not total.exact or scope_of(case.event) != "global" or not lines:
        return None
    share = -(-1000 * kill.total_vm_kb // (total.value * case.page_kb))
    least = kill.score - share - _ROUNDING
    if least < _MUCH:
        return None
    values = {
        "comm": kill.comm,
        "pid": kill.pid,
        "score": kill.score,
        "total_vm_kb": kill.total_vm_kb,
        "least_adj": least,
    }
    return Finding(
        ID, values, in_order(lines, kill_lines(case.event)[:1]), "certain", REFERENCE, f"{ID}_score"
    )


def _by_adj(case: Case) -> Finding | None:
    """Return what the victim's oom_score_adj counted for, if that is clearly more than its size can be."""
    kill, total = case.victim, case.choice.totalpages
    if kill is None or kill.comm is None or not kill.oom_score_adj or not kill.total_vm_kb or kill.selected:
        return None
    if total is None or not total.exact:
        return None
    worth = kill.oom_score_adj * total.value * case.page_kb // 1000
    if worth < _FAR_MORE * kill.total_vm_kb:
        return None
    values = {
        "comm": kill.comm,
        "pid": kill.pid,
        "oom_score_adj": kill.oom_score_adj,
        "worth_kb": worth,
        "total_vm_kb": kill.total_vm_kb,
    }
    return Finding(ID, values, kill_lines(case.event)[:1], "certain", REFERENCE, f"{ID}_adj")


def _without(case: Case, victim: Process) -> Process | None:
    """Return whom the formula chooses when the victim's oom_score_adj is 0; ``None`` where that is open."""
    choice, total = formula_of(case.event), case.choice.totalpages
    changed = [each._replace(oom_score_adj=0) if each.pid == victim.pid else each for each in case.processes]
    spared = {each.pid: each.immune or "" for each in case.choice.immune}
    if total is not None and total.exact and choice.formula is not None:
        ranking, _ = rank(changed, choice, total.value, spared)
        first = winner(ranking)
        return next((each for each in changed if first is not None and each.pid == first.pid), None)
    return chosen_for(changed, choice, spared)
