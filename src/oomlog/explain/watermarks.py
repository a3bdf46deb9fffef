"""Free memory of zones against their watermarks.

The OOM killer is called when no zone that the allocation may use has its high watermark, plus what
lowmem_reserve keeps for others, left (__alloc_pages_may_oom(), mm/page_alloc.c).
"""

from __future__ import annotations

from collections.abc import Sequence

from oomlog.explain.mem_info import Part
from oomlog.explain.sizes import number
from oomlog.units import human_kb

__all__ = ["atomic_kb", "free_kb", "has_free", "high_kb", "min_kb", "tightest"]

# More zones than these (machines with many nodes) make no sentence.
_SHOWN = 4
# Pages come back between the failure and the print, and CPUs keep some that the zone counts as its own.
_SLACK = 1.5


def free_kb(zones: Sequence[Part]) -> int | None:
    """Return the free memory of all these zones, ``None`` when one is not printed."""
    return _sum(zones, "free_kb")


def min_kb(zones: Sequence[Part]) -> int | None:
    """Return the min watermarks of all these zones together, ``None`` when one is not printed."""
    return _sum(zones, "min_kb")


def high_kb(zones: Sequence[Part]) -> int | None:
    """Return the high watermarks of all these zones together, ``None`` when one is not printed."""
    return _sum(zones, "high_kb")


def has_free(zone: Part, page_kb: int) -> bool | None:
    """Tell whether a zone clearly has more than high watermark and reserve, ``None`` if not printed."""
    free, high = zone.get("free_kb"), zone.get("high_kb")
    if not isinstance(free, int) or not isinstance(high, int):
        return None
    reserve = zone.get("lowmem_reserve_pages")
    kept = max(reserve, default=0) * page_kb if isinstance(reserve, list | tuple) else 0
    return free - (atomic_kb(zone) or 0) > _SLACK * high + kept


def atomic_kb(zone: Part) -> int | None:
    """Return what is free in blocks of the type HighAtomic alone, ``None`` where blocks are not printed.

    Only requests that may not wait take from these.  Where a size has blocks of several types, the share of
    each is not printed.
    """
    blocks = zone.get("free_list")
    if not isinstance(blocks, list | tuple) or not blocks:
        return None
    kept = [block for block in blocks if block.get("types") == "H"]
    return sum((number(block, "count") or 0) * (number(block, "size_kb") or 0) for block in kept)


def tightest(zones: Sequence[Part]) -> str:
    """Return the zones with the least memory in relation to their min watermark: ``Normal 4 KiB/16 KiB``."""
    below = [zone for zone in zones if zone["free_kb"] <= zone["high_kb"]] or list(zones)
    below = sorted(below, key=lambda zone: zone["free_kb"] / max(zone["min_kb"], 1))[:_SHOWN]
    several = len({zone.get("node") for zone in zones}) > 1
    return ", ".join(
        (f"Node {zone['node']} " if several else "")
        + f"{zone['zone']} {human_kb(zone['free_kb'])}/{human_kb(zone['min_kb'])}"
        for zone in below
    )


def _sum(zones: Sequence[Part], key: str) -> int | None:
    found = [zone.get(key) for zone in zones]
    known = [each for each in found if isinstance(each, int)]
    return sum(known) if known and len(known) == len(found) else None
