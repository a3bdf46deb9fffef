"""There was no swap, for the machine or for the cgroup, so that anonymous memory could not leave the RAM.

Only said where anonymous memory was a large part; a machine without swap is no fault by itself.
"""

from __future__ import annotations

from oomlog.explain import mem_info
from oomlog.explain.case import Case
from oomlog.explain.model import Finding
from oomlog.explain.sizes import counter_kb, counter_of, group_kb, limit_kb, number, ram_kb, share_of

__all__ = ["ID", "REFERENCE", "find"]

ID = "no_swap"
REFERENCE = "get_scan_count() in mm/vmscan.c (3.0 to 7.1): without swap space anonymous memory is not scanned"

_LARGE = 0.25


def find(case: Case) -> Finding | None:
    """Return the claim where there was no swap for much anonymous memory."""
    return _of_memcg(case) if case.event.scope == "memcg" else _of_machine(case)


def _of_machine(case: Case) -> Finding | None:
    total = number(mem_info.swap(case.event), "total_swap_kb")
    anon = counter_kb(case, "active_anon", "inactive_anon")
    share = share_of(anon, ram_kb(case))
    if total != 0 or anon is None or share is None or share < _LARGE:
        return None
    values = {"anon_kb": anon, "share": share}
    return Finding(ID, values, case.quote("active_anon:", "Total swap"), "certain", REFERENCE)


def _of_memcg(case: Case) -> Finding | None:
    limit = limit_kb(case)
    anon = group_kb(case, "active_anon", "inactive_anon")
    share = share_of(anon, limit)
    if anon is None or limit is None or share is None or share < _LARGE:
        return None
    values = {"anon_kb": anon, "share": share, "limit_kb": limit}
    swap, both = counter_of(case, "swap"), counter_of(case, "memory_swap")
    if swap is not None and swap == (0, 0):
        return Finding(ID, values, case.quote("swap: usage"), "certain", REFERENCE, f"{ID}_memcg")
    usage = counter_of(case, "memory")
    # Of equal limits the machine may still have swapped some of it.
    if both is not None and both[1] == limit and usage is not None and both[0] <= usage[0]:
        evidence = case.quote("memory: usage", "memory+swap: usage")
        return Finding(ID, values, evidence, "certain", REFERENCE, f"{ID}_memsw")
    return None
