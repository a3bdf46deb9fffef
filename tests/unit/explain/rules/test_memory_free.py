"""Rules about free memory that did not serve; real reports with a few of their numbers changed."""

from __future__ import annotations

from pathlib import Path

import pytest

import oomlog
from oomlog.explain.case import Case
from oomlog.explain.room import request_of, rooms_of
from oomlog.explain.rules import (
    cma_only_free,
    fragmentation,
    lowmem_zone,
    system_exhausted,
    watermark_reserve,
)

# Reports of machines with 256 MiB, where small changes matter; those in samples/ are of larger ones.
SMALL = Path(__file__).parents[3] / "data/small"
SAMPLES = Path(__file__).parents[4] / "samples"
MACHINE = "v7.2-global.dmesg.log"
ORDER = ("order=0, ", "order=3, ")
KERNEL = ("gfp_mask=0x140dca(GFP_HIGHUSER_MOVABLE|__GFP_ZERO|__GFP_COMP)", "gfp_mask=0xcc0(GFP_KERNEL)")
# 8 MiB free in DMA32, none of it in blocks of 32 kB or more.
SMALL_BLOCKS = (
    ("DMA32 free:1348kB", "DMA32 free:8192kB"),
    (
        "DMA32: 1*4kB (M) 2*8kB (UE) 1*16kB (U) 1*32kB (E) 2*64kB (ME) 3*128kB (UME) 1*256kB (E) 1*512kB (E)",
        "DMA32: 1024*4kB (M) 512*8kB (UE) 0*16kB 0*32kB 0*64kB 0*128kB 0*256kB 0*512kB",
    ),
)

HIGHMEM = """\
[   33.1] x invoked oom-killer: gfp_mask=0x101cc0(GFP_USER|__GFP_WRITE), order=0, oom_score_adj=0
[   33.2] Mem-Info:
[   33.3] active_anon:55 inactive_anon:2044 isolated_anon:0
[   33.3]  unevictable:0 dirty:100 writeback:10
[   33.3]  free:264202 free_pcp:1082 free_cma:0
[   33.4] DMA free:3356kB min:68kB low:84kB high:100kB managed:15916kB
[   33.4] lowmem_reserve[]: 0 825 1947 1947
[   33.4] Normal free:3948kB min:7732kB low:8640kB high:9548kB managed:897000kB
[   33.4] lowmem_reserve[]: 0 0 8980 8980
[   33.4] HighMem free:1049496kB min:512kB low:1748kB high:2984kB managed:1149540kB
[   33.4] lowmem_reserve[]: 0 0 0 0
[   33.5] 512558 pages RAM
[   33.5] 287385 pages HighMem/MovableOnly
[   33.5] 10000 pages reserved
[   33.6] Out of memory: Killed process 9 (x) total-vm:8kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB
"""
# Since 6.1 the zone that the request may not use is left out.
HIDDEN = "\n".join(
    line for number, line in enumerate(HIGHMEM.splitlines(), 1) if number not in (10, 11)
).replace("[   33.3]  free:", "[   33.3]  sec_pagetables:0 bounce:0\n[   33.3]  free:")


def case_of(*changes: tuple[str, str], text: str | None = None) -> Case:
    """Return the case of a report, with texts replaced."""
    text = (SMALL / MACHINE).read_text() if text is None else text
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return Case(next(iter(oomlog.parse(text))))


def test_fragmentation_is_found() -> None:
    """Much free in small blocks, and a request for a large one."""
    found = fragmentation.find(case_of(ORDER, *SMALL_BLOCKS))
    assert found is not None
    assert found.values == {
        "order": 3,
        "block_kb": 32,
        "free_kb": 8192,
        "mark_kb": 1536,
        "zones": "DMA32",
    }
    assert [line.text for line in found.evidence if "1024*4kB" in line.text]


def test_one_large_block_is_enough() -> None:
    """A free block of the order, of a type that may be taken, is not fragmentation."""
    large = ("0*32kB 0*64kB", "0*32kB 1*64kB (U)")
    assert fragmentation.find(case_of(ORDER, *SMALL_BLOCKS, large)) is None


