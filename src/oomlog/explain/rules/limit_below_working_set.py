"""A cgroup read back as much as its whole limit of what reclaim had just dropped: it lived at its limit.

A hypothesis: the counter runs since the group was made, and growth towards the kill drops cache as well.
"""

from __future__ import annotations

from oomlog.explain.case import Case
from oomlog.explain.model import Finding
from oomlog.explain.sizes import group_lines, limit_kb

__all__ = ["ID", "REFERENCE", "find"]

ID = "limit_below_working_set"
REFERENCE = "workingset_refault() in mm/workingset.c (3.15 to 7.1), printed with memory.stat since 5.3"

# Once through the whole limit: a start-up or a single burst does not do that.
_ROUNDS = 1.0
# Events; the parts by kind since 5.9, one number before.  v1 prints the subtree's as total_* (6.5).
_NAMES = (
    ("total_workingset_refault_anon", "total_workingset_refault_file"),
    ("workingset_refault_anon", "workingset_refault_file"),
    ("workingset_refault",),
)


def find(case: Case) -> Finding | None:
    """Return the claim where refaults come to the limit or more."""
    limit = limit_kb(case)
    memcg = case.event.memcg
    if limit is None or memcg is None or memcg.stats is None:
        return None
    for names in _NAMES:
        found = [memcg.stats[name] for name in names if name in memcg.stats]
        if len(found) == len(names):
            break
    else:
        return None
    refault = sum(found) * case.page_kb
    failcnt = (memcg.memory or {}).get("failcnt")
    if refault < limit * _ROUNDS or failcnt is None:
        return None
    values = {
        "limit_kb": limit,
        "refault_kb": refault,
        "rounds": round(refault / limit, 1),
        "failcnt": failcnt,
    }
    evidence = group_lines(case, *(name.removeprefix("total_") for name in names))
    return Finding(ID, values, evidence, "possible", REFERENCE)
