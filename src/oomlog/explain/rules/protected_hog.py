"""The biggest user of memory was shielded by a negative oom_score_adj, and a smaller process died.

Holds when the task table lists a process that clearly uses more than the victim and whose oom_score_adj is
negative and below the victim's.  At -1000 it cannot be chosen at all.
"""

from __future__ import annotations

from oomlog.explain.case import Case
from oomlog.explain.chosen import CLEARLY_BIGGER, biggest, is_kernel_choice, selected, used_kb
from oomlog.explain.model import Finding
from oomlog.explain.quote import row_lines
from oomlog.kernel import UNKILLABLE_ADJ

__all__ = ["ID", "REFERENCE", "find"]

ID = "protected_hog"
REFERENCE = "oom_badness(), mm/oom_kill.c, since 2.6.36"

# Of what could have been used: to kill a process smaller than this would not have helped.
_HOG = 0.05


def find(case: Case) -> Finding | None:
    """Return the shielded process and how much bigger it is than the victim."""
    victim, hog = selected(case), biggest(case.processes)
    if not is_kernel_choice(case) or victim is None or hog is None or victim.rss_pages is None:
        return None
    if victim.comm is None or hog.comm is None or hog.oom_score_adj is None or victim.oom_score_adj is None:
        return None
    if hog.oom_score_adj >= min(0, victim.oom_score_adj) or not victim.used_pages:
        return None
    if hog.used_pages < CLEARLY_BIGGER * victim.used_pages:
        return None
    if hog.used_pages < _HOG * _available(case):
        return None
    if any(each.pid == hog.pid and each.immune not in (None, "adj_min") for each in case.choice.immune):
        return None  # it was dying already
    values: dict[str, int | float | str | None] = {
        "hog_comm": hog.comm,
        "hog_pid": hog.pid,
        "hog_kb": used_kb(case, hog),
        "oom_score_adj": hog.oom_score_adj,
        "comm": victim.comm,
        "pid": victim.pid,
        "used_kb": used_kb(case, victim),
        "times": round(hog.used_pages / victim.used_pages, 1),
    }
    words = f"{ID}_never" if hog.oom_score_adj == UNKILLABLE_ADJ else ID
    evidence = row_lines(case.event, {victim.row_pid, hog.row_pid})
    return Finding(ID, values, evidence, "certain", REFERENCE, words)


def _available(case: Case) -> int:
    total = case.choice.totalpages
    return sum(each.used_pages for each in case.processes) if total is None else total.value
