"""The limit that was reached belongs to an ancestor of the victim's cgroup, not to that cgroup.

Holds when the report names both and one path leads to the other: a pod's limit and a container, a slice's
limit and a service.
"""

from __future__ import annotations

from oomlog.explain.case import Case
from oomlog.explain.model import Finding
from oomlog.explain.quote import in_order
from oomlog.frame.limits import reached_limit

__all__ = ["ID", "REFERENCE", "find"]

ID = "parent_memcg_limit"
REFERENCE = "mem_cgroup_print_oom_context(), mm/memcontrol.c, since 5.0; mem_cgroup_print_oom_info() before"


def find(case: Case) -> Finding | None:
    """Return both levels and the limit of the upper one."""
    event = case.event
    above, below = event.oom_memcg, event.task_memcg
    if event.scope != "memcg" or event.killer != "kernel" or above is None or below is None:
        return None
    if above == below or not below.startswith(above.rstrip("/") + "/"):
        return None
    values: dict[str, int | float | str | None] = {"oom_memcg": above, "task_memcg": below}
    limit = reached_limit(event, case.page_kb)
    evidence = case.quote("oom-kill:constraint=", "as a result of limit of")
    if limit is None:
        return Finding(ID, values, evidence, "certain", REFERENCE, f"{ID}_named")
    both = limit.counter == "memory_swap"
    values |= {"usage_kb": limit.usage_kb, "limit_kb": limit.limit_kb}
    evidence = in_order(case.quote("memory+swap: usage" if both else "memory: usage"), evidence)
    return Finding(ID, values, evidence, "certain", REFERENCE, f"{ID}_memsw" if both else ID)
