"""Kernel lines to watch, and a control that nobody waits for."""

from __future__ import annotations

import pytest

from oomlog.watch.control import Control


class Impatient(Control):
    """Waits for nothing, and stops after so many looks at a log that does not grow."""

    def __init__(self, looks: int = 2) -> None:
        super().__init__()
        self.looks = looks
        self.at_wait: list[object] = []

    def wait(self, seconds: float, fds: object = ()) -> bool:
        if self.at_wait:
            self.at_wait.pop(0)()  # type: ignore[operator]
            return True
        self.looks -= 1
        if self.looks <= 0:
            self.stop()
        return True


def kill(pid: int, comm: str = "java", *, at: float = 0.0) -> bytes:
    """Return a kill line as dmesg prints it."""
    return (
        f"[{at or pid:12.6f}] Out of memory: Killed process {pid} ({comm}) total-vm:{pid * 4}kB, "
        f"anon-rss:{pid}kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:44kB oom_score_adj:0\n"
    ).encode()


def header(comm: str = "cron", *, at: float = 1.0) -> bytes:
    """Return the first line of a report."""
    return (
        f"[{at:12.6f}] {comm} invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0\n"
    ).encode()


@pytest.fixture
def impatient() -> type[Impatient]:
    return Impatient
