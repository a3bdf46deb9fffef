"""A machine on disk: a tree with the ``proc`` and ``sys`` that a test needs."""

from __future__ import annotations

from pathlib import Path

import pytest

MEMORY_KB = 8_192_000


class Machine:
    """Writes files of /proc and /sys below ``root``; 8,192,000 kB of RAM, no swap, Linux 5.9 or later."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.write(
            "proc/meminfo",
            f"MemTotal: {MEMORY_KB} kB\nMemAvailable: 4096000 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n",
        )

    def write(self, path: str, text: str | bytes) -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return file

    def process(
        self,
        pid: int,
        comm: str | bytes = "app",
        *,
        rss_kb: int | None = 0,
        swap_kb: int = 0,
        adj: int = 0,
        score: int | None = None,
        started: int | None = None,
        cgroup: str = "0::/\n",
        state: str = "S",
        flags: int = 0,
        caps: int = 0,
        plain: bool = True,
    ) -> None:
        """Write one process; without ``rss_kb`` it has no memory.

        :param plain: Its score is that of Linux 5.9 and later; otherwise that of 4.17 to 5.8.
        """
        folder = f"proc/{pid}"
        comm = comm if isinstance(comm, bytes) else comm.encode()
        if score is None:
            score = 0
            if rss_kb is not None and adj != -1000:
                points = (rss_kb + swap_kb) // 4 + adj * (MEMORY_KB // 4 // 1000)
                share = int(points * 1000 / (MEMORY_KB // 4))
                score = max((1000 + share) * 2 // 3, 0) if plain else max(share, 0)
        after = f" {state} 1 1 1 0 -1 {flags} " + "0 " * 12 + f"{pid if started is None else started} 0 0\n"
        self.write(f"{folder}/stat", b"%d (%s)" % (pid, comm) + after.encode())
        shown = comm.replace(b"\n", b"\\n")
        memory = "" if rss_kb is None else f"VmRSS:\t{rss_kb} kB\nVmPTE:\t0 kB\nVmSwap:\t{swap_kb} kB\n"
        status = f"\nState:\t{state} (x)\nUid:\t1000\t1000\t1000\t1000\n{memory}CapEff:\t{caps:016x}\n"
        self.write(f"{folder}/status", b"Name:\t" + shown + status.encode())
        self.write(f"{folder}/comm", comm + b"\n")
        self.write(f"{folder}/oom_score", f"{score}\n")
        self.write(f"{folder}/oom_score_adj", f"{adj}\n")
        self.write(f"{folder}/cgroup", cgroup)

    def group(self, path: str, *, usage: int, limit: str, **files: str) -> None:
        """Write a cgroup of v2 with its use and limit in MiB, or ``max``."""
        folder = f"sys/fs/cgroup/{path}".rstrip("/")
        self.write("sys/fs/cgroup/cgroup.controllers", "cpu memory pids\n")
        self.write(f"{folder}/memory.current", f"{usage << 20}\n")
        self.write(f"{folder}/memory.max", limit if limit == "max" else f"{int(limit) << 20}\n")
        for name, text in files.items():
            self.write(f"{folder}/memory.{name.replace('_', '.')}", text)

    def old_group(self, path: str, *, usage: int, limit: int | None, **files: str) -> None:
        """Write a cgroup of v1 with its use and limit in MiB."""
        folder = f"sys/fs/cgroup/memory/{path}".rstrip("/")
        self.write(f"{folder}/memory.usage_in_bytes", f"{usage << 20}\n")
        none = 9223372036854771712
        self.write(f"{folder}/memory.limit_in_bytes", f"{none if limit is None else limit << 20}\n")
        for name, text in files.items():
            self.write(f"{folder}/memory.{name}", text)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """Return a machine without processes."""
    return Machine(tmp_path / "machine")
