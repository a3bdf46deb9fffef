"""Free memory was there, but the kernel keeps it: below the min watermark, or reserved from this request.

Either the watermarks are far higher than the kernel would set them by itself (vm.min_free_kbytes), or a
noticeable part of the RAM was free in zones whose boosted watermark, lowmem_reserve and highatomic blocks
forbade its use.  What lies below an ordinary watermark says only that memory was used up.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isqrt
from typing import Any

from oomlog.explain import mem_info
from oomlog.explain.case import Case
from oomlog.explain.model import Finding, Values
from oomlog.explain.room import Room, request_of, rooms_of, zone_names
from oomlog.explain.sizes import number, ram_kb, share_of
from oomlog.explain.totalpages import scope_of
from oomlog.explain.watermarks import free_kb

__all__ = ["ID", "REFERENCE", "find"]

ID = "watermark_reserve"
REFERENCE = (
    "__zone_watermark_ok() and setup_per_zone_wmarks() in mm/page_alloc.c, "
    "set_recommended_min_free_kbytes() in mm/khugepaged.c (7.1)"
)

# The kernel's own choice is 4 * sqrt(lowmem kB), and for THP never more than 5 % of low memory.
_OVERSIZED = 0.06
# On a machine of some MiB the square root alone is more than that.
_TIMES_DEFAULT = 2
# Beside the kernel's own min watermark, below which free memory is in every report: 0.3 to 2.5 % of RAM, and
# with THP up to 5 % of a machine of some hundred MiB.
_NOTICEABLE = 0.03


def find(case: Case) -> Finding | None:
    """Return the claim where what the kernel keeps free is a large part."""
    broken = _broken(case)
    if broken is not None:
        return broken
    request = request_of(case.event)
    if request is None:
        return None
    rooms = rooms_of(case, request)
    return _oversized(case, rooms) or _held(case, rooms)


def _broken(case: Case) -> Finding | None:
    """Return the claim where a watermark is larger than RAM, which no setting makes it."""
    ram, zones = ram_kb(case), mem_info.zones(case.event)
    wrong = [zone for zone in zones if ram and (number(zone, "min_kb") or 0) > ram]
    if scope_of(case.event) not in ("global", "cpuset", "mempolicy") or not wrong:
        return None
    names = ", ".join(dict.fromkeys(str(zone.get("zone")) for zone in wrong))
    values = {"free_kb": free_kb(zones), "ram_kb": ram, "zones": names}
    return Finding(ID, values, case.quote(" min:", "pages RAM"), "likely", REFERENCE, f"{ID}_broken")


def _oversized(case: Case, rooms: tuple[Room, ...]) -> Finding | None:
    zones = mem_info.zones(case.event)
    found = [_base_min_kb(case, zone) for zone in zones]
    managed = [number(zone, "managed_kb") for zone in zones]
    if not found or None in found or None in managed:
        return None
    low, whole = sum(each or 0 for each in found), sum(each or 0 for each in managed)
    # The watermarks stay as they were set when a balloon takes pages away later, which most reports do not
    # tell.  What the kernel had when it chose them was all that is present at most.
    most = max(whole, sum(number(zone, "present_kb") or 0 for zone in zones))
    share, part = share_of(low, whole), share_of(low, most)
    if share is None or part is None or part < _OVERSIZED or low < _TIMES_DEFAULT * 4 * isqrt(most):
        return None
    values = {"min_kb": low, "managed_kb": whole, "share": share}
    out = bool(rooms) and not any(room.is_above for room in rooms)
    evidence = case.quote(*(room.words for room in rooms)) or case.quote(" min:")
    return Finding(ID, values, evidence, "certain" if out else "likely", REFERENCE)


def _base_min_kb(case: Case, zone: Mapping[str, Any]) -> int | None:
    """Return the min watermark without the boost of the moment, which 5.0 to 5.15 do not show.

    low is at least a quarter above min (__setup_per_zone_wmarks()), with the same boost in both.
    """
    low, next_kb = number(zone, "min_kb"), number(zone, "low_kb")
    if low is None or next_kb is None:
        return None
    boost = number(zone, "boost_kb")
    if boost is not None:
        return low - boost
    return min(low, 4 * (next_kb - low + case.page_kb))


def _ordinary_kb(case: Case, rooms: tuple[Room, ...]) -> int:
    """Return how much was free below the watermarks that the kernel sets by itself."""
    base = {
        (zone.get("node"), zone.get("zone")): _base_min_kb(case, zone) for zone in mem_info.zones(case.event)
    }
    return sum(min(room.free_kb - room.cma_kb, base.get((room.node, room.zone)) or 0) for room in rooms)


def _held(case: Case, rooms: tuple[Room, ...]) -> Finding | None:
    if not rooms or any(room.is_above for room in rooms):
        return None
    free = sum(room.free_kb for room in rooms)
    # Free CMA pages are another claim, and so is memory lost to the tail of a large block.
    kept = sum(min(room.free_kb - room.cma_kb, room.mark_kb + room.highatomic_kb) for room in rooms)
    share, unusual = share_of(kept, ram_kb(case)), share_of(kept - _ordinary_kb(case, rooms), ram_kb(case))
    if share is None or unusual is None or unusual < _NOTICEABLE:
        return None
    values: Values = {
        "free_kb": free,
        "min_kb": sum(room.min_kb for room in rooms),
        "lowmem_kb": sum(room.lowmem_kb for room in rooms),
        "highatomic_kb": sum(room.highatomic_kb for room in rooms),
        "share": share,
        "zones": zone_names(rooms),
    }
    evidence = case.quote(*(room.words for room in rooms), "lowmem_reserve[]")
    return Finding(ID, values, evidence, "likely", REFERENCE, f"{ID}_held")
