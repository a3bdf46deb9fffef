"""Bursts of kills grouped into incidents.

Two kills that follow on each other on one clock belong to one incident when no more than the gap is between
them, on whatever hosts they are: a rollout kills on many hosts at once.  Kills of one event are never
parted. Points in time of all hosts are one clock; seconds since boot are a clock of each boot.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from oomlog.history.clock import NONE
from oomlog.history.codes import Codes, codes_of, joined, order_of, same
from oomlog.history.counts import distinct, firsts, most_frequent

__all__ = ["GAP_S", "STORM_KILLS", "incident_numbers", "incidents"]

GAP_S = 300.0
STORM_KILLS = 3
"""From so many kills on, an incident is called a storm."""


def incident_numbers(kills: pd.DataFrame, gap_s: float = GAP_S) -> pd.Series:
    """Return the number of each kill's incident, from 1 in order of time; NA for kills without any time.

    :param kills: As ``prepare`` returns them.
    """
    clock, at = kills["clock"].to_numpy(), kills["moment_s"].to_numpy()
    # An event is where its first kill is: its last one may be later than the gap after it.
    event, total = joined(kills["event"].to_numpy(dtype="int64"))
    start = np.full(total, np.inf)
    np.minimum.at(start, event, np.where(np.isnan(at), np.inf, at))
    timed = np.flatnonzero(clock != NONE)
    order = timed[order_of([clock[timed], start[event[timed]]])]
    begins = ~same(clock[order])
    begins[1:] |= np.diff(start[event[order]]) > gap_s
    number = np.zeros(len(kills), dtype="int64")
    number[order] = np.cumsum(begins)
    return pd.Series(pd.arrays.IntegerArray(number, number == 0), kills.index)


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
    number = incident_numbers(kills, gap_s)
    known = number.notna().to_numpy()
    own = kills.loc[known, ["wall", "moment_s", "event", "host", "comm"]]
    group = Codes(number[known].to_numpy(dtype="int64") - 1, int(number.max()) if len(own) else 0)
    by_incident = own[["wall", "moment_s"]].groupby(group.codes)
    begin, end = by_incident["moment_s"].min(), by_incident["moment_s"].max()
    start = by_incident["wall"].first()
    events = firsts(group.codes, own["event"].to_numpy(dtype="int64"))
    found = pd.DataFrame(
        {
            "incident": pd.array(range(1, group.total + 1), "Int64"),
            "start": start,
            "end": by_incident["wall"].last(),
            "start_uptime_s": pd.array(begin.mask(start.notna()), "Float64"),
            "duration_s": pd.array(end - begin, "Float64"),
            "events": pd.array(np.bincount(group.codes[events], minlength=group.total), "Int64"),
            "kills": pd.array(np.bincount(group.codes, minlength=group.total), "Int64"),
        }
    )
    hosts, host = distinct(group, codes_of(own["host"])[0]), most_frequent(group, own["host"])["text"]
    found["hosts"], found["host"] = pd.array(hosts, "Int64"), host.where(hosts == 1)
    victims = most_frequent(group, own["comm"])
    found["victims"], found["victim"] = victims["different"], victims["text"]
    found["victim_kills"] = victims["count"]
    found["storm"] = (found["kills"] >= STORM_KILLS).astype("boolean")
    return found
