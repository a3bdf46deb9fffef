"""What settings and requests decided: SysRq, panic_on_oom, oom_kill_allocating_task, memory.oom.group."""

from __future__ import annotations

from collections.abc import Callable

from oomlog.explain.case import Case
from oomlog.explain.rules import allocating_task, no_killable, oom_group, panic_on_oom, sysrq_manual

Cases = Callable[[str], list[Case]]


def test_a_kill_by_hand(sample: Cases) -> None:
    """SysRq-f is told by its own line and by order=-1."""
    (case,) = sample("v6.1-sysrq.dmesg")
    finding = sysrq_manual.find(case)
    assert finding is not None
    assert "Manual OOM execution" in finding.evidence[0].text
    (case,) = sample("v6.1-global.dmesg")
    assert sysrq_manual.find(case) is None


def test_panic_by_setting(sample: Cases) -> None:
    """The panic's message tells vm.panic_on_oom=1 from 2."""
    (case,) = sample("v7.2-panic.console")
    finding = panic_on_oom.find(case)
    assert finding is not None
    assert (finding.words, finding.values) == ("panic_on_oom", {"panic_on_oom": 1})
    (case,) = sample("v6.12-panic-compulsory.console")
    finding = panic_on_oom.find(case)
    assert finding is not None
    assert finding.values == {"panic_on_oom": 2}
    assert no_killable.find(case) is None


def test_panic_because_nobody_is_left(sample: Cases) -> None:
    """A panic without anybody to kill names who is protected, and is not vm.panic_on_oom's."""
    (case,) = sample("v6.1-no-killable.console")
    finding = no_killable.find(case)
    assert finding is not None
    assert finding.words == "no_killable"
    assert finding.values["rows"] == finding.values["count"] == 4
    assert str(finding.values["names"]).startswith("python3 (97), mysqld (90)")
    assert panic_on_oom.find(case) is None


def test_nobody_to_kill_in_a_cgroup(sample: Cases) -> None:
    """A memory cgroup without anybody to kill does not panic, and is the same finding."""
    case = sample("v6.12-memcg-no-killable.dmesg")[0]
    finding = no_killable.find(case)
    assert finding is not None
    assert finding.values["names"] == "agent (163), writer (171)"


def test_others_that_could_not_be_chosen(text: Cases) -> None:
    """Where unprotected processes are listed, the finding does not claim to know why they were spared."""
    (case,) = text("""\
[ 10.000001] a invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0
[ 10.000002] Tasks state (memory values in pages):
[ 10.000003] [  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name
[ 10.000004] [      5]     0     5     1000      500    40960        0         -1000 sshd
[ 10.000005] [      6]     0     6     1000      900    40960        0             0 app
[ 10.000006] Out of memory and no killable processes...
[ 10.000007] Kernel panic - not syncing: System is deadlocked on memory
""")
    finding = no_killable.find(case)
    assert finding is not None
    assert finding.words == "no_killable_mixed"
    assert (finding.values["rows"], finding.values["count"]) == (2, 1)


def test_the_task_that_asked(sample: Cases) -> None:
    """vm.oom_kill_allocating_task is told by the kill line, with whom badness would have chosen."""
    (case,) = sample("v5.10-allocating-task.dmesg")
    finding = allocating_task.find(case)
    assert finding is not None
    assert finding.words == "allocating_task_other"
    assert (finding.values["pid"], finding.values["other_comm"]) == (245, "mysqld")
    (case,) = sample("v5.10-global.dmesg")
    assert allocating_task.find(case) is None


def test_a_whole_group(sample: Cases) -> None:
    """All members that died are counted, and the first one was the kernel's choice."""
    (case,) = sample("v6.1-memcg-v2-group.dmesg")
    finding = oom_group.find(case)
    assert finding is not None
    assert finding.values == {
        "group": "/system.slice/app.service",
        "count": len(case.event.kills),
        "comm": "leader",
        "pid": 127,
    }
    case = sample("v6.12-memcg-v2-docker.dmesg")[0]
    assert oom_group.find(case) is None


def test_a_cgroup_named_after_the_words(sample: Cases) -> None:
    """A cgroup whose name says that a group will be killed is none that is killed."""
    for case in sample("v6.1-hostile-cgroup.dmesg"):
        assert oom_group.find(case) is None
