"""Points in time as the user writes them: ISO dates and times, and a few words relative to now."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo

from oomlog.errors import UsageError

__all__ = ["Bound", "parse_bound", "read_span"]

# A year and a month are as long as systemd.time(7) makes them: nobody means the hour of a leap day.
_UNITS = {
    "s": 1, "sec": 1, "second": 1,
    "m": 60, "min": 60, "minute": 60,
    "h": 3600, "hr": 3600, "hour": 3600,
    "d": 86400, "day": 86400,
    "w": 604800, "week": 604800,
    "month": 2629800,
    "y": 31557600, "year": 31557600,
}  # fmt: skip
_SPAN = re.compile(r"(\d+)\s*([a-z]+)\s*")
_CLOCK = re.compile(r"\d{1,2}:\d{2}(:\d{2})?")


@dataclass(frozen=True, slots=True)
class Bound:
    """A point in time, to compare with times that may or may not have a zone.

    :param wall: The time as a clock on the wall shows it; ``None`` when the user gave a zone, because a log
        without one does not say what its wall clock meant.
    :param instant: Aware; ``None`` when the user gave no zone, so that it means the zone of each log.
    """

    wall: datetime | None
    instant: datetime | None

    def compare(self, when: datetime) -> int | None:
        """Return -1, 0 or 1 as ``when`` is before, at or after the bound, ``None`` if nobody can tell."""
        if when.tzinfo is not None and self.instant is not None:
            bound = self.instant
        elif self.wall is not None:
            bound, when = self.wall, when.replace(tzinfo=None)
        else:
            return None
        return (when > bound) - (when < bound)

    def in_zone(self, zone: tzinfo | None) -> Bound:
        """Return the same bound as a point in time, with what it lacks taken from a zone."""
        if self.instant is not None or self.wall is None:
            return Bound(None, self.instant)
        return Bound(None, self.wall.replace(tzinfo=zone))


def parse_bound(text: str, now: datetime) -> Bound:
    """Read what ``--since`` or ``--until`` was given.

    :param now: Aware, in the zone of this machine.

    >>> from datetime import UTC
    >>> noon = datetime(2024, 5, 1, 12, tzinfo=UTC)
    >>> parse_bound("2 hours ago", noon).wall
    datetime.datetime(2024, 5, 1, 10, 0)
    """
    words = text.strip().lower()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    day = {"yesterday": -1, "today": 0, "tomorrow": 1}.get(words)
    if words == "now":
        return _relative(now)
    if day is not None:
        return _wall((midnight + timedelta(days=day)).replace(tzinfo=None))
    if (span := _span(words)) is not None:
        try:
            return _relative(now + span)
        except OverflowError:
            raise UsageError(f"{text!r} is too far away") from None
    if words.startswith("@"):
        try:
            return Bound(None, datetime.fromtimestamp(float(words[1:]), now.tzinfo))
        except (ValueError, OverflowError, OSError):
            raise _unknown(text) from None
    if _CLOCK.fullmatch(words):
        try:
            clock = time.fromisoformat(words.rjust(len(words) + (words[1] == ":"), "0"))
        except ValueError:
            raise _unknown(text) from None
        return _wall(datetime.combine(now.date(), clock))
    try:
        when = datetime.fromisoformat(text.strip())
    except ValueError:
        raise _unknown(text) from None
    return _wall(when) if when.tzinfo is None else Bound(None, when)


def read_span(text: str) -> float:
    """Read a length of time, to seconds.

    >>> read_span("90s"), read_span("1h 30min")
    (90.0, 5400.0)
    """
    span = _span(f"+{text.strip().lower()}")
    if span is None or not span:
        raise UsageError(f"{text!r} is not a length of time; write one like 30s, 5min or '1h 30min'")
    return span.total_seconds()


def _relative(when: datetime) -> Bound:
    return Bound(when.replace(tzinfo=None), when)


def _wall(when: datetime) -> Bound:
    return Bound(when, None)


# "-2h", "+30min", "2 hours ago", "1h 30min ago"; a span without sign and without "ago" says no direction.
def _span(words: str) -> timedelta | None:
    sign = 0
    if words[:1] in ("-", "+"):
        sign = -1 if words[0] == "-" else 1
        words = words[1:].strip()
    elif words.endswith(" ago"):
        sign, words = -1, words[:-4].strip()
    if not sign or not words:
        return None
    seconds = 0
    position = 0
    while position < len(words):
        found = _SPAN.match(words, position)
        unit = None if found is None else _UNITS.get(found[2]) or _UNITS.get(found[2].removesuffix("s"))
        if found is None or unit is None:
            return None
        seconds += int(found[1]) * unit
        position = found.end()
    try:
        return timedelta(seconds=sign * seconds)
    except OverflowError:
        raise UsageError(f"{words!r} is too far away") from None


def _unknown(text: str) -> UsageError:
    return UsageError(
        f"{text!r} is not a time; write one like 2024-05-01, '2024-05-01 12:30', 2024-05-01T12:30:00Z, "
        "-2h, '2 hours ago', yesterday or now"
    )
