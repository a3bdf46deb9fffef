"""Ledgers of all samples and of the corpus: they add up, and they agree with what the guests saw.

Each sample's ``.truth.json`` has the guest's /proc/meminfo before the kill (see samples/README.md), which
counts without the log.
"""

from __future__ import annotations

import json
import os
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import oomlog
from oomlog.explain.case import Case
from oomlog.explain.model import Ledger
from oomlog.explain.phrases import LANGUAGES, all_phrases, say
from oomlog.explain.processes import groups_of, rss_note

ROOT = Path(__file__).parent.parent
SAMPLES = sorted((ROOT / "samples").glob("*.log"))
CORPUS = Path(os.environ.get("OOMLOG_CORPUS") or ROOT.parent / "shared" / "corpus")
PUBLISHED = sorted(CORPUS.glob("*.log"))
Json = dict[str, Any]

# Between the reading and the kill the hog takes one step (1 MiB at most); counters kept by CPU lag by some
# pages more.  What the kernel has for itself hardly moves.
STEP_KB = 1024 + 256
KERNEL_KB = 64
# What neither the log nor /proc/meminfo counts, after vmalloc and per-CPU data, as a share of RAM: a guest of
# 7.2 has 5.7 MB of such pages.
COUNTED_NOWHERE = {"v7.2": 0.024}

each_log = pytest.mark.parametrize("path", [*SAMPLES, *PUBLISHED], ids=lambda path: path.stem)
each_truth = pytest.mark.parametrize(
    "path", sorted((ROOT / "samples").glob("*.truth.json")), ids=lambda path: path.name.split(".truth")[0]
)


@cache
def cases_of(path: Path) -> tuple[Case, ...]:
    return tuple(Case(event) for event in oomlog.parse(path))


def ledgers_of(case: Case) -> list[Ledger]:
    return [*(() if case.ledger is None else (case.ledger,)), *case.parts]


def compared(path: Path) -> list[tuple[Ledger, dict[str, int]]]:
    """Return the machine's ledgers of a sample, each with the guest's last look before that kill."""
    truth: Json = json.loads(path.read_text())
    logs = [
        path.with_name(path.name.replace("truth.json", f"{channel}.log")) for channel in ("kmsg", "console")
    ]
    found, kills = [], 0
    for case in cases_of(next(log for log in logs if log.exists())):
        ledger = case.ledger
        looks = [look for look in truth["readings"] if look["oom_kill"] == kills and "meminfo_kb" in look]
        if ledger is not None and ledger.of == "machine" and looks:
            found.append((ledger, looks[0]["meminfo_kb"]))
        kills += len(case.event.kills)
    return found


def total(ledger: Ledger, *items: str) -> int:
    return sum(ledger.kb(item) or 0 for item in items)


def test_there_is_a_corpus() -> None:
    """The published logs are compared, or their absence is seen."""
    if not PUBLISHED:
        pytest.skip(f"no corpus at {CORPUS}; set OOMLOG_CORPUS")


@each_log
def test_items_add_up(path: Path) -> None:
    """All items and the residue are the total, each item is entered once, and no item is negative."""
    for case in cases_of(path):
        for ledger in ledgers_of(case):
            top = [item.kb or 0 for item in ledger.items if item.within is None]
            assert all(kb >= 0 for kb in top)
            assert len({item.id for item in ledger.items}) == len(ledger.items)
            if ledger.unaccounted_kb is not None:
                assert sum(top) + ledger.unaccounted_kb == ledger.total_kb


@each_log
def test_parts_lie_within_their_item(path: Path) -> None:
    """A part names an item of the same ledger and is not larger than it."""
    for case in cases_of(path):
        for ledger in ledgers_of(case):
            for item in ledger.items:
                if item.within is not None:
                    whole = ledger.kb(item.within)
                    assert whole is not None
                    assert (item.kb or 0) <= whole


@each_log
def test_everything_has_words(path: Path) -> None:
    """Every item has a name and every remark a sentence, in each language."""
    for case in cases_of(path):
        note = rss_note(case.event, case.page_kb)
        notes = [*(() if note is None else (note,))]
        for ledger in ledgers_of(case):
            notes += ledger.notes
            for item in ledger.items:
                assert set(all_phrases()[f"ledger.{item.id}"]) == set(LANGUAGES)
        for key, values in notes:
            for lang in LANGUAGES:
                assert "?" not in say(key, lang, values)


@each_log
def test_groups_hold_every_process(path: Path) -> None:
    """Grouping by name loses no process."""
    for case in cases_of(path):
        groups = groups_of(case.event, case.page_kb)
        assert sum(group.count for group in groups) == len(case.processes)


