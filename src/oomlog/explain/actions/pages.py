"""The page allocator: blocks that are too small, and pages that it keeps back."""

from __future__ import annotations

from collections.abc import Sequence
from math import isqrt

from oomlog.explain.case import Case
from oomlog.explain.mem_info import Part, zones
from oomlog.explain.model import Action, Finding
from oomlog.explain.room import LARGEST_ORDER

__all__ = ["compact", "lower_watermarks"]


def compact(case: Case, finding: Finding) -> tuple[Action, ...]:
    """Let the kernel put free pages together."""
    trigger = case.event.trigger
    order = None if trigger is None else trigger.order
    if order is None or not 0 < order <= LARGEST_ORDER:
        return ()
    values = {"order": order, "block_kb": case.page_kb << order}
    return (Action("compact", finding.id, "command", "sysctl -w vm.compact_memory=1", values),)


def lower_watermarks(case: Case, finding: Finding) -> tuple[Action, ...]:
    """Set vm.min_free_kbytes back to what the kernel computes, where the zones keep back far more."""
    low = [zone for zone in zones(case.event) if zone.get("zone") not in ("HighMem", "Movable")]
    kept, managed = _sum(low, "min_kb"), _sum(low, "managed_kb")
    if not kept or not managed or case.event.scope in ("cpuset", "mempolicy"):
        return ()  # a bound allocation's report leaves zones out
    wanted = _default_kb(managed, len(low), case.page_kb)
    if kept < 2 * wanted:
        return ()
    values = {"kept_kb": kept, "suggested_kb": wanted, "managed_kb": managed}
    text, path = f"vm.min_free_kbytes = {wanted}\n", "/etc/sysctl.d/90-min-free.conf"
    return (Action("min_free_kbytes", finding.id, "file", text, values, path),)


def _default_kb(managed_kb: int, zones: int, page_kb: int) -> int:
    """Return the larger of what init_per_zone_wmark_min() and khugepaged would set."""
    # sqrt(lowmem * 16), 128 kB to 256 MB (mm/page_alloc.c; 64 MB at most before 5.9).
    computed = min(max(isqrt(managed_kb * 16), 128), 262144)
    # set_recommended_min_free_kbytes() (mm/khugepaged.c): 11 page blocks a zone, at most 5 % of memory.
    block_kb = 2048 if page_kb == 4 else page_kb * 512
    return max(computed, min(11 * block_kb * zones, managed_kb // 20))


def _sum(found: Sequence[Part], key: str) -> int:
    return sum(zone[key] for zone in found if isinstance(zone.get(key), int))
