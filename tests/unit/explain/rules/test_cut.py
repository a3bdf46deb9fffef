"""Causes in reports that break off before the kill: a Mem-Info block tells of them as well."""

from __future__ import annotations

import pytest

from oomlog.explain.rules import (
    cma_only_free,
    fragmentation,
    lowmem_zone,
    slab_kernel,
    system_exhausted,
    unaccounted_kernel,
)
from oomlog.explain.totalpages import scope_of

# 32 bits: no Movable zone among the zone types before 2.6.23.
LOWMEM = """\
bash invoked oom-killer: gfp_mask=0xd0, order=1, oom_adj=0, oom_score_adj=0
active_anon:1200 inactive_anon:100 isolated_anon:0
 active_file:2600 inactive_file:41000 isolated_file:0
 free:1187000 slab_reclaimable:60000 slab_unreclaimable:7200
DMA free:4200kB min:784kB low:980kB high:1176kB present:15784kB
lowmem_reserve[]: 0 867 62932 62932
Normal free:43000kB min:44112kB low:55140kB high:66168kB present:887976kB
lowmem_reserve[]: 0 0 496525 496525
HighMem free:4700000kB min:512kB low:789888kB high:1579264kB present:6355526kB
lowmem_reserve[]: 0 0 0 0
DMA: 445*4kB 36*8kB 133*16kB = 4196kB
Normal: 1132*4kB 620*8kB 237*16kB 930*32kB = 43040kB
HighMem: 0*4kB 0*8kB 293750*16kB = 4700000kB
1677720 pages RAM
1654937 pages HighMem
6430 pages reserved
""".splitlines()
# Until 3.7 the types of the free blocks are not printed.
FEW = """\
iostat invoked oom-killer: gfp_mask=0xd0, order=2, oom_adj=0, oom_score_adj=0
active_anon:227000 inactive_anon:10000 isolated_anon:0
 free:247000 slab_reclaimable:18000 slab_unreclaimable:53000
DMA32 free:988000kB min:7004kB low:8752kB high:10504kB present:3086000kB
lowmem_reserve[]: 0 0 0 0
DMA32: 188513*4kB 29200*8kB 10*16kB 1*32kB 0*64kB = 987844kB
""".splitlines()
SLAB = """\
basename invoked oom-killer: gfp_mask=0xd0, order=2, oomkilladj=0
Active_anon:372 active_file:45 inactive_anon:154
 free:14634 slab:875833 mapped:805 pagetables:378 bounce:0
Normal free:58536kB min:4064kB low:5080kB high:6096kB present:4136960kB
lowmem_reserve[]: 0 0 0
1048576 pages of RAM
14000 reserved pages
""".splitlines()
ATOMIC = """\
java invoked oom-killer: gfp_mask=0x26040d0, order=0, oom_score_adj=0
active_anon:230000 inactive_anon:2000 isolated_anon:0
 free:12000 slab_reclaimable:1800 slab_unreclaimable:5300
Node 0 DMA32 free:48000kB min:22000kB low:27000kB high:30000kB present:1046000kB managed:1020000kB
lowmem_reserve[]: 0 0 0 0
Node 0 DMA32: 100*4kB (UM) 100*8kB (UME) 50*16kB (U) 0*32kB 0*64kB 360*128kB (H) = 48080kB
261500 pages RAM
6500 pages reserved
""".splitlines()
# The rest is in no counter, and the report ends with the zones.
UNACCOUNTED = """\
dnsmasq invoked oom-killer: gfp_mask=0x14200ca, order=0, oom_score_adj=0
active_anon:3000 inactive_anon:100 isolated_anon:0
 active_file:20 inactive_file:30 isolated_file:0
 unevictable:0 dirty:0 writeback:0 unstable:0
 slab_reclaimable:600 slab_unreclaimable:3000
 mapped:20 shmem:200 pagetables:100 bounce:0
 free:500 free_pcp:10 free_cma:0
Normal free:2000kB min:1200kB low:1500kB high:1800kB present:131072kB managed:124000kB
lowmem_reserve[]: 0 0
32768 pages RAM
0 pages HighMem/MovableOnly
1768 pages reserved
""".splitlines()
CMA = """\
kworker/u8:2 invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0
DMA free:519112kB min:10428kB low:11228kB high:12028kB present:786432kB managed:672812kB free_cma:512000kB
lowmem_reserve[]: 0 0 0 0
DMA: 142*4kB (UEC) 161*8kB (UEC) 59*16kB (UEC) 126*4096kB (C) = 518896kB
196608 pages RAM
28405 pages reserved
131072 pages cma reserved
""".splitlines()


