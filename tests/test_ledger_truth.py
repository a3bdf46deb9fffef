"""Ledgers of the samples agree with what the guests saw, and what no line counts is what the load took.

Each sample's ``.truth.json`` has the guest's /proc/meminfo before the kill (see samples/README.md), which
counts without the log.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import oomlog
from oomlog.explain.allocations import largest_allocation
from oomlog.explain.case import Case
from oomlog.explain.model import Ledger

SAMPLES = Path(__file__).parent.parent / "samples"
Json = dict[str, Any]

# Between the reading and the kill the hog takes one step (1 MiB at most); counters kept by CPU lag by some
# pages more.  What the kernel has for itself hardly moves.
STEP_KB = 1024 + 256
KERNEL_KB = 64
# Loads that take something else than ordinary memory take it in steps of 512 KiB (capture/scenarios.py).
# These are the counters that such a step moves; ``fragmentation`` asks for larger rings of its pipes.
LOAD_STEP_KB = 512
GROWS = {
    "slab": ("slab_reclaimable", "slab_unreclaimable"),
    "page tables": ("page_tables",),
    "fragmentation": ("slab_unreclaimable",),
    "locked memory": ("unevictable", "mlocked"),
}
# Causes whose load is in pages that no line counts, see samples/README.md.
UNCOUNTED = {"unaccounted", "fragmentation", "movable only", "cma only", "low memory"}
# Free pages on lists of the CPUs: not in MemFree, given back before the kernel kills.  A guest of 256 MiB has
# 2 MiB there at most.
PER_CPU_KB = 2048
# What neither the log nor /proc/meminfo counts, after vmalloc and per-CPU data: 2 to 5 MiB, 7.2 has more.
COUNTED_NOWHERE_KB = {"v7.2": 7 * 1024}

each_truth = pytest.mark.parametrize(
    "path", sorted(SAMPLES.glob("*.truth.json")), ids=lambda path: path.name.split(".truth")[0]
)


@cache
def cases_of(path: Path) -> tuple[Case, ...]:
    return tuple(Case(event) for event in oomlog.parse(path))


class Kill(NamedTuple):
    """A kill's ledger, and the guest's last look before it."""

    ledger: Ledger
    guest: dict[str, int]  # /proc/meminfo, kB
    look: Json
    truth: Json

    @property
    def step_kb(self) -> dict[str, int]:
        """How much the step that led to the kill may add to an item of the kernel."""
        return {item: LOAD_STEP_KB for cause in self.truth["causes"] for item in GROWS.get(cause, ())}

    @property
    def hidden_kb(self) -> int:
        """What no report prints: vmalloc and per-CPU data.

        Stacks of tasks are in VmallocUsed, and also an item of their own if all nodes were shown; 32-bit
        kernels do not take them from vmalloc.
        """
        stacks = 0 if "686" in self.truth["release"] else total(self.ledger, "kernel_stack")
        return self.guest["VmallocUsed"] + self.guest["Percpu"] - stacks

    @property
    def rest_kb(self) -> int:
        """What is left over, without what no report prints."""
        assert self.ledger.unaccounted_kb is not None
        return self.ledger.unaccounted_kb - self.hidden_kb

    @property
    def uncounted(self) -> bool:
        return uncounted(self.ledger, self.truth)


def uncounted(ledger: Ledger, truth: Json) -> bool:
    """Tell whether the load is in no counter of this kernel: pages in zram are in one since 6.18."""
    if "zram" in truth["scenario"]:
        return ledger.kb("zspages") is None
    return bool(UNCOUNTED & set(truth["causes"]))


def log_of(path: Path) -> Path:
    """Return the log with the most in it."""
    logs = (
        path.with_name(path.name.replace("truth.json", f"{channel}.log")) for channel in ("kmsg", "console")
    )
    return next(log for log in logs if log.exists())


def compared(path: Path, of: str = "machine") -> list[Kill]:
    """Return the ledgers of a sample, each with the guest's last look before that kill."""
    truth: Json = json.loads(path.read_text())
    found, kills = [], 0
    for case in cases_of(log_of(path)):
        ledger = case.ledger
        looks = [look for look in truth["readings"] if look["oom_kill"] == kills and "meminfo_kb" in look]
        if ledger is not None and ledger.of == of and looks:
            found.append(Kill(ledger, looks[0]["meminfo_kb"], looks[0], truth))
        kills += len(case.event.kills)
    return found


