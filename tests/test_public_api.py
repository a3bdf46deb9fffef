"""What ``import oomlog`` promises to programs and notebooks."""

from __future__ import annotations

import copy
import doctest
import importlib
import inspect
import io
import pickle
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import oomlog
from oomlog import OomEvent, ParseError, SourceError

SAMPLE = Path(__file__).parent.parent / "samples" / "v6.12-memcg-v2-kubernetes.dmesg.log"
SERIES = SAMPLE.with_name("v6.12-series.dmesg.log")
PID = 173
MODULES = [
    module.name
    for module in pkgutil.walk_packages(oomlog.__path__, "oomlog.")
    if not module.name.endswith("__main__")
]
DAMAGED = """\
[    1.000000] x invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0
[    1.000001] CPU: 0 PID: 7 Comm: x Not tainted 6.1.0-13-amd64 #1
[    1.000002] Mem-Info:
[    1.000003] active_anon:7 inactive_anon:forty-two isolated_anon:0
[    1.000004] Out of memory: Killed process 7 (x) total-vm:4kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB, \
UID:0 pgtables:4kB oom_score_adj:0
"""


def pids(events: Iterator[OomEvent]) -> list[int | None]:
    return [kill.pid for event in events for kill in event.kills]


# -- names ---------------------------------------------------------------------------------------------


def test_all_is_the_whole_public_api() -> None:
    """``__all__`` is sorted, everything in it exists, and nothing else is public."""
    assert list(oomlog.__all__) == sorted(oomlog.__all__)
    public = {
        name
        for name, value in vars(oomlog).items()
        if not name.startswith("_") and not inspect.ismodule(value)
    }
    assert public | {"__version__"} == set(oomlog.__all__)


@pytest.mark.parametrize("name", sorted(set(oomlog.__all__) - {"__version__"}))
def test_public_names_are_documented(name: str) -> None:
    """Each public name has a docstring of its own, and so has each public method and property."""
    value = getattr(oomlog, name)
    assert value.__doc__
    if inspect.isclass(value):
        for attribute, member in vars(value).items():
            if not attribute.startswith("_") and (inspect.isfunction(member) or isinstance(member, property)):
                assert member.__doc__, f"{name}.{attribute}"


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_run(name: str) -> None:
    """What docstrings show is what happens."""
    results = doctest.testmod(importlib.import_module(name), verbose=False)
    assert results.failed == 0


def test_the_first_example_works() -> None:
    """The event has the victim's name under ``kills[0].comm``."""
    event = next(oomlog.parse(SAMPLE))
    assert event.kills[0].comm == "node"


# -- inputs --------------------------------------------------------------------------------------------


def test_a_path_may_be_text_or_path() -> None:
    """A str names a file, a Path does, and a list of them is read in its order."""
    assert pids(oomlog.parse(str(SAMPLE))) == [PID]
    assert pids(oomlog.parse(SAMPLE)) == [PID]
    series = pids(oomlog.parse(SERIES))
    assert pids(oomlog.parse([SERIES, str(SAMPLE)])) == [*series, PID]


def test_dash_is_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """``"-"`` reads standard input, as bytes when it has them."""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(SAMPLE.read_bytes())))
    assert pids(oomlog.parse("-")) == [PID]


def test_open_files_are_read_where_they_stand() -> None:
    """An open file, binary or text, is read from its position on, and left open."""
    with SAMPLE.open("rb") as binary:
        assert pids(oomlog.parse(binary)) == [PID]
        assert not binary.closed
        assert pids(oomlog.parse(binary)) == []
    with SAMPLE.open() as text:
        assert pids(oomlog.parse(text)) == [PID]


def test_content_may_be_given_itself() -> None:
    """Bytes are a log, and so is a str with a newline in it."""
    assert pids(oomlog.parse(SAMPLE.read_bytes())) == [PID]
    assert pids(oomlog.parse(SAMPLE.read_text())) == [PID]
    assert pids(oomlog.parse(b"")) == []


def test_inputs_may_come_from_a_generator() -> None:
    """Inputs may be of all kinds in one run, and none is asked for before the first event is."""
    taken = []

    def inputs() -> Iterator[oomlog.events.parse.Input]:
        for given in (SAMPLE, SERIES.read_bytes(), str(SERIES)):
            taken.append(type(given))
            yield given

    events = oomlog.parse(inputs())
    assert taken == []
    assert next(events).kills[0].pid == PID
    assert pids(events) == [*pids(oomlog.parse(SERIES)), *pids(oomlog.parse(SERIES))]
    assert len(taken) == 3


def test_a_log_named_twice_is_read_once() -> None:
    """Events are not doubled by a file that is named twice, or by a folder and a file in it."""
    assert pids(oomlog.parse([SAMPLE, str(SAMPLE)])) == [PID]


def test_a_generator_of_nothing_gives_nothing() -> None:
    """No input is no error."""
    assert pids(oomlog.parse([])) == []


