"""Memory cgroups that have a limit: how full they are, and who lives in them.

cgroup v2 and the memory controller of v1 give the same records.  A group's own limit is what the kernel
checks, against the use of the group and all below it; a limit further up may be tighter, so the smallest on
the way is given, too.  Mirrors mm/memcontrol.c:memory_stat_format(), memory_max_show() and
mem_cgroup_get_max().
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from oomlog.kernel import is_unlimited
from oomlog.live.files import exists, pairs, read_flag, read_number, read_pairs, read_text

__all__ = ["NEAR", "Hierarchy", "Memcg", "hierarchy", "limited_groups"]

NEAR = 0.9
"""Share of its limit from which a cgroup counts as near it."""
_OCTAL = re.compile(r"\\([0-7]{3})")


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """Where the memory cgroups are."""

    version: int
    """1 or 2."""
    folder: Path
    top: str
    """Path of the group that ``folder`` is, as /proc/PID/cgroup names it; ``/`` unless in a container."""


@dataclass(frozen=True, slots=True)
class Memcg:
    """A cgroup with a memory limit of its own; ``None`` is what its kernel does not say."""

    path: str
    version: int
    usage_kb: int | None
    limit_kb: int | None
    effective_limit_kb: int | None
    """The smallest limit of the group and those above it that can be seen."""
    limited_by: str | None
    """The group whose limit that is."""
    file_cache_kb: int | None = None
    """Page cache on the LRU lists, most of which is dropped before anything is killed."""
    swap_usage_kb: int | None = None
    swap_limit_kb: int | None = None
    memsw_usage_kb: int | None = None
    """v1: memory and swap together."""
    memsw_limit_kb: int | None = None
    swappiness: int | None = None
    """v1: of this group."""
    oom: int | None = None
    oom_kill: int | None = None
    oom_group: bool | None = None
    """One kill in the group takes all of it (memory.oom.group)."""
    oom_kill_disable: bool | None = None
    """v1: tasks wait for memory instead of being killed."""

    @property
    def share(self) -> float | None:
        """Return the used part of the limit, the fuller one where memory+swap has a limit, too."""
        pairs_of_kb = ((self.usage_kb, self.limit_kb), (self.memsw_usage_kb, self.memsw_limit_kb))
        found = [
            used / max(limit, 1) for used, limit in pairs_of_kb if used is not None and limit is not None
        ]
        return max(found, default=None)

    def totalpages(self, *, total_swap_kb: int, page_size: int, swappiness: int | None) -> int | None:
        """Return the memory that an OOM in this group counts with, in pages.

        Mirrors mem_cgroup_get_max() since 5.10; before, v1 added no more than memory+swap leaves.

        :param swappiness: vm.swappiness, for v2.
        """
        if self.limit_kb is None:
            return None
        swap_kb = 0
        if (swappiness if self.version == 2 else self.swappiness) != 0:
            swap_kb = total_swap_kb
            if self.swap_limit_kb is not None:
                swap_kb = min(swap_kb, self.swap_limit_kb)
            if self.memsw_limit_kb is not None:
                swap_kb = min(swap_kb, max(self.memsw_limit_kb - self.limit_kb, 0))
        return (self.limit_kb + swap_kb) * 1024 // page_size

    def holds(self, path: str | None) -> bool:
        """Tell whether a process in the cgroup ``path`` counts towards this group.

        >>> Memcg("/a", 2, 0, 0, 0, None).holds("/a/b"), Memcg("/a", 2, 0, 0, 0, None).holds("/ab")
        (True, False)
        """
        return path is not None and (
            self.path == "/" or path == self.path or path.startswith(f"{self.path}/")
        )


def hierarchy(root: Path = Path("/")) -> Hierarchy | None:
    """Return where the memory cgroups are, ``None`` when no controller can be seen."""
    mounts = dict(_mounts(root))
    usual = root / "sys" / "fs" / "cgroup"
    for folder in (usual, usual / "memory", *(root / point[1:] for point in mounts)):
        top = mounts.get("/" + str(folder.relative_to(root)), "/")
        if (
            exists(folder / "memory.max")
            or "memory" in (read_text(folder / "cgroup.controllers") or "").split()
        ):
            return Hierarchy(2, folder, top)
        if exists(folder / "memory.usage_in_bytes"):
            return Hierarchy(1, folder, top)
    return None


def limited_groups(where: Hierarchy) -> Iterator[Memcg]:
    """Yield the groups that have a limit, each before those below it."""
    waiting: list[tuple[Path, str, int | None, str | None]] = [(where.folder, where.top, None, None)]
    while waiting:
        folder, path, limit_kb, limited_by = waiting.pop()
        own = _limit(folder / ("memory.max" if where.version == 2 else "memory.limit_in_bytes"))
        if own is not None and (limit_kb is None or own <= limit_kb):
            limit_kb, limited_by = own, path
        memcg = (_read_v2 if where.version == 2 else _read_v1)(folder, path, own, limit_kb, limited_by)
        if memcg.limit_kb is not None or memcg.memsw_limit_kb is not None:
            yield memcg
        below = sorted(_folders(folder), reverse=True)
        waiting += [(folder / name, f"{path.rstrip('/')}/{name}", limit_kb, limited_by) for name in below]


def _folders(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
    except OSError:
        return []


def _read_v2(
    folder: Path, path: str, limit_kb: int | None, effective: int | None, limited_by: str | None
) -> Memcg:
    if limit_kb is None:
        return Memcg(path, 2, None, None, effective, limited_by)
    events = read_pairs(folder / "memory.events")
    stat = read_pairs(folder / "memory.stat")
    return Memcg(
        path=path,
        version=2,
        usage_kb=_kb(folder / "memory.current"),
        limit_kb=limit_kb,
        effective_limit_kb=effective,
        limited_by=limited_by,
        file_cache_kb=_sum_kb(stat, "inactive_file", "active_file"),
        swap_usage_kb=_kb(folder / "memory.swap.current"),
        swap_limit_kb=_limit(folder / "memory.swap.max"),
        oom=events.get("oom"),
        oom_kill=events.get("oom_kill"),
        oom_group=read_flag(folder / "memory.oom.group"),
    )


def _read_v1(
    folder: Path, path: str, limit_kb: int | None, effective: int | None, limited_by: str | None
) -> Memcg:
    memsw = _limit(folder / "memory.memsw.limit_in_bytes")
    if limit_kb is None and memsw is None:
        return Memcg(path, 1, None, None, effective, limited_by)
    control = pairs(read_text(folder / "memory.oom_control") or "")
    stat = read_pairs(folder / "memory.stat")
    disable = control.get("oom_kill_disable")
    return Memcg(
        path=path,
        version=1,
        usage_kb=_kb(folder / "memory.usage_in_bytes"),
        limit_kb=limit_kb,
        effective_limit_kb=effective,
        limited_by=limited_by,
        file_cache_kb=_sum_kb(stat, "total_inactive_file", "total_active_file"),
        memsw_usage_kb=_kb(folder / "memory.memsw.usage_in_bytes"),
        memsw_limit_kb=memsw,
        swappiness=read_number(folder / "memory.swappiness"),
        oom_kill=control.get("oom_kill"),
        oom_kill_disable=None if disable is None else disable != 0,
    )


def _kb(path: Path) -> int | None:
    size = read_number(path)
    return None if size is None else size // 1024


# "max" is no number, and v1 has a number for it.
def _limit(path: Path) -> int | None:
    kb = _kb(path)
    return None if kb is None or is_unlimited(kb) else kb


def _sum_kb(stat: dict[str, int], *names: str) -> int | None:
    sizes = [stat[name] for name in names if name in stat]
    return sum(sizes) // 1024 if len(sizes) == len(names) else None


# Mount point and root of each cgroup mount that can have the memory controller (man 5 proc, mountinfo).
def _mounts(root: Path) -> Iterator[tuple[str, str]]:
    for line in (read_text(root / "proc" / "self" / "mountinfo") or "").split("\n"):
        left, _, right = line.partition(" - ")
        words, kind = left.split(" "), right.split(" ")
        if len(words) < 5 or kind[0] not in ("cgroup", "cgroup2"):
            continue
        if kind[0] == "cgroup" and "memory" not in kind[-1].split(","):
            continue
        yield _unescaped(words[4]), _unescaped(words[3])


def _unescaped(text: str) -> str:
    return _OCTAL.sub(lambda found: chr(int(found[1], 8)), text)
