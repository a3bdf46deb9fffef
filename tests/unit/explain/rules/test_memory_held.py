"""Rules about who held memory other than processes; real reports with a few of their numbers changed."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Literal

import pytest

import oomlog
from oomlog.explain.case import Case
from oomlog.explain.model import Finding, Ledger
from oomlog.explain.rules import (
    balloon,
    gpu_memory,
    hugetlb_reserved,
    memory_allocations,
    mlocked,
    page_cache_dirty,
    page_tables,
    slab_kernel,
    tmpfs_shmem,
    unaccounted_kernel,
    unlimited_container,
)
from oomlog.explain.run import explain
from oomlog.explain.verdict import claim, verdict

SAMPLES = Path(__file__).parents[4] / "samples"
# Of machines with 256 MiB, where small changes matter.
SMALL = Path(__file__).parents[3] / "data/small"
MACHINE = "v7.2-global.dmesg.log"
GROUP = "v7.2-memcg-v2-kubernetes.dmesg.log"
# All RAM of the machine in this report, as in the ledger.
RAM_KB = 65406 * 4


def case_of(name: str, *changes: tuple[str, str]) -> Case:
    """Return the first case of a sample, with texts replaced."""
    text = next(folder / name for folder in (SMALL, SAMPLES) if (folder / name).exists()).read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return Case(next(iter(oomlog.parse(text))))


def quoted(found: Finding) -> str:
    return "\n".join(line.text for line in found.evidence)


def test_tmpfs_is_found_and_told_from_mapped_memory() -> None:
    """Shmem that no process has mapped is named as such, with its lower bound."""
    found = tmpfs_shmem.find(case_of("v6.12-global-tmpfs.dmesg.log"))
    assert found is not None
    assert (found.words, found.confidence) == ("tmpfs_shmem_unmapped", "certain")
    assert found.values["shmem_kb"] == found.values["unmapped_kb"] == 142176
    assert "shmem:35544" in quoted(found)


def test_shmem_of_older_kernels_is_not_told_from_mapped_memory() -> None:
    """Without a column for it, nothing is said about who mapped shmem."""
    found = tmpfs_shmem.find(case_of("v6.1-global-shm.dmesg.log"))
    assert found is not None and found.words == "tmpfs_shmem"


def test_tmpfs_of_a_cgroup_is_measured_by_its_limit() -> None:
    """A cgroup's shmem is compared with the limit that was hit."""
    found = tmpfs_shmem.find(case_of("v7.2-memcg-v2-tmpfs.dmesg.log"))
    assert found is not None
    assert found.words.startswith("tmpfs_shmem_memcg")
    assert "shmem " in quoted(found) and "memory: usage" in quoted(found)


@pytest.mark.parametrize("name", [MACHINE, GROUP])
def test_little_shmem_is_no_finding(name: str) -> None:
    """A report with hardly any shmem has no such claim."""
    assert tmpfs_shmem.find(case_of(name)) is None


POOL = "hugepages_total=0 hugepages_free=0 hugepages_surp=0"


@pytest.mark.parametrize(
    ("total", "free", "words"),
    [
        (36, 10, "hugetlb_reserved"),
        (36, 0, "hugetlb_reserved_used"),
        (7, 7, "hugetlb_reserved"),
        (7, 1, None),
    ],
)
def test_huge_pages_count_by_size_and_by_what_is_unused(total: int, free: int, words: str | None) -> None:
    """Large pools are found, and so are smaller ones that nobody uses."""
    pool = f"hugepages_total={total} hugepages_free={free} hugepages_surp=0"
    found = hugetlb_reserved.find(case_of(MACHINE, (POOL, pool)))
    assert (found.words if found else None) == words
    if found:
        assert found.values["hugetlb_kb"] == total * 2048
        assert pool in quoted(found)


def test_no_huge_pages_are_no_finding() -> None:
    """An empty pool is not mentioned."""
    assert hugetlb_reserved.find(case_of(MACHINE)) is None


SLAB_TABLE = """[    4.626100] Unreclaimable slab info:
[    4.626101] Name                      Used          Total
[    4.626102] filp                     100KB        110KB
[    4.626103] kmalloc-4k             60000KB      60032KB
[    4.626104] task_struct             3000KB       3100KB
[    4.626177] Tasks state"""


def test_unreclaimable_slab_is_found() -> None:
    """Slab of more than a fifth of the RAM is a finding."""
    found = slab_kernel.find(case_of(MACHINE, ("slab_unreclaimable:1821", "slab_unreclaimable:18210")))
    assert found is not None
    assert (found.words, found.values["unreclaimable_kb"]) == ("slab_kernel", 72840)
    assert found.values["share"] == pytest.approx(72840 / RAM_KB)


