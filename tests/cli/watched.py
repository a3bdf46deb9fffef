"""A watch as a process, and the logs and journals that it follows."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

OOMLOG = [sys.executable, "-W", "error", "-m", "oomlog", "watch"]
FAST = ("--settle", "0.1", "--format", "ndjson")
BOOT = "0123456789abcdef0123456789abcdef"


def kill(pid: int, comm: str = "java") -> str:
    """Return the line of a kill whose process has as many kB as its number says."""
    return (
        f"[{pid:12.6f}] Out of memory: Killed process {pid} ({comm}) total-vm:{pid * 4}kB, "
        f"anon-rss:{pid}kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:44kB oom_score_adj:0\n"
    )


@contextlib.contextmanager
def watching(*args: str, **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    """Start a watch, and end it whatever happens."""
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    with subprocess.Popen([*OOMLOG, *args], **streams) as process:
        try:
            yield process
        finally:
            process.kill()


def wait_for(path: Path, text: str, seconds: float = 20.0) -> str:
    """Return what a file has once the text is in it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if path.exists() and text in (found := path.read_text()):
            return found
        time.sleep(0.02)
    raise AssertionError(f"{path} never had {text!r}: {path.read_text() if path.exists() else 'not there'}")


def pids(output: str) -> list[int]:
    """Return whose kills were told."""
    return [each["pid"] for line in output.splitlines() for each in json.loads(line)["kills"]]


def stop(process: subprocess.Popen[bytes], number: int = signal.SIGTERM) -> tuple[int, bytes]:
    """End a watch; return its status and what it said."""
    process.send_signal(number)
    _, err = process.communicate(timeout=20)
    return process.returncode, err


class Journal:
    """A journal that the test writes, through systemd-journal-remote."""

    def __init__(self, tmp_path: Path) -> None:
        remote = "/lib/systemd/systemd-journal-remote"
        if not Path(remote).exists():
            pytest.skip("needs systemd-journal-remote")
        self.folder = tmp_path / "journal"
        self.folder.mkdir()
        self._remote = subprocess.Popen(
            [remote, f"--output={self.folder}/test.journal", "--split-mode=none", "-"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._count = 0

    def add(self, messages: list[str], transport: str = "kernel") -> None:
        """Store records of the kernel; a time in brackets becomes the record's own."""
        parts = []
        for message in messages:
            self._count += 1
            uptime = float(message[1:13]) if message.startswith("[") else 1.0
            text = message[message.index("] ") + 2 :] if message.startswith("[") else message
            when = 1_700_000_000_000_000 + self._count
            parts.append(
                f"__REALTIME_TIMESTAMP={when}\n__MONOTONIC_TIMESTAMP={self._count}\n_BOOT_ID={BOOT}\n"
                f"_TRANSPORT={transport}\n_HOSTNAME=web1\nSYSLOG_IDENTIFIER=kernel\nPRIORITY=4\n"
                f"_SOURCE_MONOTONIC_TIMESTAMP={int(uptime * 1e6)}\nMESSAGE={text.rstrip()}\n\n"
            )
        assert self._remote.stdin is not None
        self._remote.stdin.write("".join(parts).encode("utf-8", "surrogateescape"))
        self._remote.stdin.flush()

    def close(self) -> None:
        """Make the journal complete."""
        assert self._remote.stdin is not None
        self._remote.stdin.close()
        self._remote.wait(20)