def left_over(look: Json, truth: Json) -> int:
    """Return what the guest's own /proc/meminfo does not name; free pages on per-CPU lists are in it."""
    guest: dict[str, int] = look["meminfo_kb"]
    named = ("MemFree", "Active", "Inactive", "Unevictable", "Slab", "PageTables", "Percpu")
    stacks = guest["KernelStack"] if "686" in truth["release"] else 0  # else they are in VmallocUsed
    hugetlb = guest.get("Hugetlb", 0)  # the least kernel has no huge pages
    more = guest["VmallocUsed"] + guest.get("SecPageTables", 0) + stacks + hugetlb
    return guest["MemTotal"] - sum(guest[key] for key in named) - more


def objects(look: Json, cache: str) -> int:
    """Return how many objects of a slab cache were in use."""
    rows = (line.split() for line in look["files"]["/proc/slabinfo"].splitlines())
    return next(int(row[1]) for row in rows if row[:1] == [cache])


def total(ledger: Ledger, *items: str) -> int:
    return sum(ledger.kb(item) or 0 for item in items)


@each_truth
def test_users_agree_with_the_guest(path: Path) -> None:
    """Memory of processes and files is what /proc/meminfo said, but for what the hog took in between."""
    for kill in compared(path):
        ledger, guest = kill.ledger, kill.guest
        taken = max(guest["MemFree"] - total(ledger, "free"), 0)
        # AnonPages are mapped; pages of the swap cache, on the same lists, need not be.
        anon = total(ledger, "anon", "unevictable_memory") - guest["AnonPages"]
        assert -STEP_KB <= anon <= taken + STEP_KB + guest["SwapCached"]
        assert abs(total(ledger, "shmem") - guest["Shmem"]) <= STEP_KB
        cached = total(ledger, "shmem", "file", "unevictable_file")
        assert abs(cached - guest["Cached"] - guest["Buffers"]) <= STEP_KB
        lists = total(ledger, "anon", "shmem", "file", "unevictable")
        assert (
            -STEP_KB <= lists - guest["Active"] - guest["Inactive"] - guest["Unevictable"] <= taken + STEP_KB
        )
        unevictable = total(ledger, "unevictable") - guest["Unevictable"]
        assert -KERNEL_KB <= unevictable <= kill.step_kb.get("unevictable", 0) + KERNEL_KB
        mlocked = ledger.kb("mlocked")
        assert mlocked is None or 0 <= mlocked - guest["Mlocked"] <= kill.step_kb.get("mlocked", 0)


@each_truth
def test_kernel_agrees_with_the_guest(path: Path) -> None:
    """Slabs, page tables, stacks, huge pages and the size of RAM are what /proc/meminfo said."""
    for kill in compared(path):
        ledger, guest = kill.ledger, kill.guest
        assert ledger.total_kb - total(ledger, "reserved") == guest["MemTotal"]
        # Before it kills, the kernel shrinks such slabs, and the hog takes what that frees.
        lists = total(ledger, "anon", "shmem", "file", "unevictable")
        users = lists - guest["Active"] - guest["Inactive"] - guest["Unevictable"]
        shrunk = {"slab_reclaimable": max(users, 0)}
        for item, key in (
            ("slab_reclaimable", "SReclaimable"),
            ("slab_unreclaimable", "SUnreclaim"),
            ("page_tables", "PageTables"),
        ):
            moved = total(ledger, item) - guest[key]
            assert -KERNEL_KB - shrunk.get(item, 0) <= moved <= KERNEL_KB + kill.step_kb.get(item, 0)
        stacks = ledger.kb("kernel_stack")  # not summed when nodes are hidden
        assert stacks is None or abs(stacks - guest["KernelStack"]) <= KERNEL_KB
        assert total(ledger, "hugetlb") == guest.get("Hugetlb", 0)


