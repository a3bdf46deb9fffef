"""A page fault could not be served although the machine had memory, and the kernel chose a victim for it.

Holds where the request has no mask (0x0: the page fault handler called the killer itself, until 5.14) and a
zone clearly had free memory.  The allocation that failed is not in the report: a limit of kernel memory in
the task's cgroup (kmem of v1), a driver, or a request of the fault that may not wait.
Linux kernel commit 60e2793d440a ("mm, oom: do not trigger out_of_memory from the #PF") (in v5.16, and in
stable releases) ended it.
"""

from __future__ import annotations

from oomlog.explain.case import Case
from oomlog.explain.mem_info import zones
from oomlog.explain.model import Finding, Values
from oomlog.explain.quote import in_order
from oomlog.explain.totalpages import scope_of
from oomlog.explain.watermarks import free_kb, has_free, min_kb

__all__ = ["ID", "REFERENCE", "find"]

ID = "page_fault"
REFERENCE = "pagefault_out_of_memory(), mm/oom_kill.c, 2.6.29 to 5.14"


def find(case: Case) -> Finding | None:
    """Return how much was free while a page fault found nothing."""
    event, trigger = case.event, case.event.trigger
    if scope_of(event) != "global" or event.killer != "kernel" or trigger is None:
        return None
    if trigger.gfp_mask is None or trigger.order != 0 or trigger.gfp_mask.strip("0x"):
        return None
    printed = [zone for zone in zones(event) if zone.get("managed_kb") != 0 and zone.get("present_kb") != 0]
    free, low = free_kb(printed), min_kb(printed)
    roomy = [zone for zone in printed if has_free(zone, case.page_kb)]
    if free is None or low is None or not roomy:
        return None
    values: Values = {"free_kb": free, "min_kb": low}
    lines = case.quote(*(f"{zone['zone']} free:" for zone in roomy))
    return Finding(ID, values, in_order(case.quote("invoked oom-killer"), lines), "certain", REFERENCE)