def test_the_largest_caches_are_named_and_quoted() -> None:
    """Where the kernel listed its caches, the largest come first."""
    changes = (
        ("slab_unreclaimable:1821", "slab_unreclaimable:18210"),
        ("[    4.626177] Tasks state", SLAB_TABLE),
    )
    found = slab_kernel.find(case_of(MACHINE, *changes))
    assert found is not None
    assert found.words == "slab_kernel_top"
    assert found.values["cache"] == "kmalloc-4k"
    assert found.values["caches"] == "kmalloc-4k, task_struct, filp"
    assert "60032KB" in quoted(found)


def test_reclaimable_slab_has_its_own_words() -> None:
    """Caches of dentries and inodes are not called unreclaimable."""
    found = slab_kernel.find(case_of(MACHINE, ("slab_reclaimable:255", "slab_reclaimable:20000")))
    assert found is not None and found.words == "slab_kernel_reclaimable"


def test_slab_of_a_cgroup_is_measured_by_its_limit() -> None:
    """A cgroup's slab, and kmem on v1, are compared with the limit."""
    found = slab_kernel.find(case_of(GROUP, ("slab_unreclaimable 1936", "slab_unreclaimable 12582912")))
    assert found is not None
    assert (found.words, found.values["unreclaimable_kb"]) == ("slab_kernel_memcg", 12288)
    v1 = case_of("v6.1-memcg-v1-docker-swap.dmesg.log", ("kmem: usage 96kB", "kmem: usage 8192kB"))
    found = slab_kernel.find(v1)
    assert found is not None
    assert (found.words, found.values["share"]) == ("slab_kernel_kmem", 0.5)
    assert slab_kernel.find(case_of(GROUP)) is None


def test_ordinary_slab_is_no_finding() -> None:
    """A few percent are how every machine runs."""
    assert slab_kernel.find(case_of(MACHINE)) is None


class WithLedger(Case):
    """A case whose ledger is given."""

    def __init__(
        self, case: Case, unaccounted_kb: int | None, of: Literal["machine", "memcg"] = "machine"
    ) -> None:
        super().__init__(case.event)
        self.given = Ledger(of, None, RAM_KB if of == "machine" else 24576, (), unaccounted_kb)

    @cached_property
    def ledger(self) -> Ledger:
        """Return a ledger with nothing but the residue."""
        return self.given


def test_memory_in_no_counter_is_found() -> None:
    """A large residue of the ledger is a claim about the residue, and a list of guesses."""
    found = unaccounted_kernel.find(WithLedger(case_of(MACHINE), 60_000))
    assert found is not None
    assert (found.words, found.confidence) == ("unaccounted_kernel", "likely")
    assert "active_anon:39354" in quoted(found)


def test_a_profile_takes_the_place_of_guesses() -> None:
    """Where the report says which places in the kernel hold memory, none has to be guessed."""
    changes = ("[    4.626177] Tasks state", ALLOCATIONS)
    found = unaccounted_kernel.find(WithLedger(case_of(MACHINE, changes), 60_000))
    assert found is not None and found.words == "unaccounted_kernel_profiled"


def test_swap_in_use_adds_the_compressed_store_to_the_guesses() -> None:
    """Before its counter came, zram's store was in the residue."""
    found = unaccounted_kernel.find(WithLedger(case_of("v6.1-global-zram.dmesg.log"), 60_000))
    assert found is not None
    assert (found.words, found.values["swap_used_kb"]) == ("unaccounted_kernel_swap", 49148)


def test_a_cgroup_has_memory_in_no_statistic() -> None:
    """Pages of the kernel that a cgroup pays for are told apart from the machine's."""
    found = unaccounted_kernel.find(WithLedger(case_of(GROUP), 20_000, "memcg"))
    assert found is not None and found.words == "unaccounted_kernel_memcg"
    assert unaccounted_kernel.find(WithLedger(case_of(GROUP), 2_000, "memcg")) is None


@pytest.mark.parametrize("residue", [None, -500, 12_000])
def test_a_small_or_unknown_residue_is_no_finding(residue: int | None) -> None:
    """Percpu areas and counters that moved are not worth a claim."""
    assert unaccounted_kernel.find(WithLedger(case_of(MACHINE), residue)) is None


