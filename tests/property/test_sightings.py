"""Many records with one content are told apart as if each were compared with all others."""

from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import oomlog
from oomlog.frame import event_ids as module
from oomlog.frame import sightings
from oomlog.frame.event_ids import event_ids

BARE = b"Out of memory: Killed process 7 (a)\n"
SIZED = b"Out of memory: Killed process 7 (a) total-vm:90kB, anon-rss:80kB, file-rss:0kB, shmem-rss:0kB\n"
HEADER = b"a invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0\n"
TEMPLATES = [next(iter(oomlog.parse(log))) for log in (BARE, SIZED, HEADER + SIZED)]

STARTS = [
    datetime(2026, 2, 28, 23, 59, 30),
    datetime(2024, 2, 29, 23, 59, 30),
    datetime(2024, 3, 1),
    datetime(2023, 12, 31, 23, 59, 30),
    datetime(2027, 1, 1),
]
LATER = [0, 1e-6, 0.5, 0.999999, 1, 9.5, 10, 30, 60, 61, 599, 601, 899, 900, 3600, 93_600, 93_601]
TIMES = st.builds(
    lambda start, later, zone: (start + timedelta(seconds=later)).replace(tzinfo=zone),
    st.sampled_from(STARTS),
    st.sampled_from(LATER),
    st.sampled_from([None, UTC, timezone(timedelta(hours=5, minutes=45))]),
)
UPTIMES = st.builds(
    lambda start, later: round(start + later, 6),
    st.sampled_from([5.0, 1e5, 1e7]),
    st.sampled_from([0, 1e-6, 2e-6, 3e-6, 0.5, 1, 1.001, 9.9, 10, 10.1, 11, 1001]),
)


@st.composite
def records(draw):
    """Draw an event that has nothing but its content, its place and its clocks."""
    event = copy.copy(draw(st.sampled_from(TEMPLATES)))
    event.source = draw(st.sampled_from("xy"))
    event._first_line = draw(st.integers(1, 4))
    event.time = draw(st.none() | TIMES)
    event.time_origin = draw(st.sampled_from(["printed", "inferred"]))
    event.uptime_s = draw(st.none() | UPTIMES)
    event.host = draw(st.sampled_from([None, "a", "a.example", "b"]))
    event.boot_id = draw(st.sampled_from([None, None, "a" * 32, "b" * 32]))
    return event


class Everything:
    """What ``Sightings`` stands for: all records, in order."""

    def __init__(self):
        self.items = []

    def add(self, item, seen, **given):
        self.items.append(item)

    def near(self, seen, **given):
        return list(self.items)


@settings(max_examples=400, deadline=None)
@given(st.lists(records(), max_size=14))
def test_ids_are_those_of_comparing_all(events):
    """Ids are the same as if each record were compared with each one before it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "Sightings", Everything)
        expected = list(event_ids(events))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sightings, "_FEW", 0)
        assert list(event_ids(events)) == expected


LINE = SIZED.decode().rstrip()


@pytest.mark.parametrize("line", [BARE.decode().rstrip(), LINE], ids=["bare", "sized"])
@pytest.mark.parametrize(
    "prefix",
    [
        lambda n: f"[{5 + n:5d}.000001] ",
        lambda n: f"[    5.{n:06d}] ",
        lambda n: f"Mar  1 {n // 3600:02d}:{n // 60 % 60:02d}:{n % 60:02d} web kernel: ",
        lambda n: f"Mar  1 {n // 3600:02d}:{n // 60 % 60:02d}:{n % 60:02d} web kernel: [    5.000001] ",
        lambda n: f"2026-03-01T10:00:00.{n:06d}+00:00 web kernel: ",
        lambda n: f"Mar  1 10:00:00 web{n} kernel: ",
    ],
    ids=["uptimes", "one-second", "times", "one-uptime", "one-second-of-time", "hosts"],
)
def test_a_line_written_again_and_again_is_not_compared_with_all_others(line, prefix, monkeypatch):
    """The comparisons grow with the records, not with their square."""
    log = "".join(f"{prefix(number)}{line}\n" for number in range(1500))
    events = list(oomlog.parse(log.encode()))
    compared = 0
    same_moment = module.same_moment

    def counted(one, other):
        nonlocal compared
        compared += 1
        return same_moment(one, other)

    monkeypatch.setattr(module, "same_moment", counted)
    ids = list(event_ids(events))
    assert len(ids) == len(events)
    assert compared <= 70 * 1500
