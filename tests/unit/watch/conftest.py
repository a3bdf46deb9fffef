"""Kernel lines to watch, and what a test needs to be the clock and everybody else."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from oomlog.watch.control import Control


class Impatient(Control):
    """Does the next thing of a list instead of waiting, and stops when there is none."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: list[Callable[[], object]] = []
        self.now = 1000.0

    def wait(self, seconds: float, fds: Sequence[int] = ()) -> bool:
        self.now += seconds
        if not self.meanwhile:
            self.stop()
            return True
        self.meanwhile.pop(0)()
        return True

    def pause(self, seconds: float) -> Callable[[], None]:
        """Return something to do that takes so long."""

        def pass_time() -> None:
            self.now += seconds

        return pass_time


class Lines:
    """Lines as dmesg prints them."""

    @staticmethod
    def kill(pid: int, comm: str = "java") -> bytes:
        text = (
            f"Out of memory: Killed process {pid} ({comm}) total-vm:{pid * 4}kB, anon-rss:{pid}kB, "
            "file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:44kB oom_score_adj:0"
        )
        return f"[{pid:12.6f}] {text}\n".encode()

    @staticmethod
    def header(at: float = 1.0, comm: str = "cron") -> bytes:
        text = f"{comm} invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0"
        return f"[{at:12.6f}] {text}\n".encode()

    @staticmethod
    def reaper(pid: int) -> bytes:
        text = f"oom_reaper: reaped process {pid} (java), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB"
        return f"[{pid + 0.5:12.6f}] {text}\n".encode()

    @staticmethod
    def other(at: float) -> bytes:
        return f"[{at:12.6f}] eth0: link is up\n".encode()


@pytest.fixture
def control() -> Impatient:
    return Impatient()


@pytest.fixture
def lines() -> Lines:
    return Lines()
