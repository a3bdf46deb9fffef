"""When each kill was, on which clock, and in which boot.

Logs have three kinds of time, and no two of them can be compared: points in time (a wall clock with its
zone), a wall clock that does not say its zone, and seconds since boot.  Each kill gets the best one its log
has, and every interval of a history is between two kills on one clock.
"""

from __future__ import annotations

from datetime import tzinfo
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oomlog.history.codes import codes_of, joined, order_of, same

__all__ = ["LOCAL", "NONE", "UTC", "seconds", "timed", "zones"]

UTC = 0
"""The clock of kills whose point in time is known."""
LOCAL = 1
"""The clock of kills whose log prints a wall clock and no zone; all such logs are taken to share one."""
NONE = -1
"""Kills whose log has no time at all."""
_BOOTS = 2
# Messages of several CPUs are not quite in order; a boot that begins anew goes back further.
_DISORDER_S = 1.0
# A wall clock is set, and uptime stands still while a machine sleeps.  What differs by more is another boot.
_DRIFT_S = 60.0
_DRIFT = 0.05


def timed(kills: pd.DataFrame, tz: tzinfo | None = None) -> pd.DataFrame:
    """Return the kills with the columns ``clock``, ``moment_s``, ``wall`` and ``boot``.

    :param kills: With ``source``, ``line``, ``host``, ``boot_id``, ``time``, ``local_time`` and
        ``uptime_s``.
    :param tz: The zone to show times in, and the one of times that print none.

    ``clock`` is ``UTC``, ``LOCAL``, ``NONE`` or, from 2 on, the uptime of one boot.  ``moment_s`` are
    seconds on that clock (since 1970 on a wall clock).  ``wall`` is what a clock on the wall shows: in
    ``tz``, or as the log prints it.  ``boot`` numbers the boots that can be told apart.
    """
    found = kills.copy(deep=False)
    time, local = _utc(kills["time"]), _wall(kills["local_time"])
    if tz is not None:
        time, local = _in_zone(time, local, tz)
    uptime = kills["uptime_s"].to_numpy(dtype="float64", na_value=np.nan)
    known, printed = ~np.isnat(time), ~np.isnat(local)
    moment = np.where(known, seconds(time), np.where(printed, seconds(local), uptime))
    clock = np.where(known, UTC, np.where(printed, LOCAL, NONE))
    boot = _boots(kills, moment, clock, uptime)
    by_uptime = ~known & ~printed & ~np.isnan(uptime)
    clock = np.where(by_uptime, _BOOTS + boot, clock)
    found["clock"] = clock
    found["moment_s"] = moment
    found["wall"] = local
    found["boot"] = boot
    return found


def _wall(times: Any) -> NDArray[np.datetime64]:
    return np.asarray(times.to_numpy(dtype="datetime64[us]"))


def _utc(times: pd.Series) -> NDArray[np.datetime64]:
    return _wall(times.dt.tz_convert(None))


def _in_zone(
    time: NDArray[np.datetime64], local: NDArray[np.datetime64], tz: tzinfo
) -> tuple[NDArray[np.datetime64], NDArray[np.datetime64]]:
    """Give times without a zone this one; return all points in time, and the wall clock there."""
    # The hour that a change of clocks shows twice, or never, is no point in time.
    placed = pd.Series(local).dt.tz_localize(tz, ambiguous="NaT", nonexistent="NaT").dt.tz_convert("UTC")
    time = np.where(np.isnat(time), _wall(placed.dt.tz_localize(None)), time)
    shown = _wall(pd.Series(time).dt.tz_localize("UTC").dt.tz_convert(tz).dt.tz_localize(None))
    return time, np.where(np.isnat(time), local, shown)


def seconds(times: NDArray[np.datetime64]) -> NDArray[np.float64]:
    """Return seconds since 1970, NaN for NaT."""
    whole = times.astype("datetime64[us]")
    return np.where(np.isnat(whole), np.nan, whole.astype("int64") / 1e6)


def _boots(
    kills: pd.DataFrame,
    moment: NDArray[np.float64],
    clock: NDArray[np.int64],
    uptime: NDArray[np.float64],
) -> NDArray[np.int64]:
    """Number the boots: one begins where uptime goes back, or runs apart from the wall clock."""
    walled = (clock == UTC) | (clock == LOCAL)
    source, host, boot_id = (_unknown_first(kills[name]) for name in ("source", "host", "boot_id"))
    # On a wall clock the logs of one host are in one order, else only the lines of one log are.
    own = np.where(walled & (host > 0), 0, source)
    stream = joined(clock, own, host, boot_id).codes
    line = kills["line"].to_numpy(dtype="float64", na_value=np.nan)
    order = order_of([stream, np.where(walled, moment, 0.0)], [source, line])
    begins = ~same(stream[order])
    begins[1:] |= _another(uptime[order], np.where(walled, moment, np.nan)[order])
    found = np.empty(len(order), dtype=np.int64)
    found[order] = np.cumsum(begins) - 1
    return found


def _unknown_first(texts: pd.Series) -> NDArray[np.int64]:
    """Return a number for each text, in their order, and 0 for NA."""
    (codes, count), _ = codes_of(texts)
    return (codes + 1) % count


def _another(uptime: NDArray[np.float64], moment: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell for each neighbouring pair whether a boot lies between them; NaN tells nothing."""
    up, passed = np.diff(uptime), np.diff(moment)
    return (up < -_DISORDER_S) | (np.abs(passed - up) > np.maximum(_DRIFT_S, _DRIFT * np.abs(passed)))


def zones(kills: pd.DataFrame) -> list[str | None]:
    """Return the zones that the logs print, as offsets from UTC; ``None`` stands for logs that print none.

    :param kills: As ``timed`` takes them.
    """
    time, local = _utc(kills["time"]), _wall(kills["local_time"])
    apart = pd.unique((local - time)[~np.isnat(local) & ~np.isnat(time)])
    offsets = np.unique(apart.astype("timedelta64[m]").astype(int))
    found: list[str | None] = [_offset(int(minutes)) for minutes in offsets]
    return [*found, None] if bool((~np.isnat(local) & np.isnat(time)).any()) else found


def _offset(minutes: int) -> str:
    if not minutes:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02d}:{rest:02d}"