@pytest.mark.parametrize("letter", ["H", "I"])
def test_blocks_out_of_reach_do_not_count(letter: str) -> None:
    """Blocks kept for atomic requests, or isolated, are not usable."""
    large = ("0*32kB 0*64kB", f"0*32kB 1*64kB ({letter})")
    assert fragmentation.find(case_of(ORDER, *SMALL_BLOCKS, large)) is not None


def test_cma_blocks_serve_movable_requests_only() -> None:
    """A block of the CMA area is usable for a movable page, and for nothing else."""
    large = ("0*32kB 0*64kB", "0*32kB 1*64kB (C)")
    assert fragmentation.find(case_of(ORDER, *SMALL_BLOCKS, large)) is None
    assert fragmentation.find(case_of(ORDER, KERNEL, *SMALL_BLOCKS, large)) is not None


def test_a_single_page_is_never_fragmented() -> None:
    """Order 0 fits every block, and below the watermark it is plain shortage."""
    assert fragmentation.find(case_of(*SMALL_BLOCKS)) is None
    assert fragmentation.find(case_of(ORDER)) is None


def test_a_kernel_without_compaction_is_named() -> None:
    """The line about CONFIG_COMPACTION changes the sentence."""
    line = "[    4.619800] Mem-Info:"
    text = (SMALL / MACHINE).read_text()
    head = next(each for each in text.splitlines() if each.endswith("Mem-Info:"))
    changed = (head, f"{line.replace('Mem-Info:', 'COMPACTION is disabled!!!')}\n{head}")
    found = fragmentation.find(case_of(ORDER, *SMALL_BLOCKS, changed))
    assert found is not None and found.words == "fragmentation_no_compaction"


def test_exhausted_low_memory_is_found() -> None:
    """Normal is empty, HighMem is not, and the request may not use it."""
    found = lowmem_zone.find(case_of(text=HIGHMEM))
    assert found is not None
    assert (found.words, found.values["other_zones"]) == ("lowmem_zone", "HighMem")
    assert found.values["other_free_kb"] == 1049496
    # lowmem_reserve of DMA against Normal: 825 pages.
    assert found.values["mark_kb"] == 68 + 825 * 4 + 7732


def test_hidden_high_memory_shows_in_the_totals() -> None:
    """Where the zone is not printed, what is free elsewhere is the difference."""
    found = lowmem_zone.find(case_of(text=HIDDEN))
    assert found is not None
    assert found.values["other_free_kb"] == 264202 * 4 - 3356 - 3948


def test_hidden_zone_movable_shows_in_the_totals() -> None:
    """On 64 bits the zone that an unmovable request does not see is ZONE_MOVABLE."""
    found = lowmem_zone.find(case_of(KERNEL, ("free:531 ", "free:20531 ")))
    assert found is not None
    assert (found.words, found.values["other_free_kb"]) == ("lowmem_zone_movable", 20531 * 4 - 776 - 1348)


def test_a_request_that_may_use_high_memory_is_no_finding() -> None:
    """A page for a user can come from HighMem."""
    assert lowmem_zone.find(case_of(("gfp_mask=0x101cc0", "gfp_mask=0x100cca"), text=HIGHMEM)) is None


def test_enough_low_memory_is_no_finding() -> None:
    """Normal has enough: whatever failed, it was not the zone."""
    assert lowmem_zone.find(case_of(("Normal free:3948kB", "Normal free:39480kB"), text=HIGHMEM)) is None
    assert lowmem_zone.find(case_of()) is None


def test_zone_movable_takes_movable_pages_only() -> None:
    """A node with nothing but ZONE_MOVABLE cannot serve a page that cannot be moved."""
    only = (
        ("Node 0 DMA free", "Node 4 Movable free"),
        ("Node 0 DMA: ", "Node 4 Movable: "),
        ("gfp_mask=0x140dca", "gfp_mask=0x500cc2"),
        ("min:144kB low:180kB high:216kB", "min:14kB low:18kB high:21kB"),
    )
    text = (SMALL / MACHINE).read_text()
    kept = [line for line in text.splitlines() if "Node 0 DMA32" not in line]
    found = lowmem_zone.find(case_of(*only, text="\n".join(kept)))
    assert found is not None
    assert (found.words, found.values["other_free_kb"]) == ("lowmem_zone_movable_only", 776)


