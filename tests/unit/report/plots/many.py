"""Kills of several hosts over days, as a log: enough for every picture of a history."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from pandas import DataFrame

import oomlog
from oomlog import frame

__all__ = ["fleet", "kills_of", "line"]


def line(
    at: datetime,
    host: str,
    comm: str,
    pid: int,
    rss_kb: int,
    *,
    cgroup: str | None = None,
    zone: str = "+00:00",
) -> str:
    """Return the lines of one kill as journalctl's short-iso prints them."""
    stamp = f"{at.isoformat(timespec='microseconds')}{zone} {host} kernel: "
    sizes = f"total-vm:{rss_kb * 2}kB, anon-rss:{rss_kb}kB, file-rss:0kB, shmem-rss:0kB"
    end = f"Killed process {pid} ({comm}) {sizes}, UID:0 pgtables:8kB oom_score_adj:0\n"
    if cgroup is None:
        return f"{stamp}Out of memory: {end}"
    constraint = (
        f"oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg={cgroup},"
        f"task_memcg={cgroup},task={comm},pid={pid},uid=0\n"
    )
    limit = f"memory: usage 2097152kB, limit 2097152kB, failcnt {pid}\n"
    asked = f"{comm} invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0\n"
    return f"{stamp}{asked}{stamp}{limit}{stamp}{constraint}{stamp}Memory cgroup out of memory: {end}"


def fleet(seed: int = 7) -> str:
    """Return a week of a web service that leaks, a nightly job, and a rollout that kills on all hosts."""
    chance = random.Random(seed)
    start = datetime(2026, 11, 16)
    found: list[tuple[datetime, str, str, int, str | None]] = []
    for number in range(28):
        at = start + timedelta(hours=6 * number, minutes=chance.randrange(240))
        size = 1_200_000 + 25_000 * number + chance.randrange(60_000)
        found.append((at, "web-1", "java", size, "/system.slice/shop.service"))
    for day in range(7):
        at = start + timedelta(days=day, hours=3, minutes=chance.randrange(9))
        found.append((at, "db-1", "backup", 400_000 + chance.randrange(9000), None))
    rollout = start + timedelta(days=3, hours=10)
    for number in range(42):
        at = rollout + timedelta(seconds=chance.expovariate(1 / 45) + 2 * number)
        found.append((at, f"web-{number % 5 + 1}", "worker", 300_000 + chance.randrange(50_000), None))
    lines = [
        line(at, host, comm, 1000 + number, size, cgroup=cgroup)
        for number, (at, host, comm, size, cgroup) in enumerate(sorted(found))
    ]
    return "".join(lines)


def kills_of(log: str) -> DataFrame:
    """Return the kills of a log."""
    return frame.kills(oomlog.parse(log.encode()))
