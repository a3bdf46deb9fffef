"""Points in time as users write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from oomlog.cli.when import parse_bound
from oomlog.errors import UsageError

ZONE = timezone(timedelta(hours=2))
NOW = datetime(2024, 5, 2, 9, 30, 15, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("text", "wall"),
    [
        ("2024-05-01", datetime(2024, 5, 1)),
        ("2024-05-01 12:30", datetime(2024, 5, 1, 12, 30)),
        ("2024-05-01T12:30:15.5", datetime(2024, 5, 1, 12, 30, 15, 500_000)),
        ("7:05", datetime(2024, 5, 2, 7, 5)),
        ("07:05:09", datetime(2024, 5, 2, 7, 5, 9)),
        ("today", datetime(2024, 5, 2)),
        ("Yesterday", datetime(2024, 5, 1)),
        ("tomorrow", datetime(2024, 5, 3)),
        ("now", datetime(2024, 5, 2, 9, 30, 15)),
        ("-2h", datetime(2024, 5, 2, 7, 30, 15)),
        ("+1h", datetime(2024, 5, 2, 10, 30, 15)),
        ("-1h 30min", datetime(2024, 5, 2, 8, 0, 15)),
        ("2 hours ago", datetime(2024, 5, 2, 7, 30, 15)),
        ("1d2h ago", datetime(2024, 5, 1, 7, 30, 15)),
        ("1 week ago", datetime(2024, 4, 25, 9, 30, 15)),
        ("90s ago", datetime(2024, 5, 2, 9, 28, 45)),
        ("2 months ago", datetime(2024, 3, 2, 12, 30, 15)),
        ("-1y", datetime(2023, 5, 3, 3, 30, 15)),
    ],
)
def test_wall_clock(text: str, wall: datetime) -> None:
    """Without a zone a bound is what the wall clock shows."""
    assert parse_bound(text, NOW).wall == wall


@pytest.mark.parametrize("text", ["2024-05-02T07:30:15Z", "2024-05-02 09:30:15+02:00", "@1714635015", "now"])
def test_instant(text: str) -> None:
    """With a zone, as seconds of the epoch, or relative to now, a bound is an exact moment."""
    assert parse_bound(text, NOW).instant == NOW


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "ago",
        "2h",
        "-2 parsecs",
        "-2hh",
        "2024-13-01",
        "24:61",
        "@x",
        "@1e300",
        "x" * 999,
        "hour ago",
    ],
)
def test_not_a_time(text: str) -> None:
    """What is no time is answered with examples."""
    with pytest.raises(UsageError, match=r"is not a time; write one like 2024-05-01"):
        parse_bound(text, NOW)


@pytest.mark.parametrize("text", ["-99999999999w", "999999d ago", "-999999999999999999999999s"])
def test_too_far_away(text: str) -> None:
    """A span that leaves the calendar is refused."""
    with pytest.raises(UsageError, match="too far away"):
        parse_bound(text, NOW)


@pytest.mark.parametrize(
    ("text", "when", "side"),
    [
        ("2024-05-01 12:00", datetime(2024, 5, 1, 12), 0),
        ("2024-05-01 12:00", datetime(2024, 5, 1, 11), -1),
        ("2024-05-01 12:00", datetime(2024, 5, 1, 13, tzinfo=UTC), 1),
        ("2024-05-01T12:00Z", datetime(2024, 5, 1, 14, tzinfo=ZONE), 0),
        ("2024-05-01T12:00Z", datetime(2024, 5, 1, 14), None),
        ("-1h", datetime(2024, 5, 2, 8, 30, 15), 0),
        ("-1h", datetime(2024, 5, 2, 6, 30, 15, tzinfo=UTC), 0),
    ],
)
def test_compare(text: str, when: datetime, side: int | None) -> None:
    """A bound without zone means the zone of the log; one with a zone needs a log that says its own."""
    assert parse_bound(text, NOW).compare(when) == side