class Endless(io.RawIOBase):
    """A log that goes on for ever after its first event."""

    def __init__(self, head: bytes) -> None:
        self.head = head
        self.given = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[call-overload]
        self.given += len(view)
        assert self.given < 64 << 20, "it reads on and on"
        line = b"[ 9999.000000] audit: nothing to see here, move on\n"
        data = (self.head + line * (len(view) // len(line) + 1))[: len(view)]
        self.head = self.head[len(data) :]
        view[: len(data)] = data
        return len(data)


def test_events_come_before_the_log_ends() -> None:
    """Reading is lazy: the first event of an endless log is given after a bounded look ahead."""
    endless = Endless(SAMPLE.read_bytes())
    events = oomlog.parse(io.BufferedReader(endless))
    assert endless.given == 0
    assert next(events).kills[0].pid == PID
    assert endless.given <= 8 << 20


def test_stats_count_what_was_read_so_far() -> None:
    """The iterator knows how many files, lines, bytes, events and kills it has seen."""
    events = oomlog.parse([SAMPLE, SERIES])
    assert isinstance(events, oomlog.Events)
    assert iter(events) is events
    found = list(events)
    stats = events.stats
    assert (stats.files, stats.events) == (2, len(found))
    assert stats.kills == sum(len(event.kills) for event in found)
    assert stats.bytes == SAMPLE.stat().st_size + SERIES.stat().st_size
    assert stats.lines == sum(path.read_bytes().count(b"\n") for path in (SAMPLE, SERIES))


# -- errors --------------------------------------------------------------------------------------------


def test_an_input_that_cannot_be_read_raises(tmp_path: Path) -> None:
    """Without ``on_error`` the first unreadable input raises a SourceError that names it."""
    missing = tmp_path / "missing.log"
    with pytest.raises(SourceError) as caught:
        list(oomlog.parse([missing, SAMPLE]))
    assert caught.value.name == str(missing)
    assert caught.value.reason
    assert isinstance(caught.value, oomlog.OomlogError)


def test_on_error_is_told_and_reading_goes_on(tmp_path: Path) -> None:
    """With ``on_error`` the other inputs are still read, and the error is kept in the stats."""
    told: list[oomlog.OomlogError] = []
    events = oomlog.parse([tmp_path / "missing.log", SAMPLE], on_error=told.append)
    assert pids(events) == [PID]
    assert len(told) == 1
    assert told == events.stats.errors


def test_bad_content_is_no_error() -> None:
    """A line that cannot be understood is a Problem of its event, which has all the rest."""
    (event,) = oomlog.parse(DAMAGED)
    (problem,) = event.problems
    assert (problem.line, problem.text) == (4, "active_anon:7 inactive_anon:forty-two isolated_anon:0")
    assert event.kills[0].pid == 7


def test_strict_raises_for_the_first_such_line() -> None:
    """With ``strict`` the same line raises a ParseError that says where and what."""
    with pytest.raises(ParseError) as caught:
        list(oomlog.parse(DAMAGED, strict=True))
    assert caught.value.line == 4
    assert "forty-two" in caught.value.text


def test_strict_accepts_what_is_understood() -> None:
    """Strict parsing of a whole log gives the same events."""
    assert pids(oomlog.parse(SERIES, strict=True)) == pids(oomlog.parse(SERIES))


# -- the objects ---------------------------------------------------------------------------------------


def test_records_are_values() -> None:
    """Kills and their parts are equal by value, cannot be changed, and survive pickling."""
    kill = next(oomlog.parse(SAMPLE)).kills[0]
    again = next(oomlog.parse(SAMPLE)).kills[0]
    assert kill == again
    assert hash(kill) == hash(again)
    assert pickle.loads(pickle.dumps(kill)) == kill
    with pytest.raises(AttributeError):
        kill.pid = 1  # type: ignore[misc]


def test_repr_tells_what_happened() -> None:
    """An event's repr names the log, its line and the victim; a kill's shows its values."""
    event = next(oomlog.parse(SAMPLE))
    for part in (SAMPLE.name, "killed", f"node[{PID}]"):
        assert part in repr(event)
    assert f"pid={PID}" in repr(event.kills[0])
    assert repr(event.tasks).startswith("TaskTable(3 rows: pid uid")


def test_a_task_table_is_a_sequence_of_rows() -> None:
    """Rows can be counted, indexed, cut and walked; each is a mapping by column."""
    tasks = next(oomlog.parse(SAMPLE)).tasks
    assert tasks is not None
    assert len(tasks) == 3
    assert tasks[-1]["comm"] == "node"
    assert [row["comm"] for row in tasks[:2]] == ["pause", "sidecar"]
    assert [row["pid"] for row in tasks] == [164, 168, 173]
    assert tuple(tasks[0]) == tasks.columns


def test_sections_can_be_read_after_the_log_is_gone(tmp_path: Path) -> None:
    """What is decoded on first use comes from memory, not from a file that may have changed."""
    log = tmp_path / "copy.log"
    log.write_bytes(SAMPLE.read_bytes())
    (event,) = oomlog.parse(log)
    log.write_bytes(b"")
    assert event.tasks is not None
    assert event.memcg is not None
    assert event.memcg.memory == {"usage_kb": 24576, "limit_kb": 24576, "failcnt": 19}


def test_an_event_can_be_quoted() -> None:
    """``lines`` are numbers and texts of the report, header to reaper, without prefixes."""
    event = next(oomlog.parse(SAMPLE))
    lines = dict(event.lines)
    assert lines[event.first_line].startswith("node invoked oom-killer: ")
    assert lines[event.kills[0].line].startswith("Memory cgroup out of memory: Killed process 173 (node)")
    assert "memory: usage 24576kB, limit 24576kB, failcnt 19" in lines.values()
    assert sorted(lines) == list(lines)
    reaped = next(oomlog.parse(SAMPLE.with_name("v6.12-reaper.dmesg.log")))
    assert dict(reaped.lines)[reaped.last_line].startswith("oom_reaper: ")


def test_events_can_be_copied() -> None:
    """A copy of an event tells the same."""
    event = next(oomlog.parse(SAMPLE))
    assert copy.copy(event).kills == event.kills
