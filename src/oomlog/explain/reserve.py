"""What a zone keeps from requests that could use a higher one: lowmem_reserve[] of its line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from oomlog.explain import mem_info
from oomlog.explain.sizes import number
from oomlog.model import OomEvent

__all__ = ["ZONES", "has_highmem", "rank_of", "reserve_pages", "shows"]

ZONES = ("DMA", "DMA32", "Normal", "HighMem", "Movable")
"""The zones from the lowest to the highest."""


def rank_of(zone: Mapping[str, Any]) -> int | None:
    """Return the zone's place in ``ZONES``, ``None`` for one that is not there."""
    name = zone.get("zone")
    return ZONES.index(name) if name in ZONES else None


def has_highmem(event: OomEvent) -> bool:
    """Tell whether this is a 32-bit kernel with memory in HighMem."""
    # The zone itself is hidden since 6.1 when the request may not use it.
    return shows(event, "HighMem") or bool(number(mem_info.totals(event), "highmem_pages"))


def shows(event: OomEvent, name: str) -> bool:
    """Tell whether the report has a line of such a zone."""
    return any(zone.get("zone") == name for zone in mem_info.zones(event))


def reserve_pages(event: OomEvent, zone: Mapping[str, Any], highest: int) -> int | None:
    """Return lowmem_reserve[] at the request's highest zone.

    The line has one number for each zone type of the kernel, populated or not, and does not name them; they
    never fall from left to right behind the zone's own.  ``None`` where the place is not certain.
    """
    reserve = zone.get("lowmem_reserve_pages")
    if not isinstance(reserve, list | tuple) or not reserve or not all(isinstance(n, int) for n in reserve):
        return None
    rank = rank_of(zone)
    if rank == highest:
        return 0
    if highest == 4 or len(set(reserve)) == 1:
        return int(max(reserve))
    if has_highmem(event):
        return _reserve_32(event, reserve, highest) if highest >= 2 else None
    if len(reserve) == 5 and highest == 2:
        return int(reserve[2])  # DMA, DMA32, Normal, Movable, Device
    if highest >= 2 and not shows(event, "Movable") and reserve[-1] == reserve[-2]:
        return int(max(reserve))  # no memory above Normal
    return None


def _reserve_32(event: OomEvent, reserve: Sequence[int], highest: int) -> int | None:
    """Return lowmem_reserve[] on 32 bits: the types are DMA, DMA32, Normal, HighMem and Movable, if built in.

    Movable came in 2.6.23; there is no Device.
    """
    lower = sum(shows(event, name) for name in ("DMA", "DMA32"))
    if len(reserve) == lower + 2:  # no Movable
        return reserve[highest - 4]
    return reserve[highest - 5] if len(reserve) >= 3 else None
