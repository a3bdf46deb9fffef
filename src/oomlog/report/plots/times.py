"""When kills were, on one axis: a clock that they share, round ticks, and lengths of time in words.

Times of logs that print no zone, and seconds since boot, cannot be put on one axis with points in time.  So a
picture shows the kills of one clock, and says how many are on others.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Any, NamedTuple

from oomlog.errors import PictureError
from oomlog.explain.phrases import say
from oomlog.history import clock
from oomlog.history.codes import decoded
from oomlog.history.prepare import prepare
from oomlog.history.record import History

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = [
    "Axis",
    "axis_of",
    "length_text",
    "length_ticks",
    "moment_text",
    "prepared",
    "ticks_of",
    "zone_text",
]

_TICK_PX = 92
_STEPS = (1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 10800, 21600, 43200)
_DAY = 86400
_DAYS = (1, 2, 3, 4, 7, 14, 28, 91, 182, 365, 730, 1826, 3652)
_UNITS = ((_DAY, "days"), (3600, "h"), (60, "min"), (1, "s"))


class Axis(NamedTuple):
    """Kills on one clock.

    :ivar kills: With ``x``: seconds on a wall clock since 1970, or since boot.
    :ivar wall: Whether it is a wall clock.
    :ivar zone: Words for whose time it is.
    :ivar left_out: Kills that this clock does not know.
    """

    kills: DataFrame
    wall: bool
    zone: str
    left_out: int


def prepared(kills: DataFrame | History, tz: tzinfo | None = None) -> DataFrame:
    """Return the kernel's kills, each event once, as ``oomlog.history`` takes them.

    :raise PictureError: There are none.
    """
    if isinstance(kills, History):
        found = kills.kills
    else:
        found = kills if "moment_s" in kills.columns else decoded(prepare(kills, tz=tz).kills)
    if not len(found):
        raise PictureError("no kills: there is nothing to draw")
    return found


def axis_of(kills: DataFrame | History, lang: str, tz: tzinfo | None = None) -> Axis:
    """Return the kills of one clock: points in time or local time, whichever has more, else one uptime.

    :param tz: The zone to show times in, and the one of times that print none.
    :raise PictureError: There are no kills, or none has any time.
    """
    found = prepared(kills, tz)
    tz = kills.tz if isinstance(kills, History) else tz
    counts = found["clock"][found["clock"] != clock.NONE].value_counts()
    if not len(counts):
        raise PictureError("no times: the log has neither a wall clock nor seconds since boot")
    dated = [each for each in (clock.UTC, clock.LOCAL) if each in counts.index]
    chosen = max(dated, key=lambda each: counts[each]) if dated else int(counts.index[0])
    own = found[found["clock"] == chosen]
    left_out = len(found) - len(own)
    if chosen == clock.UTC and tz is not None:
        x = clock.seconds(own["wall"].to_numpy())
        zone = str(tz)
    else:
        x = own["moment_s"].to_numpy()
        zone = "UTC" if chosen == clock.UTC else say("plots.zone_local", lang, {})
    if chosen > clock.LOCAL:
        return Axis(own.assign(x=x), False, say("plots.zone_uptime", lang, {}), left_out)
    return Axis(own.assign(x=x), True, zone, left_out)


def zone_text(kills: Any, tz: tzinfo | None, lang: str) -> str:
    """Return whose wall clock it is that logs show: a zone, or each log's own."""
    if tz is not None:
        return str(tz)
    found = clock.zones(kills)
    if len(found) == 1 and found[0] is not None:
        return found[0]
    return say("plots.zone_local" if found == [None] else "plots.zone_each", lang, {})


def _date(x: float) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=x)


def moment_text(axis: Axis, x: float, *, to_seconds: bool = False) -> str:
    """Return a time on the axis: a date with the time, or seconds since boot as the kernel prints them."""
    if not axis.wall:
        return f"[{x:.3f}]"
    return _date(x).strftime("%Y-%m-%d %H:%M:%S" if to_seconds else "%Y-%m-%d %H:%M")


