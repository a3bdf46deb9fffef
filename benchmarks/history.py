"""Measure the analyses of ``oomlog history`` on made-up kills: a million of 500 hosts in a year.

python benchmarks/history.py [KILLS]
"""

import sys
import time

import numpy as np
import pandas as pd

from oomlog.history.record import History
from oomlog.report.history_page import history_blocks

_START_US = 1_760_000_000_000_000
_YEAR_US = 365 * 86_400 * 1_000_000
TABLES = (
    "coded", "userspace", "victims", "places", "hosts", "scopes", "hours", "weekdays", "limits",
    "limit_changes", "incidents", "trends", "growth",
)  # fmt: skip


def made_up(count: int) -> pd.DataFrame:
    """Return kills as ``oomlog.frame`` makes them: few names have most of them, half hit a limit."""
    rng = np.random.default_rng(1)
    hosts = np.array([f"web{number:03d}" for number in range(500)])[rng.integers(0, 500, count)]
    which = (rng.pareto(1.0, count) * 3).astype(int) % 300
    names = np.array([f"worker-{number}" for number in range(300)])[which]
    units = np.char.add(np.char.add("/system.slice/", names), ".service")
    at = _START_US + np.sort(rng.integers(0, _YEAR_US, count))
    limited = which % 2 == 1
    memcg = pd.array(np.where(limited, units, ""), "string")
    return pd.DataFrame(
        {
            "event": pd.array(np.arange(count), "Int64"),
            "kill": pd.array(np.ones(count, int), "Int64"),
            "event_id": pd.array(np.char.mod("%016x", np.arange(count)), "string"),
            "source": pd.array(hosts, "string"),
            "line": pd.array(np.arange(count), "Int64"),
            "time": pd.DatetimeIndex(at.astype("datetime64[us]")).tz_localize("UTC"),
            "local_time": pd.DatetimeIndex(at.astype("datetime64[us]")),
            "uptime_s": pd.array((at - _START_US) / 1e6, "Float64"),
            "host": pd.array(hosts, "string"),
            "boot_id": pd.array(hosts, "string"),
            "killer": pd.array(["kernel"] * count, "string"),
            "scope": pd.array(np.where(limited, "memcg", "global"), "string"),
            "comm": pd.array(names, "string"),
            "pid": pd.array(rng.integers(1, 4_000_000, count), "Int64"),
            "rss_kb": pd.array(rng.integers(1, 4_000_000, count), "Int64"),
            "limit_kb": pd.Series(524_288, range(count), dtype="Int64").where(limited),
            "limit_of": pd.Series("memory", range(count), dtype="string").where(limited),
            "oom_memcg": pd.Series(memcg).where(limited),
            "task_memcg": pd.array(units, "string"),
            "trusted": pd.array([True] * count, "boolean"),
        }
    )


def main() -> None:
    """Print the seconds, also those of the processor, of each table, of all, and with the page of them."""
    kills = made_up(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
    history = History(kills)
    start = _now()
    for name in TABLES:
        before = _now()
        rows = len(getattr(history, name))
        _tell(name, before, f"{rows:>9,} rows")
    _tell("all tables", start)
    blocks = list(history_blocks(history))
    _tell("with the page", start, f"{len(blocks):>9,} blocks")


def _now() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def _tell(what: str, before: tuple[float, float], result: str = "") -> None:
    seconds, cpu = (now - then for now, then in zip(_now(), before, strict=True))
    print(f"{what:14} {seconds:6.2f} s  {cpu:6.2f} s CPU  {result}".rstrip())


if __name__ == "__main__":
    main()
