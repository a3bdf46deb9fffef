"""Ledgers of literal reports: each counter once, and what cannot be told is not told."""

from __future__ import annotations

from pathlib import Path

import pytest

import oomlog
from oomlog.explain.ledger import machine_ledger
from oomlog.explain.ledger_memcg import memcg_ledger
from oomlog.explain.ledger_parts import parts_of
from oomlog.explain.model import Ledger
from oomlog.explain.processes import groups_of, rss_note
from oomlog.model import OomEvent

SAMPLES = Path(__file__).parent.parent.parent.parent / "samples"

HEADER = "python3 invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0\n"
COUNTERS = """Mem-Info:
active_anon:1000 inactive_anon:2000 isolated_anon:10
 active_file:300 inactive_file:200 isolated_file:5
 unevictable:400 dirty:50 writeback:0
 slab_reclaimable:100 slab_unreclaimable:200
 mapped:620 shmem:700 pagetables:30
 sec_pagetables:0 bounce:0
 kernel_misc_reclaimable:7
 free:600 free_pcp:40 free_cma:20
"""
NODE = (
    "Node 0 active_anon:4000kB inactive_anon:8000kB active_file:1200kB inactive_file:800kB unevictable:1600kB"
    " isolated(anon):40kB isolated(file):20kB mapped:2480kB dirty:200kB writeback:0kB shmem:2800kB"
    " shmem_thp:0kB shmem_pmdmapped:0kB anon_thp:2048kB kernel_stack:160kB pagetables:120kB"
    " sec_pagetables:0kB all_unreclaimable? yes Balloon:0kB gpu_active:12kB gpu_reclaim:0kB\n"
)
ZONE = (
    "Node 0 Normal free:2400kB boost:0kB min:140kB low:172kB high:204kB reserved_highatomic:0KB"
    " free_highatomic:0KB active_anon:4000kB inactive_anon:8000kB active_file:1200kB inactive_file:800kB"
    " unevictable:1600kB writepending:200kB zspages:80kB present:40000kB managed:36000kB mlocked:400kB"
    " bounce:0kB free_pcp:160kB local_pcp:0kB free_cma:80kB\n"
)
REST = """Node 0 hugepages_total=3 hugepages_free=1 hugepages_surp=0 hugepages_size=2048kB
1500 total pagecache pages
45 pages in swap cache
Free swap  = 0kB
Total swap = 0kB
10000 pages RAM
0 pages HighMem/MovableOnly
1000 pages reserved
0 pages hwpoisoned
"""
KILL = "Out of memory: Killed process 7 (python3) total-vm:9kB, anon-rss:1kB, file-rss:2kB, shmem-rss:3kB\n"


def event_of(*parts: str) -> OomEvent:
    (event,) = oomlog.parse("".join(parts))
    return event


def ledger_of(*parts: str) -> Ledger:
    found = machine_ledger(event_of(HEADER, *parts, KILL), 4)
    assert found is not None
    return found


def top(ledger: Ledger) -> dict[str, int | None]:
    return {item.id: item.kb for item in ledger.items if item.within is None and item.kb}


def within(ledger: Ledger) -> dict[str, tuple[str, int | None]]:
    return {item.id: (item.within, item.kb) for item in ledger.items if item.within is not None}


def notes(ledger: Ledger) -> set[str]:
    return {key.removeprefix("ledger.") for key, _ in ledger.notes}


def test_each_counter_is_entered_once() -> None:
    """Shared memory divides the anon lists; mapped, dirty and the page cache are not added."""
    ledger = ledger_of(COUNTERS, NODE, ZONE, REST)
    assert top(ledger) == {
        "anon": 9240, "shmem": 2800, "file": 2020, "unevictable": 1600, "slab_reclaimable": 400,
        "slab_unreclaimable": 800, "kernel_misc_reclaimable": 28, "page_tables": 120, "kernel_stack": 160,
        "zspages": 80, "gpu_active": 12, "hugetlb": 6144, "free": 2400, "free_pcp": 160, "reserved": 4000,
    }  # fmt: skip
    assert ledger.total_kb == 40000
    assert ledger.unaccounted_kb == 40000 - sum(kb or 0 for kb in top(ledger).values())


