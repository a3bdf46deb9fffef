"""Leaks are suspected with numbers, or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from oomlog.history.growth import growth, sizes

MIB = 1024
START = datetime(2026, 11, 2, 10, tzinfo=UTC)


def hourly(count: int, *, boot: bool = True, **more: Any) -> list[dict[str, Any]]:
    """Return a kill of another process each hour, in one boot."""
    return [
        {
            "at": START + timedelta(hours=each),
            "host": "web1",
            "uptime_s": 1000.0 + 3600 * each if boot else pd.NA,
            "comm": "other",
            "pid": 9000 + each,
            **more,
        }
        for each in range(count)
    ]


def table(*processes: Sequence[int | None], comm: str = "leaky", pid: int = 7) -> pd.DataFrame:
    """Return task tables; each argument has one process's MiB at the kills, ``None`` where it is not."""
    rows = [
        {"event": event, "pid": pid + number, "comm": comm, "size_kb": size * MIB}
        for number, process in enumerate(processes)
        for event, size in enumerate(process)
        if size is not None
    ]
    return pd.DataFrame(rows).astype({"event": "Int64", "pid": "Int64", "comm": "string", "size_kb": "Int64"})


def test_a_process_that_grows_at_each_kill_is_likely_to_leak(ready) -> None:
    """Five tables, all steps up, one boot: told with its numbers by the hour."""
    [row] = growth(ready(hourly(5)), table([100, 110, 120, 130, 140])).to_dict("records")
    assert (row["comm"], row["pids"], row["tables"], row["confidence"]) == ("leaky", "7", 5, "likely")
    assert (row["first_kb"], row["last_kb"], row["span_s"]) == (100 * MIB, 140 * MIB, 4 * 3600)
    assert row["kb_per_hour"] == pytest.approx(10 * MIB)
    assert row["rises"] == 1.0


def test_a_group_is_the_sum_of_its_processes(ready) -> None:
    """Workers of one name are seen together."""
    [row] = growth(ready(hourly(5)), table([50, 55, 60, 65, 70], [50, 55, 60, 65, 70])).to_dict("records")
    assert (row["processes"], row["pids"], row["first_kb"]) == (2, "7 8", 100 * MIB)
    assert row["kb_per_hour"] == pytest.approx(10 * MIB)


@pytest.mark.parametrize(
    ("sizes", "kills", "confidence"),
    [
        ([100, 120, 140], hourly(3), ["possible"]),
        ([100, 110, 120, 130, 140], hourly(5, boot=False), ["possible"]),
        ([100, 300, 110, 310, 120], hourly(5), ["none"]),
        ([100, 140], hourly(2), []),
        ([100, 101, 102, 103, 104], hourly(5), []),
        ([1000, 1010, 1020, 1030, 1040], hourly(5), []),
        ([140, 130, 120, 110, 100], hourly(5), []),
    ],
    ids=["three tables", "boot unknown", "up and down", "two points", "little", "a small part", "shrinking"],
)
def test_confidence_is_what_the_points_allow(
    ready, sizes: list[int], kills: list[dict[str, Any]], confidence: list[str]
) -> None:
    """Few points, or a reboot that may be, are possible at most; two points, or little, are nothing."""
    assert growth(ready(kills), table(sizes))["confidence"].tolist() == confidence


def test_a_reboot_ends_a_run(ready) -> None:
    """The same pid after a reboot is another process, however well the sizes would fit."""
    kills = hourly(3) + [{**row, "uptime_s": 100.0 + 3600 * at} for at, row in enumerate(hourly(6)[3:])]
    found = growth(ready(kills), table([100, 150, 200, 250, 300, 350]))
    assert found["tables"].tolist() == [3, 3]
    assert (found["confidence"] == "possible").all()


def test_a_new_pid_ends_a_run(ready) -> None:
    """A process that was started again, or a worker more, is another group."""
    assert len(growth(ready(hourly(4)), table([100, 150, None, None], [None, None, 200, 250]))) == 0
    assert len(growth(ready(hourly(4)), table([100, 150, 200, 250], [None, None, 50, 60]))) == 0


def test_a_kill_in_the_group_ends_a_run(ready) -> None:
    """A group whose process was killed begins anew, also when the next table still lists it."""
    kills = hourly(5)
    kills[2] = {**kills[2], "comm": "leaky", "pid": 7}
    assert growth(ready(kills), table([100, 150, 200, 250, 300]))["tables"].tolist() == [3]


def test_an_unknown_size_is_not_zero(ready) -> None:
    """A table without sizes ends a run; it is no drop to zero and no point."""
    tasks = table([100, 150, 200, 250, 300])
    tasks.loc[2, "size_kb"] = pd.NA
    assert len(growth(ready(hourly(5)), tasks)) == 0


def test_tables_of_a_cgroup_are_not_those_of_the_machine(ready) -> None:
    """A cgroup's table lists its own processes only, so groups of the two are not compared."""
    kills = hourly(6)
    for row in kills[::2]:
        row["oom_memcg"] = "/app"
    found = growth(ready(kills), table([100, 150, 200, 250, 300, 350]))
    assert sorted(found["oom_memcg"].fillna("").tolist()) == ["", "/app"]


def test_a_size_is_memory_in_ram_and_swap(ready) -> None:
    """Of a kernel that prints no swap it is that in RAM; without a page size nobody knows it."""
    numbers = {
        "pid": [1, 2, 3],
        "tgid": [1, 2, None],
        "rss_kb": [10, 20, None],
        "swapents_kb": [5, None, None],
    }
    tasks = pd.DataFrame(numbers, dtype="Int64").assign(event=0, comm="a")
    assert sizes(tasks)["size_kb"].tolist() == [15, 20, pd.NA]
    assert sizes(tasks)["pid"].tolist() == [1, 2, 3]
