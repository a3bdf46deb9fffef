"""What ran out: a cgroup, the machine, or some nodes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from oomlog.explain.case import Case
from oomlog.explain.rules import (
    cpuset_bound,
    memcg_limit,
    mempolicy_bound,
    no_swap,
    page_fault,
    parent_memcg_limit,
    system_exhausted,
)
from oomlog.explain.run import explain

Cases = Callable[[str], list[Case]]

BELOW = "/kubepods/pod1/app"
OLD_MEMCG = """\
[ 10.000001] php invoked oom-killer: gfp_mask=0xd0, order=0, oom_score_adj=0
[ 10.000002] CPU: 0 PID: 77 Comm: php Not tainted 3.10.0-1127.el7.x86_64 #1
[ 10.000003] Task in {task} killed as a result of limit of {limit}
[ 10.000004] memory: usage 65536kB, limit 65536kB, failcnt 12
[ 10.000005] memory+swap: usage {swap}kB, limit 131072kB, failcnt 3
[ 10.000006] kmem: usage 0kB, limit 9007199254740988kB, failcnt 0
[ 10.000007] [ pid ]   uid  tgid total_vm      rss nr_ptes swapents oom_score_adj name
[ 10.000008] [   77]     0    77    40000    16000      40        0             0 php
[ 10.000009] Memory cgroup out of memory: Kill process 77 (php) score 900 or sacrifice child
[ 10.000010] Killed process 77 (php) total-vm:160000kB, anon-rss:64000kB, file-rss:0kB
"""
KILL = (
    "[ 20.000001] {message}: Killed process 9 (a) total-vm:4kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB\n"
)


def test_the_victims_own_cgroup_at_its_limit(sample: Cases) -> None:
    """Limit and usage are those that the report has of the victim's cgroup."""
    (case,) = sample("v6.12-memcg-v2-docker.dmesg")
    finding = memcg_limit.find(case)
    assert finding is not None
    assert finding.confidence == "certain"
    assert finding.values == {
        "usage_kb": 16384,
        "limit_kb": 16384,
        "oom_memcg": case.event.oom_memcg,
    }
    assert any("memory: usage 16384kB, limit 16384kB" in line.text for line in finding.evidence)
    assert parent_memcg_limit.find(case) is None
    assert system_exhausted.find(case) is None


def test_an_ancestors_limit_is_not_the_victims(sample: Cases) -> None:
    """Where the report names two cgroups, both are named, and the limit is the upper one's."""
    (case,) = sample("v6.1-memcg-v1-parent.dmesg")
    finding = parent_memcg_limit.find(case)
    assert finding is not None
    assert str(finding.values["task_memcg"]).startswith(f"{finding.values['oom_memcg']}/")
    assert finding.values["limit_kb"] == 32768
    assert memcg_limit.find(case) is None


def test_memory_and_swap_together(sample: Cases, text: Cases) -> None:
    """Of v1's two limits the one for memory and swap is named when it is what stopped reclaim."""
    (case,) = sample("v5.10-memcg-v1-docker-swap.dmesg")
    finding = memcg_limit.find(case)
    assert finding is not None
    assert (finding.words, finding.values["limit_kb"]) == ("memcg_limit_memsw", 32768)
    (case,) = text(OLD_MEMCG.format(task=BELOW, limit=BELOW, swap=65600))
    finding = memcg_limit.find(case)
    assert finding is not None
    assert (finding.words, finding.values["limit_kb"]) == ("memcg_limit", 65536)


def test_equal_limits_with_memory_in_swap(text: Cases) -> None:
    """Where both limits are the same and much is in swap, the one for both was reached, not memory's."""
    log = OLD_MEMCG.format(task=BELOW, limit=BELOW, swap=131072).replace(
        "memory: usage 65536kB, limit 65536kB", "memory: usage 30000kB, limit 131072kB"
    )
    (case,) = text(log)
    finding = memcg_limit.find(case)
    assert finding is not None
    assert finding.words == "memcg_limit_memsw"
    assert finding.values["usage_kb"] == 131072
    assert no_swap.find(case) is None
    (case,) = text(log.replace("usage 30000kB", "usage 131072kB"))
    finding = memcg_limit.find(case)
    assert finding is not None
    assert finding.words == "memcg_limit"


