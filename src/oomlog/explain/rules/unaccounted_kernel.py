"""Memory was gone that no counter of the report tells: pages that the kernel or a driver took for itself.

What is left of the RAM, or of a cgroup's usage, when everything printed is taken off.  Who took it is not in
the report, unless the kernel profiles its allocations; the sentence names those who do it without a counter.
"""

from __future__ import annotations

from oomlog.explain import mem_info
from oomlog.explain.allocations import largest_allocation
from oomlog.explain.case import Case
from oomlog.explain.model import Finding, Values
from oomlog.explain.sizes import group_kb, group_lines, number, share_of, tells_machine, zones_kb
from oomlog.explain.totalpages import scope_of

__all__ = ["ID", "REFERENCE", "find"]

ID = "unaccounted_kernel"
REFERENCE = "__show_mem() in mm/show_mem.c (7.1): alloc_pages() without a counter is in none of its lines"

# Percpu areas, modules and buffers of drivers are 3 to 7 % of a small machine and under 1 % of a large one.
_LARGE = 0.12
_LEAST_KB = 16 * 1024
# A cgroup's page tables were not printed before 5.11, nor its vmalloc and the rest of "kernel" before 5.18.
_LARGE_MEMCG = 0.25
_LEAST_MEMCG_KB = 4 * 1024


def find(case: Case) -> Finding | None:
    """Return the claim where about an eighth is unaccounted for; a quarter of a cgroup's usage."""
    return _of_memcg(case) if case.event.scope == "memcg" else _of_machine(case)


def _of_machine(case: Case) -> Finding | None:
    ledger = case.ledger if tells_machine(case) else None
    if ledger is None or ledger.of != "machine" or ledger.unaccounted_kb is None:
        return None
    missing = ledger.unaccounted_kb
    share = share_of(missing, ledger.total_kb)
    if share is None or share < _LARGE or missing < _LEAST_KB:
        return None
    values: Values = {"unaccounted_kb": missing, "share": share, "ram_kb": ledger.total_kb}
    used = _swap_used_kb(case)
    words = ID
    if used and zones_kb(case, "zspages") is None:
        # A compressed store keeps swapped pages in RAM; it has a counter here since 6.18.
        values = {**values, "swap_used_kb": used}
        words = f"{ID}_swap"
    if largest_allocation(case) is not None:
        words = f"{ID}_profiled"
    # Lines of nodes and pools that a bound request may not use are left out of its report.
    sure = scope_of(case.event) in ("global", "sysrq")
    evidence = case.quote("active_anon:", "slab_reclaimable:", "free:", "pages RAM", "pages reserved")
    return Finding(ID, values, evidence, "likely" if sure else "possible", REFERENCE, words)


def _of_memcg(case: Case) -> Finding | None:
    ledger = case.ledger
    printed = group_kb(case, "active_anon", "inactive_anon", "active_file", "inactive_file")
    if ledger is None or ledger.of != "memcg" or ledger.unaccounted_kb is None or printed is None:
        return None
    missing = ledger.unaccounted_kb
    share = share_of(missing, ledger.total_kb)
    if share is None or share < _LARGE_MEMCG or missing < _LEAST_MEMCG_KB:
        return None
    values: Values = {"unaccounted_kb": missing, "share": share, "usage_kb": ledger.total_kb}
    evidence = group_lines(case, "active_anon", "active_file", "slab_unreclaimable")
    return Finding(ID, values, evidence, "likely", REFERENCE, f"{ID}_memcg")


def _swap_used_kb(case: Case) -> int | None:
    swap = mem_info.swap(case.event)
    total, free = number(swap, "total_swap_kb"), number(swap, "free_swap_kb")
    return None if total is None or free is None else max(total - max(free, 0), 0)
