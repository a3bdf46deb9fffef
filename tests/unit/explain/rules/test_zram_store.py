"""Compressed memory that is no swap."""

from __future__ import annotations

from oomlog.explain.rules import zram_store, zram_swap


def test_a_disk_in_zram_is_no_swap(sample):
    """102 MiB of zsmalloc's pages while there is no swap at all."""
    case = sample("v7.2-global-unaccounted-zram.kmsg")[0]
    finding = zram_store.find(case)
    assert finding is not None
    assert finding.values["store_kb"] > 100 << 10
    assert finding.values["swap_used_kb"] == 0
    assert "zspages:" in finding.evidence[0].text
    assert zram_swap.find(case) is None


def test_swap_in_zram_is_what_it_is_for(sample):
    """The store is what swapping costs there, not a consumer of its own."""
    case = sample("v7.2-global-zram.kmsg")[0]
    assert zram_store.find(case) is None
    assert zram_swap.find(case) is not None
