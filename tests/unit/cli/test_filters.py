"""Which events are wanted."""

from __future__ import annotations

import pickle
import re
from datetime import UTC, datetime
from typing import Any

from oomlog.cli.filters import EventFilter
from oomlog.cli.when import Bound
from oomlog.model import Details, Kill, OomEvent


def event(**changed: Any) -> OomEvent:
    values: dict[str, Any] = {
        "source": "kern.log",
        "first_line": 1,
        "last_line": 3,
        "time": datetime(2024, 5, 1),
        "time_origin": "printed",
        "uptime_s": None,
        "host": None,
        "boot_id": None,
        "killer": "kernel",
        "scope": "memcg",
        "constraint": None,
        "outcome": "killed",
        "complete": True,
        "trigger": None,
        "oom_memcg": "/a",
        "task_memcg": "/a",
        "kills": (Kill(1, "java"), Kill(2, "sh")),
        "notes": (),
        "problems": (),
        "decode": Details,
    }
    return OomEvent(**{**values, **changed})


def test_nothing_asked_accepts_everything() -> None:
    """Without a condition the filter is false and accepts all."""
    assert not EventFilter()
    assert EventFilter().accepts(event(time=None, kills=()))


def test_comm_finds_any_victim() -> None:
    """One victim that fits is enough, so the kills of an event stay together."""
    wanted = EventFilter(comm=re.compile("^sh$"))
    assert wanted
    assert wanted.accepts(event())
    assert not wanted.accepts(event(kills=(Kill(1, "java"), Kill(2, None))))
    assert not wanted.accepts(event(kills=()))


def test_scope() -> None:
    """The scope must be the one asked for."""
    assert EventFilter(scope="memcg").accepts(event())
    assert not EventFilter(scope="global").accepts(event())


def test_bounds_are_inclusive() -> None:
    """An event at the very time of a bound is wanted."""
    day = Bound(datetime(2024, 5, 1), None)
    assert EventFilter(since=day, until=day).accepts(event())
    assert not EventFilter(since=day).accepts(event(time=datetime(2024, 4, 30, 23)))
    assert not EventFilter(until=day).accepts(event(time=datetime(2024, 5, 1, 1)))


def test_events_that_cannot_be_compared_are_counted() -> None:
    """An event without a time, or without a zone where one is needed, is left out and counted."""
    wanted = EventFilter(since=Bound(None, datetime(2024, 1, 1, tzinfo=UTC)))
    assert not wanted.accepts(event(time=None))
    assert not wanted.accepts(event())
    assert (wanted.without_time, wanted.without_zone) == (1, 1)


def test_can_be_sent_to_another_process() -> None:
    """A filter survives pickling with all its conditions."""
    wanted = EventFilter(Bound(datetime(2024, 5, 1), None), None, re.compile("java"), "memcg")
    copy = pickle.loads(pickle.dumps(wanted))
    assert copy == wanted
    assert copy.accepts(event())
