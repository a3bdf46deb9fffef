"""Compressed memory (zram or zswap) held a noticeable part of the RAM that it was meant to save.

zsmalloc's pages are printed since 6.18; what a cgroup has in zswap is since 5.19.
"""

from __future__ import annotations

from oomlog.explain import mem_info
from oomlog.explain.case import Case
from oomlog.explain.model import Finding, Values
from oomlog.explain.sizes import group_kb, group_lines, limit_kb, number, ram_kb, share_of, zones_kb

__all__ = ["ID", "REFERENCE", "find"]

ID = "zram_swap"
REFERENCE = "NR_ZSPAGES in show_free_areas(), mm/show_mem.c (6.18); MEMCG_ZSWAP_B in mm/memcontrol.c (5.19)"

_LARGE = 0.05


def find(case: Case) -> Finding | None:
    """Return the claim where the compressed store is a twentieth or more."""
    return _of_memcg(case) if case.event.scope == "memcg" else _of_machine(case)


def _of_machine(case: Case) -> Finding | None:
    store = zones_kb(case, "zspages")
    share = share_of(store, ram_kb(case))
    if store is None or share is None or share < _LARGE:
        return None
    values: Values = {"store_kb": store, "share": share}
    swap = mem_info.swap(case.event)
    total, free = number(swap, "total_swap_kb"), number(swap, "free_swap_kb")
    evidence = case.quote(" zspages:", "Free swap", "Total swap")
    if total is None or free is None:
        return Finding(ID, values, evidence, "certain", REFERENCE)
    if total - max(free, 0) < store:
        return None  # it holds something other than swap (zram_store)
    values = {**values, "swap_used_kb": total - max(free, 0), "total_swap_kb": total}
    return Finding(ID, values, evidence, "certain", REFERENCE, f"{ID}_used")


def _of_memcg(case: Case) -> Finding | None:
    limit = limit_kb(case)
    store, held = group_kb(case, "zswap"), group_kb(case, "zswapped")
    share = share_of(store, limit)
    if store is None or held is None or share is None or share < _LARGE:
        return None
    values = {"store_kb": store, "zswapped_kb": held, "share": share, "limit_kb": limit}
    evidence = group_lines(case, "zswap", "zswapped")
    return Finding(ID, values, evidence, "certain", REFERENCE, f"{ID}_memcg")