def test_parts_are_told_but_not_added() -> None:
    """What is a property of counted pages stands within their item."""
    # 1500 pages of cache less 505 of file lists, 700 of shmem and 45 of swap cache are 250 unevictable ones.
    assert within(ledger_of(COUNTERS, NODE, ZONE, REST)) == {
        "swap_cache": ("anon", 180), "anon_thp": ("anon", 2048), "dirty": ("file", 200),
        "mlocked": ("unevictable", 400), "unevictable_file": ("unevictable", 1000),
        "unevictable_memory": ("unevictable", 600), "hugetlb_free": ("hugetlb", 2048),
        "free_cma": ("free", 80),
    }  # fmt: skip


def test_locked_shared_memory_is_taken_from_the_unevictable_list() -> None:
    """Shared memory beyond the anon lists is locked, and no item is negative."""
    ledger = ledger_of(COUNTERS.replace("shmem:700", "shmem:3110"), REST)
    assert ledger.kb("anon") == 0
    assert ledger.kb("shmem") == 3110 * 4
    assert ledger.kb("shmem_unevictable") == 100 * 4
    assert ledger.kb("unevictable") == 300 * 4


def test_hidden_node_leaves_no_sums() -> None:
    """With a node hidden, kernel stacks and huge pages are not summed over the rest."""
    hidden = NODE.replace(" active_anon:4000kB", " active_anon:1000kB")
    zone = ZONE.replace(" active_anon:4000kB", " active_anon:1000kB")
    ledger = ledger_of(COUNTERS, hidden, zone, REST)
    assert {ledger.kb("kernel_stack"), ledger.kb("hugetlb"), ledger.kb("zspages")} == {None}
    assert "partial_lines" in notes(ledger)


def test_contradiction_leaves_no_residue() -> None:
    """RAM that is not the sum of all zones was damaged or edited in the log."""
    ledger = ledger_of(COUNTERS, NODE, ZONE, REST.replace("10000 pages RAM", "100000 pages RAM"))
    assert ledger.unaccounted_kb is None
    assert "ram_differs" in notes(ledger)


def test_missing_counters_leave_no_residue() -> None:
    """A block whose second half is lost has items, but nothing is told of the rest."""
    ledger = ledger_of(COUNTERS.split(" free:")[0] + "\n", REST)
    assert ledger.kb("anon") == 9240
    assert ledger.kb("free") is None
    assert ledger.unaccounted_kb is None
    assert "incomplete" in notes(ledger)


@pytest.mark.parametrize("lost", [" slab_reclaimable:100", " unevictable:400"])
def test_a_counter_that_is_always_printed_is_missed(lost: str) -> None:
    """A damaged counter's memory is not called one that no line counts."""
    ledger = ledger_of(COUNTERS.replace(lost, lost.replace(":", " ")), NODE, ZONE, REST)
    whole = ledger_of(COUNTERS, NODE, ZONE, REST)
    assert ledger.unaccounted_kb is None
    assert ledger.unknown_kb == 40000 - ledger.items_kb > (whole.unaccounted_kb or 0)
    assert "incomplete" in notes(ledger)


def test_items_far_above_ram_contradict_it() -> None:
    """A counter ten times too large is no matter of time: nothing is told of what is left over."""
    ledger = ledger_of(COUNTERS.replace("inactive_anon:2000", "inactive_anon:20000"), NODE, ZONE, REST)
    assert ledger.contradiction is not None
    assert ledger.contradiction[0] == "ledger.items_exceed"
    assert (ledger.unaccounted_kb, ledger.unknown_kb) == (None, None)


def test_counters_may_move_a_little() -> None:
    """Items that exceed RAM by less than 2 % were read one after the other, and their residue is told."""
    more = COUNTERS.replace(" free:600 ", " free:3250 ")
    ledger = ledger_of(more, NODE, ZONE.replace(" free:2400kB", " free:13000kB"), REST)
    assert ledger.contradiction is None
    assert -1024 < (ledger.unaccounted_kb or 0) < 0
    assert "negative" in notes(ledger)


def test_no_totals_no_ledger() -> None:
    """Without the size of RAM there is nothing to add up to."""
    assert machine_ledger(event_of(HEADER, COUNTERS, KILL), 4) is None
    assert machine_ledger(event_of(HEADER, KILL), 4) is None