def length_text(seconds: float, lang: str) -> str:
    """Return a length of time in the largest unit of which there are two.

    >>> length_text(0.4, "en"), length_text(90, "en"), length_text(7200, "ko"), length_text(950_400, "en")
    ('400 ms', '90 s', '2시간', '11 days')
    """
    if 0 < seconds < 1:
        return say("plots.span_ms", lang, {"amount": f"{max(round(seconds * 1000), 1)}"})
    length, unit = next((each for each in _UNITS if seconds >= 2 * each[0]), _UNITS[-1])
    amount = seconds / length
    digits = 0 if amount >= 9.95 or amount == int(amount) else 1
    return say(f"plots.span_{unit}", lang, {"amount": f"{amount:.{digits}f}"})


def ticks_of(axis: Axis, low: float, high: float, room: float) -> tuple[list[float], list[str], str]:
    """Return places for ticks, their labels, and what all labels have in common.

    :param room: Pixels between ``low`` and ``high``.
    """
    most = max(int(room // _TICK_PX), 1)
    step = (high - low) / most
    if not axis.wall:
        places = _multiples(low, high, _decimal(step))
        if len(places) < 2:  # which would tell no distance
            places = _multiples(low, high, _decimal(step / 2))
        return places, [f"{place:g} s" for place in places], ""
    if step <= _STEPS[-1]:
        size = next(each for each in _STEPS if each >= step)
        places = _multiples(low, high, size)
        return places, *_labels(places, "%H:%M" if size >= 60 else "%H:%M:%S")
    days = next((each for each in _DAYS if each * _DAY >= step), _DAYS[-1])
    places = _months(low, high, days) if days >= 28 else _multiples(low, high, days * _DAY)
    return places, *_labels(places, "%Y-%m" if days >= 28 else "")


def length_ticks(high: float, room: float) -> list[float]:
    """Return places for ticks on an axis of lengths of time from 0 on."""
    step = high / max(int(room // _TICK_PX), 1)
    size = next((each for each in (*_STEPS, *(day * _DAY for day in _DAYS)) if each >= step), _decimal(step))
    return _multiples(0, high, size if step >= 1 else _decimal(step))


def _decimal(step: float) -> float:
    """Return the smallest of 1, 2, 5, 10, 20 ... and their tenths and so on that is not smaller."""
    size = 10.0 ** math.floor(math.log10(max(step, 1e-9)))
    return next(each * size for each in (1, 2, 5, 10) if each * size >= step * (1 - 1e-9))


def _multiples(low: float, high: float, step: float) -> list[float]:
    return [each * step for each in range(math.ceil(low / step), math.floor(high / step + 1e-9) + 1)]


def _months(low: float, high: float, days: int) -> list[float]:
    """Return the first days of every so many months."""
    step = max(round(days / 30.4), 1)
    start, end = _date(low), _date(high)
    first, last = start.year * 12 + start.month - 1, end.year * 12 + end.month - 1
    months = range(-(-first // step) * step, last + 1, step)
    places = [datetime(each // 12, each % 12 + 1, 1, tzinfo=UTC).timestamp() for each in months]
    return [place for place in places if low <= place <= high]


def _labels(places: Sequence[float], shape: str) -> tuple[list[str], str]:
    dates = [_date(place) for place in places]
    if shape == "%Y-%m":
        return [date.strftime(shape) for date in dates], ""
    days, years = {date.date() for date in dates}, {date.year for date in dates}
    if not shape:
        if len(years) == 1:
            return [date.strftime("%m-%d") for date in dates], str(dates[0].year)
        return [date.strftime("%Y-%m-%d") for date in dates], ""
    if len(days) == 1:
        return [date.strftime(shape) for date in dates], dates[0].strftime("%Y-%m-%d")
    common = str(dates[0].year) if len(years) == 1 else ""
    day = "%m-%d" if common else "%Y-%m-%d"
    return [date.strftime(f"{day} {shape}") for date in dates], common
