"""Huge pages were set aside: memory that nothing but hugetlbfs can use, free or not.

Holds when the pools take a quarter of the RAM, or when their free pages alone are worth mentioning.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oomlog.explain import mem_info
from oomlog.explain.case import Case
from oomlog.explain.model import Finding
from oomlog.explain.sizes import number, ram_kb, share_of

__all__ = ["ID", "REFERENCE", "find"]

ID = "hugetlb_reserved"
REFERENCE = "hugetlb_show_meminfo_node() in mm/hugetlb.c (7.1), hugetlb_show_meminfo() since 3.10"

_LARGE = 0.25
# Free huge pages are out of reach for everybody else, so less of them matters.
_FREE_LARGE = 0.05


def find(case: Case) -> Finding | None:
    """Return the claim where pools of huge pages are a large part of the RAM."""
    ram = ram_kb(case)
    pools = [pool for pool in mem_info.hugepages(case.event) if number(pool, "hugepages_total")]
    total = free = 0
    for pool in pools:
        size, count = number(pool, "hugepages_size_kb"), number(pool, "hugepages_total")
        unused = number(pool, "hugepages_free")
        if size is None or count is None or unused is None:
            return None
        total += count * size
        free += unused * size
    share = share_of(total, ram)
    if ram is None or share is None or (share < _LARGE and free < ram * _FREE_LARGE):
        return None
    values = {"hugetlb_kb": total, "free_kb": free, "share": share, "ram_kb": ram}
    evidence = case.quote(*(_words(pool) for pool in pools[:4]), "pages RAM")
    return Finding(ID, values, evidence, "certain", REFERENCE, ID if free else f"{ID}_used")


def _words(pool: Mapping[str, Any]) -> str:
    node, total = number(pool, "node"), number(pool, "hugepages_total")
    return f"hugepages_total={total} " if node is None else f"Node {node} hugepages_total={total} "