def test_free_cma_is_no_use_for_unmovable_requests() -> None:
    """With its free CMA pages the zone would have been above its watermark."""
    changes = (
        ("DMA32 free:1348kB", "DMA32 free:9348kB"),
        ("local_pcp:1856kB free_cma:0kB", "local_pcp:1856kB free_cma:8000kB"),
    )
    found = cma_only_free.find(case_of(KERNEL, *changes))
    assert found is not None
    assert (found.values["free_cma_kb"], found.values["zones"]) == (8000, "DMA32")
    assert cma_only_free.find(case_of(*changes)) is None  # movable: may use it
    assert cma_only_free.find(case_of(KERNEL)) is None


def test_oversized_watermarks_are_found() -> None:
    """A min watermark that no default gives is a setting."""
    large = ("min:1536kB low:1920kB high:2304kB", "min:40960kB low:51200kB high:61440kB")
    found = watermark_reserve.find(case_of(large))
    assert found is not None
    assert (found.words, found.confidence) == ("", "certain")
    assert found.values["min_kb"] == 40960 + 144


def test_a_boosted_watermark_is_not_called_a_setting() -> None:
    """What boosting added for the moment is not vm.min_free_kbytes, whether it is printed or not."""
    boosted = "boost:40000kB min:41536kB low:41920kB high:42304kB"
    shown = ("boost:0kB min:1536kB low:1920kB high:2304kB", boosted)
    unshown = (shown[0], boosted.removeprefix("boost:40000kB "))
    for change in (shown, unshown):
        assert watermark_reserve.find(case_of(change)) is None


def test_free_memory_below_the_reserve_is_found() -> None:
    """A noticeable part of the RAM was free, and all of it kept back."""
    free = (
        ("DMA32 free:1348kB", "DMA32 free:9348kB"),
        ("reserved_highatomic:0KB free_highatomic:0KB active_anon:143212kB",
         "reserved_highatomic:8192KB free_highatomic:8192KB active_anon:143212kB"),
    )  # fmt: skip
    found = watermark_reserve.find(case_of(*free))
    assert found is not None
    assert (found.words, found.values["highatomic_kb"]) == ("watermark_reserve_held", 8192)


def test_the_usual_reserve_is_no_finding() -> None:
    """One percent below the min watermark is how every report looks."""
    assert watermark_reserve.find(case_of()) is None


def test_watermarks_set_before_a_balloon_took_pages_are_no_setting() -> None:
    """They stay as they were, large beside what is left, whether the balloon is printed or not."""
    for sample in ("v6.12-global-balloon.dmesg", "v7.2-global-balloon.dmesg"):
        case = case_of(text=(SAMPLES / f"{sample}.log").read_text())
        assert watermark_reserve.find(case) is None


def test_what_huge_pages_make_the_kernel_keep_is_no_finding() -> None:
    """With THP a machine of 768 MiB keeps 5 % of them: below that it is out of memory, and nothing else."""
    case = case_of(text=(SAMPLES / MACHINE).read_text())
    request = request_of(case.event)
    assert request is not None
    rooms = rooms_of(case, request)
    assert sum(room.min_kb for room in rooms) > 0.04 * sum(room.managed_kb for room in rooms)
    assert watermark_reserve.find(case) is None


def test_a_mask_of_zero_tells_nothing() -> None:
    """The page fault handler's request has no mask, so nothing is known about its zones."""
    case = case_of((KERNEL[0], "gfp_mask=0x0()"))
    assert request_of(case.event) is None


def test_a_zone_that_cannot_be_read_leaves_everything_open() -> None:
    """Without one zone's numbers no claim about all zones is made."""
    case = case_of(("Node 0 DMA free:776kB", "Node 0 DMA fr"))
    request = request_of(case.event)
    assert request is not None and rooms_of(case, request) == ()


def test_watermarks_larger_than_the_machine_are_called_wrong() -> None:
    """No request can meet them, whoever set them: their numbers are not told as what must stay free."""
    lines = HIGHMEM.replace("Normal free:3948kB min:7732kB", "Normal free:3948kB min:2277358239360432kB")
    case = case_of(text=lines)
    found = watermark_reserve.find(case)
    assert found is not None and found.words == "watermark_reserve_broken"
    assert found.values["zones"] == "Normal"
    assert system_exhausted.find(case) is None
