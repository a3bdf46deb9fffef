"""Most of the free memory lay in the CMA area, which only movable pages may use, and the request was not one.

Holds when a zone would have had enough with its free CMA pages and had not without them.
"""

from __future__ import annotations

from oomlog.explain.case import Case
from oomlog.explain.model import Finding, Values
from oomlog.explain.room import Room, request_of, rooms_of, zone_names

__all__ = ["ID", "REFERENCE", "find"]

ID = "cma_only_free"
REFERENCE = (
    "__zone_watermark_unusable_free() in mm/page_alloc.c (5.9 to 7.1), __zone_watermark_ok() since 3.7"
)


def find(case: Case) -> Finding | None:
    """Return the claim where free CMA pages would have made the difference."""
    request = request_of(case.event)
    if request is None or request.movable:
        return None
    rooms = rooms_of(case, request)
    missed = tuple(room for room in rooms if _would_do(room))
    free = sum(room.free_kb for room in rooms)
    cma = sum(room.cma_kb for room in rooms)
    if not missed or any(room.is_above for room in rooms) or cma * 2 < free:
        return None
    values: Values = {
        "free_cma_kb": cma,
        "free_kb": free,
        "mark_kb": sum(room.mark_kb for room in missed),
        "zones": zone_names(missed),
        "share": cma / free,
    }
    evidence = case.quote("invoked oom-killer", *(room.words for room in missed))
    return Finding(ID, values, evidence, "likely", REFERENCE)


def _would_do(room: Room) -> bool:
    return not room.is_above and room.usable_kb + room.cma_kb > room.mark_kb