def test_names_of_old_reports(text: Cases) -> None:
    """Before 5.0 "Task in ... killed as a result of limit of ..." names both levels."""
    (case,) = text(OLD_MEMCG.format(task=BELOW, limit="/kubepods/pod1", swap=65600))
    finding = parent_memcg_limit.find(case)
    assert finding is not None
    assert finding.values["task_memcg"] == BELOW
    assert [line.no for line in finding.evidence] == [3, 4]
    (case,) = text(OLD_MEMCG.format(task="/kubepods/pod10", limit="/kubepods/pod1", swap=65600))
    assert parent_memcg_limit.find(case) is None


@pytest.mark.parametrize(
    ("message", "rule", "words"),
    [
        ("Memory cgroup out of memory", memcg_limit, "memcg_limit_message"),
        ("Out of memory", system_exhausted, "system_exhausted_message"),
    ],
)
def test_a_kill_line_alone(text: Cases, message: str, rule: object, words: str) -> None:
    """With only the message, the rule says no more than the message does."""
    (case,) = text(KILL.format(message=message))
    found = [each.find(case) for each in (memcg_limit, system_exhausted)]
    (finding,) = [each for each in found if each is not None]
    assert finding.words == words
    assert finding.values == {}
    assert len(finding.evidence) == 1
    assert finding == rule.find(case)  # type: ignore[attr-defined]


def test_the_whole_machine(sample: Cases) -> None:
    """RAM, swap and the zones' free memory are told where all of it was at its watermarks."""
    (case,) = sample("v7.2-global-zram.dmesg")
    finding = system_exhausted.find(case)
    assert finding is not None
    assert (finding.confidence, finding.words) == ("certain", "system_exhausted")
    assert finding.values["total_swap_kb"] == 147452
    assert finding.values["free_swap_kb"] == 0
    assert finding.values["zones"] == "DMA32 30.2 MiB/32.8 MiB"
    assert memcg_limit.find(case) is None


def test_free_zones_are_no_exhaustion(text: Cases) -> None:
    """A machine with a free zone has not run out, whatever the constraint says."""
    log = """\
[ 10.000001] a invoked oom-killer: gfp_mask=0x6000c0(GFP_KERNEL), nodemask=(null), order=0, oom_score_adj=0
[ 10.000002] Mem-Info:
[ 10.000003] Normal free:3948kB min:6368kB low:7960kB high:9548kB present:892920kB managed:844900kB
[ 10.000004] lowmem_reserve[]: 0 0 8980 0
[ 10.000005] HighMem free:{free}kB min:512kB low:1748kB high:2984kB present:1149640kB managed:1149640kB
[ 10.000006] lowmem_reserve[]: 0 0 0 0
[ 10.000007] Free swap  = 0kB
[ 10.000008] Total swap = 0kB
[ 10.000009] 510640 pages RAM
[ 10.000010] 12000 pages reserved
[ 10.000011] Out of memory: Kill process 9 (a) score 3 or sacrifice child
[ 10.000012] Killed process 9 (a) total-vm:4kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB
"""
    (case,) = text(log.format(free=1049496))
    assert system_exhausted.find(case) is None
    (case,) = text(log.format(free=1600))
    finding = system_exhausted.find(case)
    assert finding is not None
    assert finding.confidence == "likely"  # until 4.20 a bound allocation reads the same
    assert finding.words == "system_exhausted_no_swap"


def test_nodes_of_a_cpuset(sample: Cases) -> None:
    """The cpuset, its nodes and what was free there are named; what others had is not in the log."""
    (case,) = sample("v6.1-cpuset.dmesg")
    finding = cpuset_bound.find(case)
    assert finding is not None
    assert finding.words == "cpuset_bound"
    assert finding.values["cpuset"] == "job-7.scope"
    assert finding.values["nodes"] == "1"
    assert "other_free_kb" not in finding.values
    assert mempolicy_bound.find(case) is None
    assert system_exhausted.find(case) is None


def test_nodes_of_a_memory_policy(sample: Cases) -> None:
    """A memory policy's nodes are those of the nodemask, not those that the cpuset allows."""
    (case,) = sample("v6.12-mempolicy.dmesg")
    finding = mempolicy_bound.find(case)
    assert finding is not None
    assert finding.values["nodes"] == "1"
    assert cpuset_bound.find(case) is None


