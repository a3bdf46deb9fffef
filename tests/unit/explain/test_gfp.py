"""Flags behind a bare number, against the composites that kernels of the time defined."""

from __future__ import annotations

import pytest

from oomlog.explain.gfp import decode_gfp


@pytest.mark.parametrize(
    ("mask", "names"),
    [
        (0x201DA, "GFP_HIGHUSER_MOVABLE|__GFP_COLD"),
        (0x280DA, "GFP_HIGHUSER_MOVABLE|__GFP_ZERO"),
        (0x1201D2, "GFP_HIGHUSER_MOVABLE|__GFP_COLD"),
        (0x201D2, "GFP_HIGHUSER|__GFP_COLD"),
        (0xD0, "GFP_KERNEL"),
        (0x2D0, "GFP_KERNEL|__GFP_NOWARN"),
        (0x84D0, "GFP_KERNEL|__GFP_REPEAT|__GFP_ZERO"),
        (0x2040D0, "GFP_KERNEL|__GFP_COMP|__GFP_NOTRACK"),
        (0x20, "GFP_ATOMIC"),
        (0x24280CA, "GFP_HIGHUSER_MOVABLE|__GFP_ZERO"),
        (0x24000C0, "GFP_KERNEL"),
        (0x24240C0, "GFP_USER|__GFP_COMP"),
        (0x2080020, "GFP_ATOMIC"),
        (0x0, ""),
    ],
)
def test_numbers_of_kernels_before_names(mask, names):
    """As the kernel would have written them, and no bit is left over."""
    found = decode_gfp(mask)
    assert found is not None
    assert ("|".join(found.names), found.rest) == (names, 0)


def test_a_bit_that_changed_its_meaning_has_no_name():
    """0x100000 was three things between 2.6.24 and 4.3; it stays a number."""
    found = decode_gfp(0x3000D0)
    assert found is not None
    assert (found.names, found.rest) == (("GFP_KERNEL", "__GFP_NOTRACK"), 0x100000)


def test_later_layouts_are_not_guessed():
    """Where the kernel prints names, the number is left alone."""
    assert decode_gfp(0x4000000) is None
