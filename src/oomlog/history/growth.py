"""Who grew from kill to kill: processes that the task tables of several reports show, larger each time.

The kernel lists all processes that it could have killed at each kill.  Processes of one name on one host
are a group, and followed as long as the group is the same: a pid that comes or goes, a kill in the group or
a reboot ends it.  So a pool of workers that is renewed is not mistaken for one that leaks, and is not
followed either.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from oomlog.frame.arrays import array_of
from oomlog.frame.columns import kind_of
from oomlog.frame.task_sizes import SIZED
from oomlog.history.clock import NONE
from oomlog.history.trend import Slope, theil_sen

__all__ = ["MIN_TABLES", "growth", "sizes", "sizes_of"]

MIN_TABLES = 3
"""Two points are always a line; from three on it can be seen whether they agree."""
_LIKELY_TABLES = 5
_MIN_SPAN_S = 600.0
_MIN_GROWTH_KB = 16 * 1024
_MIN_PART = 0.1
_STEADY = 0.8
_DTYPES = {
    "host": "string",
    "comm": "string",
    "oom_memcg": "string",
    "pids": "string",
    "processes": "Int64",
    "tables": "Int64",
    "first": "datetime64[us]",
    "last": "datetime64[us]",
    "span_s": "Float64",
    "first_kb": "Int64",
    "last_kb": "Int64",
    "kb_per_hour": "Float64",
    "low_kb_per_hour": "Float64",
    "high_kb_per_hour": "Float64",
    "rises": "Float64",
    "boot_known": "boolean",
    "confidence": "string",
}


def sizes(tasks: pd.DataFrame) -> pd.DataFrame:
    """Return what ``growth`` needs of the task tables.

    :param tasks: As ``oomlog.frame`` makes them.

    A process's size is its memory in RAM and swap; of old kernels, which print no swap (before 2.6.38),
    that in RAM.  It is NA where the page size is not known.
    """
    pid = tasks["tgid"].fillna(tasks["pid"])
    size = tasks["rss_kb"] + tasks["swapents_kb"].fillna(0)
    return pd.DataFrame({"event": tasks["event"], "pid": pid, "comm": tasks["comm"], "size_kb": size})


def sizes_of(columns: Mapping[str, list[Any]]) -> pd.DataFrame:
    """Return ``sizes`` of the columns that ``oomlog.frame.task_sizes`` collects."""
    return sizes(pd.DataFrame({name: array_of(kind_of(name) or "int", columns[name]) for name in SIZED}))


def growth(kills: pd.DataFrame, tasks: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each group of processes that grew while it could be followed, the surest first.

    :param kills: As ``prepare`` returns them.
    :param tasks: One row for each process of each report: ``event``, ``pid``, ``comm``, ``size_kb`` (its
        memory in RAM and swap; NA if not known).

    A group needs ``MIN_TABLES`` task tables over ten minutes, and the last shows at least a tenth and 16
    MiB more than the first.  Columns: ``host``, ``comm``, ``oom_memcg`` (the cgroup whose tables these are,
    NA for the whole machine), ``pids``, ``processes``, ``tables``, ``first`` and ``last`` (wall clock),
    ``span_s``, ``first_kb`` and ``last_kb`` (the group's memory), ``kb_per_hour`` (Theil-Sen, see
    ``trends``) with its quartiles ``low_kb_per_hour`` and ``high_kb_per_hour``, ``rises`` (the part of the
    steps from table to table that went up), ``boot_known`` (whether uptime or a boot id excludes a reboot
    in between) and ``confidence``:

    ``likely``: at least five tables, four of five steps go up, three of four pairs of tables agree on
    growth, and no reboot can lie in between.  ``possible``: three of four pairs agree.  Else ``none``.
    """
    points, members = _points(kills, tasks)
    runs = points.groupby("run", sort=True)
    ends = runs.agg(size=("run", "size"), first=("moment_s", "first"), last=("moment_s", "last"),
                    first_kb=("size_kb", "first"), last_kb=("size_kb", "last"))  # fmt: skip
    grown = ends["last_kb"] - ends["first_kb"]
    enough = (
        (ends["size"] >= MIN_TABLES)
        & (ends["last"] - ends["first"] >= _MIN_SPAN_S)
        & (grown >= _MIN_GROWTH_KB)
        & (grown >= _MIN_PART * ends["first_kb"])
    )
    rows = []
    for _, run in points[points["run"].isin(ends.index[enough])].groupby("run", sort=True):
        at, size = run["moment_s"].to_numpy(dtype="float64"), run["size_kb"].to_numpy(dtype="float64")
        slope = theil_sen(at, size)
        if slope is None:
            continue
        first = run.iloc[0]
        rises = float((np.diff(size) > 0).mean())
        boot_known = bool(run["boot_known"].all())
        pids = members.get_group((first["stream"], first["event"]))["pid"].sort_values()
        per_hour = [value * 3600 for value in slope[:3]]
        rows.append(
            (first["host"], first["comm"], first["oom_memcg"], " ".join(map(str, pids)), len(pids), len(run),
             run["wall"].iloc[0], run["wall"].iloc[-1], at[-1] - at[0], size[0], size[-1], *per_hour, rises,
             boot_known, _confidence(slope, rises, boot_known=boot_known))
        )  # fmt: skip
    found = pd.DataFrame(rows, columns=list(_DTYPES)).astype(_DTYPES)
    rank = found["confidence"].map({"likely": 0, "possible": 1, "none": 2})
    order = found.assign(_rank=rank, _by=-found["kb_per_hour"]).sort_values(["_rank", "_by", "host", "comm"])
    return order.drop(columns=["_rank", "_by"]).reset_index(drop=True)