def test_page_tables_are_found_with_who_has_most() -> None:
    """The process with most page tables is named, with its row."""
    changes = ((" pagetables:266", " pagetables:9000"), ("  299008 ", "29900800 "))
    found = page_tables.find(case_of(MACHINE, *changes))
    assert found is not None
    assert found.words == "page_tables_top"
    assert (found.values["pid"], found.values["comm"], found.values["rows"]) == (135, "python3", 8)
    assert found.values["own_kb"] == 29200
    assert "python3" in quoted(found)


def test_page_tables_without_a_task_table() -> None:
    """Without rows only the sum is told."""
    changes = (("pagetables:", "pagetables:9"),)
    found = page_tables.find(case_of("v6.1-global-nodump.dmesg.log", *changes))
    assert found is not None and found.words == "page_tables"


def test_page_tables_and_locked_memory_of_a_cgroup() -> None:
    """Both are compared with the limit that was hit; a table that explains little of it names nobody."""
    found = page_tables.find(case_of(GROUP, ("pagetables 49152", "pagetables 12582912")))
    assert found is not None
    assert (found.words, found.values["share"]) == ("page_tables_memcg", 0.5)
    found = mlocked.find(case_of(GROUP, ("unevictable 0", "unevictable 12582912")))
    assert found is not None and found.words == "mlocked_memcg"


@pytest.mark.parametrize("name", [MACHINE, GROUP])
def test_ordinary_page_tables_are_no_finding(name: str) -> None:
    """Half a percent is how every machine runs."""
    assert page_tables.find(case_of(name)) is None


def test_dirty_cache_is_found() -> None:
    """Dirty pages and those under writeback count together."""
    found = page_cache_dirty.find(case_of(MACHINE, ("dirty:0 writeback:0\n", "dirty:5000 writeback:2000\n")))
    assert found is not None
    assert (found.values["dirty_kb"], found.values["writeback_kb"]) == (20000, 8000)
    assert found.confidence == "likely"


def test_dirty_cache_of_a_cgroup_is_found() -> None:
    """A cgroup's dirty pages are compared with its limit."""
    case = case_of(GROUP)
    limit = (case.event.memcg.memory or {})["limit_kb"] if case.event.memcg else 0
    found = page_cache_dirty.find(case_of(GROUP, ("file_dirty 0", f"file_dirty {limit * 512}")))
    assert found is not None and found.words == "page_cache_dirty_memcg"
    assert found.values["share"] == pytest.approx(0.5)
    assert "file_dirty " in quoted(found)


@pytest.mark.parametrize("name", [MACHINE, GROUP])
def test_clean_cache_is_no_finding(name: str) -> None:
    """No dirty pages, no claim."""
    assert page_cache_dirty.find(case_of(name)) is None


def test_a_balloon_is_found() -> None:
    """Memory given back to the hypervisor is compared with what the machine had at boot."""
    found = balloon.find(case_of(MACHINE, ("Balloon:0kB", "Balloon:65536kB")))
    assert found is not None
    assert found.values == {"balloon_kb": 65536, "share": pytest.approx(65536 / (65406 * 4))}
    assert balloon.find(case_of(MACHINE)) is None


def test_gpu_memory_is_found() -> None:
    """Buffers and pools of GPU drivers count together."""
    changes = (("gpu_active:0kB", "gpu_active:40000kB"), ("gpu_reclaim:0kB", "gpu_reclaim:4000kB"))
    found = gpu_memory.find(case_of(MACHINE, *changes))
    assert found is not None and found.values["gpu_active_kb"] == 40000
    assert gpu_memory.find(case_of(MACHINE)) is None


def test_locked_memory_is_told_from_other_unevictable_memory() -> None:
    """What mlock() holds and what it does not have different sentences."""
    unevictable = ("unevictable:2218", "unevictable:14218")
    other = mlocked.find(case_of(MACHINE, unevictable))
    locked = mlocked.find(case_of(MACHINE, unevictable, ("mlocked:3360kB", "mlocked:43360kB")))
    assert other is not None and other.words == "mlocked_other"
    assert locked is not None and locked.words == "mlocked_pages"
    assert locked.values["mlocked_kb"] == 43360
    assert mlocked.find(case_of(MACHINE)) is None


