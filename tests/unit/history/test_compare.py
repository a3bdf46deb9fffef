"""Two periods side by side."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pandas as pd
import pytest

from oomlog.history.compare import Period, compare


def day(number: int, zone: timezone | None = None) -> datetime:
    return datetime(2026, 11, number, tzinfo=zone)


def kill(number: int, comm: str = "java", zone: str = "+00:00") -> dict[str, str]:
    return {"at": f"2026-11-{number:02d}T10:00:00{zone}", "comm": comm}


def test_rates_take_the_lengths_into_account(ready) -> None:
    """Two kills in one day are more a day than two in four."""
    kills = ready([kill(1), kill(1, "cc1"), kill(3), kill(5), kill(20)])
    found = compare(kills, Period(day(1), day(2)), Period(day(2), day(6)))
    assert (found.kills, found.per_day, found.outside) == ((2, 2), (2.0, 0.5), 1)


def test_new_and_gone_victims_are_named(ready) -> None:
    """A victim of one period only is new or gone; the largest difference comes first."""
    kills = ready([kill(1, "old"), kill(1, "both"), kill(2, "both"), kill(2, "new"), kill(2, "new")])
    found = compare(kills, Period(day(1), day(2)), Period(day(2), day(3))).victims
    assert found[["comm", "kills_before", "kills_after"]].values.tolist() == [
        ["new", 0, 2],
        ["old", 1, 0],
        ["both", 1, 1],
    ]
    assert found["change"].tolist() == ["new", "gone", pd.NA]


def test_the_end_is_not_in_a_period(ready) -> None:
    """A kill at midnight belongs to the day that begins."""
    kills = ready([{"at": "2026-11-02T00:00:00+00:00"}])
    assert compare(kills, Period(day(1), day(2)), Period(day(2), day(3))).kills == (0, 1)


def test_kills_without_a_time_are_counted_apart(ready) -> None:
    """A kill that nobody can place is in no period, and not outside of them either."""
    kills = ready([kill(1), {"uptime_s": 5.0}])
    found = compare(kills, Period(day(1), day(2)), Period(day(2), day(3)))
    assert (found.kills, found.without_time, found.outside) == ((1, 0), 1, 0)


def test_a_period_with_a_zone_asks_for_moments(ready) -> None:
    """Its bounds are points in time, so a time without a zone cannot be placed."""
    kills = ready([kill(1, zone="-12:00"), kill(1, zone="")])
    found = compare(kills, Period(day(1, UTC), day(2, UTC)), Period(day(2, UTC), day(3, UTC)))
    assert (found.kills, found.without_time) == ((1, 0), 1)
    east = timezone(timedelta(hours=12))
    found = compare(kills, Period(day(1, east), day(2, east)), Period(day(2, east), day(3, east)))
    assert found.kills == (0, 1)


def test_unnamed_victims_are_a_row(ready) -> None:
    """A victim whose name the log lacks is compared like any."""
    found = compare(ready([{**kill(1), "comm": pd.NA}]), Period(day(1), day(2)), Period(day(2), day(3)))
    assert found.victims["comm"].tolist() == [pd.NA]
    assert found.victims["kills_before"].tolist() == [1]


@pytest.mark.parametrize(
    ("start", "end"),
    [(day(2), day(1)), (day(1), day(1)), (day(1), day(2, UTC))],
    ids=["backwards", "empty", "one zone"],
)
def test_a_period_has_to_be_one(start: datetime, end: datetime) -> None:
    """An end before the start, or only one zone, is no period."""
    with pytest.raises(ValueError, match="period"):
        Period(start, end)


def test_overlapping_periods_say_so() -> None:
    """Time in both periods would count twice."""
    assert Period(day(1), day(3)).overlaps(Period(day(2), day(4)))
    assert not Period(day(1), day(2)).overlaps(Period(day(2), day(3)))
