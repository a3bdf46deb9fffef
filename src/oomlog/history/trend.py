"""Whether a victim was larger each time it was killed: the slope of its memory over time."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oomlog.history.clock import NONE
from oomlog.history.codes import codes_of, joined, order_of, same

__all__ = ["MIN_POINTS", "MIN_SPAN_S", "Slope", "theil_sen", "trends"]

MIN_POINTS = 5
MIN_SPAN_S = 3600.0
"""Fewer kills, or kills closer together, say nothing about a trend."""
_MOST = 64
_STREAMS = 1000
_STREAM = ["host", "where", "comm"]


class Slope(NamedTuple):
    """A robust slope: the median of the slopes of all pairs of points.

    :ivar low: A quarter of the pairs have a slope below it.
    :ivar high: A quarter of the pairs have a slope above it.
    :ivar n: Points used.
    """

    slope: float
    low: float
    high: float
    n: int

    @property
    def direction(self) -> str:
        """Return ``growing`` or ``shrinking`` where three quarters of all pairs say so, else ``steady``."""
        return "growing" if self.low > 0 else "shrinking" if self.high < 0 else "steady"


def theil_sen(at: NDArray[np.float64], size: NDArray[np.float64]) -> Slope | None:
    """Return the slope of ``size`` over ``at``, ``None`` when no two points differ in time.

    Of more than 64 points as many are used, spread evenly, as pairs grow with the square.

    >>> theil_sen(np.arange(5.0), np.array([0.0, 10.0, 20.0, 30.0, 900.0])).slope
    10.0
    """
    if len(at) > _MOST:
        order = np.argsort(at, kind="stable")[np.linspace(0, len(at) - 1, _MOST).astype(int)]
        at, size = at[order], size[order]
    left, right = _pairs(len(at))
    run, rise = at[right] - at[left], size[right] - size[left]
    apart = run != 0
    if not apart.any():
        return None
    low, middle, high = np.quantile(rise[apart] / run[apart], (0.25, 0.5, 0.75))
    return Slope(float(middle), float(low), float(high), len(at))


@lru_cache(maxsize=_MOST)
def _pairs(count: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    return np.triu_indices(count, 1)


def trends(kills: pd.DataFrame) -> pd.DataFrame:
    """Return the trend of memory at the kill for each victim of one place on one host, the steepest first.

    :param kills: As ``prepare`` returns them.

    A victim needs ``MIN_POINTS`` kills over ``MIN_SPAN_S`` on one clock (of several, that with the most
    kills).  Columns: ``host``, ``where``, ``comm``, ``points``, ``span_s``, ``first_rss_kb`` and
    ``last_rss_kb`` (of the first and last kill), ``kb_per_day`` (Theil-Sen: the median slope of all pairs
    of kills), ``low_kb_per_day`` and ``high_kb_per_day`` (the quartiles of these slopes), ``direction``:
    ``growing`` or ``shrinking`` where three of four pairs say so, else ``steady``.
    """
    timed = (
        (kills["clock"] != NONE) & kills["moment_s"].notna() & kills["rss_kb"].notna() & kills["comm"].notna()
    )
    points = kills.loc[timed, [*_STREAM, "clock", "moment_s", "rss_kb"]]
    stream = joined(*(codes_of(points[name])[0] for name in _STREAM), points["clock"].to_numpy()).codes
    at, rss = points["moment_s"].to_numpy(), points["rss_kb"].to_numpy(dtype="float64")
    # By size, too: kills at one moment are in no order of their own.
    order = order_of([stream, at], [rss])
    at, rss = at[order], rss[order]
    begin = np.flatnonzero(~same(stream[order]))
    size = np.diff(begin, append=len(stream))
    enough = np.flatnonzero((size >= MIN_POINTS) & (at[begin + size - 1] - at[begin] >= MIN_SPAN_S))
    most = enough[np.argsort(-size[enough], kind="stable")][:_STREAMS]
    names = points[_STREAM].iloc[order[begin[most]]]
    rows = []
    for number, (host, where, comm) in zip(most, names.itertuples(index=False), strict=True):
        own = slice(begin[number], begin[number] + size[number])
        slope = theil_sen(at[own], rss[own])
        if slope is None:
            continue
        ends = (at[own][-1] - at[own][0], rss[own][0], rss[own][-1])
        per_day = [value * 86_400 for value in slope[:3]]
        rows.append((host, where, comm, size[number], *ends, *per_day, slope.direction))
    found = pd.DataFrame(rows, columns=list(_DTYPES)).astype(_DTYPES)
    # Of two clocks of one victim the one with more kills tells more.
    found = found.sort_values(["points", "span_s"], ascending=False, kind="stable").drop_duplicates(_STREAM)
    order = found["kb_per_day"].abs().sort_values(ascending=False, kind="stable").index
    return found.loc[order].reset_index(drop=True)


_DTYPES = {
    "host": "string",
    "where": "string",
    "comm": "string",
    "points": "Int64",
    "span_s": "Float64",
    "first_rss_kb": "Int64",
    "last_rss_kb": "Int64",
    "kb_per_day": "Float64",
    "low_kb_per_day": "Float64",
    "high_kb_per_day": "Float64",
    "direction": "string",
}
