"""When an event is given out, and from where it can be found again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from oomlog.events.parse import Options
from oomlog.watch.feed import END_S, SILENCE_S, Feed
from oomlog.watch.follower import NOTHING, Block, Position, Token


class Scripted:
    """Gives the blocks of a list; a number is a pause of so many seconds."""

    name = "log"
    lost = 0
    proven = False

    def __init__(self, control: Any, script: list[bytes | float | str], begin: int = 0) -> None:
        self.control = control
        self.script = script
        self.offset = 0
        self.begin = begin

    def blocks(self) -> Iterator[Block]:
        fresh = False
        for step in self.script:
            if isinstance(step, str):
                fresh = True
            elif isinstance(step, bytes):
                data = step[max(0, self.begin - self.offset) :]
                start, self.offset = self.offset, self.offset + len(step)
                if data:
                    yield Block(
                        data, [(0, start + len(step) - len(data)), (len(data), self.offset)], 1, fresh
                    )
                    fresh = False
            else:
                yield NOTHING
                self.control.now += step
                yield NOTHING

    def position(self, token: Token, into: int) -> Position | None:
        assert isinstance(token, int)
        return {"at": token + into}


@pytest.fixture
def feed_of(control: Any) -> Callable[..., Feed]:
    def make(*script: bytes | float | str, settle_s: float = 2.0, begin: int = 0) -> Feed:
        follower = Scripted(control, list(script), begin)
        return Feed(follower, control, Options(), settle_s=settle_s, clock=lambda: control.now)

    return make


def pids(feed: Feed) -> list[list[int | None]]:
    return [[kill.pid for kill in found.event.kills] for found in feed.found()]


def times(feed: Feed, control: Any) -> list[float]:
    return [control.now - 1000 for _ in feed.found()]


def test_kill_is_given_out_after_the_settling_time(feed_of: Any, lines: Any, control: Any) -> None:
    """A kill waits for the reaper's line so long and no longer, however busy the log is."""
    busy: list[bytes | float] = [lines.kill(1)]
    for second in range(10):
        busy += [lines.other(2.0 + second), 1.0]
    assert times(feed_of(*busy), control) == [2.0]


def test_kill_is_given_out_at_once_when_it_was_reaped(feed_of: Any, lines: Any, control: Any) -> None:
    """The reaper's line is the last word about a victim."""
    log = lines.kill(1) + lines.reaper(1) + lines.other(3)
    assert times(feed_of(log, 0.5, 5.0), control) == [0.0]


def test_words_of_another_program_are_no_kill(feed_of: Any, lines: Any) -> None:
    """Anybody can log the kernel's words; such a kill is not told, and counted."""
    kill = b"Out of memory: Killed process 7 (x) total-vm:8kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB"
    feed = feed_of(b"Nov 22 10:00:00 web1 evil: " + kill + b"\n", 20.0)
    assert list(feed.found()) == []
    assert feed.forged == 1


def test_storm_does_not_hold_events_back(feed_of: Any, lines: Any, control: Any) -> None:
    """Kills that never stop are given out after a few settling times."""
    script: list[bytes | float] = []
    for pid in range(1, 40):
        script += [lines.kill(pid) + lines.other(pid), 1.0]
    assert times(feed_of(*script), control)[0] <= 11.0


def test_report_without_an_end_is_given_up(feed_of: Any, lines: Any, control: Any) -> None:
    """A header without a kill is told after a silence, or a minute of other lines."""
    silent = [lines.header() + lines.other(2), SILENCE_S - 1, 1.0, 5.0]
    assert times(feed_of(*silent), control) == [SILENCE_S]
    control.now = 1000.0
    busy: list[bytes | float] = [lines.header()]
    for second in range(80):
        busy += [lines.other(2.0 + second), 1.0]
    assert times(feed_of(*busy), control) == [END_S]


def test_backlog_is_cut_by_its_lines_alone(feed_of: Any, lines: Any) -> None:
    """However long a backlog takes to read, a report in it stays whole."""
    log = [lines.header(1) + lines.other(1), lines.other(1), lines.kill(2), lines.reaper(2)]
    (found,) = feed_of(*log, 5.0).found()
    assert found.event.trigger_comm == "cron" and found.event.kills[0].reaped


def test_report_cut_by_rotation_is_joined(feed_of: Any, lines: Any) -> None:
    """A report that begins in one file and ends in the next is one event, with a place in the first."""
    before = lines.other(0.5)
    (found,) = feed_of(before + lines.header(1), "rotated", lines.kill(2) + lines.other(3), 5.0).found()
    assert found.event.complete
    assert found.position is not None and found.position["at"] <= len(before)


def test_reading_from_the_position_finds_the_event_again(feed_of: Any, lines: Any) -> None:
    """From each event's place that event and all after it are found, wherever the blocks are cut."""
    log = b"".join(
        lines.other(pid) + lines.header(pid) + lines.other(pid) + lines.kill(pid) + lines.other(pid + 0.5)
        for pid in range(1, 6)
    )
    for size in (len(log), 400, 150):
        parts = [log[at : at + size] for at in range(0, len(log), size)]
        found = list(feed_of(*parts, 5.0).found())
        assert len(found) == 5
        for number, each in enumerate(found):
            assert each.position is not None
            begin = each.position["at"]
            assert isinstance(begin, int) and log[begin - 1 : begin] in (b"\n", b"")
            again = list(feed_of(*parts, 5.0, begin=begin).found())
            assert [a.event.kills for a in again][-1].__len__() == 1
            assert [a.event.kills[0].pid for a in again] == list(range(number + 1, 6))
            assert all(a.event.complete for a in again)


def test_everything_is_settled_when_nothing_is_open(feed_of: Any, lines: Any) -> None:
    """After a pause the place is the end; while a report is open it is where that begins."""
    head = lines.kill(1) + lines.other(2)
    tail = lines.header(3) + lines.other(3)
    feed = feed_of(head, 5.0, tail, 1.0)
    seen: list[Any] = []
    feed.before_read = lambda _caught_up: seen.append(feed.position_at(feed.settled))
    iterator = feed.found()
    next(iterator)
    list(iterator)
    assert {"at": len(head)} in seen
    assert all(place["at"] <= len(head) for place in seen)


def test_end_of_the_log_gives_out_what_is_open(feed_of: Any, lines: Any) -> None:
    """A log that ends inside a report has that report."""
    assert pids(feed_of(lines.kill(1) + lines.header(2))) == [[1], []]


def test_stop_leaves_open_reports_for_the_next_run(feed_of: Any, lines: Any, control: Any) -> None:
    """A report that is open when the watch is stopped is not told unfinished."""
    feed = feed_of(lines.kill(1) + lines.header(2) + lines.other(3), 0.1)
    feed.before_read = lambda _caught_up: control.stop()
    assert pids(feed) == [[1]]
    assert feed.position_at(feed.settled) == {"at": len(lines.kill(1))}