def test_locked_memory_of_the_victim_is_told_as_its_own() -> None:
    """A victim with more anonymous memory than all evictable lists had locked the rest."""
    log = """\
[ 1.000001] x invoked oom-killer: gfp_mask=0x200da, order=0, oom_adj=0, oom_score_adj=0
[ 1.000002] active_anon:3646 inactive_anon:25 isolated_anon:0
[ 1.000003]  unevictable:178176 dirty:0 writeback:0 unstable:0
[ 1.000004] 262128 pages RAM
[ 1.000005] Out of memory: Kill process 56 (x) score 713 or sacrifice child
[ 1.000006] Killed process 56 (x) total-vm:2127436kB, anon-rss:{anon}kB, file-rss:8kB
"""
    cases = [Case(next(iter(oomlog.parse(log.format(anon=anon))))) for anon in (714096, 14000)]
    own, other = (mlocked.find(each) for each in cases)
    assert own is not None and own.words == "mlocked_process"
    assert own.values["victim_kb"] == 714096 - 4 * 3671
    assert other is not None and not other.words


ALLOCATIONS = """[    4.626180] Memory allocations (profiling is currently turned on):
[    4.626181]      1.50 GiB   393216 mm/memory.c:1061 func:folio_prealloc
[    4.626182]      70.0 MiB    17920 drivers/net/virtio_net.c:812 [virtio_net] func:virtnet_rq_alloc
[    4.626190] Tasks state"""


def test_the_allocation_profile_names_its_first_row() -> None:
    """The place that held most is told with its size."""
    found = memory_allocations.find(case_of(MACHINE, ("[    4.626177] Tasks state", ALLOCATIONS)))
    assert found is not None
    assert found.values == {
        "size_kb": 3 << 19,
        "calls": 393216,
        "place": "mm/memory.c:1061",
        "function": "folio_prealloc",
    }
    assert memory_allocations.find(case_of(MACHINE)) is None


def test_a_profile_that_is_no_longer_kept_is_no_claim() -> None:
    """Its numbers are those of the time when it was turned off."""
    stopped = ALLOCATIONS.replace("turned on", "turned off")
    assert memory_allocations.find(case_of(MACHINE, ("[    4.626177] Tasks state", stopped))) is None


@pytest.mark.parametrize(
    "path",
    [
        "/kubepods.slice/kubepods-besteffort.slice/cri-containerd-0123456789abcdef.scope",
        "/docker/0123456789abcdef",
        "/lxc.payload.101/ns",
    ],
)
def test_a_container_without_a_sensible_limit_is_suspected(path: str) -> None:
    """The largest process of a machine that ran out lived in a container."""
    found = unlimited_container.find(case_of(MACHINE, ("task_memcg=/,", f"task_memcg={path},")))
    assert found is not None
    assert (found.confidence, found.values["task_memcg"], found.values["pid"]) == ("possible", path, 135)


def test_a_victim_outside_of_containers_is_no_finding() -> None:
    """Services and users' sessions are no containers, and a group's own limit is another story."""
    service = ("task_memcg=/,", "task_memcg=/system.slice/docker.service,")
    assert unlimited_container.find(case_of(MACHINE, service)) is None
    assert unlimited_container.find(case_of(GROUP)) is None


@pytest.mark.parametrize(
    ("cache", "dirty", "told"),
    [(160000, 100, True), (160000, 30000, False), (40000, 100, False)],
    ids=["clean", "dirty", "small"],
)
def test_clean_page_cache_that_was_kept_is_told(cache: int, dirty: int, told: bool) -> None:
    """60 % of RAM that needed no writing is a question the verdict raises; the reason is left open."""
    text = f"""\
[   33.1] x invoked oom-killer: gfp_mask=0x140cca(GFP_HIGHUSER_MOVABLE|__GFP_COMP), order=0, oom_score_adj=0
[   33.2] Mem-Info:
[   33.3] active_anon:50000 inactive_anon:20000 isolated_anon:0
[   33.3]  active_file:10 inactive_file:{cache} isolated_file:0
[   33.3]  unevictable:0 dirty:{dirty} writeback:0
[   33.3]  slab_reclaimable:2000 slab_unreclaimable:3000
[   33.3]  free:1900 free_pcp:10 free_cma:0
[   33.4] Normal free:7600kB min:7732kB low:8640kB high:9548kB present:1048576kB managed:1008000kB
[   33.4] lowmem_reserve[]: 0 0 0 0
[   33.5] Total swap = 0kB
[   33.5] 262144 pages RAM
[   33.5] 10000 pages reserved
[   33.6] Out of memory: Killed process 9 (x) total-vm:8kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB
"""
    (event,) = oomlog.parse(text)
    explanation = explain(event)
    found = [each for each in explanation.findings if each.id == "page_cache_kept"]
    assert bool(found) == told
    for each in found:
        assert claim(each) in verdict(explanation)
        assert each.values["cache_kb"] == (cache + 10) * 4