@pytest.mark.parametrize(
    ("lines", "rule", "words"),
    [
        (LOWMEM, lowmem_zone, "lowmem_zone"),
        (FEW, fragmentation, "fragmentation_few"),
        (SLAB, slab_kernel, "slab_kernel_unsplit"),
        (ATOMIC, system_exhausted, "system_exhausted_swap_unknown"),
        (UNACCOUNTED, unaccounted_kernel, "unaccounted_kernel"),
        (CMA, cma_only_free, "cma_only_free"),
    ],
    ids=["lowmem", "few", "slab", "atomic", "unaccounted", "cma"],
)
def test_a_report_without_a_kill_shows_its_cause(case, lines, rule, words):
    """The kill line is missing, but what the machine had is there."""
    made = case(lines)
    assert (made.event.scope, scope_of(made.event)) == ("unknown", "global")
    found = rule.find(made)
    assert found is not None
    assert (found.words or found.id, found.confidence != "possible") == (words, True)


def test_a_cut_report_of_a_cgroup_is_none_of_the_machine(case):
    """Until 3.8 the Mem-Info of the machine stood in a cgroup's report, after the cgroup's own counters."""
    group = ["memory: usage 512000kB, limit 512000kB, failcnt 24"]
    made = case([LOWMEM[0], *group, *LOWMEM[1:]])
    assert scope_of(made.event) != "global"
    assert lowmem_zone.find(made) is None


def test_the_trace_tells_that_a_cut_report_is_of_a_cgroup(case):
    """The call came from mm/memcontrol.c."""
    trace = ["Call Trace:", " [<ffffffff81174d10>] mem_cgroup_handle_oom+0x274/0x2a0"]
    assert scope_of(case([LOWMEM[0], *trace, *LOWMEM[1:]]).event) == "unknown"


def test_zones_of_a_cut_report_may_not_be_all(case):
    """Where the report ends among the zones, others may have been free."""
    cut = LOWMEM[:7]
    assert system_exhausted.find(case(cut)) is None


def test_blocks_of_the_size_had_to_stay_free(case):
    """Until 4.3 the watermark, halved for each order, held for the blocks that are large enough."""
    found = fragmentation.find(case(FEW))
    assert found is not None
    assert (found.values["few_kb"], found.values["few_mark_kb"]) == (192, 1751)
    assert found.values["free_kb"] == 988000


def test_many_large_blocks_were_enough(case):
    """With more of them than the halved watermark asks for, the request was served."""
    large = "DMA32: 180013*4kB 29200*8kB 10*16kB 1*32kB 531*64kB = 987844kB"
    assert fragmentation.find(case([*FEW[:5], large])) is None


def test_one_large_block_is_enough_since_4_4(case):
    """The letters of the blocks have no R any more: any free block serves."""
    letters = "DMA32: 188513*4kB (UM) 29200*8kB (UME) 10*16kB (U) 1*32kB (U) 0*64kB = 987844kB"
    assert fragmentation.find(case([*FEW[:5], letters])) is None


def test_blocks_for_requests_that_may_not_wait_are_out_of_reach(case):
    """Of 48 MB free, 46 were blocks of the type HighAtomic, which others do not get."""
    without = [line.replace("(H)", "(M)") for line in ATOMIC]
    assert system_exhausted.find(case(without)) is None


def test_a_batch_of_reclaim_is_not_free_memory(case):
    """A zone some pages above its watermark may have been below it a moment before the dump."""
    order3 = [FEW[0].replace("order=2", "order=3").replace("0xd0", "0xcc0(GFP_KERNEL)")]
    near = "DMA32 free:7120kB min:7004kB low:8752kB high:10504kB present:3086000kB"
    blocks = "DMA32: 980*4kB (UM) 400*8kB (UM) 0*16kB 0*32kB 0*64kB = 7120kB"
    assert fragmentation.find(case([*order3, *FEW[1:3], near, FEW[4], blocks])) is None
