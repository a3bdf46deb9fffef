"""Each event once: which of its records stands for it."""

from __future__ import annotations

import oomlog
from oomlog.report.postmortem.once import numbers_in_order, once

KILL = "[%s] Out of memory: Killed process %d (x) total-vm:9kB, anon-rss:8kB, file-rss:0kB, shmem-rss:0kB\n"
ASKED = "[%s] x invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0\n"


def events(*logs: str) -> list[oomlog.OomEvent]:
    return list(oomlog.parse([log.encode() for log in logs]))


def test_the_record_with_the_report_stands_for_the_event():
    """Unless the report is about another record of it."""
    found = events(KILL % ("    7.000001", 5), ASKED % "    7.000000" + KILL % ("    7.000001", 5))
    assert list(once(found, ())) == [2]
    assert list(once(found, {1})) == [1]
    assert numbers_in_order(found, {1, 2}) == [2]


def test_a_record_that_may_be_forged_stands_for_none_that_is_not():
    """Whatever more it says."""
    found = events(KILL % ("    7.000001", 5), ASKED % "    7.000000" + KILL % ("    7.000001", 5))
    found[1].trusted = False
    assert list(once(found, ())) == [1]
    found[0].trusted = False
    assert list(once(found, ())) == [2]


def test_events_that_differ_stay():
    """Two kills of one log are two events, in the order of their uptime."""
    found = events(KILL % ("    7.000001", 5) + KILL % ("    9.000001", 6))
    assert numbers_in_order(found, {1, 2}) == [1, 2]
