"""Enough memory was free, but not in one piece: no block of the order that was asked for.

Holds when at least one zone had more free than its watermark and reserve, and no zone had both that and a
free block of a migrate type that the request may take.
"""

from __future__ import annotations

from oomlog.explain.case import Case
from oomlog.explain.model import Finding, Values
from oomlog.explain.room import request_of, rooms_of, zone_names

__all__ = ["ID", "REFERENCE", "find"]

ID = "fragmentation"
REFERENCE = "__zone_watermark_ok() in mm/page_alloc.c (4.4 to 7.1)"


def find(case: Case) -> Finding | None:
    """Return the claim for a request of more than one page."""
    request = request_of(case.event)
    if request is None or request.order < 1:
        return None
    rooms = rooms_of(case, request)
    above = tuple(room for room in rooms if room.is_above)
    if not above or any(room.has_block is not False for room in above):
        return None
    values: Values = {
        "order": request.order,
        "block_kb": case.page_kb << request.order,
        "free_kb": sum(room.free_kb for room in above),
        "mark_kb": sum(room.mark_kb for room in above),
        "zones": zone_names(above),
    }
    words = [word for room in above for word in (room.words, room.blocks_words)]
    evidence = case.quote("invoked oom-killer", *words, "COMPACTION is disabled")
    disabled = any("COMPACTION is disabled" in line.text for line in evidence)
    # The dump is a moment later than the attempt.
    return Finding(ID, values, evidence, "likely", REFERENCE, f"{ID}_no_compaction" if disabled else ID)
