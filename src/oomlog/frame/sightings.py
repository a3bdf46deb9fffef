"""Many records with the same content, found by where and when they were seen.

Who writes one line ten thousand times would have each of them compared with all others.  Those are passed
over here that ``oomlog.frame.fingerprint`` tells apart by their clocks, their host or their boot.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Hashable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from types import EllipsisType
from typing import Generic, NamedTuple, TypeVar

from oomlog.frame.fingerprint import (
    CLOCKS_S,
    DRIFT,
    EXACT_US,
    GROUP_S,
    LOGGERS_S,
    QUARTER_S,
    STALLED_S,
    ZONES,
    Seen,
    form,
    in_utc,
    short_host,
)

__all__ = ["Sightings"]

T = TypeVar("T")

_FEW = 64
"""So many records are all looked at."""
_NEAREST = 64
"""Where more of one kind fit a moment, so many are looked at: no kernel kills one process that often."""
_DAY_US = 86_400_000_000
_YEAR_US = 365 * _DAY_US
_QUARTER_US = round(QUARTER_S * 1e6)
_LEAP_DAYS = range(57, 62)
"""Of a year: 27 February to 3 March."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

_View = tuple[str | EllipsisType | None, str | EllipsisType | None]
"""A boot and a host; ``...`` is any."""


class Sightings(Generic[T]):
    """Records of one content, in the order in which they were added."""

    def __init__(self) -> None:
        self._items: list[T] = []
        self._keys: list[tuple[Seen, _Kind]] = []
        self._views: defaultdict[_View, defaultdict[_Kind, _Shelf]] | None = None
        self._lines: dict[Hashable, int] = {}

    def add(
        self, item: T, seen: Seen, *, header: bool, line: Hashable = None, apart: Hashable = None
    ) -> None:
        """Add a record.

        :param header: Whether it has the report's header.
        :param line: The source and the line; a record of the same line is always looked at.
        :param apart: What tells records apart whose times nothing is known of.
        """
        order = len(self._items)
        self._items.append(item)
        self._keys.append((seen, _Kind.of(seen, header, apart)))
        if line is not None:
            self._lines.setdefault(line, order)
        if self._views is not None:
            self._shelve(self._views, order)

    def near(self, seen: Seen, *, header: bool, line: Hashable = None) -> Iterator[T]:
        """Yield the records that may be of one event with this one, in the order in which they were added."""
        if len(self._items) <= _FEW:
            yield from self._items
            return
        if self._views is None:
            self._views = defaultdict(lambda: defaultdict(_Shelf))
            for order in range(len(self._items)):
                self._shelve(self._views, order)
        mine, kind = _Place.of(seen), _Kind.of(seen, header)
        found = {self._lines[line]} if line in self._lines else set()
        for view in _views_wanted(seen):
            for other, shelf in self._views[view].items() if view in self._views else ():
                found.update(shelf.near(mine, kind, other))
        for order in sorted(found):
            yield self._items[order]

    def _shelve(self, views: defaultdict[_View, defaultdict[_Kind, _Shelf]], order: int) -> None:
        seen, kind = self._keys[order]
        place = _Place.of(seen)
        for boot in (seen.boot_id, ...):
            for host in (_host(seen), ...):
                views[boot, host][kind].add(place, order)


class _Kind(NamedTuple):
    """What has to be the same for clocks to be compared in one way."""

    form: tuple[bool, ...]
    inferred: bool
    whole: bool
    header: bool
    apart: Hashable

    @classmethod
    def of(cls, seen: Seen, header: bool, apart: Hashable = None) -> _Kind:
        whole = seen.time is not None and seen.time.microsecond == 0
        return cls(form(seen), seen.inferred, whole, header, apart)


class _Place(NamedTuple):
    """When something was seen, in microseconds."""

    uptime: int | None
    time: int | None
    in_year: int | None
    """Since its year began; 29 February is 1 March, as in a year that is not a leap year."""

    @classmethod
    def of(cls, seen: Seen) -> _Place:
        uptime = None if seen.uptime_s is None else round(seen.uptime_s * 1e6)
        if seen.time is None:
            return cls(uptime, None, None)
        time = in_utc(seen.time)
        since = (time - _EPOCH) // _MICROSECOND
        day = time.replace(year=2001, month=3, day=1) if (time.month, time.day) == (2, 29) else time
        days = day.replace(year=2001).timetuple().tm_yday - 1
        return cls(uptime, since, days * _DAY_US + since % _DAY_US)


