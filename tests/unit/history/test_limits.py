"""Limits hit again, and limits that were changed."""

from __future__ import annotations

from typing import Any

from oomlog.history.limits import limit_changes, limits


def hit(day: int, limit_kb: int | None, **more: Any) -> dict[str, Any]:
    return {
        "at": f"2026-11-{day:02d}T10:00:00+00:00",
        "host": "web1",
        "limit_kb": limit_kb,
        "oom_memcg": "/system.slice/php.service",
        "task_memcg": "/system.slice/php.service",
        **more,
    }


def test_the_same_limit_is_counted_by_events(ready) -> None:
    """A limit is hit once by an event that kills several; the most frequent victim is named."""
    kills = ready(
        [
            hit(1, 512, event=1, comm="php"),
            hit(1, 512, event=1, kill=1, comm="cron"),
            hit(2, 512, event=2, comm="php"),
            hit(3, None, event=3, oom_memcg=None),
        ]
    )
    [row] = limits(kills).to_dict("records")
    assert (row["limit_where"], row["limit_kb"], row["events"], row["kills"]) == ("php.service", 512, 2, 3)
    assert row["victim"] == "php"


def test_one_limit_on_two_hosts_is_two(ready) -> None:
    """The same unit on another host has a limit of its own, also where the host has no name."""
    kills = ready([hit(1, 512), hit(2, 512, host="web2"), hit(3, 512, host=None)])
    assert limits(kills)["kills"].tolist() == [1, 1, 1]


def test_a_change_lies_between_two_kills(ready) -> None:
    """From and to, the kills around it, and how many there were at each limit until the next change."""
    kills = ready([hit(1, 512), hit(2, 512), hit(5, 1024), hit(7, 1024), hit(8, 1024), hit(9, 512)])
    found = limit_changes(kills)
    assert found[["from_kb", "to_kb", "kills_before", "kills_after"]].values.tolist() == [
        [512, 1024, 2, 3],
        [1024, 512, 3, 1],
    ]
    assert found[["after", "before"]].astype(str).values.tolist()[0] == [
        "2026-11-02 10:00:00",
        "2026-11-05 10:00:00",
    ]


def test_memory_and_memory_with_swap_are_two_limits(ready) -> None:
    """Both limits of a cgroup v1 may be hit in turn; then nobody has changed one."""
    kills = ready(
        [
            hit(1, 512, limit_of="memory"),
            hit(2, 768, limit_of="memory+swap"),
            hit(3, 512, limit_of="memory"),
            hit(4, 1024, limit_of="memory+swap"),
        ]
    )
    assert limits(kills)[["limit_of", "limit_kb", "kills"]].values.tolist() == [
        ["memory", 512, 2],
        ["memory+swap", 768, 1],
        ["memory+swap", 1024, 1],
    ]
    [change] = limit_changes(kills).to_dict("records")
    assert (change["limit_of"], change["from_kb"], change["to_kb"]) == ("memory+swap", 768, 1024)


def test_limits_of_two_boots_without_a_wall_clock_are_not_put_in_order(ready) -> None:
    """Nobody knows which of two logs with uptimes came first, so no change is told between them."""
    rows = [
        {**hit(1, limit), "at": None, "uptime_s": 10.0, "source": source, "host": None}
        for source, limit in (("a.log", 512), ("b.log", 1024))
    ]
    assert len(limit_changes(ready(rows))) == 0


def test_the_order_of_rows_does_not_matter(ready) -> None:
    """Changes are found in order of time."""
    rows = [{**hit(1, 512), "event": 1}, {**hit(5, 1024), "event": 2}, {**hit(3, 512), "event": 3}]
    assert limit_changes(ready(rows)).equals(limit_changes(ready(rows[::-1])))
