"""The flags of a gfp_mask that was printed as a bare number (kernels before 4.6).

Since 4.6 the kernel prints the names itself, because the bits keep moving; later numbers are left alone.
The two older layouts can be told apart by the number: 4.4 split __GFP_WAIT into two bits, one of which is
0x2000000, and nearly every request has it.  Mirrors include/linux/gfp.h, 2.6.18 to 4.5.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["GfpFlags", "decode_gfp"]

_KSWAPD_RECLAIM_4_4 = 0x2000000

_BEFORE_4_4 = {
    0x1: "__GFP_DMA", 0x2: "__GFP_HIGHMEM", 0x4: "__GFP_DMA32", 0x8: "__GFP_MOVABLE", 0x10: "__GFP_WAIT",
    0x20: "__GFP_HIGH", 0x40: "__GFP_IO", 0x80: "__GFP_FS", 0x100: "__GFP_COLD", 0x200: "__GFP_NOWARN",
    0x400: "__GFP_REPEAT", 0x800: "__GFP_NOFAIL", 0x1000: "__GFP_NORETRY", 0x2000: "__GFP_MEMALLOC",
    0x4000: "__GFP_COMP", 0x8000: "__GFP_ZERO", 0x10000: "__GFP_NOMEMALLOC", 0x20000: "__GFP_HARDWALL",
    0x40000: "__GFP_THISNODE", 0x80000: "__GFP_RECLAIMABLE", 0x200000: "__GFP_NOTRACK",
    0x400000: "__GFP_NO_KSWAPD", 0x800000: "__GFP_OTHER_NODE", 0x1000000: "__GFP_WRITE",
}  # fmt: skip
_SINCE_4_4 = {
    0x1: "__GFP_DMA", 0x2: "__GFP_HIGHMEM", 0x4: "__GFP_DMA32", 0x8: "__GFP_MOVABLE",
    0x10: "__GFP_RECLAIMABLE", 0x20: "__GFP_HIGH", 0x40: "__GFP_IO", 0x80: "__GFP_FS",
    0x100: "__GFP_COLD", 0x200: "__GFP_NOWARN",
    0x400: "__GFP_REPEAT", 0x800: "__GFP_NOFAIL", 0x1000: "__GFP_NORETRY", 0x2000: "__GFP_MEMALLOC",
    0x4000: "__GFP_COMP", 0x8000: "__GFP_ZERO", 0x10000: "__GFP_NOMEMALLOC", 0x20000: "__GFP_HARDWALL",
    0x40000: "__GFP_THISNODE", 0x80000: "__GFP_ATOMIC", 0x200000: "__GFP_NOTRACK",
    0x400000: "__GFP_DIRECT_RECLAIM", 0x800000: "__GFP_OTHER_NODE", 0x1000000: "__GFP_WRITE",
    0x2000000: "__GFP_KSWAPD_RECLAIM",
}  # fmt: skip
# The larger first, as each takes its bits away (show_gfp_flags() in include/trace/events/gfpflags.h).
_SETS_BEFORE_4_4 = {
    0x1200D2: "GFP_HIGHUSER_MOVABLE", 0x200DA: "GFP_HIGHUSER_MOVABLE", 0x200D2: "GFP_HIGHUSER",
    0x200D0: "GFP_USER", 0x800D0: "GFP_TEMPORARY", 0xD0: "GFP_KERNEL", 0x50: "GFP_NOFS", 0x10: "GFP_NOIO",
    0x20: "GFP_ATOMIC",
}  # fmt: skip
_SETS_SINCE_4_4 = {
    0x24200CA: "GFP_HIGHUSER_MOVABLE", 0x24200C2: "GFP_HIGHUSER", 0x24200C0: "GFP_USER",
    0x24000D0: "GFP_TEMPORARY", 0x24000C0: "GFP_KERNEL", 0x2400040: "GFP_NOFS", 0x2080020: "GFP_ATOMIC",
    0x2400000: "GFP_NOIO", 0x2000000: "GFP_NOWAIT",
}  # fmt: skip


class GfpFlags(NamedTuple):
    """Names derived from a number, and the bits that have none in that layout."""

    names: tuple[str, ...]
    rest: int


def decode_gfp(mask: int) -> GfpFlags | None:
    """Return the flags of a number printed by a kernel before 4.6, ``None`` for a layout of later ones.

    >>> decode_gfp(0x280DA).names
    ('GFP_HIGHUSER_MOVABLE', '__GFP_ZERO')
    >>> decode_gfp(0x24201CA).names
    ('GFP_HIGHUSER_MOVABLE', '__GFP_COLD')
    """
    if mask & _KSWAPD_RECLAIM_4_4:
        sets, bits = _SETS_SINCE_4_4, _SINCE_4_4
    elif mask < _KSWAPD_RECLAIM_4_4:
        sets, bits = _SETS_BEFORE_4_4, _BEFORE_4_4
    else:
        return None
    names = []
    left = mask
    for value, name in sets.items():
        if left & value == value:
            names.append(name)
            left &= ~value
            break
    for bit, name in bits.items():
        if left & bit:
            names.append(name)
            left &= ~bit
    return GfpFlags(tuple(names), left)
