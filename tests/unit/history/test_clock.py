"""Kills on the clock they have."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from oomlog.history.clock import LOCAL, NONE, UTC, zones


def test_each_kill_gets_the_best_clock_of_its_log(ready) -> None:
    """A time with a zone comes before one without, that before an uptime, and nothing stays nothing."""
    kills = ready(
        [
            {"at": "2026-11-01T10:00:00+01:00", "uptime_s": 5.0},
            {"at": "2026-11-01T10:00:00", "uptime_s": 6.0},
            {"uptime_s": 7.0},
            {},
        ]
    ).set_index("line")
    assert kills["clock"].loc[[1, 2, 4]].tolist() == [UTC, LOCAL, NONE]
    assert kills["clock"].loc[3] >= 2
    assert kills["moment_s"].loc[[1, 3]].tolist() == [1793523600.0, 7.0]
    assert str(kills["wall"].loc[1]) == "2026-11-01 10:00:00"


def test_a_zone_moves_known_times_and_is_that_of_the_others(ready) -> None:
    """With a zone, times that print one are converted, and times that print none are taken to be in it."""
    berlin = ZoneInfo("Europe/Berlin")
    kills = ready([{"at": "2026-07-01T10:00:00+00:00"}, {"at": "2026-07-01T12:00:00"}], tz=berlin)
    assert kills["clock"].tolist() == [UTC, UTC]
    assert kills["wall"].astype(str).tolist() == ["2026-07-01 12:00:00"] * 2
    assert kills["moment_s"].nunique() == 1


def test_an_hour_that_a_clock_shows_twice_is_no_moment(ready) -> None:
    """A time without a zone in the hour that autumn repeats cannot be placed, and stays as printed."""
    kills = ready([{"at": "2026-10-25T02:30:00"}], tz=ZoneInfo("Europe/Berlin"))
    assert kills["clock"].tolist() == [LOCAL]
    assert str(kills["wall"].iloc[0]) == "2026-10-25 02:30:00"


@pytest.mark.parametrize(
    ("rows", "boots"),
    [
        ([{"uptime_s": 5.0}, {"uptime_s": 4.9}, {"uptime_s": 9.0}], [0, 0, 0]),
        ([{"uptime_s": 500.0}, {"uptime_s": 4.0}, {"uptime_s": 9.0}], [0, 1, 1]),
        ([{"uptime_s": 5.0, "boot_id": "a"}, {"uptime_s": 6.0, "boot_id": "b"}], [0, 1]),
        ([{"uptime_s": 5.0, "source": "a.log"}, {"uptime_s": 6.0, "source": "b.log"}], [0, 1]),
        (
            [
                {"uptime_s": 100.0, "at": "2026-11-01T10:00:00+00:00", "host": "web1"},
                {"uptime_s": 150.0, "at": "2026-11-01T10:00:50+00:00", "host": "web1"},
                {"uptime_s": 900.0, "at": "2026-11-09T10:00:00+00:00", "host": "web1"},
            ],
            [0, 0, 1],
        ),
    ],
    ids=["disorder", "back to zero", "boot ids", "two logs", "apart from the wall clock"],
)
def test_a_boot_ends_where_uptime_says_so(ready, rows: list[dict[str, object]], boots: list[int]) -> None:
    """Uptime that goes back, or apart from the wall clock, is another boot; disorder of lines is none."""
    assert ready(rows).sort_values("line")["boot"].tolist() == boots


def test_uptimes_of_two_boots_are_two_clocks(ready) -> None:
    """Seconds since boot are compared within one boot only."""
    kills = ready([{"uptime_s": 500.0}, {"uptime_s": 4.0}])
    assert kills["clock"].nunique() == 2


def test_zones_are_told_as_the_logs_print_them(frame) -> None:
    """Offsets are listed, UTC by its name, and that some logs print none is one of the answers."""
    rows = [
        {"at": "2026-11-01T10:00:00+00:00"},
        {"at": "2026-11-01T10:00:00-03:30"},
        {"at": "2026-11-01T10:00:00"},
    ]
    assert zones(frame(rows)) == ["-03:30", "UTC", None]
