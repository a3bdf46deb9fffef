"""Which finding is told as the cause."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from oomlog.explain.case import Case
from oomlog.explain.model import Finding, Ledger, LedgerItem
from oomlog.explain.phrases import all_phrases
from oomlog.explain.primary import CAUSES, GAPS, with_primary
from oomlog.explain.run import explain
from oomlog.explain.verdict import claim, verdict
from oomlog.model import ReportLine

LINE = (ReportLine(1, "x"),)
GIB = 1024 * 1024


def finding(id: str, confidence: str = "certain", **values: int) -> Finding:
    return Finding(id, values, LINE, confidence, "mm/oom_kill.c")  # type: ignore[arg-type]


def primary(found: Sequence[Finding], anon_kb: int = GIB) -> str | None:
    ledger = Ledger("machine", None, 8 * GIB, (LedgerItem("anon", anon_kb),), None)
    return next((each.id for each in with_primary(found, ledger) if each.primary), None)


@pytest.mark.parametrize("held", [GIB // 2, 2 * GIB], ids=["less", "more"])
def test_what_held_less_than_processes_is_not_the_cause(held: int) -> None:
    """Memory outside of processes is the cause of an exhausted machine only where it was more than theirs."""
    found = [finding("tmpfs_shmem", shmem_kb=held), finding("system_exhausted")]
    assert primary(found) == ("tmpfs_shmem" if held > GIB else "system_exhausted")
    assert primary(found[:1]) == "tmpfs_shmem"  # no better cause is known
    assert {each.id for each in with_primary(found, None)} == {"tmpfs_shmem", "system_exhausted"}


def test_processes_are_weighed_where_shmem_is_not_counted_apart() -> None:
    """Until 2.6.31 the anonymous memory of the ledger has shmem in it: it weighs against all but shmem."""
    ledger = Ledger("machine", None, 8 * GIB, (LedgerItem("anon_shmem", GIB),), None)
    for name, part in (("page_tables", "pagetables_kb"), ("slab_kernel", "slab_kb")):
        found = with_primary([finding(name, **{part: GIB // 2}), finding("system_exhausted")], ledger)
        assert found[0].id == "system_exhausted"
    found = with_primary([finding("tmpfs_shmem", shmem_kb=GIB // 2), finding("system_exhausted")], ledger)
    assert found[0].id == "tmpfs_shmem"


def test_who_died_is_no_cause() -> None:
    """What decided the victim or made it worse is never the cause; what the log lacks comes before it."""
    found = [finding("biased_victim"), finding("kill_storm"), finding("truncated_log")]
    assert primary(found[:2]) is None
    assert primary(found) == "truncated_log"
    assert primary([finding("fork_storm", "possible"), *found]) == "fork_storm"
    assert with_primary(found, None)[0].id == "truncated_log"


def test_no_cause_is_said(case: Callable[..., Case]) -> None:
    """Where nothing tells why memory could not be had, the verdict says so and names no other thing."""
    lines = [
        "sh invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0",
        "Mem-Info:",
        "active_anon:100 inactive_anon:100 isolated_anon:0",
        " free:500000 free_pcp:0 free_cma:0",
        "Node 0 Normal free:2000000kB min:1000kB low:1200kB high:1400kB present:4000000kB managed:4000000kB",
        "lowmem_reserve[]: 0 0 0 0",
        "1000000 pages RAM",
        "0 pages reserved",
        "Out of memory: Killed process 7 (a) total-vm:8kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB, UID:0 "
        "pgtables:4kB oom_score_adj:0",
    ]
    explanation = explain(case(lines).event)
    assert explanation.primary is None
    said = verdict(explanation)
    assert "cannot be told from this log: 1.91 GiB was free when the report was printed" in said
    lines[4] = "Node 0 Normal free:1100kB min:1000kB low:1200kB high:1400kB present:4000000kB"
    assert "from this log: " not in verdict(explain(case(lines[:-1] + lines[-1:]).event))


def test_who_was_reaped_most_likely_died(case: Callable[..., Case]) -> None:
    """Where the log lost the kill line, the reaper's line names the victim; of two names neither is taken."""
    lines = [
        "sh invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0",
        "memory: usage 4096kB, limit 4096kB, failcnt 12",
        "oom_reaper: reaped process 41 (java), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB",
    ]
    assert "the memory of java (pid 41) was reaped right after" in verdict(explain(case(lines).event))
    lines += [lines[-1].replace("41", "42")]
    assert "does not show whether a process was killed" in verdict(explain(case(lines).event))
    # Who was reaped before the report is a victim of before.
    assert "does not show whether a process was killed" in verdict(
        explain(case([lines[2], *lines[:2]]).event)
    )


def test_whom_the_kernel_chose_is_said_without_a_kill_line(case: Callable[..., Case]) -> None:
    """The summary line is printed once the victim is chosen; a comma in its name does not shorten it."""
    lines = [
        "fc_vcpu 0 invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0",
        "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,"
        "oom_memcg=/a,task_memcg=/a,task=a,pid=1,b,pid=41,uid=1000",
    ]
    assert verdict(explain(case(lines).event)).startswith(
        "The kernel chose a,pid=1,b (pid 41) to be killed; the line that says it was is missing from the log."
    )


