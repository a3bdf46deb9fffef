"""What decides how soon this machine, or a cgroup in it, runs out of memory, and what happens then.

Numbers only, as the kernel prints them; ``report.system`` says what they mean.  Files are described in
man 5 proc and in the kernel's Documentation/admin-guide/sysctl/vm.rst, accounting/psi.rst,
admin-guide/cgroup-v2.rst and admin-guide/blockdev/zram.rst.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from oomlog.errors import SourceError
from oomlog.live.cgroups import NEAR, Memcg, hierarchy, limited_groups
from oomlog.live.container import Surroundings, surroundings
from oomlog.live.files import exists, read_flag, read_number, read_pairs, read_text

__all__ = [
    "Cgroups", "Hugetlb", "Memory", "Overcommit", "Pressure", "Settings", "System", "Zram", "Zswap",
    "read_system",
]  # fmt: skip

_AVERAGES = re.compile(r"(some|full) avg10=(\d+\.\d+) avg60=(\d+\.\d+) avg300=(\d+\.\d+) total=(\d+)")


@dataclass(frozen=True, slots=True)
class Memory:
    """RAM and swap (/proc/meminfo)."""

    mem_total_kb: int | None
    mem_available_kb: int | None
    swap_total_kb: int | None
    swap_free_kb: int | None


@dataclass(frozen=True, slots=True)
class Overcommit:
    """How much memory is promised (vm.overcommit_*, /proc/meminfo)."""

    mode: int | None
    ratio: int | None
    kbytes: int | None
    commit_limit_kb: int | None
    committed_as_kb: int | None


@dataclass(frozen=True, slots=True)
class Settings:
    """What the kernel does when memory runs out (sysctl vm.*)."""

    panic_on_oom: int | None
    oom_kill_allocating_task: int | None
    oom_dump_tasks: int | None
    min_free_kbytes: int | None
    watermark_scale_factor: int | None
    swappiness: int | None


@dataclass(frozen=True, slots=True)
class Pressure:
    """Per cent of time that tasks waited for memory (/proc/pressure/memory, since 4.20)."""

    some_avg10: float
    some_avg60: float
    some_avg300: float
    some_total_us: int
    full_avg10: float
    full_avg60: float
    full_avg300: float
    full_total_us: int


@dataclass(frozen=True, slots=True)
class Zram:
    """A compressed disk in RAM."""

    name: str
    disksize_kb: int | None
    stored_kb: int | None
    """What was written to it."""
    used_kb: int | None
    """The RAM that takes."""
    swap: bool
    """It is used for swap."""


@dataclass(frozen=True, slots=True)
class Zswap:
    """Compressed pages on their way to swap."""

    enabled: bool | None
    max_pool_percent: int | None
    used_kb: int | None
    stored_kb: int | None


@dataclass(frozen=True, slots=True)
class Hugetlb:
    """Memory set aside for huge pages of the usual size, and of all sizes."""

    pages_total: int | None
    pages_free: int | None
    pages_reserved: int | None
    page_size_kb: int | None
    all_sizes_kb: int | None


@dataclass(frozen=True, slots=True)
class Cgroups:
    """Memory cgroups that have a limit."""

    version: int | None
    """``None`` when no memory controller can be seen."""
    limited: int
    near: tuple[Memcg, ...]
    killed: tuple[Memcg, ...]
    """Those in which processes were killed, near their limit or not; the most kills first."""


@dataclass(frozen=True, slots=True)
class System:
    """The machine at one moment."""

    memory: Memory
    overcommit: Overcommit
    settings: Settings
    pressure: Pressure | None
    cgroups: Cgroups
    zram: tuple[Zram, ...]
    zswap: Zswap
    hugetlb: Hugetlb
    oom_kills: int | None
    """Processes killed since the machine started, in cgroups or globally (/proc/vmstat, since 4.13)."""
    surroundings: Surroundings


def read_system(
    root: Path = Path("/"), *, near: float = NEAR, environ: Mapping[str, str] | None = None
) -> System:
    """Read the machine once.

    :param near: Share of its limit from which a cgroup is listed.
    :param environ: Variables of this process, where Kubernetes leaves its own.
    :raise SourceError: When there is no meminfo in ``root``/proc.
    """
    meminfo = read_pairs(root / "proc" / "meminfo")
    if not meminfo:
        raise SourceError(str(root / "proc" / "meminfo"), "cannot be read", hint="is /proc mounted here?")
    vm = root / "proc" / "sys" / "vm"
    return System(
        memory=Memory(
            *map(meminfo.get, ("MemTotal", "MemAvailable", "SwapTotal", "SwapFree")),
        ),
        overcommit=Overcommit(
            mode=read_number(vm / "overcommit_memory"),
            ratio=read_number(vm / "overcommit_ratio"),
            kbytes=read_number(vm / "overcommit_kbytes"),
            commit_limit_kb=meminfo.get("CommitLimit"),
            committed_as_kb=meminfo.get("Committed_AS"),
        ),
        settings=Settings(**{name: read_number(vm / name) for name in Settings.__slots__}),
        pressure=_pressure(root),
        cgroups=_cgroups(root, near),
        zram=_zram(root),
        zswap=_zswap(root, meminfo),
        hugetlb=Hugetlb(
            *map(
                meminfo.get,
                ("HugePages_Total", "HugePages_Free", "HugePages_Rsvd", "Hugepagesize", "Hugetlb"),
            )
        ),
        oom_kills=read_pairs(root / "proc" / "vmstat").get("oom_kill"),
        surroundings=surroundings(root, environ),
    )


def _pressure(root: Path) -> Pressure | None:
    text = read_text(root / "proc" / "pressure" / "memory") or ""
    found = {match[1]: match for match in _AVERAGES.finditer(text)}
    some, full = found.get("some"), found.get("full")
    if some is None or full is None:
        return None
    return Pressure(
        some_avg10=float(some[2]),
        some_avg60=float(some[3]),
        some_avg300=float(some[4]),
        some_total_us=int(some[5]),
        full_avg10=float(full[2]),
        full_avg60=float(full[3]),
        full_avg300=float(full[4]),
        full_total_us=int(full[5]),
    )


def _cgroups(root: Path, near: float) -> Cgroups:
    where = hierarchy(root)
    if where is None:
        return Cgroups(None, 0, (), ())
    groups = list(limited_groups(where))
    killed = sorted((group for group in groups if group.oom_kill), key=lambda group: -(group.oom_kill or 0))
    return Cgroups(
        version=where.version,
        limited=len(groups),
        near=tuple(group for group in groups if group.share is not None and group.share >= near),
        killed=tuple(killed),
    )


def _zram(root: Path) -> tuple[Zram, ...]:
    block = root / "sys" / "block"
    try:
        names = sorted(path.name for path in block.iterdir() if path.name.startswith("zram"))
    except OSError:
        return ()
    swaps = {line.split(" ")[0] for line in (read_text(root / "proc" / "swaps") or "").split("\n")}
    found = []
    for name in names:
        size = read_number(block / name / "disksize")
        # Since 4.1; before, each number had a file.
        stat = (read_text(block / name / "mm_stat") or "").split()
        stored, used = (int(stat[0]), int(stat[2])) if len(stat) > 2 else (None, None)
        found.append(Zram(name, _kb(size), _kb(stored), _kb(used), f"/dev/{name}" in swaps))
    return tuple(found)


def _zswap(root: Path, meminfo: Mapping[str, int]) -> Zswap:
    parameters = root / "sys" / "module" / "zswap" / "parameters"
    enabled = read_flag(parameters / "enabled") if exists(parameters) else None
    percent = read_number(parameters / "max_pool_percent")
    return Zswap(enabled, percent, meminfo.get("Zswap"), meminfo.get("Zswapped"))


def _kb(size: int | None) -> int | None:
    return None if size is None else size // 1024
