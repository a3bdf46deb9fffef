"""Bursts of kills."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from oomlog.history.incidents import incident_numbers, incidents

from .conftest import prepared

START = datetime(2026, 11, 2, 10, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def test_kills_within_the_gap_are_one_incident(ready) -> None:
    """A pause as long as the gap still joins, a longer one parts; hosts do not part."""
    kills = ready(
        [
            {"at": at(0), "host": "a"},
            {"at": at(300), "host": "b", "comm": "cc1"},
            {"at": at(600), "host": "a"},
            {"at": at(901), "host": "a"},
        ]
    )
    found = incidents(kills, 300)
    assert found["kills"].tolist() == [3, 1]
    first = found.iloc[0]
    assert (first["hosts"], first["host"], first["duration_s"]) == (2, pd.NA, 600)
    assert (first["victims"], first["victim"], first["victim_kills"]) == (2, "java", 2)
    assert found["storm"].tolist() == [True, False]


def test_kills_of_one_event_are_never_parted(ready) -> None:
    """However late its last kill is, an event is in one incident."""
    kills = ready([{"event": 1, "at": at(0)}, {"event": 1, "kill": 1, "at": at(5000)}])
    assert incidents(kills, 300)["kills"].tolist() == [2]


def test_an_uptime_is_shown_as_one(ready) -> None:
    """Without a wall clock an incident starts in seconds since boot; without any time there is none."""
    found = incidents(ready([{"uptime_s": 5.0}, {"uptime_s": 6.5}, {}]))
    assert found["start"].isna().all()
    assert found[["start_uptime_s", "duration_s", "kills"]].values.tolist() == [[5.0, 1.5, 2]]


SECONDS = st.lists(st.integers(0, 5000), max_size=12)


@settings(deadline=None, max_examples=25)
@given(seconds=SECONDS, gap=st.integers(1, 1000))
def test_incidents_are_what_the_rule_says(seconds: list[int], gap: int) -> None:
    """An incident begins exactly where a kill is more than the gap later, and all kills are in one."""
    kills = prepared([{"at": at(each)} for each in seconds])
    numbers = incident_numbers(kills, gap).tolist()
    ordered = sorted(seconds)
    expected = [1] * bool(ordered)
    for before, after in pairwise(ordered):
        expected.append(expected[-1] + (after - before > gap))
    assert numbers == expected
    assert int(incidents(kills, gap)["kills"].sum()) == len(seconds)