class _Window(NamedTuple):
    """Records on one clock that are at most ``reach`` away."""

    clock: list[tuple[int, int]]
    at: int
    reach: int
    around: int = 0
    """After so much a clock begins anew."""

    def bounds(self) -> Iterator[tuple[int, int, int]]:
        """Yield where they begin and end, and where between is what is nearest."""
        for at in {self.at, self.at - self.around, self.at + self.around}:
            low, nearest, high = (
                bisect_left(self.clock, (bound, -1)) for bound in (at - self.reach, at, at + self.reach + 1)
            )
            yield low, nearest, high


class _Shelf:
    """Records of one kind, sorted by each clock."""

    def __init__(self) -> None:
        self._first: list[int] = []
        self._last_uptime = 0
        self._uptimes: list[tuple[int, int]] = []
        self._times: list[tuple[int, int]] = []
        self._years: list[tuple[int, int]] = []
        self._quarters: list[tuple[int, int]] = []

    def add(self, place: _Place, order: int) -> None:
        if len(self._first) < _NEAREST:
            self._first.append(order)
        if place.uptime is not None:
            insort(self._uptimes, (place.uptime, order))
            self._last_uptime = max(self._last_uptime, place.uptime)
        if place.time is not None and place.in_year is not None:
            insort(self._times, (place.time, order))
            insort(self._years, (place.in_year, order))
            insort(self._quarters, (place.time % _QUARTER_US, order))

    def near(self, mine: _Place, my_kind: _Kind, kind: _Kind) -> Iterator[int]:
        """Yield the records that can be at the same moment, by the clock that leaves fewest."""
        windows = list(self._windows(mine, my_kind, kind))
        if not windows:
            yield from self._first
            return
        fewest = min(windows, key=lambda window: sum(high - low for low, _, high in window.bounds()))
        for low, nearest, high in fewest.bounds():
            if high - low > _NEAREST:
                low, high = max(low, nearest - _NEAREST // 2), min(high, nearest + _NEAREST // 2)
            yield from (order for _, order in islice(fewest.clock, low, high))

    def _windows(self, mine: _Place, my_kind: _Kind, kind: _Kind) -> Iterator[_Window]:
        """Yield what ``same_moment`` and ``named_again`` allow on each clock, or a little more."""
        alike = my_kind.form == kind.form
        if mine.uptime is not None and self._uptimes:
            drift = DRIFT * (mine.uptime / 1e6 + 2) * 1.01
            again = alike and my_kind.header != kind.header
            near = GROUP_S if again else EXACT_US * 2e-6 if alike else CLOCKS_S + drift
            yield _Window(self._uptimes, mine.uptime, round(near * 1e6))
            if again:
                return
            reach = STALLED_S + drift
        else:
            drift = DRIFT * max(mine.uptime or 0, self._last_uptime) / 1e6
            again = alike and my_kind.header != kind.header
            exact = 1.0 if my_kind.whole != kind.whole else 0.0
            reach = GROUP_S if again else exact if alike else LOGGERS_S + drift
        if mine.time is None or mine.in_year is None or not self._times:
            return
        near_us = round((reach + 1e-3) * 1e6)
        mixed = my_kind.form[-1] != kind.form[-1]
        if mixed:
            yield _Window(self._quarters, mine.time % _QUARTER_US, near_us, _QUARTER_US)
            near_us = max(near_us, ZONES // _MICROSECOND)
        if not (my_kind.inferred or kind.inferred):
            yield _Window(self._times, mine.time, near_us)
            return
        first, last = ((mine.in_year + sign * near_us) // _DAY_US for sign in (-1, 1))
        if any(
            first <= day <= last or first <= day + 365 <= last or first <= day - 365 <= last
            for day in _LEAP_DAYS
        ):
            near_us += _DAY_US
        yield _Window(self._years, mine.in_year, near_us, _YEAR_US)


def _host(seen: Seen) -> str | None:
    return None if seen.host is None else short_host(seen.host)


def _views_wanted(seen: Seen) -> Iterator[_View]:
    """Yield where records are that no boot and no host tells apart."""
    host = _host(seen)
    hosts = (...,) if host is None else (host, None)
    if seen.boot_id is not None:
        yield seen.boot_id, ...
    for each in hosts:
        yield None if seen.boot_id is not None else ..., each