@each_truth
def test_ram_is_named(path: Path) -> None:
    """At least 98 % of RAM has a name in the log alone, unless the load is in pages that no line counts."""
    truth: Json = json.loads(path.read_text())
    for case in cases_of(log_of(path)):
        ledger = case.ledger
        if ledger is not None and ledger.of == "machine" and not uncounted(ledger, truth):
            assert ledger.unaccounted_kb is not None
            assert 0 <= ledger.unaccounted_kb <= 0.02 * ledger.total_kb


@each_truth
def test_what_has_no_name_is_what_no_report_prints(path: Path) -> None:
    """It is the guest's vmalloc and per-CPU data, and a little that its meminfo misses too."""
    for kill in compared(path):
        if kill.uncounted:
            continue
        assert 0 <= kill.rest_kb <= left_over(kill.look, kill.truth) + LOAD_STEP_KB
        # Free pages on the lists of CPUs whose node is not shown come on top.
        if kill.truth["machine"]["nodes"] == 1:
            assert kill.rest_kb <= COUNTED_NOWHERE_KB.get(path.name.split("-")[0], 5 * 1024)


def test_a_profile_names_what_no_line_counts() -> None:
    """The kernel's own count of where it allocated has the residue in the place that the load used."""
    (kill,) = compared(SAMPLES / "v6.12-global-allocations.truth.json")
    most = largest_allocation(cases_of(SAMPLES / "v6.12-global-allocations.kmsg.log")[0])
    assert most is not None and kill.ledger.unaccounted_kb is not None
    assert (most.function, most.place.split(":")[0]) == ("pipe_write", "fs/pipe.c")
    assert abs(most.size_kb - most.calls * 4) <= 512  # rounded to MiB
    assert abs(most.size_kb - kill.ledger.unaccounted_kb) <= 0.02 * kill.ledger.total_kb


@each_truth
def test_residue_is_what_the_load_took(path: Path) -> None:
    """Memory that no line counts is the residue, as much as the guest missed too and the load had taken."""
    for kill in compared(path):
        if not kill.uncounted:
            continue
        assert -PER_CPU_KB - KERNEL_KB <= kill.rest_kb - left_over(kill.look, kill.truth) <= LOAD_STEP_KB
        assert "ledger.unaccounted_share" in dict(kill.ledger.notes)
        scenario, ram = kill.truth["scenario"], kill.ledger.total_kb
        if scenario == "global-fragmentation":  # of 130 MiB in pipes each second page was given back
            assert 0 <= kill.rest_kb - 65 * 1024 <= 0.02 * ram
        if scenario in ("global-unaccounted-pipes", "global-movable", "global-cma"):
            # A pipe is two open files and holds 16 pages; some files are other ones, some pages other ones'.
            assert abs(kill.rest_kb - objects(kill.look, "filp") // 2 * 64) <= 0.02 * ram


@each_truth
def test_cgroup_is_named(path: Path) -> None:
    """A cgroup's statistics explain its usage: all of it since 5.18, 98 % of it before.

    Until 5.17 page tables and pages in pipes were charged but in no statistic: then they are the residue.
    """
    for kill in compared(path, "memcg"):
        ledger, readings = kill.ledger, kill.truth["readings"]
        if ledger.unaccounted_kb is None:
            continue
        uncounted = 0
        if ledger.kb("kernel") is None:
            inside = [task for task in kill.look["processes"] if in_cgroup(task, ledger.name or "/")]
            uncounted = sum(task["VmPTE_kb"] for task in inside)
            if "memcg kernel memory" in kill.truth["causes"]:  # the machine missed it, until the kill
                uncounted += left_over(kill.look, kill.truth) - left_over(readings[-1], kill.truth)
        # What is charged in advance: 64 pages a CPU.
        ahead = 64 * 4 * kill.truth["machine"]["cpus"]
        assert -KERNEL_KB <= ledger.unaccounted_kb <= ahead + 0.02 * ledger.total_kb + uncounted
        if uncounted > 0.02 * ledger.total_kb:
            assert ledger.unaccounted_kb >= uncounted - KERNEL_KB


def in_cgroup(task: Json, path: str) -> bool:
    return any(line.split(":", 2)[2].startswith(path) for line in task["cgroup"].splitlines())
