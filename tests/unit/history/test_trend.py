"""Slopes that a single outlier does not move."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oomlog.history.trend import theil_sen, trends


def rows(sizes: list[int], hours: int = 24) -> list[dict[str, object]]:
    return [
        {"at": f"2026-11-{1 + at * hours // 24:02d}T{at * hours % 24:02d}:00:00+00:00", "rss_kb": size}
        for at, size in enumerate(sizes)
    ]


def test_a_line_has_its_slope() -> None:
    """Points on a line give that line, and all pairs agree."""
    slope = theil_sen(np.array([0.0, 1.0, 3.0]), np.array([5.0, 7.0, 11.0]))
    assert slope is not None
    assert (slope.slope, slope.low, slope.high, slope.n, slope.direction) == (2.0, 2.0, 2.0, 3, "growing")


def test_points_at_one_time_have_no_slope() -> None:
    """Without two different times there is nothing to divide by."""
    assert theil_sen(np.array([1.0, 1.0]), np.array([5.0, 7.0])) is None


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)), min_size=2, max_size=30),
    st.integers(-1000, 1000),
)
def test_a_steady_growth_is_added_to_any_slope(points: list[tuple[int, int]], more: int) -> None:
    """Adding a line to the sizes adds its slope to the median and the quartiles."""
    at, size = (np.array(each, dtype=float) for each in zip(*points, strict=True))
    one, two = theil_sen(at, size), theil_sen(at, size + more * at)
    assert (one is None) == (two is None)
    if one is not None and two is not None:
        assert two[:3] == pytest.approx([value + more for value in one[:3]], abs=1e-3)


def test_a_victim_that_grows_is_told_with_its_numbers(ready) -> None:
    """First, last, slope and direction; one outlier changes the direction of no trend."""
    found = trends(ready(rows([1000, 1100, 1200, 90, 1400, 1500, 1600])))
    [row] = found.to_dict("records")
    assert (row["points"], row["first_rss_kb"], row["last_rss_kb"]) == (7, 1000, 1600)
    assert row["kb_per_day"] == pytest.approx(100)
    assert row["direction"] == "growing"


def test_too_little_says_nothing(ready) -> None:
    """Fewer than five kills, or less than an hour, are no trend."""
    assert len(trends(ready(rows([1000, 1100, 1200, 1300])))) == 0
    minutes = [{"at": f"2026-11-01T10:0{at}:00Z", "rss_kb": 1000 + at} for at in range(9)]
    assert len(trends(ready(minutes))) == 0


def test_noise_has_no_direction(ready) -> None:
    """Sizes that go up and down are steady."""
    assert trends(ready(rows([100, 300, 90, 310, 95, 305, 100])))["direction"].tolist() == ["steady"]


def test_a_victim_on_two_hosts_has_two_trends(ready) -> None:
    """Machines of different sizes are not drawn through one line."""
    kills = [{**row, "host": host} for host in ("a", "b") for row in rows([1, 2, 3, 4, 5])]
    assert len(trends(ready(kills))) == 2
