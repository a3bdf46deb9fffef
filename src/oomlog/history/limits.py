"""Memory limits that were hit again and again, and limits that somebody changed in between."""

from __future__ import annotations

import numpy as np
import pandas as pd

from oomlog.history.codes import codes_of, joined, order_of, same
from oomlog.history.counts import firsts, most_frequent

__all__ = ["limit_changes", "limits"]

_PLACE = ["host", "limit_where"]
_LIMIT = [*_PLACE, "limit_of"]
_WHEN = ["clock", "moment_s", "event", "line", "wall"]


def limits(kills: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each limit of a cgroup, the one hit most often first.

    :param kills: As ``prepare`` returns them.

    Columns: ``host``, ``limit_where``, ``limit_of`` (memory, or memory+swap), ``limit_kb``, ``events`` (how
    often it was hit), ``kills``, ``victim`` (the most frequent name), ``first`` and ``last`` (wall clock).
    """
    hits = kills.loc[_limited(kills), [*_LIMIT, "limit_kb", "event", "comm", "wall"]]
    kb = hits["limit_kb"].to_numpy(dtype="int64")
    group = joined(*(codes_of(hits[name])[0] for name in _LIMIT), joined(kb))
    first = pd.Series(group.codes).drop_duplicates().sort_values().index
    found = hits[[*_LIMIT, "limit_kb"]].iloc[first].reset_index(drop=True)
    found = found.astype(dict.fromkeys(_LIMIT, "string"))
    events = firsts(group.codes, hits["event"].to_numpy(dtype="int64"))
    found["events"] = pd.array(np.bincount(group.codes[events], minlength=group.total), "Int64")
    found["kills"] = pd.array(np.bincount(group.codes, minlength=group.total), "Int64")
    found["victim"] = most_frequent(group, hits["comm"])["text"]
    walls = hits["wall"].groupby(group.codes)
    found["first"], found["last"] = walls.first().to_numpy(), walls.last().to_numpy()
    # The places are in their order here.
    return found.sort_values("events", ascending=False, kind="stable", ignore_index=True)


def _limited(kills: pd.DataFrame) -> pd.Series:
    return kills["limit_kb"].notna() & kills["limit_where"].notna()


def limit_changes(kills: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each change of a cgroup's limit, in order of time.

    :param kills: As ``prepare`` returns them.

    A change is told by two kills that follow on each other, on one clock, at limits that differ; it was
    made at some time between them.  A cgroup's limit of memory and the one of memory+swap are two limits.
    Columns: ``host``, ``limit_where``, ``limit_of``, ``from_kb``, ``to_kb``, ``after`` and ``before`` (the
    wall clock of these two kills), ``kills_before`` and ``kills_after`` (kills at the one limit up to the
    change, and at the other until the next change).
    """
    hits = kills.loc[_limited(kills) & kills["moment_s"].notna(), [*_LIMIT, *_WHEN, "limit_kb"]]
    kb, clock = hits["limit_kb"].to_numpy(dtype="int64"), hits["clock"].to_numpy()
    stream = joined(*(codes_of(hits[name])[0] for name in _LIMIT), clock).codes
    at, event, line = (
        hits[name].to_numpy(dtype="float64", na_value=np.nan) for name in ("moment_s", "event", "line")
    )
    order = order_of([stream, at], [event, line])
    hits, stream, kb = hits.iloc[order], stream[order], kb[order]
    begins = ~same(stream, kb)
    run = np.cumsum(begins) - 1
    begin = np.flatnonzero(begins)
    walls, sizes = hits["wall"].groupby(run), np.bincount(run)
    first, last = walls.first().to_numpy(), walls.last().to_numpy()
    after = np.flatnonzero(same(stream[begin]))  # runs that another limit of the place comes before
    found = hits[_LIMIT].iloc[begin[after]].reset_index(drop=True).astype(dict.fromkeys(_LIMIT, "string"))
    found["from_kb"], found["to_kb"] = (pd.array(kb[begin[runs]], "Int64") for runs in (after - 1, after))
    found["after"], found["before"] = last[after - 1], first[after]
    found["kills_before"], found["kills_after"] = (
        pd.array(sizes[runs], "Int64") for runs in (after - 1, after)
    )
    found["_at"] = at[order][begin[after]]
    return found.sort_values(["_at", *_LIMIT], na_position="last", ignore_index=True).drop(columns="_at")
