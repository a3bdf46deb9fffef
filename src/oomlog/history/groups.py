"""Kills counted by one thing: the victim, the place, the host, what ran out, the hour."""

from __future__ import annotations

import numpy as np
import pandas as pd

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
    code, values = pd.factorize(kills[key], use_na_sentinel=False)
    found = pd.DataFrame({key: values.astype("string")})
    group = kills.assign(_group=code).groupby("_group", sort=False)
    found["kills"] = group.size().astype("Int64")
    for column, name in _COUNTED.items():
        if column != key:
            found[name] = group[column].nunique().astype("Int64")
    found["first"] = group["wall"].first()
    found["last"] = group["wall"].last()
    found["median_interval_s"] = median_intervals(kills, code).reindex(found.index).astype("Float64")
    rss = (
        kills.assign(_group=code)[["_group", "rss_kb"]]
        .astype({"rss_kb": "float64"})
        .groupby("_group", sort=False)["rss_kb"]
    )
    found["rss_min_kb"] = rss.min().astype("Int64")
    found["rss_median_kb"] = rss.median().round().astype("Int64")
    found["rss_max_kb"] = rss.max().astype("Int64")
    return found.sort_values(["kills", key], ascending=[False, True], na_position="last", ignore_index=True)


def by_killer(events: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each killer other than the kernel, the one with most events first.

    :param events: Those of other killers, as ``prepare`` returns them.

    Columns: ``killer``, ``events``, ``kills`` (processes that it named: some only name a cgroup),
    ``hosts``, ``places``, ``first`` and ``last``.
    """
    group = events.groupby("killer", sort=True)
    found = pd.DataFrame(index=group.size().index)
    found["events"] = group.size().astype("Int64")
    found["kills"] = group["kills"].sum().astype("Int64")
    found["hosts"], found["places"] = (group[name].nunique().astype("Int64") for name in ("host", "where"))
    found["first"], found["last"] = group["wall"].first(), group["wall"].last()
    found = found.reset_index().astype({"killer": "string"})
    return found.sort_values(["events", "killer"], ascending=[False, True], ignore_index=True)


def median_intervals(kills: pd.DataFrame, code: np.ndarray) -> pd.Series:
    """Return the median seconds between neighbouring events of each group, for groups that have neighbours.

    Where one event kills several, the milliseconds between these say nothing about how often it happens.

    :param code: The group of each kill.
    """
    clock, at = kills["clock"].to_numpy(), kills["moment_s"].to_numpy(dtype="float64")
    table = pd.DataFrame(
        {"code": code, "event": kills["event"].to_numpy(dtype="int64"), "clock": clock, "at": at}
    )
    table = table.dropna(subset="at").sort_values(["code", "clock", "at"])
    table = table[~table.duplicated(["code", "event"])]
    apart = table["at"].diff()
    same = (table["code"].diff() == 0) & (table["clock"].diff() == 0)
    return apart[same].groupby(table["code"][same]).median()


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
