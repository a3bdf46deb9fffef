"""Rules about swap and about a cgroup's working set; real reports with a few of their numbers changed."""

from __future__ import annotations

from pathlib import Path

import pytest

import oomlog
from oomlog.explain.case import Case
from oomlog.explain.rules import limit_below_working_set, no_swap, swap_full, zram_swap

SAMPLES = Path(__file__).parents[4] / "samples"
# Of machines with 256 MiB, where small changes matter.
SMALL = Path(__file__).parents[3] / "data/small"
MACHINE = "v7.2-global.dmesg.log"
GROUP = "v7.2-memcg-v2-service.dmesg.log"


def case_of(name: str, *changes: tuple[str, str]) -> Case:
    """Return the first case of a sample, with texts replaced."""
    text = next(folder / name for folder in (SMALL, SAMPLES) if (folder / name).exists()).read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return Case(next(iter(oomlog.parse(text))))


def test_full_swap_is_found() -> None:
    """Swap with next to nothing free is full."""
    found = swap_full.find(case_of("v7.2-global-zram.dmesg.log"))
    assert found is not None
    assert found.values == {"total_swap_kb": 49148, "free_swap_kb": 68, "used_kb": 49080}


@pytest.mark.parametrize("free", ["-8", "0"])
def test_a_negative_number_of_free_swap_is_none(free: str) -> None:
    """The kernel prints a negative number while swap is being changed."""
    found = swap_full.find(case_of("v7.2-global-zram.dmesg.log", ("= 68kB", f"= {free}kB")))
    assert found is not None and found.values["free_swap_kb"] == 0


def test_swap_with_room_is_no_finding() -> None:
    """A fifth free is not full, and no swap at all is another finding."""
    assert swap_full.find(case_of("v7.2-global-zram.dmesg.log", ("= 68kB", "= 10068kB"))) is None
    assert swap_full.find(case_of(MACHINE)) is None


def test_a_cgroup_with_used_up_swap_is_found() -> None:
    """memory.swap.max on v2; what is above the memory limit on v1."""
    found = swap_full.find(case_of(GROUP))
    assert found is not None and found.words == "swap_full_memcg"
    found = swap_full.find(case_of("v6.1-memcg-v1-docker-swap.dmesg.log"))
    assert found is not None
    assert (found.words, found.values["room_kb"]) == ("swap_full_memsw", 16384)


def test_no_swap_is_said_where_anonymous_memory_was_large() -> None:
    """With little anonymous memory, swap would not have helped."""
    found = no_swap.find(case_of(MACHINE))
    assert found is not None and found.values["anon_kb"] == 39354 * 4
    assert no_swap.find(case_of(MACHINE, ("active_anon:39354", "active_anon:354"))) is None
    assert no_swap.find(case_of("v7.2-global-zram.dmesg.log")) is None


def test_a_cgroup_without_swap_is_found() -> None:
    """memory.swap.max of 0 is no swap; a limit that stands for none says nothing."""
    case = case_of(GROUP)
    swap = next(line.text for line in case.event.lines if line.text.startswith("swap: usage"))
    found = no_swap.find(case_of(GROUP, (swap, "swap: usage 0kB, limit 0kB, failcnt 0")))
    assert found is not None and found.words == "no_swap_memcg"
    unlimited = "swap: usage 0kB, limit 9007199254740988kB, failcnt 0"
    assert no_swap.find(case_of(GROUP, (swap, unlimited))) is None


def test_the_compressed_store_is_found() -> None:
    """zsmalloc's pages are compared with the RAM."""
    found = zram_swap.find(case_of("v7.2-global-zram.dmesg.log"))
    assert found is not None
    assert (found.words, found.values["store_kb"]) == ("zram_swap_used", 13504)
    assert zram_swap.find(case_of(MACHINE)) is None


def test_zswap_of_a_cgroup_is_found() -> None:
    """What a cgroup has in zswap is compared with its limit."""
    case = case_of(GROUP)
    limit = (case.event.memcg.memory or {})["limit_kb"] if case.event.memcg else 0
    changes = (("zswap 0", f"zswap {limit * 128}"), ("zswapped 0", f"zswapped {limit * 512}"))
    found = zram_swap.find(case_of(GROUP, *changes))
    assert found is not None
    assert (found.words, found.values["zswapped_kb"]) == ("zram_swap_memcg", limit // 2)


def test_a_cgroup_that_reads_back_what_it_dropped_is_suspected() -> None:
    """Refaults of more than the limit are a hypothesis, not more."""
    case = case_of(GROUP)
    stats = case.event.memcg.stats if case.event.memcg else None
    assert stats is not None
    old = f"workingset_refault_file {stats['workingset_refault_file']}"
    found = limit_below_working_set.find(case_of(GROUP, (old, "workingset_refault_file 1000000")))
    assert found is not None
    assert found.confidence == "possible"
    assert found.values["refault_kb"] == (1_000_000 + stats["workingset_refault_anon"]) * 4
    quiet = case_of("v7.2-memcg-v2-kubernetes.dmesg.log")
    assert limit_below_working_set.find(quiet) is None
