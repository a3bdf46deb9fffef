"""The free blocks of one zone, smallest first: ``1*4kB (U) 0*8kB 1*16kB (UM) = 20kB``.

The letters name the migrate types that have free blocks of that size (3.8 and later).  Mirrors
show_free_areas() in mm/page_alloc.c (mm/show_mem.c since 6.5).
"""

from __future__ import annotations

import functools
import re
from typing import NamedTuple

__all__ = ["FreeBlocks", "FreeList", "parse_free_list", "render_free_list"]


@functools.cache
def _block() -> re.Pattern[str]:
    return re.compile(r"([0-9]{1,20}+)\*([0-9]{1,9}+)kB(?:[ \t]{1,40}\(([A-Z]{1,9})\))?")


class FreeBlocks(NamedTuple):
    """Free blocks of one size."""

    count: int  # type: ignore[assignment]  # hides tuple.count, which nobody needs here
    """How many blocks are free."""
    size_kb: int
    """Size of one block."""
    types: str
    """Letters of the migrate types that have some; empty when the kernel printed none."""


class FreeList(NamedTuple):
    """All free blocks of one zone."""

    blocks: tuple[FreeBlocks, ...]
    """One entry per order, order 0 first."""
    total_kb: int | None
    """The sum the kernel printed; None when the line stops before it."""


def parse_free_list(text: str) -> FreeList:
    """Read the part of the line after the zone's name.

    >>> parse_free_list("1*4kB (U) 2*8kB = 20kB").blocks[0]
    FreeBlocks(count=1, size_kb=4, types='U')
    """
    head, equals, total = text.partition("=")
    blocks = tuple(
        [FreeBlocks(int(count), int(size), types) for count, size, types in _block().findall(head)]
    )
    return FreeList(blocks, int(total.strip()[:-2]) if equals else None)


def render_free_list(value: FreeList) -> str:
    """Print a free list the way the kernel does."""
    words = [f"{b.count}*{b.size_kb}kB" + (f" ({b.types})" if b.types else "") for b in value.blocks]
    if value.total_kb is not None:
        words.append(f"= {value.total_kb}kB")
    return " ".join(words)