@pytest.mark.parametrize(
    "end",
    [
        "Kernel panic - not syncing: Out of memory: system-wide panic_on_oom is enabled",
        "Out of memory and no killable processes...",
    ],
    ids=["panic_on_oom", "no_killable"],
)
def test_an_end_without_a_kill_names_what_the_request_could_not_use(
    case: Callable[..., Case], end: str
) -> None:
    """A panic hides that memory was free, only in CMA; the verdict says both."""
    lines = [
        "sh invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0",
        "Mem-Info:",
        "active_anon:1000 inactive_anon:10 isolated_anon:0",
        " free:17500 free_pcp:0 free_cma:16000",
        "DMA free:70000kB min:8000kB low:9000kB high:10000kB managed:1000000kB free_cma:64000kB",
        "lowmem_reserve[]: 0 0 0 0",
        "262144 pages RAM",
        "10000 pages reserved",
        end,
    ]
    explanation = explain(case(lines).event)
    found = next(each for each in explanation.findings if each.id == "cma_only_free")
    assert explanation.primary is not None and explanation.primary.id in ("panic_on_oom", "no_killable")
    assert claim(found) in verdict(explanation)


@pytest.mark.parametrize(("shmem", "told"), [(3000, True), (1200, False)], ids=["most", "less"])
def test_a_limit_names_what_held_the_memory(case: Callable[..., Case], shmem: int, told: bool) -> None:
    """That a cgroup reached its limit does not say what filled it: tmpfs outlives every kill."""
    lines = [
        "sh invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0",
        "memory: usage 4096kB, limit 4096kB, failcnt 12",
        "Memory cgroup stats for /a:",
        f"anon {1600 * 1024}",
        f"file {shmem * 1024}",
        f"shmem {shmem * 1024}",
        "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/a,"
        "task_memcg=/a,task=x,pid=9,uid=0",
        "Memory cgroup out of memory: Killed process 9 (x) total-vm:8kB, anon-rss:4kB, file-rss:0kB, "
        "shmem-rss:0kB, UID:0 pgtables:4kB oom_score_adj:0",
    ]
    explanation = explain(case(lines).event)
    assert explanation.primary is not None and explanation.primary.id == "memcg_limit"
    assert ("tmpfs files" in verdict(explanation)) == told


def test_a_panic_names_what_held_the_memory(case: Callable[..., Case]) -> None:
    """Where nothing was killed, the verdict says what the memory was, if it was not the processes'."""
    lines = [
        "nfsd invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0",
        "Mem-Info:",
        "active_anon:100 inactive_anon:100 isolated_anon:0",
        " active_file:100 inactive_file:100 isolated_file:0",
        " unevictable:0 dirty:0 writeback:0",
        " slab_reclaimable:100 slab_unreclaimable:150000",
        " mapped:60 shmem:4 pagetables:40",
        " free:1000 free_pcp:10 free_cma:0",
        "Normal free:4000kB boost:0kB min:4400kB low:5000kB high:6000kB present:1048576kB managed:1000000kB",
        "Free swap  = 0kB",
        "Total swap = 0kB",
        "262144 pages RAM",
        "0 pages HighMem/MovableOnly",
        "12144 pages reserved",
        "Tasks state (memory values in pages):",
        "[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name",
        "[    209]     0   209     5140      100    16384        0         -1000 udevd",
        "Out of memory and no killable processes...",
        "Kernel panic - not syncing: System is deadlocked on memory",
    ]
    found = case(lines)
    explanation = explain(found.event)
    assert explanation.primary is not None and explanation.primary.id == "no_killable"
    assert "Unreclaimable slab (the kernel's own objects) held 586 MiB, 57 % of RAM." in verdict(explanation)
    assert "586 MiB" in verdict(explanation, "ko")


@pytest.mark.parametrize(
    ("swapents", "words"), [(5000, "400 KiB of RAM and 19.5 MiB of swap"), (9, "400 KiB of RAM.")]
)
def test_what_the_victim_had_in_swap_is_told(case: Callable[..., Case], swapents: int, words: str) -> None:
    """A victim that is mostly swapped out is not said to have used next to nothing."""
    lines = [
        "a invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0",
        "Tasks state (memory values in pages):",
        "[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name",
        f"[      7]     0     7     9000      100     8192 {swapents:8d}             0 big",
        "Out of memory: Killed process 7 (big) total-vm:36000kB, anon-rss:400kB, file-rss:0kB, "
        "shmem-rss:0kB, UID:0 pgtables:8kB oom_score_adj:0",
    ]
    found = explain(case(lines).event)
    assert words in verdict(found)
    assert ("KiB와 swap 19.5 MiB" in verdict(found, "ko")) == (swapents == 5000)


def test_every_cause_has_a_name() -> None:
    """Whatever can be the first thing to tell can be named in a few words, in both languages."""
    named = {key.removeprefix("causes.") for key in all_phrases() if key.startswith("causes.")}
    assert named == {*CAUSES, *GAPS}
