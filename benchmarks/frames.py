"""How much CPU time tables take, compared with a loop that only collects the same values.

python benchmarks/frames.py [KILLS]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import oomlog
from oomlog import frame
from oomlog.frame.exported import rows

POD = (
    "/kubepods.slice/kubepods-burstable.slice/"
    "kubepods-burstable-pod0c7f5d1e_3a52_4b0e_9d3c_7d2a8a1b{0:04x}.slice"
)
REPORT = (
    "x invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0",
    "CPU: 0 PID: {pid} Comm: x Not tainted 6.1.0-13-amd64 #1 Debian 6.1.55-1",
    "memory: usage 1048576kB, limit 1048576kB, failcnt 19",
    "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg={cgroup},"
    "task_memcg={cgroup},task=java,pid={pid},uid=1000",
    "Memory cgroup out of memory: Killed process {pid} (java) total-vm:{size}kB, anon-rss:{size}kB, "
    "file-rss:708kB, shmem-rss:0kB, UID:1000 pgtables:72kB oom_score_adj:0",
)


def log(kills: int) -> bytes:
    """Return short reports of a fleet: 40 hosts, 500 pods, one kill a minute."""
    lines = []
    for at in range(kills):
        cgroup = f"{POD.format(at % 500)}/cri-containerd-{at % 500:064x}.scope"
        day, minute = divmod(at, 1440)
        date = f"2024-{1 + day // 28 % 12:02}-{1 + day % 28:02}"
        when = f"{date}T{minute // 60:02}:{minute % 60:02}:00+00:00"
        for line in REPORT:
            text = line.format(pid=2 + at % 30000, cgroup=cgroup, size=1_000_000 + at)
            lines.append(f"{when} web{at % 40} kernel: [{at * 60}.000001] {text}\n")
    return "".join(lines).encode()


def timed(what: str, work: Callable[[], Any]) -> Any:
    """Print what some work takes, and return its result."""
    started = time.process_time()
    result = work()
    print(f"| {what} | {time.process_time() - started:.2f} s |", flush=True)
    return result


def main(kills: int) -> None:
    data = log(kills)
    frame.kills([])  # pandas is imported
    print(f"| {kills:,} kills, {len(data) >> 20} MiB of log | |\n|---|---|")
    events = timed("`list(oomlog.parse(log))`", lambda: list(oomlog.parse(data)))
    timed("bare loop: the rows of csv as tuples", lambda: [row for event in events for row in rows(event)])
    table = timed("`frame.kills(events)`", lambda: frame.kills(events))
    assert len(table) == kills
    with TemporaryDirectory() as folder:
        for form in ("parquet", "arrow", "csv"):
            path = Path(folder, f"kills.{form}")
            timed(f"`frame.write()`, {form}", partial(frame.write, table, path))
            again = timed(f"`frame.read_table()`, {form}", partial(frame.read_table, path))
            assert again.equals(table)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
