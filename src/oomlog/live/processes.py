"""The processes in /proc with what decides about them in an OOM: memory, oom_score and oom_score_adj.

One record per process (thread group), as memory and oom_score_adj belong to all its threads.  A process may
end at any moment: its files are read through one descriptor of its folder, which never leads to a later
process with the same number.  Mirrors fs/proc/array.c:proc_pid_status(), do_task_stat() and
fs/proc/task_mmu.c:task_mem().
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from oomlog.live.files import pairs, read_bytes, read_number, read_text

__all__ = [
    "CAP_SYS_ADMIN",
    "CAP_SYS_RESOURCE",
    "Process",
    "folder_of",
    "own_capability",
    "read_process",
    "read_processes",
    "started_ticks",
]

CAP_SYS_ADMIN = 21
CAP_SYS_RESOURCE = 24
"""Numbers of capabilities (include/uapi/linux/capability.h)."""
_PF_KTHREAD = 0x00200000  # include/linux/sched.h


@dataclass(frozen=True, slots=True)
class Process:
    """One process; ``None`` is what could not be read."""

    pid: int
    comm: str | None = None
    state: str | None = None
    uid: int | None = None
    started_ticks: int | None = None
    """Clock ticks after boot; with the pid it names a process for ever."""
    kernel_thread: bool | None = None
    init: bool = False
    """The first process of the machine, which the kernel never kills."""
    has_memory: bool | None = None
    """It has an address space (mm); kernel threads, zombies and the exiting have none."""
    oom_score: int | None = None
    oom_score_adj: int | None = None
    rss_kb: int | None = None
    swap_kb: int | None = None
    pgtables_kb: int | None = None
    sys_admin: bool | None = None
    """Has CAP_SYS_ADMIN, worth a discount until Linux 4.16."""
    cgroups: Mapping[str, str] = field(default_factory=dict)
    """Path by controller: ``memory``, ``name=systemd``, and the empty name for cgroup v2."""

    @property
    def memcg(self) -> str | None:
        """Return the path of the cgroup whose memory limit holds for it."""
        return self.cgroups.get("memory", self.cgroups.get(""))


def read_processes(root: Path = Path("/")) -> list[Process]:
    """Return all processes that can be seen, by number; those that end meanwhile are left out."""
    try:
        names = os.listdir(root / "proc")  # noqa: PTH208 - names, of which most are numbers
    except OSError:
        return []
    pids = sorted(int(name) for name in names if name.isascii() and name.isdigit())
    found = (read_process(pid, root) for pid in pids)
    return [process for process in found if process is not None]


def read_process(pid: int, root: Path = Path("/")) -> Process | None:
    """Return one process, ``None`` when there is none (any more)."""
    try:
        with folder_of(pid, root) as folder:
            return _read(pid, folder)
    except PermissionError:  # hidepid=1: the number can be seen, and nothing else
        return Process(pid)
    except OSError:
        return None


@contextmanager
def folder_of(pid: int, root: Path = Path("/")) -> Iterator[int]:
    """Open the folder of a process; the descriptor means this process even after its end.

    :raise OSError: When there is no such process, or it may not be seen.
    """
    fd = os.open(root / "proc" / str(pid), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield fd
    finally:
        os.close(fd)


def _read(pid: int, folder: int) -> Process | None:
    stat = _stat(folder)
    status = read_text("status", folder=folder)
    if status is None and stat is None and _ended(folder):
        return None
    numbers = pairs(status or "")
    state, flags, started = (None, None, None) if stat is None else stat
    kernel_thread = _kernel_thread(numbers, flags)
    own = numbers
    if state in ("Z", "X") and "VmRSS" not in numbers:
        own = _of_threads(pid, folder) or numbers
    has_memory = None if status is None else "VmRSS" in own
    # Before 4.15 the upper levels had a line of their own, VmPMD (4.0 to 4.14).
    pgtables = None if "VmPTE" not in own else own["VmPTE"] + own.get("VmPMD", 0)
    oom_score = read_number("oom_score", folder=folder)
    return Process(
        pid=pid,
        comm=_comm(folder),
        state=state,
        uid=numbers.get("Uid"),
        started_ticks=started,
        kernel_thread=kernel_thread,
        # In a container number 1 is somebody else, who can be killed: then it has a score.
        init=pid == 1 and not oom_score,
        has_memory=False if kernel_thread else has_memory,
        oom_score=oom_score,
        oom_score_adj=read_number("oom_score_adj", folder=folder),
        rss_kb=own.get("VmRSS"),
        swap_kb=own.get("VmSwap"),
        pgtables_kb=pgtables,
        sys_admin=_capable(status, CAP_SYS_ADMIN),
        cgroups=_cgroups(folder),
    )


def started_ticks(folder: int) -> int | None:
    """Return the start of the process whose folder is open."""
    stat = _stat(folder)
    return None if stat is None else stat[2]


def _ended(folder: int) -> bool:
    # The files of a process that ended cannot be opened (ESRCH); those of a hidden one are forbidden.
    try:
        os.close(os.open("stat", os.O_RDONLY | os.O_CLOEXEC, dir_fd=folder))
    except PermissionError:
        return False
    except OSError:
        return True
    return False


def _comm(folder: int) -> str | None:
    data = read_bytes("comm", folder=folder)
    # Exactly the one newline that the kernel adds: the name itself may end with more.
    return None if data is None else data.removesuffix(b"\n").decode("utf-8", "surrogateescape")


# State, flags and start time.  The name before them may hold blanks and parentheses, so the last one counts.
def _stat(folder: int) -> tuple[str, int, int] | None:
    data = read_bytes("stat", folder=folder)
    words = (data or b"").rpartition(b")")[2].split()
    try:
        return words[0].decode("ascii", "replace"), int(words[6]), int(words[19])
    except (IndexError, ValueError):
        return None


def _kernel_thread(numbers: Mapping[str, int], flags: int | None) -> bool | None:
    if "Kthread" in numbers:  # newer kernels have a line for it
        return numbers["Kthread"] == 1
    return None if flags is None else bool(flags & _PF_KTHREAD)


# The first thread of a process may have ended while others go on: the memory is theirs (the kernel asks
# them, too: mm/oom_kill.c:find_lock_task_mm()).
def _of_threads(pid: int, folder: int) -> dict[str, int] | None:
    try:
        fd = os.open("task", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=folder)
    except OSError:
        return None
    try:
        for name in sorted(os.listdir(fd)):  # noqa: PTH208 - a descriptor, no path
            found = pairs(read_text(f"{name}/status", folder=fd) or "")
            if name != str(pid) and "VmRSS" in found:
                return found
    except OSError:
        pass
    finally:
        os.close(fd)
    return None


def _capable(status: str | None, capability: int) -> bool | None:
    for line in (status or "").split("\n"):
        if line.startswith("CapEff:"):
            try:
                return bool(int(line[7:], 16) >> capability & 1)
            except ValueError:
                return None
    return None


def _cgroups(folder: int) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in (read_text("cgroup", folder=folder) or "").split("\n"):
        number, _, rest = line.partition(":")
        controllers, colon, path = rest.partition(":")
        if number and colon:
            found.update(dict.fromkeys(controllers.split(","), path))
    return found


def own_capability(capability: int, root: Path = Path("/")) -> bool | None:
    """Tell whether this process has a capability in effect."""
    return _capable(read_text(root / "proc" / "self" / "status"), capability)
