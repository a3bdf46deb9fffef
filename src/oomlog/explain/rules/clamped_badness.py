"""Negative oom_score_adj pushed everybody's badness to the minimum, so order decided instead of size.

Holds until 5.8: oom_badness() returned at least 1, so that among processes that are all below it the kernel
took the first or the last one, often a container's ``pause``, whatever it used.
Linux kernel commit 9066e5cfb73c ("mm, oom: make the calculation of oom badness more accurate") (in v5.9)
ended it; late 5.4 and distribution kernels took that over, so it is certain only where the score is printed.
"""

from __future__ import annotations

from oomlog.explain.case import Case
from oomlog.explain.chosen import CLEARLY_BIGGER, biggest, is_kernel_choice, selected, used_kb
from oomlog.explain.model import Finding
from oomlog.explain.quote import row_lines

__all__ = ["ID", "REFERENCE", "find"]

ID = "clamped_badness"
REFERENCE = "oom_badness(), mm/oom_kill.c, 2.6.36 to 5.8"


def find(case: Case) -> Finding | None:
    """Return how many were equal, who died, and who used most."""
    victim, choice = selected(case), case.choice
    if not is_kernel_choice(case) or victim is None or victim.comm is None:
        return None
    if choice.formula in (None, "plain") or len(choice.ranking) < 2:
        return None
    # A larger totalpages than assumed only pushes a negative adjustment further down.
    if any(each.badness != 1 or (each.oom_score_adj or 0) > 0 for each in choice.ranking):
        return None
    pids = {each.pid for each in choice.ranking}
    most = biggest(tuple(each for each in case.processes if each.pid in pids))
    if victim.pid not in pids or most is None or most.comm is None:
        return None
    if most.used_pages < CLEARLY_BIGGER * victim.used_pages:
        return None
    values: dict[str, int | float | str | None] = {
        "count": len(pids),
        "comm": victim.comm,
        "pid": victim.pid,
        "used_kb": used_kb(case, victim),
        "other_comm": most.comm,
        "other_pid": most.pid,
        "other_kb": used_kb(case, most),
    }
    evidence = row_lines(case.event, {victim.row_pid, most.row_pid})
    printed = case.event.kills[0].score is not None
    return Finding(ID, values, evidence, "certain" if printed else "likely", REFERENCE)
