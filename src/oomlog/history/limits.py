"""Memory limits that were hit again and again, and limits that somebody changed in between."""

from __future__ import annotations

import pandas as pd

__all__ = ["limit_changes", "limits"]

_PLACE = ["host", "limit_where"]


def limits(kills: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each limit of a cgroup, the one hit most often first.

    :param kills: As ``prepare`` returns them.

    Columns: ``host``, ``limit_where``, ``limit_kb``, ``events`` (how often it was hit), ``kills``,
    ``victim`` (the most frequent name), ``first`` and ``last`` (wall clock).
    """
    hits = kills.dropna(subset=["limit_kb", "limit_where"])
    keys = [*_PLACE, "limit_kb"]
    group = hits.groupby(keys, dropna=False, sort=True)
    found = pd.DataFrame(index=group.size().index)
    found["events"] = group["event"].nunique().astype("Int64")
    found["kills"] = group.size().astype("Int64")
    found["victim"] = _most_frequent(hits, keys).reindex(found.index).astype("string")
    found["first"], found["last"] = group["wall"].first(), group["wall"].last()
    found = found.reset_index()
    order = ["events", *keys]
    return found.sort_values(
        order, ascending=[False, True, True, True], na_position="last", ignore_index=True
    )


def _most_frequent(hits: pd.DataFrame, keys: list[str]) -> pd.Series:
    counts = hits.dropna(subset=["comm"]).groupby([*keys, "comm"], dropna=False, sort=True).size()
    counts = counts.rename("n").reset_index().sort_values(["n", "comm"], ascending=[False, True])
    return counts.groupby(keys, dropna=False, sort=True)["comm"].first()


def limit_changes(kills: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each change of a cgroup's limit, in order of time.

    :param kills: As ``prepare`` returns them.

    A change is told by two kills that follow on each other, on one clock, at limits that differ; it was
    made at some time between them.  Columns: ``host``, ``limit_where``, ``from_kb``, ``to_kb``, ``after``
    and ``before`` (the wall clock of these two kills), ``kills_before`` and ``kills_after`` (kills at the
    one limit up to the change, and at the other until the next change).
    """
    hits = kills[[*_PLACE, "clock", "moment_s", "event", "line", "limit_kb", "wall"]]
    hits = hits.dropna(subset=["limit_kb", "limit_where", "moment_s"])
    stream = hits.groupby([*_PLACE, "clock"], dropna=False, sort=True).ngroup()
    hits = hits.assign(stream=stream).sort_values(["stream", "moment_s", "event", "line"])
    stream = hits["stream"]
    begins = (stream != stream.shift()) | (hits["limit_kb"] != hits["limit_kb"].shift()).fillna(True)
    run = begins.cumsum()
    group = hits.groupby(run, sort=True)
    runs = group[[*_PLACE, "limit_kb"]].first()
    runs["first"], runs["last"], runs["kills"] = group["wall"].first(), group["wall"].last(), group.size()
    runs["stream"], runs["at"] = stream.groupby(run).first(), group["moment_s"].min()
    before = runs.shift()
    changed = runs["stream"] == before["stream"]
    found = pd.DataFrame(
        {
            "host": runs["host"],
            "limit_where": runs["limit_where"],
            "from_kb": before["limit_kb"].astype("Int64"),
            "to_kb": runs["limit_kb"].astype("Int64"),
            "after": before["last"],
            "before": runs["first"],
            "kills_before": before["kills"].astype("Int64"),
            "kills_after": runs["kills"].astype("Int64"),
            "_at": runs["at"],
        }
    )[changed]
    return found.sort_values(["_at", *_PLACE], na_position="last", ignore_index=True).drop(columns="_at")
