"""Many processes, many kills, missing parts, other killers."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from oomlog.explain.case import Case
from oomlog.explain.rules import fork_storm, kill_storm, rate_limited, truncated_log, userspace_killer
from oomlog.explain.verdict import claim

Cases = Callable[[str], list[Case]]

HEADER = """\
[ 10.000001] sh invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0
[ 10.000002] Tasks state (memory values in pages):
[ 10.000003] [  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name
"""
ROW = "[ 10.000004] [  {pid:5}]  1000 {pid:5}      900 {rss:8}        0        0             0 {comm}\n"
KILL = (
    "[ {at}.000005] Out of memory: Killed process {pid} ({comm}) total-vm:3600kB, anon-rss:400kB, "
    "file-rss:0kB, shmem-rss:0kB, UID:1000 pgtables:0kB oom_score_adj:0\n"
)


def rows(comm: str, count: int, rss: int, first: int = 1000) -> str:
    return "".join(ROW.format(pid=first + at, rss=rss, comm=comm) for at in range(count))


@pytest.mark.parametrize(
    ("workers", "hog_rss", "holds"),
    [(60, 1000, True), (20, 1000, False), (60, 60000, False)],
    ids=["many", "few", "beside a hog"],
)
def test_many_small_processes(text: Cases, workers: int, hog_rss: int, holds: bool) -> None:
    """Only many processes that make up much of the listed memory are called many."""
    log = HEADER + rows("worker", workers, 100) + rows("hog", 1, hog_rss, 5000)
    (case,) = text(log + KILL.format(at=10, pid=5000, comm="hog"))
    finding = fork_storm.find(case)
    assert (finding is not None) == holds
    if finding is not None:
        assert (finding.values["count"], finding.values["rows"]) == (60, 61)
        assert finding.values["used_kb"] == 24000
        assert finding.confidence == "possible"  # what there was to use is not in the log


def kills(*at: int) -> str:
    return "".join(KILL.format(at=second, pid=100 + index, comm="w") for index, second in enumerate(at))


def test_one_kill_after_another(text: Cases) -> None:
    """Five rounds without a minute's pause are a series, seen from each of them."""
    cases = text(kills(10, 20, 70, 100, 130, 500))
    found = [kill_storm.find(case) for case in cases]
    assert [each is not None for each in found] == [True] * 5 + [False]
    assert found[2] is not None
    assert (found[2].values["events"], found[2].values["seconds"]) == (5, 120)
    assert found[2].words == "kill_storm_same"


def test_few_kills_are_no_storm(text: Cases, sample: Cases) -> None:
    """Four kills in a row, or events of other boots, claim nothing."""
    assert [kill_storm.find(case) for case in text(kills(10, 20, 30, 40))] == [None] * 4
    assert [kill_storm.find(case) for case in sample("v6.12-series.dmesg")] == [None] * 3


def test_a_storm_of_a_real_kernel(sample: Cases) -> None:
    """All kills of a storm count, also those whose report was held back."""
    finding = kill_storm.find(sample("v6.12-storm.dmesg")[-1])
    assert finding is not None
    assert finding.values["count"] == 42


def test_held_back_reports(sample: Cases) -> None:
    """The kernel's own count is given; a kill without report in a burst is told as such, not as cut."""
    cases = sample("v6.12-storm.dmesg")
    counted = [
        found for case in cases if (found := rate_limited.find(case)) and found.words == "rate_limited"
    ]
    assert [each.values for each in counted] == [{"count": 30}]
    assert "30 callbacks suppressed" in counted[0].evidence[0].text
    headless = [case for case in cases if case.event.trigger is None]
    assert len(headless) == 30
    for case in headless:
        finding = rate_limited.find(case)
        assert finding is not None
        assert (finding.words, finding.confidence) == ("rate_limited_headless", "likely")
        assert truncated_log.find(case) is None
    (case,) = sample("v6.12-global.dmesg")
    assert rate_limited.find(case) is None


def test_lost_messages_are_no_reports(text: Cases) -> None:
    """A count of messages of any kind is not told as one of reports."""
    log = HEADER.replace("[ 10.000002]", "** 117 printk messages dropped **\n[ 10.000002]")
    (case,) = text(log + rows("a", 3, 1) + KILL.format(at=10, pid=1000, comm="a"))
    finding = rate_limited.find(case)
    assert finding is not None
    assert (finding.words, finding.values) == ("rate_limited_dropped", {"count": 117})


def test_parts_that_are_missing(text: Cases, sample: Cases) -> None:
    """A missing header, a missing end and broken-off sections are told apart; a whole report has none."""
    (case,) = text(kills(10))
    finding = truncated_log.find(case)
    assert finding is not None
    assert finding.words == "truncated_log_header"
    assert rate_limited.find(case) is None
    (case,) = text(HEADER + rows("a", 3, 1))
    finding = truncated_log.find(case)
    assert finding is not None
    assert (finding.words, finding.values) == ("truncated_log_end_sections", {"sections": "tasks"})
    (case,) = sample("v6.12-global.dmesg")
    assert truncated_log.find(case) is None
    (case,) = sample("v6.1-global-nodump.dmesg")
    assert truncated_log.find(case) is None  # vm.oom_dump_tasks=0


def test_damaged_section_of_a_whole_report(sample: Cases, text: Cases) -> None:
    """A report with header and kill, of which only a section is damaged, has a sentence of its own."""
    (whole,) = sample("v5.10-memcg-v2-docker-scope.dmesg")
    assert truncated_log.find(whole) is None
    log = Path(whole.event.source).read_text()
    (case,) = text(re.sub(r"pgactivate \d+\n", "pgact\n", log))  # where printk's record was full
    finding = truncated_log.find(case)
    assert finding is not None
    assert finding.words == "truncated_log_sections"
    assert claim(finding) == (
        "Some sections of this report break off or are damaged in the log, and what they would have shown is "
        "missing: the cgroup's counters and statistics."
    )


def test_other_killers(text: Cases, sample: Cases) -> None:
    """A kill by earlyoom or systemd-oomd is not the kernel's."""
    (case,) = text(
        "Jan 11 10:00:00 host earlyoom[500]: sending SIGTERM to process 77 uid 1000 "
        '"chrome": badness 800, VmRSS 900 MiB\n'
    )
    finding = userspace_killer.find(case)
    assert finding is not None
    assert finding.values == {"killer": "earlyoom", "comm": "chrome", "pid": 77}
    (case,) = text(
        "Jan 11 10:00:00 host systemd-oomd[500]: Killed /user.slice/a.scope due to memory pressure for "
        "/user.slice being 84.03% > 50.00% for > 20s with reclaim activity\n"
    )
    finding = userspace_killer.find(case)
    assert finding is not None
    assert finding.words == "userspace_killer_cgroup"
    (case,) = sample("v6.12-global.dmesg")
    assert userspace_killer.find(case) is None
