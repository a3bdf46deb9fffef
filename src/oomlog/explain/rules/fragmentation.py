"""Enough memory was free, but not in one piece: no block of the order that was asked for.

Holds when at least one zone had more free than its watermark and reserve, and no zone had both that and a
free block of a migrate type that the request may take.  Until 4.3 some blocks of the size had to stay free,
so that a few were not enough.
"""

from __future__ import annotations

from oomlog.explain.case import Case
from oomlog.explain.model import Finding
from oomlog.explain.room import request_of, rooms_of, zone_names

__all__ = ["ID", "REFERENCE", "find"]

ID = "fragmentation"
REFERENCE = "__zone_watermark_ok() in mm/page_alloc.c (2.6.18 to 7.1)"


def find(case: Case) -> Finding | None:
    """Return the claim for a request of more than one page."""
    request = request_of(case.event)
    if request is None or request.order < 1:
        return None
    rooms = rooms_of(case, request)
    above = tuple(room for room in rooms if room.is_above)
    if not above or any(room.has_block is not False and room.few_kb is None for room in above):
        return None
    values: dict[str, int | float | str | None] = {
        "order": request.order,
        "block_kb": case.page_kb << request.order,
        "free_kb": sum(room.free_kb for room in above),
        "mark_kb": sum(room.mark_kb for room in above),
        "zones": zone_names(above),
    }
    few = [room for room in above if room.has_block]
    if few:
        values["few_kb"] = sum(room.few_kb or 0 for room in few)
        values["few_mark_kb"] = sum(room.few_mark_kb for room in few)
    words = [word for room in above for word in (room.words, room.blocks_words)]
    evidence = case.quote("invoked oom-killer", *words, "COMPACTION is disabled")
    disabled = any("COMPACTION is disabled" in line.text for line in evidence)
    variant = f"{ID}_few" if few else f"{ID}_no_compaction" if disabled else ID
    # The dump is a moment later than the attempt.
    return Finding(ID, values, evidence, "likely", REFERENCE, variant)