def test_pagecache_is_a_second_source() -> None:
    """A page cache that the lists cannot explain is remarked on."""
    ledger = ledger_of(COUNTERS, NODE, ZONE, REST.replace("1500 total", "2500 total"))
    assert "pagecache_differs" in notes(ledger)
    assert "pagecache_differs" not in notes(ledger_of(COUNTERS, NODE, ZONE, REST))


def test_old_lists_are_one_item() -> None:
    """Until 2.6.27 there was one pair of lists, which is not divided by guessing."""
    old = """Mem-info:
Active:3000 inactive:1000 dirty:0 writeback:0 unstable:0
 free:600 slab:500 mapped:100 pagetables:50 bounce:0
Free swap  = 0kB
Total swap = 0kB
5000 pages of RAM
200 reserved pages
"""
    found = machine_ledger(
        event_of(
            "a invoked oom-killer: gfp_mask=0xd0, order=0, oomkilladj=0\n", old, "Killed process 7 (a)\n"
        ),
        4,
    )
    if found is not None:
        assert top(found)["lru"] == 16000
        assert top(found)["slab"] == 2000
        assert found.kb("anon") is None


def test_nodes_and_zones_have_ledgers() -> None:
    """A node has its own line and its zones' in it; its size is that of its zones."""
    node, zone = parts_of(event_of(HEADER, COUNTERS, NODE, ZONE, REST, KILL), 4)
    assert (node.of, node.name, node.total_kb) == ("node", "0", 40000)
    assert (zone.of, zone.name, zone.total_kb) == ("zone", "0/Normal", 40000)
    assert (node.kb("shmem"), node.kb("hugetlb"), node.kb("kernel_stack")) == (2800, 6144, 160)
    assert (zone.kb("anon_shmem"), zone.kb("hugetlb"), zone.kb("reserved")) == (12000, None, 4000)
    assert "no_slab_line" in notes(node)


def test_zone_says_what_has_no_line_there() -> None:
    """Huge pages, slabs and page tables of a zone are in its residue, and its remarks say so."""
    zone = parts_of(event_of(HEADER, COUNTERS, NODE, ZONE, REST, KILL), 4)[1]
    assert notes(zone) == {"no_hugetlb_by_zone", "no_kernel_lines"}
    assert dict(zone.notes)["ledger.no_hugetlb_by_zone"] == {"hugetlb_kb": 6144}


def test_damaged_zone_has_no_residue() -> None:
    """Items far above the size of their zone are no matter of time: nothing is told of what is left over."""
    broken = ZONE.replace("present:40000kB managed:36000kB", "present:4000kB managed:3600kB")
    zone = parts_of(event_of(HEADER, COUNTERS, NODE, broken, REST, KILL), 4)[1]
    assert zone.unaccounted_kb is None
    assert "items_exceed" in notes(zone)


@pytest.mark.parametrize("negative", ["present", "managed"])
def test_a_size_below_zero_is_no_size(negative: str) -> None:
    """A counter that wrapped ("18446744073709551612kB") is no number of the ledger, nor makes others."""
    size = {"present": "present:40000kB", "managed": "managed:36000kB"}[negative]
    wrapped = ZONE.replace(size, f"{negative}:18446744073709551612kB")
    for ledger in parts_of(event_of(HEADER, COUNTERS, NODE, wrapped, REST, KILL), 4):
        assert all(abs(item.kb) < 1 << 40 for item in ledger.items)
        assert ledger.total_kb < 1 << 40


def test_much_missing_may_be_in_zram() -> None:
    """Without swap, zram is named where much is missing and the kernel does not print it."""
    old = ZONE.replace(" zspages:80kB", "")
    assert "no_zspages" in notes(ledger_of(COUNTERS, NODE, old, REST))
    assert "no_zspages" not in notes(ledger_of(COUNTERS, NODE, ZONE, REST))


def test_cgroup_adds_up_to_its_limit() -> None:
    """Statistics of cgroup v2 are bytes, shared memory is taken out of file, stacks are within kernel."""
    event, *_ = oomlog.parse(SAMPLES / "v7.2-memcg-v2-tmpfs.dmesg.log")
    ledger = memcg_ledger(event, 4)
    assert ledger is not None
    assert ledger.total_kb == 16384
    assert top(ledger) == {"anon": 2112, "shmem": 14208, "kernel": 40}
    assert ledger.unaccounted_kb == 24
    assert within(ledger)["page_tables"] == ("kernel", 4)


