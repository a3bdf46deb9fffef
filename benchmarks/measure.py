"""Run a command or a pipe of commands and measure it from outside.

Time is wall time from the first start to the last end.  CPU time and ``ru_maxrss`` come from
os.wait4() and so belong to each process alone (with the children it waited for), never to
all children so far.
"""

import contextlib
import os
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_SAMPLE_SECONDS = 0.005


@dataclass(frozen=True, slots=True)
class Run:
    """One measured run."""

    seconds: float
    cpu_seconds: float
    # The largest of the processes.  Linux counts mapped file pages in it, and starts a child
    # at the resident size of the process that started it: the runner itself has to stay small.
    max_rss_kb: int
    # Largest sum over all processes of resident minus file pages; None if it was not sampled.
    private_kb: int | None
    error: str | None


def run(pipe: Sequence[Sequence[str]], output: IO[bytes], *, sample: bool = False) -> Run:
    """Run the commands, each reading what the one before it wrote, the last writing to *output*.

    :param sample: Look at the memory of all processes every few milliseconds.  It costs time, so
        a run is either timed or sampled.
    """
    with contextlib.ExitStack() as stack:
        errors = stack.enter_context(tempfile.TemporaryFile())
        environment = os.environ | {"LC_ALL": "C"}
        children: list[subprocess.Popen[bytes]] = []
        start = time.perf_counter()
        for index, command in enumerate(pipe):
            last = index == len(pipe) - 1
            source = children[-1].stdout if children else None
            try:
                child = subprocess.Popen(
                    command,
                    stdin=source or subprocess.DEVNULL,
                    stdout=output if last else subprocess.PIPE,
                    stderr=errors,
                    env=environment,
                )
            except OSError as error:
                for started in children:
                    started.kill()
                    started.wait()
                return Run(0.0, 0.0, 0, None, f"cannot start: {error.strerror}")
            finally:
                # Only the reader may hold the pipe, or the writer never sees a broken one.
                if source:
                    source.close()
            children.append(child)

        private_kb = 0
        cpu_seconds, max_rss_kb = 0.0, 0
        waiting = list(children)
        while waiting:
            child = waiting[0]
            pid, status, usage = os.wait4(child.pid, os.WNOHANG if sample else 0)
            if not pid:
                private_kb = max(private_kb, sum(_private_kb(root.pid) for root in waiting))
                time.sleep(_SAMPLE_SECONDS)
                continue
            child.returncode = os.waitstatus_to_exitcode(status)
            cpu_seconds += usage.ru_utime + usage.ru_stime
            max_rss_kb = max(max_rss_kb, usage.ru_maxrss)
            waiting.pop(0)
        seconds = time.perf_counter() - start

        failed = next((child.returncode for child in reversed(children) if child.returncode), None)
        error_text = None
        if failed is not None:
            errors.seek(0)
            lines = errors.read(65536).decode(errors="replace").strip().splitlines()
            error_text = f"exit {failed}: {lines[-1] if lines else 'no message'}"
        return Run(seconds, cpu_seconds, max_rss_kb, private_kb or None if sample else None, error_text)


def _private_kb(root: int) -> int:
    # Resident minus file pages of a process and all below it.  A page that forked processes
    # still share counts once for each.  A process may end while it is looked at.
    total = 0
    with contextlib.suppress(OSError, ValueError, KeyError):
        process = Path(f"/proc/{root}")
        status = dict(
            line.split(":", 1) for line in process.joinpath("status").read_text().splitlines() if ":" in line
        )
        total += int(status["VmRSS"].split()[0]) - int(status["RssFile"].split()[0])
        for thread in process.joinpath("task").iterdir():
            for child in thread.joinpath("children").read_text().split():
                total += _private_kb(int(child))
    return total


def warm(path: Path) -> None:
    """Read a file once, so that the page cache holds it."""
    with path.open("rb", buffering=0) as file:
        buffer = bytearray(1 << 20)
        while file.readinto(buffer):
            pass


def machine() -> list[tuple[str, str]]:
    """Return what a reader needs to judge the numbers: processor, cores, Python, kernel."""
    model = "unknown"
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    system = os.uname()
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    return [
        ("CPU", model),
        ("cores", str(len(os.sched_getaffinity(0)))),
        ("memory", f"{memory_gib:.0f} GiB"),
        ("kernel", f"{system.sysname} {system.release} {system.machine}"),
    ]
