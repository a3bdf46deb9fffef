"""Free blocks of a zone, by size and migrate type: whether a request finds one that is large enough."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oomlog.explain import mem_info
from oomlog.explain.sizes import number
from oomlog.model import OomEvent

__all__ = ["few_kb", "has_block"]


def has_block(zone: Mapping[str, Any], order: int, movable: bool, page_kb: int) -> bool | None:
    """Tell whether a block is free that is large enough and of a type to take; ``None`` when not printed."""
    blocks = zone.get("free_list")
    if not isinstance(blocks, list | tuple) or not blocks:
        return None
    usable = set("UMER") | (set("C") if movable else set())
    for block in blocks:
        size, count = number(block, "size_kb"), number(block, "count")
        if size is None or count is None:
            return None
        if size < page_kb << order or count == 0:
            continue
        types = block.get("types")
        # No letters before 3.8.
        if not types or set(str(types)) & usable:
            return True
    return False


def few_kb(event: OomEvent, zone: Mapping[str, Any], order: int, low_kb: int, page_kb: int) -> int | None:
    """Return what is free in large blocks where that was too little for the check until 4.3.

    __zone_watermark_ok() took the smaller blocks off, order by order, and halved the watermark each time
    (until commit 97a16fc82a7c, "mm, page_alloc: only enforce watermarks for order-0 allocations", v4.4).
    """
    blocks = zone.get("free_list")
    if order < 1 or not isinstance(blocks, list | tuple) or not blocks or not _is_before_4_4(event):
        return None
    sizes = {number(block, "size_kb"): number(block, "count") for block in blocks}
    if None in sizes or None in sizes.values():
        return None
    left = (number(zone, "free_kb") or 0) - ((1 << order) - 1) * page_kb
    for smaller in range(order):
        size = page_kb << smaller
        left -= (sizes.get(size) or 0) * size
        if left <= low_kb >> (smaller + 1):
            least = page_kb << order
            return sum(size * (count or 0) for size, count in sizes.items() if size and size >= least)
    return None


def _is_before_4_4(event: OomEvent) -> bool:
    """Tell by the letters of the free blocks: none until 3.7, and R (MIGRATE_RESERVE) until 4.3."""
    lists = [zone.get("free_list") for zone in mem_info.zones(event)]
    types = [str(block.get("types") or "") for blocks in lists for block in blocks or ()]
    return bool(types) and (not any(types) or any("R" in each for each in types))