BOUND = """\
[ 10.000001] a invoked oom-killer: gfp_mask=0x100cca(GFP_HIGHUSER_MOVABLE), order=0, oom_score_adj=0
[ 10.000002] Mem-Info:
[ 10.000003] Node 0 Normal free:{other}kB min:1000kB low:2000kB high:3000kB present:999000kB managed:999000kB
[ 10.000004] Node 1 Normal free:{own}kB min:1000kB low:2000kB high:3000kB present:999000kB managed:999000kB
[ 10.000005] oom-kill:constraint=CONSTRAINT_{name},nodemask=1,cpuset=c,mems_allowed=1,global_oom,\
task_memcg=/,task=a,pid=9,uid=0
[ 10.000006] Out of memory: Killed process 9 (a) total-vm:4kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB, \
UID:0 pgtables:4kB oom_score_adj:0
"""


@pytest.mark.parametrize(
    ("name", "rule"), [("CPUSET", cpuset_bound), ("MEMORY_POLICY", mempolicy_bound)], ids=["cpuset", "policy"]
)
@pytest.mark.parametrize(
    ("own", "other", "suffix"), [(900, 500000, "_others"), (900, 900, ""), (500000, 500000, "_free")]
)
def test_what_other_nodes_had(
    text: Cases, name: str, rule: object, own: int, other: int, suffix: str
) -> None:
    """Free memory elsewhere is told only where it is printed, and a node with free memory has not run out."""
    (case,) = text(BOUND.format(name=name, own=own, other=other))
    finding = rule.find(case)  # type: ignore[attr-defined]
    assert finding.words == f"{rule.ID}{suffix}"  # type: ignore[attr-defined]
    assert finding.values.get("other_free_kb") == (other if suffix == "_others" else None)


@pytest.mark.parametrize("name", ["v6.1-global-lowmem.console", "v6.1-global-movable.dmesg"])
def test_memory_free_in_a_zone_that_is_not_printed(sample: Cases, name: str) -> None:
    """Where much is free in zones left out of the report, the machine had not run out."""
    for case in sample(name):
        assert system_exhausted.find(case) is None


@pytest.mark.parametrize(
    ("mask", "free", "holds"),
    [
        ("0x0()", 852132, True),
        ("0x0", 852132, True),
        ("0x0()", 900, False),
        ("0xcc0(GFP_KERNEL)", 852132, False),
    ],
    ids=["fault", "without names", "exhausted", "another request"],
)
def test_a_page_fault_while_memory_is_free(text: Cases, mask: str, free: int, holds: bool) -> None:
    """A kill that a page fault asked for is told from one for an exhausted machine."""
    (case,) = text(
        f"[ 10.000001] python3 invoked oom-killer: gfp_mask={mask}, order=0, oom_score_adj=0\n"
        "[ 10.000002] Mem-Info:\n"
        f"[ 10.000003] Normal free:{free}kB min:8608kB low:14752kB high:20896kB present:6291456kB "
        "managed:6147344kB\n"
        "[ 10.000004] lowmem_reserve[]: 0 0 0\n" + KILL.format(message="Out of memory")
    )
    finding = page_fault.find(case)
    assert (finding is not None) == holds
    assert (system_exhausted.find(case) is not None) == (free < 8608)
    if finding is not None:
        assert finding.values == {"free_kb": free, "min_kb": 8608}
        assert [line.no for line in finding.evidence] == [1, 3]
        assert explain(case.event).primary == replace(finding, primary=True)


POLICY = """\
[ 10.000001] redis invoked oom-killer: gfp_mask=0x24280ca(GFP_HIGHUSER_MOVABLE), nodemask={mask}, order=0, \
oom_score_adj=0
[ 10.000002] redis cpuset=/ mems_allowed={allowed}
[ 10.000003] CPU: 3 PID: 9 Comm: redis Not tainted 4.9.0-3-amd64 #1
[ 10.000004] Mem-Info:
active_anon:4000000 inactive_anon:60000 isolated_anon:0
 free:12000000 free_pcp:0 free_cma:0
[ 10.000005] Node 1 Normal free:43000kB min:45000kB low:56000kB high:67000kB present:16777216kB \
managed:16500000kB
[ 10.000006] lowmem_reserve[]: 0 0 0 0
[ 10.000007] Free swap  = 1000kB
[ 10.000008] Total swap = 8000000kB
[ 10.000009] 16777216 pages RAM
[ 10.000010] 200000 pages reserved
[ 10.000011] [ pid ]   uid  tgid total_vm      rss nr_ptes nr_pmds swapents oom_score_adj name
[ 10.000012] [    9]   100     9  4100000  4000000    8000      20        0             0 a
[ 10.000013] [   10]   100    10  4100000  1000000    8000      20        0           300 other
[ 10.000014] Out of memory: Kill process 9 (a) score 800 or sacrifice child
[ 10.000015] Killed process 9 (a) total-vm:16400000kB, anon-rss:16000000kB, file-rss:0kB, shmem-rss:0kB
"""


