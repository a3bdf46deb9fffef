"""Who died in whose place: protection, bias, ties, children, victims that stay."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from oomlog.explain.case import Case
from oomlog.explain.rules import (
    already_dying,
    biased_victim,
    clamped_badness,
    protected_hog,
    reaper_failed,
    sacrificed_child,
)
from oomlog.explain.run import explain
from oomlog.explain.verdict import verdict

Cases = Callable[[str], list[Case]]

# A pod of a 4.19 kernel: all at -998, so all have badness 1, and the one that the order favours dies.
POD = """\
[ 10.000001] app invoked oom-killer: gfp_mask=0x6000c0(GFP_KERNEL), order=0, oom_score_adj=-998
[ 10.000002] CPU: 1 PID: 20 Comm: app Not tainted 4.19.0-18-amd64 #1
[ 10.000003] Task in /kubepods/pod1/b killed as a result of limit of /kubepods/pod1
[ 10.000004] memory: usage 4194304kB, limit 4194304kB, failcnt 12
[ 10.000005] memory+swap: usage 4194304kB, limit 9007199254740988kB, failcnt 0
[ 10.000006] kmem: usage 0kB, limit 9007199254740988kB, failcnt 0
[ 10.000007] Tasks state (memory values in pages):
[ 10.000008] [  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name
[ 10.000009] [     10]     0    10      256        1    32768        0          -998 pause
[ 10.000010] [     20]     0    20  1200000   {rss}  8192000        0          {adj} app
[ 10.000011] Memory cgroup out of memory: Kill process 10 (pause) score 0 or sacrifice child
[ 10.000012] Killed process 10 (pause) total-vm:1024kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB
"""


def test_the_biggest_was_protected(sample: Cases) -> None:
    """A process at -1000 that dwarfs the victim is named, with how much bigger it is."""
    case = sample("v5.10-global-adj.dmesg")[0]
    finding = protected_hog.find(case)
    assert finding is not None
    assert finding.words == "protected_hog_never"
    assert (finding.values["hog_comm"], finding.values["comm"]) == ("backup", "batch")
    assert finding.values["times"] == 84.9
    assert len(finding.evidence) == 2
    (case,) = sample("v5.10-global.dmesg")
    assert protected_hog.find(case) is None


def test_a_protected_process_of_no_weight(sample: Cases) -> None:
    """Where tmpfs holds the memory, a protected process of three megabytes is not to blame."""
    for case in sample("v6.12-global-tmpfs.dmesg"):
        assert protected_hog.find(case) is None


def test_a_small_victim_by_its_own_setting(sample: Cases) -> None:
    """A victim with +1000 is named with who would have died in its place at 0."""
    case = sample("v6.12-global-adj.dmesg")[0]
    finding = biased_victim.find(case)
    assert finding is not None
    assert finding.words == "biased_victim"
    assert (finding.values["oom_score_adj"], finding.values["other_comm"]) == (1000, "chrome")
    (case,) = sample("v6.12-global.dmesg")
    assert biased_victim.find(case) is None


def test_a_smaller_alternative_is_not_told(sample: Cases) -> None:
    """When at 0 a smaller process would have come first, the bigger one that was passed over is named."""
    case = sample("v6.12-global-adj.dmesg")[1]
    finding = biased_victim.find(case)
    assert finding is not None
    assert (finding.words, finding.values["other_comm"]) == ("biased_victim_open", "postgres")


def test_order_decides_among_the_clamped(text: Cases) -> None:
    """Until 5.8 a pod at -998 loses its pause process, because all have badness 1."""
    (case,) = text(POD.format(rss=1000000, adj=-998))
    finding = clamped_badness.find(case)
    assert finding is not None
    assert finding.confidence == "certain"
    assert (finding.values["count"], finding.values["comm"]) == (2, "pause")
    assert finding.values["other_kb"] == 4000000 + 8000
    assert protected_hog.find(case) is None  # both have the same protection


def test_no_tie_without_clamping(text: Cases, sample: Cases) -> None:
    """One process with a positive badness, or a kernel that prints since 5.9, makes it no tie."""
    (case,) = text(POD.format(rss=1000000, adj=0))
    assert clamped_badness.find(case) is None
    for case in sample("v5.10-global-adj.dmesg"):
        assert clamped_badness.find(case) is None


@pytest.mark.parametrize(("total_vm", "told"), [(4228, True), (600000, False)], ids=["small", "half"])
def test_the_adjustment_in_the_kill_line_tells_without_a_table(
    text: Cases, total_vm: int, told: bool
) -> None:
    """What oom_score_adj counts for is compared with the whole address space, of which size is a part."""
    (case,) = text(f"""\
[ 10.000001] x invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0
[ 10.000002] Mem-Info:
[ 10.000003] Free swap  = 0kB
[ 10.000004] Total swap = 0kB
[ 10.000005] 262144 pages RAM
[ 10.000006] 12144 pages reserved
[ 10.000007] Out of memory: Killed process 9 (y) total-vm:{total_vm}kB, anon-rss:88kB, file-rss:0kB, \
shmem-rss:0kB, UID:0 pgtables:52kB oom_score_adj:1000
""")
    finding = biased_victim.find(case)
    assert (finding is not None) == told
    if finding is not None:
        assert (finding.words, finding.values["worth_kb"]) == ("biased_victim_adj", 1000000)


def test_a_child_died(text: Cases) -> None:
    """Until 5.0 the selected process and the child that died are both named."""
    log = """\
[ 10.000001] Out of memory: Kill process 50 (make) score 800 or sacrifice child
[ 10.000002] Killed process {pid} ({comm}) total-vm:400kB, anon-rss:40kB, file-rss:0kB, shmem-rss:0kB
"""
    (case,) = text(log.format(pid=61, comm="cc1"))
    finding = sacrificed_child.find(case)
    assert finding is not None
    assert (finding.values["parent_pid"], finding.values["pid"]) == (50, 61)
    assert [line.no for line in finding.evidence] == [1, 2]
    (case,) = text(log.format(pid=50, comm="make"))
    assert sacrificed_child.find(case) is None


THREAD = """\
[ 10.000001] hog invoked oom-killer: gfp_mask=0xd0, order=0, oom_score_adj=0
[ 10.000002] hog cpuset=/ mems_allowed=0
[ 10.000003] Task in /a killed as a result of limit of /a
[ 10.000004] memory: usage 4096kB, limit 4096kB, failcnt 12
[ 10.000005] [ pid ]   uid  tgid total_vm      rss nr_ptes swapents oom_score_adj name
[ 10.000006] [    9]     0     9      900      800      10        0             0 hog
[ 10.000007] [    8]     0     8      900      {rss}      10        0             0 b
[ 10.000008] Memory cgroup out of memory: Kill process {chosen} (worker) score 800 or sacrifice child
[ 10.000009] Killed process 9 (hog) total-vm:3600kB, anon-rss:3200kB, file-rss:0kB, shmem-rss:0kB
"""


def test_a_chosen_thread(text: Cases) -> None:
    """A chosen task that is not in the task table, which lists processes, is not called a parent."""
    (case,) = text(THREAD.format(chosen=77, rss=100))
    finding = sacrificed_child.find(case)
    assert finding is not None and finding.words == sacrificed_child.OR_THREAD
    assert (case.choice.agrees, case.choice.reason) == (True, "selected_thread")
    (case,) = text(THREAD.format(chosen=77, rss=850))  # the formula has another one, so whose it is is open
    assert (case.choice.agrees, case.choice.reason) == (None, "selected_not_listed")
    (case,) = text(THREAD.format(chosen=8, rss=850))
    finding = sacrificed_child.find(case)
    assert finding is not None and not finding.words
    assert (case.choice.agrees, case.choice.reason) == (True, "sacrificed_child")


KILLED = (
    "Out of memory: Killed process 9 (hog) total-vm:900kB, anon-rss:800kB, file-rss:0kB, shmem-rss:0kB, "
    "UID:0 pgtables:44kB oom_score_adj:0\n"
)
ROWS = """\
[ {at}.000001] b invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0
[ {at}.000002] Tasks state (memory values in pages):
[ {at}.000003] [  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name
[ {at}.000004] [      9]     0     9      900      800    40960        0             0 {comm}
[ {at}.000005] [      8]     0     8      900      300    40960        0             0 b
"""


def test_a_victim_that_stays(text: Cases) -> None:
    """A process that died in one report and is listed in the next still holds its memory."""
    second = "[ 12.000006] " + KILLED.replace("9 (hog)", "8 (b)")
    _, case = text(f"[ 10.000001] {KILLED}" + ROWS.format(at=12, comm="hog") + second)
    finding = already_dying.find(case)
    assert finding is not None
    assert finding.values == {"count": 1, "comm": "hog", "pid": 9, "used_kb": 3240}
    _, case = text(f"[ 10.000001] {KILLED}" + ROWS.format(at=12, comm="other") + second)
    assert already_dying.find(case) is None


def test_a_victim_found_dying(text: Cases) -> None:
    """Since 5.9 the kernel says that its choice is exiting already."""
    cases = text(
        ROWS.format(at=12, comm="hog")
        + "[ 12.000006] Out of memory: OOM victim 9 (hog) is already exiting. Skip killing the task\n"
    )
    finding = already_dying.find(cases[0])
    assert finding is not None
    assert finding.words == "already_dying_skipped"


def test_the_reaper_gave_up(text: Cases) -> None:
    """A reaper that could not lock the victim's memory is told, one that reaped is not."""
    (case,) = text(f"[ 10.000001] {KILLED}[ 13.000001] oom_reaper: unable to reap pid:9 (hog)\n")
    finding = reaper_failed.find(case)
    assert finding is not None
    assert finding.values == {"comm": "hog", "pid": 9}
    assert [line.no for line in finding.evidence] == [1, 2]
    (case,) = text(
        f"[ 10.000001] {KILLED}[ 13.000001] oom_reaper: reaped process 9 (hog), "
        "now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB\n"
    )
    assert reaper_failed.find(case) is None


OR_A_CHILD = """\
[ 10.000001] msgctl invoked oom-killer: gfp_mask=0xd0, order=1, oom_adj=0
[ 10.000002] 255744 pages RAM
[ 10.000003] 5589 pages reserved
[ 10.000004] Out of memory: kill process 41 (sshd) score 11194 or a child
[ 10.000005] Killed process 42 (bash)
"""


def test_a_child_of_old_kernels(text: Cases) -> None:
    """Until 2.6.35 only processes were chosen, so who died in another's place is its child; it is told."""
    (case,) = text(OR_A_CHILD)
    finding = sacrificed_child.find(case)
    assert finding is not None and finding.words != sacrificed_child.OR_THREAD
    said = verdict(explain(case.event))
    assert said.index("sshd (pid 41) was chosen, but its child bash") < said.index("has no task table")


SMALL = """\
[ 10.000001] a.out invoked oom-killer: gfp_mask=0x14200ca(GFP_HIGHUSER_MOVABLE), order=0, oom_score_adj=0
[ 10.000002] Free swap  = 0kB
[ 10.000002] Total swap = 0kB
[ 10.000002] 1048000 pages RAM
[ 10.000003] 105000 pages reserved
[ 10.000004] Out of memory: Kill process 29 (a.out) score {score} or sacrifice child
[ 10.000005] Killed process {pid} (a.out) total-vm:{size}kB, anon-rss:88kB, file-rss:0kB, shmem-rss:0kB
"""


def test_a_score_tells_of_an_adjustment(text: Cases) -> None:
    """Without a task table: a score of 999 is not that of 4 MiB, so most of it is oom_score_adj."""
    (case,) = text(SMALL.format(score=999, pid=29, size=4180))
    finding = biased_victim.find(case)
    assert finding is not None and finding.words == "biased_victim_score"
    assert finding.values["least_adj"] == 999 - 2 - 3
    assert "oom_score_adj of at least 994" in verdict(explain(case.event))


def test_a_score_of_its_size_tells_of_no_adjustment(text: Cases) -> None:
    """A large process may have that score by itself; and where a child died the score is its parent's."""
    for score, pid, size in ((900, 29, 3_700_000), (999, 30, 4180)):
        (case,) = text(SMALL.format(score=score, pid=pid, size=size))
        assert biased_victim.find(case) is None


CONTAINER = """\
[ 10.000001] node invoked oom-killer: gfp_mask=0xd0, order=0, oom_adj=0, oom_score_adj=0
[ 10.000002] [ pid ]   uid  tgid total_vm      rss cpu oom_adj oom_score_adj name
[ 10.000003] [   15]     0    15    29022       {first}   5       0             0 init
[ 10.000004] [   16]     0    16     1016       15   5       0             0 getty
[ 10.000005] [   40] 30000    40   175717     3474   2       0             0 node
[ 10.000006] Memory cgroup out of memory: Kill process {pid} (init) score 1 or sacrifice child
[ 10.000007] Killed process 16, UID 0, (getty) total-vm:4064kB, anon-rss:4kB, file-rss:56kB
"""


def test_rounding_to_thousandths_may_decide(text: Cases) -> None:
    """Where totalpages is not known small processes may all count as 1, and the first of them is chosen."""
    (case,) = text(CONTAINER.format(first=26, pid=15))
    choice = case.choice
    assert (choice.agrees, choice.reason, choice.predicted) == (None, "permille_open", None)


def test_rounding_does_not_explain_a_later_one(text: Cases) -> None:
    """Who is neither the first nor the biggest is chosen for no totalpages."""
    (case,) = text(CONTAINER.format(first=26, pid=16).replace("(init)", "(getty)"))
    assert (case.choice.agrees, case.choice.reason) == (False, "unexplained")


KILLED_THREAD = """\
[ 10.000001] java invoked oom-killer: gfp_mask=0xd0, order=0, oom_score_adj=0
[ 10.000002] Task in /docker/a killed as a result of limit of /docker/a
[ 10.000003] memory: usage 131072kB, limit 131072kB, failcnt 1462
[ 10.000004] [ pid ]   uid  tgid total_vm      rss nr_ptes swapents oom_score_adj name
[ 10.000005] [   74]     0    74     1111      163       7        0             0 sh
[ 10.000006] [   75]     0    75   988100    35660     206        0             0 java
[ 10.000007] Memory cgroup out of memory: Kill process 77 (java) score 1094 or sacrifice child
[ 10.000008] Killed process 77 (java) total-vm:{size}kB, anon-rss:129696kB, file-rss:12944kB
"""


def test_a_killed_thread_has_its_process_address_space(text: Cases) -> None:
    """A victim that is not in the table is a thread of the one process that is exactly as large."""
    (case,) = text(KILLED_THREAD.format(size=988100 * 4))
    assert (case.choice.agrees, case.choice.reason) == (True, "victim_thread")
    assert "java (pid 75)" in verdict(explain(case.event))
    (case,) = text(KILLED_THREAD.format(size=988101 * 4))
    assert (case.choice.agrees, case.choice.reason) == (None, "not_listed")