def test_children_are_added_and_told() -> None:
    """One line a cgroup, each without its children: the sum is the owner's, the lines are the parts."""
    text = """a invoked oom-killer: gfp_mask=0xd0, order=0, oom_score_adj=0
Task in /p/c killed as a result of limit of /p
memory: usage 1000kB, limit 1024kB, failcnt 5
memory+swap: usage 1300kB, limit 9007199254740988kB, failcnt 0
kmem: usage 50kB, limit 9007199254740988kB, failcnt 0
Memory cgroup stats for /p: cache:10KB rss:20KB rss_huge:0KB shmem:4KB mapped_file:0KB
Memory cgroup stats for /p/c: cache:100KB rss:800KB rss_huge:0KB shmem:90KB mapped_file:0KB
Memory cgroup out of memory: Kill process 7 (a) score 900 or sacrifice child
Killed process 7 (a) total-vm:9kB, anon-rss:1kB, file-rss:2kB, shmem-rss:0kB
"""
    (event,) = oomlog.parse(text)
    ledger = memcg_ledger(event, 4)
    assert ledger is not None
    assert top(ledger) == {"anon": 820, "shmem": 94, "file": 16, "kernel": 50, "headroom": 24}
    assert (ledger.total_kb, ledger.unaccounted_kb) == (1024, 20)
    assert dict(ledger.notes)["ledger.swap_besides"] == {"swap_kb": 300}
    assert [(part.name, part.total_kb) for part in parts_of(event, 4)] == [("/p/c", 900), ("/p", 30)]


STATS = """a invoked oom-killer: gfp_mask=0xd0, order=0, oom_score_adj=0
memory: usage 10000kB, limit 10000kB, failcnt 5
Memory cgroup stats for /p:
anon 9216000
file 512000
shmem 0
oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/p,task_memcg=/p,\
task=a,pid=7,uid=0
Memory cgroup out of memory: Killed process 7 (a) total-vm:9kB, anon-rss:1kB, file-rss:2kB, shmem-rss:0kB
""".replace("\\\n", "")


@pytest.mark.parametrize(
    ("right", "wrong", "note", "known"),
    [
        ("file 512000\n", "file 512000\n", "unaccounted_share_memcg", (500, None)),
        ("file 512000\n", "fil\n", "incomplete_memcg", (None, 1000)),
        ("anon 9216000\n", "anon 92160000\n", "items_exceed_memcg", (None, None)),
        ("anon 9216000\n", "anon 9728000\n", None, (0, None)),
        ("anon 9216000\n", "anon 9900000\n", "negative_memcg", (-167, None)),
    ],
)
def test_damaged_statistics_leave_no_residue(
    right: str, wrong: str, note: str | None, known: tuple[int | None, int | None]
) -> None:
    """What is left of a cgroup's memory is told only where its statistics are there and fit."""
    ledger = memcg_ledger(event_of(STATS.replace(right, wrong)), 4)
    assert ledger is not None
    assert (ledger.unaccounted_kb, ledger.unknown_kb) == known
    assert notes(ledger) == ({note, "kernel_not_printed"} if known[0] == 500 else {note} - {None})


def test_page_tables_of_an_old_cgroup_are_told() -> None:
    """Until 5.10 cgroup v2 printed no page tables: those of its processes explain most of the residue."""
    event, *_ = oomlog.parse(SAMPLES / "v5.10-memcg-v2-workers.dmesg.log")
    ledger = memcg_ledger(event, 4)
    assert ledger is not None
    assert ledger.kb("page_tables") is None
    told = dict(ledger.notes)["ledger.page_tables_listed"]
    assert told == {"page_tables_kb": 2156, "processes": 45}


def test_groups_sum_by_name() -> None:
    """Processes of one name are one group, the largest first, and the sum of RSS is not sold as usage."""
    (event,) = oomlog.parse(SAMPLES / "v6.12-global.dmesg.log")
    first = groups_of(event, 4)[0]
    assert (first.comm, first.count, first.rss_kb, first.rss_anon_kb) == ("python3", 1, 608712, 608000)
    note = rss_note(event, 4)
    assert note is not None
    assert note[0] == "ledger.rss_sum_double"
    assert note[1]["double_kb"] == 8 * 178 * 4 - 622 * 4
