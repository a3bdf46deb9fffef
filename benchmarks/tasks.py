"""Make the processes of an invented machine and print them as the kernel's task table.

The sizes are in the kernel's own units (pages, and bytes for page tables).  Row formats
mirror dump_task() in mm/oom_kill.c.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

PAGE_KB = 4
PAGE_BYTES = 4096

_TITLE = "Tasks state (memory values in pages):"
_OLD_HEADER = "[ pid ]   uid  tgid total_vm      rss nr_ptes swapents oom_score_adj name"
_EL8_HEADER = "[ pid ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name"
_HEADER = "[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name"
# Kernels from 6.8 on also print the three parts of rss.
_PARTS_HEADER = (
    "[  pid  ]   uid  tgid total_vm      rss rss_anon rss_file rss_shmem "
    "pgtables_bytes swapents oom_score_adj name"
)


@dataclass(frozen=True, slots=True)
class Task:
    """One process, as oom_badness() and dump_task() see it."""

    pid: int
    uid: int
    comm: str
    total_vm: int
    rss_anon: int
    rss_file: int
    rss_shmem: int
    pgtables_bytes: int
    swapents: int
    oom_score_adj: int

    @property
    def rss(self) -> int:
        """Resident pages of all three kinds."""
        return self.rss_anon + self.rss_file + self.rss_shmem

    def badness(self, totalpages: int) -> int:
        """Points in pages, as the kernel chooses its victim by."""
        points = self.rss + self.swapents + self.pgtables_bytes // PAGE_BYTES
        return points + self.oom_score_adj * totalpages // 1000


# comm, uid, oom_score_adj: what every machine runs, in the order it started
_DAEMONS: tuple[tuple[str, int, int], ...] = (
    ("systemd-journal", 0, -250),
    ("systemd-udevd", 0, -1000),
    ("multipathd", 0, -1000),
    ("auditd", 0, -1000),
    ("systemd-resolve", 101, 0),
    ("systemd-timesyn", 102, 0),
    ("accounts-daemon", 0, 0),
    ("dbus-daemon", 103, -900),
    ("NetworkManager", 0, 0),
    ("irqbalance", 0, 0),
    ("polkitd", 998, 0),
    ("rsyslogd", 104, 0),
    ("snapd", 0, -900),
    ("systemd-logind", 0, 0),
    ("udisksd", 0, 0),
    ("containerd", 0, -999),
    ("dockerd", 0, -500),
    ("kubelet", 0, -999),
    ("cron", 0, 0),
    ("agetty", 0, 0),
    ("sshd", 0, -1000),
    ("systemd", 1000, 100),
    ("(sd-pam)", 1000, 100),
    ("master", 0, 0),
    ("qmgr", 115, 0),
    ("chronyd", 116, 0),
    ("node_exporter", 117, 0),
    ("ntpd", 38, 0),
)

_WORKERS: tuple[tuple[str, int], ...] = (
    ("nginx", 33),
    ("php-fpm8.2", 33),
    ("postgres", 112),
    ("java", 1001),
    ("python3", 1000),
    ("gunicorn: worke", 1000),
    ("node", 1000),
    ("redis-server", 113),
    ("containerd-shim", 0),
    ("runc:[2:INIT]", 0),
    ("pause", 65535),
    ("bash", 1000),
    ("Web Content", 1000),
    ("beam.smp", 118),
    ("tmux: server", 1000),
)


def population(rng: Random, count: int) -> list[Task]:
    """Return *count* processes: the machine's daemons first, then workers."""
    tasks = []
    pid = 300
    for index in range(count):
        if index < len(_DAEMONS):
            comm, uid, adj = _DAEMONS[index]
            size = rng.randrange(200, 6000)
            pid += rng.randrange(1, 60)
        else:
            comm, uid = rng.choice(_WORKERS)
            adj = -998 if comm == "pause" else 0
            size = int(rng.lognormvariate(8.5, 1.2))
            pid += rng.randrange(1, 9000)
        tasks.append(_sized(rng, Task(pid, uid, comm, 0, 0, 0, 0, 0, 0, adj), size))
    return tasks


