"""Which events belong together, by boot and by time."""

from __future__ import annotations

import oomlog
from oomlog.explain.neighbours import Log, is_after_burst, seconds_between
from oomlog.model import OomEvent


def events_of(*at: float, header: bool = False) -> list[OomEvent]:
    log = ""
    for index, second in enumerate(at):
        if header:
            log += f"[{second:12.6f}] a invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, "
            log += "oom_score_adj=0\n"
        log += f"[{second:12.6f}] Out of memory: Killed process {index + 5} (a) total-vm:4kB, anon-rss:4kB, "
        log += "file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:4kB oom_score_adj:0\n"
    return list(oomlog.parse(log.encode()))


def test_a_series_ends_at_a_pause() -> None:
    """Events are one series as long as no pause is longer than asked for."""
    events = events_of(10, 20, 90, 100)
    log = Log(events)
    assert log.series(events[0], 30).events == tuple(events[:2])
    assert log.series(events[3], 30).events == tuple(events[2:])
    assert log.series(events[1], 70).events == tuple(events)
    assert log.series(events[1], 70).victims == {"a": 4}


def test_a_reboot_ends_a_series() -> None:
    """Where uptime starts anew, what was before is not part of the series."""
    events = events_of(100, 110, 5)
    assert Log(events).series(events[0], 1000).events == tuple(events[:2])
    assert seconds_between(events[1], events[2]) == -105


def test_the_event_itself_counts_once() -> None:
    """It does not matter whether the siblings hold the event itself."""
    events = events_of(10, 20)
    for siblings in (events, events[1:], Log(events), Log(events[1:])):
        assert [each.uptime_s for each in Log.around(events[0], siblings).nearest(events[0])] == [20]


def test_the_nearest_come_first() -> None:
    """In turn one before and one after, then the rest of the longer side."""
    events = events_of(10, 20, 30, 40, 50)
    log = Log(events)
    assert [each.uptime_s for each in log.before(events[2])] == [20, 10]
    assert [each.uptime_s for each in log.nearest(events[1])] == [10, 30, 40, 50]


def test_a_kill_after_ten_reports() -> None:
    """Only a kill without report, after as many as the kernel prints in five seconds, had none to print."""
    reports = events_of(*(10 + index / 10 for index in range(10)), header=True)
    (alone,) = events_of(12)
    assert not is_after_burst(alone, reports)  # line 1 of another log is not after line 20 of this one
    assert not is_after_burst(reports[9], reports)
