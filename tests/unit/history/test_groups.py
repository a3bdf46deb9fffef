"""Counting kills by one thing."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oomlog.history.groups import by, by_hour, by_weekday

from .conftest import prepared

DAY = "2026-11-02T10:00:00+00:00"  # a Monday


def test_a_group_has_its_numbers(ready) -> None:
    """Count, hosts, first and last, the median pause and the sizes are those of the group's rows."""
    kills = ready(
        [
            {"at": "2026-11-02T10:00:00+00:00", "host": "a", "rss_kb": 100},
            {"at": "2026-11-02T10:10:00+00:00", "host": "b", "rss_kb": 300},
            {"at": "2026-11-02T11:10:00+00:00", "host": "b", "rss_kb": 110},
            {"at": "2026-11-02T10:30:00+00:00", "host": "a", "comm": "cc1", "rss_kb": 7},
        ]
    )
    java = by(kills, "comm").iloc[0]
    assert (java["comm"], java["kills"], java["hosts"]) == ("java", 3, 2)
    assert (str(java["first"]), str(java["last"])) == ("2026-11-02 10:00:00", "2026-11-02 11:10:00")
    assert java["median_interval_s"] == (600 + 3600) / 2
    assert java[["rss_min_kb", "rss_median_kb", "rss_max_kb"]].tolist() == [100, 110, 300]


def test_unknown_values_are_a_row_and_never_a_value(ready) -> None:
    """Kills without a host are counted in a row of NA, and NA is not one of the hosts."""
    kills = ready([{"host": "a"}, {}, {}])
    found = by(kills, "host")
    assert found["kills"].tolist() == [2, 1]
    assert found["host"].iloc[0] is pd.NA
    assert by(kills, "comm")["hosts"].tolist() == [1]


def test_a_pause_is_between_kills_of_one_boot(ready) -> None:
    """Uptimes of two boots are no pause, and neither are a wall clock and an uptime."""
    kills = ready([{"uptime_s": 100.0}, {"uptime_s": 110.0}, {"uptime_s": 5.0}, {"at": DAY}])
    assert by(kills, "comm")["median_interval_s"].tolist() == [10.0]


def test_a_group_kill_is_no_pause(ready) -> None:
    """Kills of one event are one occasion: the pause is that between events."""
    kills = ready(
        [
            {"event": 1, "kill": 1, "at": "2026-11-02T10:00:00+00:00", "pid": 1},
            {"event": 1, "kill": 2, "at": "2026-11-02T10:00:00.001+00:00", "pid": 2},
            {"event": 1, "kill": 3, "at": "2026-11-02T10:00:00.002+00:00", "pid": 3},
            {"event": 2, "kill": 1, "at": "2026-11-03T10:00:00+00:00", "pid": 4},
        ]
    )
    assert by(kills, "comm")["median_interval_s"].tolist() == [86_400.0]


def test_first_and_last_are_by_moment_and_not_by_what_clocks_show(ready) -> None:
    """A clock further west shows an earlier hour for a later kill; each is shown as its own log prints it."""
    kills = ready([{"at": "2026-11-02T10:00:00+01:00"}, {"at": "2026-11-02T02:00:00-08:00"}])
    [row] = by(kills, "comm").to_dict("records")
    assert (str(row["first"]), str(row["last"])) == ("2026-11-02 10:00:00", "2026-11-02 02:00:00")
    assert row["median_interval_s"] == 3600


def test_a_single_kill_has_no_pause(ready) -> None:
    """Without two kills there is no interval, which is not an interval of zero."""
    assert by(ready([{"at": DAY}]), "comm")["median_interval_s"].iloc[0] is pd.NA


def test_hours_and_days_are_those_of_the_wall_clock(ready) -> None:
    """Each hour and each day of the week has a row; a kill without a time of day is in none."""
    kills = ready([{"at": DAY}, {"at": "2026-11-08T23:59:59+02:00"}, {"uptime_s": 36_000.0}])
    hours, days = by_hour(kills), by_weekday(kills)
    assert (len(hours), len(days)) == (24, 7)
    assert hours[hours["kills"] > 0].values.tolist() == [[10, 1], [23, 1]]
    assert days[days["kills"] > 0].values.tolist() == [[0, 1], [6, 1]]


ROWS = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "comm": st.sampled_from(["java", "cc1", "nan", "=1+1", pd.NA]),
            "host": st.sampled_from(["a", "b", "-"]),
            "scope": st.sampled_from(["global", "memcg"]),
            "at": st.sampled_from(
                ["2026-11-02T10:00:00+00:00", "2026-11-02T10:00:00", "2026-11-05T01:00:00Z"]
            ),
            "uptime_s": st.floats(0, 1e6),
            "rss_kb": st.integers(0, 1 << 40),
            "task_memcg": st.sampled_from(["/a", "/b"]),
        },
    ),
    max_size=12,
)


@settings(deadline=None, max_examples=15)
@given(rows=ROWS, data=st.data())
@pytest.mark.parametrize("key", ["comm", "host", "where", "scope"])
def test_counts_add_up_in_any_order(key: str, rows: list[dict[str, object]], data: st.DataObject) -> None:
    """Whatever is counted by, the rows have all kills, and the order of the kills does not matter."""
    numbered = [{**row, "event": number, "line": number} for number, row in enumerate(rows)]
    found = by(prepared(numbered), key)
    assert int(found["kills"].sum()) == len(rows)
    again = by(prepared(data.draw(st.permutations(numbered))), key)
    pd.testing.assert_frame_equal(found, again)
