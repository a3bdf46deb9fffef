"""What of the free memory a request could have used, zone by zone.

Mirrors __zone_watermark_ok() and __zone_watermark_unusable_free() in mm/page_alloc.c (7.1).  The numbers are
those of the dump, printed a moment after the attempt that failed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from oomlog.explain import mem_info
from oomlog.explain.blocks import few_kb, has_block
from oomlog.explain.case import Case
from oomlog.explain.reserve import ZONES, has_highmem, rank_of, reserve_pages, shows
from oomlog.explain.sizes import number
from oomlog.explain.totalpages import scope_of
from oomlog.explain.watermarks import atomic_kb
from oomlog.model import OomEvent

__all__ = ["LARGEST_ORDER", "Request", "Room", "request_of", "rooms_above", "rooms_of", "zone_names"]

# The lowest bits choose the zone in every version (include/linux/gfp.h, 2.6.18 to 7.1), MOVABLE since 2.6.31.
_DMA, _HIGHMEM, _DMA32, _MOVABLE = 0x1, 0x2, 0x4, 0x8
# SWAP_CLUSTER_MAX, 2.6.18 to 7.1: so many pages are freed at a time.
_BATCH = 32
# __GFP_HIGH lets a request take half of the reserve.
_HIGH = 0x20


LARGEST_ORDER = 20
"""Beyond what any kernel has blocks of (MAX_ORDER is 10 to 16): a larger number is damage."""


class Request(NamedTuple):
    """What was asked for."""

    order: int
    highest: int
    """The highest zone that it may use, as an index of DMA, DMA32, Normal, HighMem, Movable."""
    movable: bool
    """It may use free pages of the CMA area (ALLOC_CMA)."""

    @property
    def zone(self) -> str:
        """Return the highest zone's name."""
        return ZONES[self.highest]


class Room(NamedTuple):
    """A zone's free memory, and what of it was out of the request's reach."""

    zone: str
    node: int | None
    free_kb: int
    managed_kb: int
    min_kb: int
    high_kb: int
    lowmem_kb: int
    """Kept from requests that could use a higher zone (lowmem_reserve)."""
    cma_kb: int
    highatomic_kb: int
    tail_kb: int
    """All but one page of a block, which the check takes off in advance."""
    slack_kb: int
    """What comes back between the attempt and the dump: at least a batch of reclaim."""
    has_block: bool | None
    """A free block large enough, of a type that the request may take; ``None`` when not printed."""
    few_kb: int | None
    """What was free in blocks large enough, where that was less than had to stay free in such (until 4.3)."""
    few_mark_kb: int
    """The least of it that had to stay free: the min watermark, halved for each order."""

    @property
    def usable_kb(self) -> int:
        """Return the free memory that the check counts."""
        return self.free_kb - self.cma_kb - self.highatomic_kb - self.tail_kb

    @property
    def mark_kb(self) -> int:
        """Return what must stay free: the min watermark, boost included, and the reserve."""
        return self.min_kb + self.lowmem_kb

    @property
    def is_above(self) -> bool:
        """Tell whether clearly enough was free, whatever the blocks."""
        return self.usable_kb > self.mark_kb + self.slack_kb

    @property
    def words(self) -> str:
        """Return how the zone's line begins, for quoting."""
        return f"{_prefix(self)} free:"

    @property
    def blocks_words(self) -> str:
        """Return how the line of its free blocks begins."""
        return f"{_prefix(self)}: "


def _prefix(room: Room) -> str:
    return room.zone if room.node is None else f"Node {room.node} {room.zone}"


def request_of(event: OomEvent) -> Request | None:
    """Return the request, ``None`` when its mask does not tell what it may use.

    Such are a mask of 0 (a page fault's, until 5.14), and requests with access to reserves.
    """
    trigger = event.trigger
    bound = scope_of(event) in ("global", "cpuset", "mempolicy")
    if not bound or trigger is None or trigger.gfp_mask is None:
        return None
    try:
        mask = int(trigger.gfp_mask, 16)
    except ValueError:
        return None
    if mask == 0 or mask & _HIGH or trigger.order is None or not 0 <= trigger.order <= LARGEST_ORDER:
        return None
    movable = bool(mask & _MOVABLE)
    # A kernel without such a zone serves these requests from Normal (OPT_ZONE_DMA, OPT_ZONE_HIGHMEM).
    if mask & _DMA and shows(event, "DMA"):
        highest = 0
    elif mask & _DMA32 and shows(event, "DMA32"):
        highest = 1
    elif mask & _HIGHMEM and movable:
        highest = 4
    elif mask & _HIGHMEM and has_highmem(event):
        highest = 3
    else:
        highest = 2
    return Request(trigger.order, highest, movable)


def rooms_of(case: Case, request: Request) -> tuple[Room, ...]:
    """Return the zones that the request may use, empty when one of them cannot be judged."""
    found = []
    for zone in mem_info.zones(case.event):
        rank = rank_of(zone)
        if rank is None:
            return ()
        if rank > request.highest:
            continue
        room = _room(case, zone, request)
        if room is None:
            return ()
        found.append(room)
    return tuple(found)


def rooms_above(case: Case, request: Request) -> tuple[Room, ...]:
    """Return the zones that the request may not use; hidden since 6.1."""
    found = []
    for zone in mem_info.zones(case.event):
        rank = rank_of(zone)
        if rank is not None and rank > request.highest:
            room = _room(case, zone, request)
            if room is not None:
                found.append(room)
    return tuple(found)


def zone_names(rooms: tuple[Room, ...]) -> str:
    """Return the zones' names as one text, each once."""
    return ", ".join(dict.fromkeys(room.zone for room in rooms))


def _room(case: Case, zone: Mapping[str, Any], request: Request) -> Room | None:
    free, low, high = (number(zone, key) for key in ("free_kb", "min_kb", "high_kb"))
    managed = number(zone, "managed_kb")
    managed = number(zone, "present_kb") if managed is None else managed
    reserve = reserve_pages(case.event, zone, request.highest)
    if free is None or low is None or high is None or managed is None or reserve is None:
        return None
    # Since 6.13 only the free part of the highatomic blocks counts, printed since 6.17.
    highatomic = number(zone, "free_highatomic_kb")
    if highatomic is None:
        highatomic = number(zone, "reserved_highatomic_kb")
    if highatomic is None:  # until 5.1 only the letters of the free blocks tell
        highatomic = atomic_kb(zone) or 0
    return Room(
        zone=str(zone.get("zone")),
        node=number(zone, "node"),
        free_kb=free,
        managed_kb=managed,
        min_kb=low,
        high_kb=high,
        lowmem_kb=reserve * case.page_kb,
        cma_kb=0 if request.movable else number(zone, "free_cma_kb") or 0,
        highatomic_kb=highatomic,
        tail_kb=((1 << request.order) - 1) * case.page_kb,
        slack_kb=_BATCH * case.page_kb,
        has_block=has_block(zone, request.order, request.movable, case.page_kb),
        few_kb=few_kb(case.event, zone, request.order, low, case.page_kb),
        few_mark_kb=low >> request.order,
    )