def _confidence(slope: Slope, rises: float, *, boot_known: bool) -> str:
    if slope.direction != "growing":
        return "none"
    return "likely" if slope.n >= _LIKELY_TABLES and rises >= _STEADY and boot_known else "possible"


def _points(kills: pd.DataFrame, tasks: pd.DataFrame) -> tuple[pd.DataFrame, Any]:
    """Return the memory of each group at each kill, numbered by unbroken runs, and the groups' processes."""
    kills = kills[kills["event"].isin(tasks["event"])]
    events = kills[kills["clock"] != NONE].drop_duplicates("event")
    events = events[["event", "host", "boot", "moment_s", "wall", "oom_memcg"]].assign(
        boot_known=events["uptime_s"].notna() | events["boot_id"].notna()
    )
    table = tasks[["event", "pid", "comm", "size_kb"]].merge(events, on="event", how="inner")
    dead = kills[["event", "pid"]].dropna().drop_duplicates().assign(killed=1)
    table = table.merge(dead, on=["event", "pid"], how="left")
    keys = ["boot", "host", "oom_memcg", "comm"]
    stream = table.groupby(keys, dropna=False, sort=True, observed=True).ngroup()
    pid = table["pid"].to_numpy(dtype="int64", na_value=-1).astype("uint64")
    # Two groups of pids are the same when their number, their sum and the sum of their hashes are.
    table = table.assign(stream=stream, pid_sum=pid, pid_hash=pd.util.hash_array(pid))
    group = table.groupby(["stream", "moment_s", "event"], sort=True)
    points = group.agg(
        host=("host", "first"), comm=("comm", "first"), oom_memcg=("oom_memcg", "first"),
        wall=("wall", "first"), boot_known=("boot_known", "first"),
        processes=("pid", "size"), known=("size_kb", "count"),
        size_kb=("size_kb", "sum"), killed=("killed", "count"),
        pid_sum=("pid_sum", "sum"), pid_hash=("pid_hash", "sum"),
    ).reset_index()  # fmt: skip
    begins = points["known"] < points["processes"]
    for name in ("stream", "processes", "pid_sum", "pid_hash"):
        begins |= points[name] != points[name].shift()
    begins |= points["killed"].shift() > 0
    points["run"] = begins.cumsum()
    return points[points["known"] == points["processes"]], table.groupby(["stream", "event"], sort=False)
