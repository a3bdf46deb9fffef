"""Real journal files, made from records by systemd-journal-remote."""

from __future__ import annotations

import shutil
import struct
import subprocess
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

REMOTE = shutil.which("systemd-journal-remote", path="/lib/systemd:/usr/lib/systemd")
MISSING = [
    name
    for name, there in (
        ("systemd-journal-remote (apt install systemd-journal-remote)", REMOTE),
        ("systemd-python (pip install 'oomlog[journal]')", find_spec("systemd")),
    )
    if not there
]

START_US = 1_763_805_600_000_000
HEADER = "mysqld invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0"
SUMMARY = (
    "oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,"
    "task_memcg=/user.slice,task={comm},pid={pid},uid=27"
)
KILL = (
    "Out of memory: Killed process {pid} ({comm}) total-vm:1234kB, anon-rss:99kB, file-rss:1kB, "
    "shmem-rss:0kB, UID:27 pgtables:400kB oom_score_adj:0"
)
REAPED = "oom_reaper: reaped process {pid} ({comm}), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB"


def export(fields: dict[str, bytes]) -> bytes:
    """Return one record in the journal's export format."""
    parts = []
    for name, value in fields.items():
        if b"\n" in value or not value.isascii() or b"\0" in value:
            parts.append(b"%s\n%s%s\n" % (name.encode(), struct.pack("<Q", len(value)), value))
        else:
            parts.append(b"%s=%s\n" % (name.encode(), value))
    return b"".join(parts) + b"\n"


class Machine:
    """Writes records as one boot of one machine, a millisecond apart.

    :ivar records: What was written, in the export format.
    """

    def __init__(self, host: str = "web1", boot: int = 1, machine: int = 1, real_us: int = START_US) -> None:
        self.host = host
        self.boot = f"{boot:032x}"
        self.machine = f"{machine:032x}"
        self.real_us = real_us
        self.uptime_us = 1_000_000
        self.records: list[bytes] = []

    def write(self, message: str | bytes, transport: str = "kernel", **fields: str | None) -> None:
        """Write a record; the kernel's have what journald adds to them."""
        self.real_us += 1000
        self.uptime_us += 1000
        values: dict[str, str | bytes | None] = {
            "__REALTIME_TIMESTAMP": str(self.real_us),
            "__MONOTONIC_TIMESTAMP": str(self.uptime_us),
            "_BOOT_ID": self.boot,
            "_MACHINE_ID": self.machine,
            "_HOSTNAME": self.host,
            "_TRANSPORT": transport,
            "PRIORITY": "4",
            "MESSAGE": message,
        }
        if transport == "kernel":
            values |= {
                "SYSLOG_FACILITY": "0",
                "SYSLOG_IDENTIFIER": "kernel",
                "_SOURCE_MONOTONIC_TIMESTAMP": str(self.uptime_us - 500),
            }
        values |= fields
        self.records.append(
            export({k: v.encode() if isinstance(v, str) else v for k, v in values.items() if v is not None})
        )

    def chat(self, count: int) -> None:
        """Write records about something else."""
        for number in range(count):
            self.write(f"IN=eth0 OUT= SRC=10.0.0.1 DST=10.0.0.2 LEN=60 ID={number}")

    def kill(self, pid: int, comm: str = "mysqld") -> None:
        """Write a short report."""
        self.write(HEADER)
        self.write(SUMMARY.format(pid=pid, comm=comm))
        self.write(KILL.format(pid=pid, comm=comm))
        self.write(REAPED.format(pid=pid, comm=comm))


def write_journal(path: Path, records: Iterable[bytes]) -> Path:
    """Make a journal file."""
    assert REMOTE is not None
    path.parent.mkdir(parents=True, exist_ok=True)
    exported = path.with_suffix(".export")
    exported.write_bytes(b"".join(records))
    subprocess.run([REMOTE, "-o", str(path), str(exported)], check=True, capture_output=True)
    exported.unlink()
    return path