def members(rng: Random, count: int, oom_score_adj: int) -> list[Task]:
    """Return *count* processes of one container."""
    comm, uid = rng.choice(_WORKERS[1:8])
    pid = rng.randrange(20_000, 900_000)
    tasks = []
    for _ in range(count):
        pid += rng.randrange(1, 40)
        size = int(rng.lognormvariate(7.5, 0.8))
        tasks.append(_sized(rng, Task(pid, uid, comm, 0, 0, 0, 0, 0, 0, oom_score_adj), size))
    return tasks


def drift(rng: Random, base: Sequence[Task], now: Sequence[Task]) -> list[Task]:
    """Return the processes *now* a moment later: most have grown or shrunk around their base size."""
    return [
        task if rng.random() < 0.3 else _sized(rng, task, max(20, int(usual.rss * rng.uniform(0.8, 1.25))))
        for usual, task in zip(base, now, strict=True)
    ]


def grown(rng: Random, task: Task, pages: int) -> Task:
    """Return the task with *pages* resident: the one that is going to be killed."""
    return _sized(rng, task, pages)


def _sized(rng: Random, task: Task, pages: int) -> Task:
    # One random number for all parts: a storm file needs 1.5 million of these.
    part = rng.random()
    file = int(pages * part * 0.1)
    shmem = int(pages * part * 0.02)
    return replace(
        task,
        total_vm=pages * 3 + int(20_000 * part),
        rss_anon=pages - file - shmem,
        rss_file=file,
        rss_shmem=shmem,
        pgtables_bytes=PAGE_BYTES * (10 + pages // 350),
        swapents=int(pages * part * 0.05),
    )


def table(tasks: Sequence[Task], columns: str) -> list[str]:
    """Print the task table with the columns of one kernel era.

    :param columns: ``nr_ptes`` (3.6 to 3.19), ``el8`` (4.15 to 4.18), ``pgtables`` (4.19 to
        6.6) or ``parts`` (6.8 and later).
    """
    if columns == "nr_ptes":
        return [_OLD_HEADER, *map(_old_row, tasks)]
    if columns == "el8":
        return [_EL8_HEADER, *map(_el8_row, tasks)]
    if columns == "pgtables":
        return [_TITLE, _HEADER, *map(_row, tasks)]
    return [_TITLE, _PARTS_HEADER, *map(_parts_row, tasks)]


def _old_row(t: Task) -> str:
    return (
        f"[{t.pid:5d}] {t.uid:5d} {t.pid:5d} {t.total_vm:8d} {t.rss:8d} {t.pgtables_bytes // PAGE_BYTES:7d} "
        f"{t.swapents:8d}         {t.oom_score_adj:5d} {t.comm}"
    )


def _el8_row(t: Task) -> str:
    return (
        f"[{t.pid:5d}] {t.uid:5d} {t.pid:5d} {t.total_vm:8d} {t.rss:8d} {t.pgtables_bytes:8d} "
        f"{t.swapents:8d}         {t.oom_score_adj:5d} {t.comm}"
    )


def _row(t: Task) -> str:
    return (
        f"[{t.pid:7d}] {t.uid:5d} {t.pid:5d} {t.total_vm:8d} {t.rss:8d} {t.pgtables_bytes:8d} "
        f"{t.swapents:8d}         {t.oom_score_adj:5d} {t.comm}"
    )


def _parts_row(t: Task) -> str:
    return (
        f"[{t.pid:7d}] {t.uid:5d} {t.pid:5d} {t.total_vm:8d} {t.rss:8d} {t.rss_anon:8d} {t.rss_file:8d} "
        f"{t.rss_shmem:9d} {t.pgtables_bytes:8d} {t.swapents:8d}         {t.oom_score_adj:5d} {t.comm}"
    )
