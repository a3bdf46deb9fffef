"""A page fault failed with "out of memory" although the machine had memory.

Holds for a global report with gfp_mask=0x0 and free memory above the watermarks.  Until 5.14 the handler of a
fault that returned VM_FAULT_OOM ran the OOM killer itself, whatever had failed: a memory cgroup's limit for
kernel memory, a broken swap entry, a driver.
"""

from __future__ import annotations

from oomlog.explain.case import Case
from oomlog.explain.evidence import in_order
from oomlog.explain.mem_info import zones
from oomlog.explain.model import Finding
from oomlog.explain.watermarks import free_kb, has_free

__all__ = ["ID", "REFERENCE", "find"]

ID = "page_fault_oom"
REFERENCE = "pagefault_out_of_memory(), mm/oom_kill.c, 2.6.29 to 5.14"


def find(case: Case) -> Finding | None:
    """Return how much was free."""
    event = case.event
    trigger = event.trigger
    if event.scope != "global" or trigger is None or trigger.gfp_mask is None or int(trigger.gfp_mask, 16):
        return None
    free = free_kb(zones(event))
    roomy = [zone for zone in zones(event) if has_free(zone, case.page_kb)]
    if free is None or not roomy:
        return None
    most = max(roomy, key=lambda zone: int(zone["free_kb"]))
    evidence = in_order(
        case.quote("invoked oom-killer", f"{most['zone']} free:"), case.quote("pagefault_out_of_memory")
    )
    values = {
        "free_kb": free,
        "zone": most["zone"],
        "zone_free_kb": most["free_kb"],
        "high_kb": most["high_kb"],
    }
    return Finding(ID, values, evidence, "likely", REFERENCE)
