"""The zones that the request may use were exhausted, while a higher zone had memory that it may not use.

On 32 bits kernel memory must lie in the lower 896 MiB or so (Normal), and HighMem is out of its reach;
requests for DMA may only use the lowest zone; ZONE_MOVABLE takes movable pages alone.  Since 6.1 the zones
that a request may not use are not printed, but are part of the free pages counted.
"""

from __future__ import annotations

from oomlog.explain import mem_info
from oomlog.explain.case import Case
from oomlog.explain.model import Finding, Values
from oomlog.explain.room import Request, request_of, rooms_above, rooms_of, zone_names
from oomlog.explain.sizes import counter_kb, number, ram_kb
from oomlog.explain.totalpages import scope_of

__all__ = ["ID", "REFERENCE", "find"]

ID = "lowmem_zone"
REFERENCE = "gfp_zone() in include/linux/gfp.h, get_page_from_freelist() in mm/page_alloc.c (2.6.18 to 7.1)"

# As much free memory in zones that are not printed cannot be the usual reserve.
_HIDDEN = 0.1


def find(case: Case) -> Finding | None:
    """Return the claim where only zones out of reach had free memory."""
    request = request_of(case.event)
    if request is None or not mem_info.zones(case.event):
        return None
    rooms = rooms_of(case, request)
    others = tuple(room for room in rooms_above(case, request) if room.free_kb > room.high_kb)
    if any(room.is_above for room in rooms):
        return None
    if not others:
        return _hidden(case, request)
    words = _words(request, zone_names(others))
    if not rooms and any(_rank_is_low(zone.get("zone"), request) for zone in mem_info.zones(case.event)):
        return None  # some zone could not be judged
    values: Values = {
        "request_zone": request.zone,
        "other_zones": zone_names(others),
        "other_free_kb": sum(room.free_kb for room in others),
    }
    if not rooms:
        evidence = case.quote("invoked oom-killer", *(room.words for room in others))
        return Finding(ID, values, evidence, "likely", REFERENCE, f"{words}_only")
    values = {
        **values,
        "zones": zone_names(rooms),
        "free_kb": sum(room.free_kb for room in rooms),
        "mark_kb": sum(room.mark_kb for room in rooms),
    }
    evidence = case.quote("invoked oom-killer", *(room.words for room in (*rooms, *others)))
    return Finding(ID, values, evidence, "likely", REFERENCE, words)


def _words(request: Request, others: str) -> str:
    if request.highest < 2:
        return f"{ID}_dma"
    return f"{ID}_movable" if others == "Movable" else ID


def _rank_is_low(name: object, request: Request) -> bool:
    return name not in ("HighMem", "Movable") if request.highest >= 2 else name == request.zone


def _hidden(case: Case, request: Request) -> Finding | None:
    """Return the claim for a zone that was left out of the report: HighMem, or Movable where there is none.

    All lower zones are printed, so that what is free beside them is free there.
    """
    rooms = rooms_of(case, request)
    free, ram = counter_kb(case, "free"), ram_kb(case)
    # Zones are left out since the version that counts sec_pagetables (6.1).
    hides = number(mem_info.counters(case.event), "sec_pagetables_pages") is not None
    if scope_of(case.event) != "global" or request.highest not in (2, 3) or not hides or not rooms:
        return None
    shown = {zone.get("zone") for zone in mem_info.zones(case.event)}
    highmem = request.highest == 2 and bool(number(mem_info.totals(case.event), "highmem_pages"))
    other = "HighMem" if highmem else "Movable"
    if free is None or ram is None or shown & {"HighMem", "Movable"}:
        return None
    hidden = free - sum(room.free_kb for room in rooms)
    if hidden < ram * _HIDDEN:
        return None
    values: Values = {
        "request_zone": request.zone,
        "other_zones": other,
        "other_free_kb": hidden,
        "zones": zone_names(rooms),
        "free_kb": sum(room.free_kb for room in rooms),
        "mark_kb": sum(room.mark_kb for room in rooms),
    }
    evidence = case.quote("invoked oom-killer", " free:", *(room.words for room in rooms), "pages HighMem")
    return Finding(ID, values, evidence, "likely", REFERENCE, _words(request, other))
