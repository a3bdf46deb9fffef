"""Bursts of kills grouped into incidents.

Two kills that follow on each other on one clock belong to one incident when no more than the gap is between
them, on whatever hosts they are: a rollout kills on many hosts at once.  Kills of one event are never
parted. Points in time of all hosts are one clock; seconds since boot are a clock of each boot.
"""

from __future__ import annotations

import pandas as pd

from oomlog.history.clock import NONE

__all__ = ["GAP_S", "STORM_KILLS", "incident_numbers", "incidents"]

GAP_S = 300.0
STORM_KILLS = 3
"""From so many kills on, an incident is called a storm."""


def incident_numbers(kills: pd.DataFrame, gap_s: float = GAP_S) -> pd.Series:
    """Return the number of each kill's incident, from 1 in order of time; NA for kills without any time.

    :param kills: As ``prepare`` returns them.
    """
    # An event is where its first kill is: its last one may be later than the gap after it.
    start = kills.groupby("event", sort=False)["moment_s"].transform("min")
    table = pd.DataFrame({"clock": kills["clock"], "at": start})[kills["clock"] != NONE]
    table = table.sort_values(["clock", "at"], kind="stable")
    begins = (table["clock"].diff() != 0) | (table["at"].diff() > gap_s)
    return begins.cumsum().reindex(kills.index).astype("Int64")


def incidents(kills: pd.DataFrame, gap_s: float = GAP_S) -> pd.DataFrame:
    """Return one row for each incident, in order of time.

    :param kills: As ``prepare`` returns them.
    :param gap_s: The longest pause within an incident.

    Columns: ``incident`` (from 1), ``start`` and ``end`` (wall clock; NaT for logs without one),
    ``start_uptime_s`` (for those), ``duration_s`` from first to last kill, ``events``, ``kills``, ``hosts``
    (how many have a name), ``host`` (the only one), ``victims`` (how many names), ``victim`` (the most
    frequent name) and ``victim_kills``, ``storm`` (whether there are ``STORM_KILLS``).  Kills without any
    time are in no incident.
    """
    numbered = kills.assign(incident=incident_numbers(kills, gap_s)).dropna(subset=["incident"])
    group = numbered.groupby("incident", sort=True)
    found = pd.DataFrame(index=group.size().index)
    found["start"], found["end"] = group["wall"].first(), group["wall"].last()
    moments = group["moment_s"]
    begin = moments.min()
    walled = found["start"].notna()
    found["start_uptime_s"] = begin.mask(walled).astype("Float64")
    found["duration_s"] = (moments.max() - begin).astype("Float64")
    found["events"] = group["event"].nunique().astype("Int64")
    found["kills"] = group.size().astype("Int64")
    found["hosts"] = group["host"].nunique().astype("Int64")
    found["host"] = group["host"].first().where(found["hosts"] == 1).astype("string")
    victims = _victims(numbered).reindex(found.index)
    found["victims"] = victims["victims"].fillna(0).astype("Int64")
    found["victim"] = victims["victim"].astype("string")
    found["victim_kills"] = victims["victim_kills"].astype("Int64")
    found["storm"] = (found["kills"] >= STORM_KILLS).astype("boolean")
    return found.reset_index().astype({"incident": "Int64"})


def _victims(numbered: pd.DataFrame) -> pd.DataFrame:
    """Return for each incident its most frequent victim, how often, and how many names there are."""
    counts = numbered.groupby(["incident", "comm"], sort=True).size().rename("victim_kills").reset_index()
    counts = counts.sort_values(["incident", "victim_kills", "comm"], ascending=[True, False, True])
    group = counts.groupby("incident", sort=True)
    found = group[["comm", "victim_kills"]].first().rename(columns={"comm": "victim"})
    found["victims"] = group.size()
    return found
