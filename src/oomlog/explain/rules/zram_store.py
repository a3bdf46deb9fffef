"""Compressed memory held a large part of RAM without serving as swap.

zsmalloc's pages are printed since 6.18.  Where swap was in use they are what swap costs (``zram_swap``);
where none was, a zram disk or something else keeps its data there, and killing processes does not free it.
"""

from __future__ import annotations

from oomlog.explain import mem_info
from oomlog.explain.case import Case
from oomlog.explain.model import Finding
from oomlog.explain.sizes import number, ram_kb, share_of, zones_kb

__all__ = ["ID", "REFERENCE", "find"]

ID = "zram_store"
REFERENCE = "NR_ZSPAGES in show_free_areas(), mm/show_mem.c, since 6.18"

# As for the other consumers that are no process: enough to have tipped the machine over.
_LARGE = 0.25


def find(case: Case) -> Finding | None:
    """Return how much the store holds, where swap cannot be what it is for."""
    if case.event.scope == "memcg":
        return None
    store = zones_kb(case, "zspages")
    share = share_of(store, ram_kb(case))
    if store is None or share is None or share < _LARGE:
        return None
    swap = mem_info.swap(case.event)
    total, free = number(swap, "total_swap_kb"), number(swap, "free_swap_kb")
    if total is None or free is None or total - max(free, 0) >= store:
        return None
    values = {"store_kb": store, "share": share, "swap_used_kb": total - max(free, 0)}
    return Finding(ID, values, case.quote(" zspages:", "Free swap", "Total swap"), "certain", REFERENCE)