@each_truth
def test_users_agree_with_the_guest(path: Path) -> None:
    """Memory of processes and files is what /proc/meminfo said, but for what the hog took in between."""
    for ledger, guest in compared(path):
        taken = max(guest["MemFree"] - total(ledger, "free"), 0)
        anon = total(ledger, "anon", "unevictable_memory") - guest["AnonPages"]
        assert -STEP_KB <= anon <= taken + STEP_KB
        assert abs(total(ledger, "shmem") - guest["Shmem"]) <= STEP_KB
        cached = total(ledger, "shmem", "file", "unevictable_file")
        assert abs(cached - guest["Cached"] - guest["Buffers"]) <= STEP_KB
        lists = total(ledger, "anon", "shmem", "file", "unevictable")
        assert (
            -STEP_KB <= lists - guest["Active"] - guest["Inactive"] - guest["Unevictable"] <= taken + STEP_KB
        )
        assert abs(total(ledger, "unevictable") - guest["Unevictable"]) <= KERNEL_KB
        assert ledger.kb("mlocked") in (None, guest["Mlocked"])


@each_truth
def test_kernel_agrees_with_the_guest(path: Path) -> None:
    """Slabs, page tables, stacks, huge pages and the size of RAM are what /proc/meminfo said."""
    for ledger, guest in compared(path):
        assert ledger.total_kb - total(ledger, "reserved") == guest["MemTotal"]
        assert abs(total(ledger, "slab_reclaimable") - guest["SReclaimable"]) <= KERNEL_KB
        assert abs(total(ledger, "slab_unreclaimable") - guest["SUnreclaim"]) <= KERNEL_KB
        assert abs(total(ledger, "page_tables") - guest["PageTables"]) <= KERNEL_KB
        stacks = ledger.kb("kernel_stack")  # not summed when nodes are hidden
        assert stacks is None or abs(stacks - guest["KernelStack"]) <= KERNEL_KB
        assert total(ledger, "hugetlb") == guest["Hugetlb"]


@each_truth
def test_ram_is_named(path: Path) -> None:
    """At least 98 % of RAM has a name (7.2: 97.6 %), with the guest's vmalloc and per-CPU data.

    Those are in no line of any report, and in a guest this small they are more than 2 % of RAM.  What zram
    holds was not printed before 6.18.
    """
    for ledger, guest in compared(path):
        if "zram" in path.name and ledger.kb("zspages") is None:
            continue
        assert ledger.unaccounted_kb is not None
        # The stacks of tasks are in VmallocUsed, and also an item of their own if all nodes were shown.
        hidden = guest["VmallocUsed"] + guest["Percpu"] - total(ledger, "kernel_stack")
        rest = ledger.unaccounted_kb - hidden
        nowhere = COUNTED_NOWHERE.get(path.name.split("-")[0], 0.02)
        assert 0 <= rest <= nowhere * ledger.total_kb


@each_truth
def test_cgroup_is_named(path: Path) -> None:
    """A cgroup's statistics explain its usage: all of it since 5.18, 98 % of it before."""
    log = next(log for log in SAMPLES if log.name.startswith(path.name.removesuffix("truth.json")))
    for case in cases_of(log):
        ledger = case.ledger
        if ledger is None or ledger.of != "memcg" or ledger.unaccounted_kb is None:
            continue
        # What is charged in advance: 64 pages a CPU.
        cpus = json.loads(path.read_text())["machine"]["cpus"]
        assert -KERNEL_KB <= ledger.unaccounted_kb <= 64 * 4 * cpus + 0.02 * ledger.total_kb


@pytest.mark.skipif(not PUBLISHED, reason=f"no corpus at {CORPUS}")
def test_contradicting_totals_leave_no_residue() -> None:
    """A log whose RAM is ten times that of its zones was edited: nothing is told of what is left over."""
    (case,) = cases_of(CORPUS / "08-debian510-broken-zone-line.log")
    assert case.ledger is not None
    assert case.ledger.unaccounted_kb is None
    assert "ledger.ram_differs" in dict(case.ledger.notes)


def test_words_are_used() -> None:
    """Every sentence on ledgers belongs to an item or a remark of the source."""
    source = "".join(file.read_text() for file in (ROOT / "src/oomlog/explain").glob("*.py"))
    used = set(re.findall(r'"(?:ledger\.)?([a-z_]+)"', source)) | {"total", "unaccounted"}
    assert {key[7:] for key in all_phrases() if key.startswith("ledger.")} <= used
