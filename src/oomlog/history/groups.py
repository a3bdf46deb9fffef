"""Kills counted by one thing: the victim, the place, the host, what ran out, the hour."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oomlog.history.codes import Codes, codes_of, joined, same, sorted_by
from oomlog.history.counts import distinct, firsts

__all__ = ["WEEKDAYS", "by", "by_hour", "by_killer", "by_weekday", "median_intervals"]

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_COUNTED = {"comm": "victims", "host": "hosts", "where": "places"}


def by(kills: pd.DataFrame, key: str) -> pd.DataFrame:
    """Return one row for each value of a column, the most kills first.

    :param kills: As ``prepare`` returns them.
    :param key: A column: ``comm``, ``where``, ``host``, ``scope``.

    Columns: ``key``, ``kills``, the numbers of ``victims`` (names), ``hosts`` and ``places`` other than the
    key, ``first`` and ``last`` (wall clock; NaT for logs without one), ``median_interval_s`` (between events
    that killed one of the group, on one clock; an uptime only within one boot), ``rss_min_kb``,
    ``rss_median_kb`` and ``rss_max_kb``.  Kills whose value is not known are a row of their own with NA, so
    that ``kills`` adds up; unknown values are not counted among ``hosts`` and the like.
    """
    code, names = codes_of(kills[key])
    group = pd.DataFrame(
        {"wall": kills["wall"], "rss": kills["rss_kb"].to_numpy(dtype="float64", na_value=np.nan)}
    ).groupby(code.codes)
    sizes = group.size()
    here = sizes.index.to_numpy()
    found = pd.DataFrame({key: _named(names, here), "kills": pd.array(sizes.to_numpy(), "Int64")})
    for column, name in _COUNTED.items():
        if column != key:
            found[name] = pd.array(distinct(code, codes_of(kills[column])[0])[here], "Int64")
    found["first"] = group["wall"].first().to_numpy()
    found["last"] = group["wall"].last().to_numpy()
    pauses = median_intervals(kills, code).reindex(here)
    found["median_interval_s"] = pd.array(pauses, "Float64")
    found["rss_min_kb"] = pd.array(group["rss"].min(), "Int64")
    found["rss_median_kb"] = pd.array(group["rss"].median().round(), "Int64")
    found["rss_max_kb"] = pd.array(group["rss"].max(), "Int64")
    # The names are in the order of the alphabet here, and the unknown one is last.
    order = np.argsort(-sizes.to_numpy(), kind="stable")
    return found.take(order).reset_index(drop=True)


def _named(names: pd.Index, codes: NDArray[np.intp]) -> Any:
    return names.array.take(np.where(codes < len(names), codes, -1), allow_fill=True).astype("string")


def by_killer(events: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each killer other than the kernel, the one with most events first.

    :param events: Those of other killers, as ``prepare`` returns them.

    Columns: ``killer``, ``events``, ``kills`` (processes that it named: some only name a cgroup),
    ``hosts``, ``places``, ``first`` and ``last``.
    """
    group = events.groupby("killer", sort=True, observed=True)
    found = pd.DataFrame(index=group.size().index)
    found["events"] = group.size().astype("Int64")
    found["kills"] = group["kills"].sum().astype("Int64")
    found["hosts"], found["places"] = (group[name].nunique().astype("Int64") for name in ("host", "where"))
    found["first"], found["last"] = group["wall"].first(), group["wall"].last()
    found = found.reset_index().astype({"killer": "string"})
    return found.sort_values(["events", "killer"], ascending=[False, True], ignore_index=True)


def median_intervals(kills: pd.DataFrame, group: Codes) -> pd.Series:
    """Return the median seconds between neighbouring events of each group, for groups that have neighbours.

    Where one event kills several, the milliseconds between these say nothing about how often it happens.

    :param group: The group of each kill.
    """
    clock, at = kills["clock"].to_numpy(), kills["moment_s"].to_numpy()
    timed = np.flatnonzero(~np.isnan(at))
    stream = joined(Codes(group.codes[timed], group.total), clock[timed]).codes
    order = sorted_by(stream)  # on each clock the kills are in order of time
    stream, rows = stream[order], timed[order]
    code = group.codes[rows]
    first = firsts(code, kills["event"].to_numpy(dtype="int64")[rows])
    stream, at, code = stream[first], at[rows][first], code[first]
    alike = same(stream)[1:]
    return pd.Series(np.diff(at)[alike]).groupby(code[1:][alike]).median()


def by_hour(kills: pd.DataFrame) -> pd.DataFrame:
    """Return how many kills each hour of the day had (24 rows); kills without a wall clock are in none."""
    return _counts("hour", 24, kills["wall"].dropna().dt.hour)


def by_weekday(kills: pd.DataFrame) -> pd.DataFrame:
    """Return how many kills were on each day of the week (7 rows); 0 is Monday.  See ``by_hour``."""
    return _counts("weekday", 7, kills["wall"].dropna().dt.day_of_week)


def _counts(name: str, values: int, found: pd.Series) -> pd.DataFrame:
    counts = found.value_counts().reindex(range(values), fill_value=0)
    return pd.DataFrame(
        {name: pd.array(range(values), "Int64"), "kills": pd.array(counts.to_numpy(), "Int64")}
    )
