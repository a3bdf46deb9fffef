"""Values of options."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from oomlog.cli.arguments import joined, read_count, read_size, read_year, read_zone
from oomlog.errors import UsageError


@pytest.mark.parametrize(
    ("text", "size"),
    [("0", 0), ("4096", 4096), ("64G", 64 << 30), ("1.5 MiB", 1536 << 10), ("2kb", 2048), ("3t", 3 << 40)],
)
def test_size(text: str, size: int) -> None:
    """A size is bytes, or a number with a binary unit."""
    assert read_size(text) == size


@pytest.mark.parametrize("text", ["", "G", "-1", "1e9", "5Q", "1 2"])
def test_no_size(text: str) -> None:
    """Anything else is refused."""
    with pytest.raises(UsageError):
        read_size(text)


@pytest.mark.parametrize("text", ["0", "-1", "x", "", "1.5", "\u0661"])
def test_no_count(text: str) -> None:
    """A count is a whole number of at least 1, in plain digits."""
    with pytest.raises(UsageError):
        read_count(text)


@pytest.mark.parametrize("text", ["24", "1850", "20245", "year"])
def test_no_year(text: str) -> None:
    """A year has four digits and is one that Linux has seen."""
    with pytest.raises(UsageError):
        read_year(text)


@pytest.mark.parametrize(
    ("text", "hours"), [("UTC", 0), ("z", 0), ("+02:00", 2), ("-0330", -3.5), ("+9", 9), ("Europe/Berlin", 2)]
)
def test_zone(text: str, hours: float) -> None:
    """A zone is a name of the time zone database, UTC, or an offset."""
    when = datetime(2024, 7, 1, tzinfo=UTC).astimezone(read_zone(text))
    assert when.utcoffset() == timedelta(hours=hours)


@pytest.mark.parametrize("text", ["", "Nowhere", "../../etc/passwd", "+25:00", "/etc/localtime", "Europe"])
def test_no_zone(text: str) -> None:
    """Other names are refused, paths included."""
    with pytest.raises(UsageError, match="no time zone is called"):
        read_zone(text)


def test_joined() -> None:
    """A value that begins with a dash belongs to its option; after -- nothing is touched."""
    assert joined(["--since", "-2h", "--tz", "-03:00", "a"]) == ["--since=-2h", "--tz=-03:00", "a"]
    assert joined(["--until"]) == ["--until"]
    assert joined(["--", "--since", "-2h"]) == ["--", "--since", "-2h"]
