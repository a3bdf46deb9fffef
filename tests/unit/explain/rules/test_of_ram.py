"""Shares of RAM: one measure in findings and ledger."""

from __future__ import annotations

from pathlib import Path

import pytest

import oomlog
from oomlog.explain.case import Case
from oomlog.explain.ledger import machine_ledger
from oomlog.explain.rules import slab_kernel, system_exhausted, tmpfs_shmem
from oomlog.explain.run import explain
from oomlog.explain.sizes import ram_kb
from oomlog.explain.totalpages import ram_contradicts, ram_pages, totalpages
from oomlog.explain.verdict import claim

SAMPLES = Path(__file__).parents[4] / "samples"
MACHINE = "v6.12-global-tmpfs.dmesg.log"


def case_of(*changes: tuple[str, str], name: str = MACHINE) -> Case:
    """Return the first case of a sample, with texts replaced."""
    text = (SAMPLES / name).read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return Case(next(iter(oomlog.parse(text))))


def test_a_finding_and_the_ledger_have_the_same_share() -> None:
    """Both relate to all RAM, with what is reserved at boot."""
    case = case_of()
    found, ledger = tmpfs_shmem.find(case), machine_ledger(case.event, case.page_kb)
    assert found is not None and ledger is not None
    assert found.values["share"] == pytest.approx((ledger.kb("shmem") or 0) / ledger.total_kb)


def test_a_ram_that_the_zones_deny_is_not_used() -> None:
    """A total that a damaged line made ten times as large makes no sizes and no shares."""
    pages = next(
        line.split()[-3] for line in (SAMPLES / MACHINE).read_text().splitlines() if "pages RAM" in line
    )
    case = case_of((f"{pages} pages RAM", f"{pages}0 pages RAM"))
    assert ram_contradicts(case.event, 4)
    assert ram_pages(case.event, 4) is None
    assert totalpages(case.event, 4) is None
    explanation = explain(case.event)
    assert all(each.share is None and each.oom_score is None for each in explanation.victim.ranking)
    found = system_exhausted.find(case)
    assert found is not None and "ram_kb" not in found.values
    assert not ram_contradicts(case_of().event, 4)


@pytest.mark.parametrize(
    ("kept", "words"),
    [
        (("free:",), "_message_ram"),
        (("free:", "swap"), "_message_ram_no_swap"),
        (("swap",), "_message_no_swap"),
        ((), "_message"),
    ],
)
def test_what_is_left_of_a_cut_report_is_told(kept: tuple[str, ...], words: str) -> None:
    """Without lines of zones the counters and the totals still tell how full the machine was."""
    lines = [line for line in (SAMPLES / MACHINE).read_text().splitlines() if " min:" not in line]
    if "free:" not in kept:
        lines = [line for line in lines if " free:" not in line and "pages RAM" not in line]
    if "swap" not in kept:
        lines = [line for line in lines if " swap  =" not in line and " swap =" not in line]
    case = Case(next(iter(oomlog.parse("\n".join(lines) + "\n"))))
    found = system_exhausted.find(case)
    assert found is not None
    assert found.words == f"system_exhausted{words}"
    assert "?" not in claim(found) and "?" not in claim(found, "ko")
    assert ("free_kb" in found.values) == ("free:" in kept)


def test_hidden_zones_leave_ram_of_old_kernels_open() -> None:
    """Kernels 3.13 to 3.17 printed "reserved" wrong; the zones tell RAM only where all are printed."""
    zone = (
        "{} free:5000kB min:4000kB low:5000kB high:6000kB active_anon:400000kB inactive_anon:0kB "
        "active_file:0kB inactive_file:0kB unevictable:0kB present:524288kB managed:500000kB mlocked:0kB"
    )
    log = [
        "a invoked oom-killer: gfp_mask=0x200da, order=0, oom_score_adj=0",
        "a cpuset=/ mems_allowed=0",
        "Mem-Info:",
        "active_anon:200000 inactive_anon:0 isolated_anon:0\n active_file:0 inactive_file:0 isolated_file:0\n"
        " unevictable:0 dirty:0 writeback:0 unstable:0\n"
        " free:2500 slab_reclaimable:10 slab_unreclaimable:10\n"
        " mapped:0 shmem:0 pagetables:10 bounce:0\n free_cma:0",
        zone.format("Node 0 Normal"),
        zone.format("Node 1 Normal"),
        "Free swap  = 0kB",
        "Total swap = 0kB",
        "262144 pages RAM",
        "0 pages HighMem/MovableOnly",
        "100 pages reserved",
        "Out of memory: Kill process 7 (a) score 912 or sacrifice child",
        "Killed process 7 (a) total-vm:4000kB, anon-rss:400kB, file-rss:0kB",
    ]
    (whole,) = oomlog.parse("".join(f"[ 1.0] {line}\n" for line in log))
    told = ram_pages(whole, 4)
    assert told is not None
    assert (told.value, told.basis, told.exact) == (250000, "ram_managed", True)
    (partial,) = oomlog.parse("".join(f"[ 1.0] {line}\n" for line in log if "Node 1" not in line))
    told = ram_pages(partial, 4)
    assert told is not None
    assert (told.value, told.basis, told.exact) == (262044, "ram_less_reserved", False)
    total = totalpages(partial, 4)
    assert total is not None and not total.is_told


ONE_ZONE = """\
[ 1.000001] x invoked oom-killer: gfp_mask=0xd0, order=0, oomkilladj=0
[ 1.000002] Active:13356 inactive:{inactive} dirty:0 writeback:0 unstable:0
[ 1.000003]  free:11 slab:2333 mapped:12041 pagetables:151 bounce:0
[ 1.000004] DMA free:44kB min:16kB low:32kB high:48kB active:4kB inactive:0kB present:16384kB
"""


@pytest.mark.parametrize("inactive", [253643, 0])
def test_zones_that_hold_less_than_is_counted_are_not_all_ram(inactive: int) -> None:
    """Where the log lost lines of zones and that of RAM, the sum of the rest makes no shares."""
    case = Case(next(iter(oomlog.parse(ONE_ZONE.format(inactive=inactive)))))
    assert (ram_kb(case), ram_pages(case.event, case.page_kb)) == (None, None)
    assert slab_kernel.find(case) is None


def test_zones_that_hold_all_that_is_counted_are_ram() -> None:
    """A machine of one zone, whose report ends before the line of RAM."""
    log = ONE_ZONE.format(inactive=0).replace("Active:13356", "Active:1")
    assert ram_kb(Case(next(iter(oomlog.parse(log))))) == 16384