@pytest.mark.parametrize(
    ("mask", "allowed", "bound"),
    [("1", "0-3", True), ("(null)", "0-3", False), ("1", "1", False)],
    ids=["policy", "none", "cpuset"],
)
def test_a_policy_told_by_its_nodes(text: Cases, mask: str, allowed: str, bound: bool) -> None:
    """Before 5.2 the nodes of the mask are what shows a memory policy; elsewhere the machine stays open."""
    (case,) = text(POLICY.format(mask=mask, allowed=allowed))
    finding = mempolicy_bound.find(case)
    assert (finding is not None) == bound
    if finding is not None:
        assert (finding.words, finding.values["nodes"]) == ("mempolicy_bound", "1")
        assert [line.text.split()[-1] for line in finding.evidence] == [
            "oom_score_adj=0",
            "managed:16500000kB",
        ]
    choice = case.choice
    assert choice.agrees
    assert choice.totalpages is not None
    assert not choice.totalpages.exact
    assert choice.reason == (None if bound else "totalpages_open")
    assert system_exhausted.find(case) is None  # 46 GiB are free where the report does not look


def test_a_cpuset_told_by_its_nodes(text: Cases) -> None:
    """Before 5.2 no line names the cpuset as the cause; that only its nodes are shown makes it likely."""
    log = POLICY.format(mask="(null)", allowed="1").replace("cpuset=/ ", "cpuset=job-7 ")
    (case,) = text(log)
    finding = cpuset_bound.find(case)
    assert finding is not None
    assert (finding.words, finding.confidence) == ("cpuset_bound", "likely")
    assert (finding.values["cpuset"], finding.values["nodes"]) == ("job-7", "1")
    assert finding.values["free_kb"] == 43000
    assert "cpuset=job-7 mems_allowed=1" in "".join(line.text for line in finding.evidence)
    assert system_exhausted.find(case) is None
    assert case.choice.agrees


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("cpuset=/ mems_allowed=1", "cpuset=job-7 mems_allowed=0-1"),
        ("cpuset=/ mems_allowed=1", "cpuset=/ mems_allowed=1"),
        ("16777216 pages RAM", "4194304 pages RAM"),
    ],
    ids=["other nodes", "root cpuset", "the whole machine"],
)
def test_missing_zones_alone_are_no_cpuset(text: Cases, old: str, new: str) -> None:
    """Lines may be lost; only a cpuset of just these nodes explains their absence."""
    log = POLICY.format(mask="(null)", allowed="1")
    if "pages" in old:
        log = log.replace("cpuset=/ ", "cpuset=job-7 ")
    assert old in log
    (case,) = text(log.replace(old, new))
    assert cpuset_bound.find(case) is None


def test_a_victim_that_was_moved_leaves_the_limit_as_it_is(text: Cases) -> None:
    """A victim outside of the cgroup whose limit was reached makes it no parent, and the limit is told."""
    (case,) = text(
        """\
[ 1.000001] x invoked oom-killer: gfp_mask=0xd0, order=0, oom_score_adj=0
[ 1.000002] Task in /mem2 killed as a result of limit of /mem3
[ 1.000003] memory: usage 980kB, limit 980kB, failcnt 41
[ 1.000004] Memory cgroup out of memory: Kill process 135 (x) score 1000 or sacrifice child
[ 1.000005] Killed process 135 (x) total-vm:4148kB, anon-rss:1532kB, file-rss:396kB
"""
    )
    finding = memcg_limit.find(case)
    assert finding is not None
    assert (finding.values["oom_memcg"], finding.values["limit_kb"]) == ("/mem3", 980)
    assert parent_memcg_limit.find(case) is None
