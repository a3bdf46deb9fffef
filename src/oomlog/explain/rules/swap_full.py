"""Swap was in use up to its end, or up to what the cgroup may have of it.

From then on anonymous memory and tmpfs stay in RAM whatever reclaim does.
"""

from __future__ import annotations

from oomlog.explain import mem_info
from oomlog.explain.case import Case
from oomlog.explain.model import Finding
from oomlog.explain.sizes import counter_of, limit_kb, number, tells_machine

__all__ = ["ID", "REFERENCE", "find"]

ID = "swap_full"
REFERENCE = (
    "show_swap_cache_info() in mm/swap_state.c; mem_cgroup_get_nr_swap_pages() in mm/memcontrol.c (7.1)"
)

# CPUs keep slots of their own, so that "Free swap" seldom reaches 0.
_FREE = 0.05


def find(case: Case) -> Finding | None:
    """Return the claim where less than a twentieth of swap was free."""
    return _of_memcg(case) if case.event.scope == "memcg" else _of_machine(case)


def _of_machine(case: Case) -> Finding | None:
    swap = mem_info.swap(case.event)
    total, free = number(swap, "total_swap_kb"), number(swap, "free_swap_kb")
    if not tells_machine(case) or not total or free is None or free > total * _FREE:
        return None
    free = max(free, 0)  # printed negative while swap is being changed
    values = {"total_swap_kb": total, "free_swap_kb": free, "used_kb": total - free}
    return Finding(ID, values, case.quote("Free swap", "Total swap"), "certain", REFERENCE)


def _of_memcg(case: Case) -> Finding | None:
    limit = limit_kb(case)
    swap = counter_of(case, "swap")
    if swap is not None and swap[1] > 0 and swap[0] >= swap[1] * (1 - _FREE):
        values = {"used_kb": swap[0], "swap_limit_kb": swap[1]}
        return Finding(ID, values, case.quote("swap: usage"), "certain", REFERENCE, f"{ID}_memcg")
    both = counter_of(case, "memory_swap")
    # v1 counts memory and swap together: what is above the limit of memory is the room for swap.
    if both is None or limit is None or both[1] <= limit or both[0] < both[1] - (both[1] - limit) * _FREE:
        return None
    values = {"usage_kb": both[0], "both_limit_kb": both[1], "room_kb": both[1] - limit}
    evidence = case.quote("memory: usage", "memory+swap: usage")
    return Finding(ID, values, evidence, "certain", REFERENCE, f"{ID}_memsw")
