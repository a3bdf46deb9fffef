"""Sentences about the parts of a machine that not every machine has: cgroups, pressure, zram, containers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from oomlog.live.cgroups import Memcg
from oomlog.live.container import Surroundings
from oomlog.live.system import Cgroups, Hugetlb, Pressure, Zram, Zswap
from oomlog.report.escape import escape
from oomlog.report.summary import counted
from oomlog.units import human_kb

__all__ = [
    "Reading", "about_cgroups", "about_hugetlb", "about_pressure", "about_surroundings", "about_zram",
    "about_zswap", "portion",
]  # fmt: skip

_WAITING = 10.0
_MUCH = 0.5


@dataclass(frozen=True, slots=True)
class Reading:
    """One thing that was read, and what it means."""

    what: str
    value: str
    meaning: str
    concern: bool = False
    """Worth a look: it makes kills likely, or makes them worse."""


def portion(part_kb: int, whole_kb: int) -> str:
    """Return a part of a size in words.

    >>> portion(512, 2048)
    '512 KiB of 2.00 MiB (25 %)'
    """
    percent = f" ({100 * part_kb // whole_kb} %)" if whole_kb else ""
    return f"{human_kb(part_kb)} of {human_kb(whole_kb)}{percent}"


def about_surroundings(found: Surroundings) -> Iterator[Reading]:
    """Say what cannot be seen from here."""
    if not found.looks_like_container:
        return
    signs = "; ".join(map(escape, found.signs))
    if found.first_pid_namespace:
        signs += "; but the processes of the whole machine can be seen"
    yield Reading("surroundings", "looks like a container", signs)
    if found.first_pid_namespace:
        return
    text = (
        "processes outside, which may be killed first or cause a kill here, and limits of cgroups above; "
        "memory and vm.* are the machine's"
    )
    yield Reading("not seen", "the machine outside", text)


def about_pressure(pressure: Pressure | None) -> Iterator[Reading]:
    """Say how long tasks waited for memory."""
    if pressure is None:
        yield Reading("memory pressure", "-", "not measured (Linux before 4.20, or psi is off)")
        return
    for name, what, values in (
        ("some", "at least one task", (pressure.some_avg10, pressure.some_avg60, pressure.some_avg300)),
        ("full", "all tasks that had work", (pressure.full_avg10, pressure.full_avg60, pressure.full_avg300)),
    ):
        shown = " ".join(f"{value:.2f}" for value in values) + " %"
        text = f"of the last 10, 60 and 300 s {what} waited for memory"
        yield Reading(f"memory pressure {name}", shown, text, name == "full" and values[0] >= _WAITING)


def about_cgroups(cgroups: Cgroups) -> Iterator[Reading]:
    """Say which cgroups are near their limit, and where processes were killed."""
    if cgroups.version is None:
        yield Reading("cgroups", "-", "no memory controller can be seen")
        return
    limits = counted(cgroups.limited, "limit")
    text = (
        "none is near it"
        if not cgroups.near
        else f"{len(cgroups.near):,} near it, where the next kill may be"
    )
    yield Reading(
        "cgroups", f"{limits} (v{cgroups.version})", text if cgroups.limited else "no group has a limit"
    )
    for memcg in cgroups.near:
        yield _about_memcg(memcg)
    if cgroups.killed:
        first = cgroups.killed[0]
        text = f"have seen kills, most of them {first.path}: {first.oom_kill:,}"
        yield Reading("cgroups with kills", f"{len(cgroups.killed):,}", text, True)


def _about_memcg(memcg: Memcg) -> Reading:
    parts = []
    if memcg.file_cache_kb is not None:
        parts.append(f"{human_kb(memcg.file_cache_kb)} of it is page cache, most of which goes before a kill")
    if memcg.oom_kill:
        parts.append(f"{memcg.oom_kill:,} killed in it so far")
    if memcg.oom_group:
        parts.append("a kill takes the whole group (memory.oom.group)")
    if memcg.oom_kill_disable:
        parts.append("tasks will wait instead of being killed (oom_kill_disable)")
    if memcg.limited_by not in (None, memcg.path):
        parts.append(f"{memcg.limited_by} above it has a tighter limit, {human_kb(memcg.effective_limit_kb)}")
    usage, limit = memcg.usage_kb, memcg.limit_kb
    if memcg.memsw_usage_kb is not None and memcg.memsw_limit_kb is not None and (
        limit is None or usage is None or memcg.memsw_usage_kb * limit > usage * memcg.memsw_limit_kb
    ):  # fmt: skip
        usage, limit = memcg.memsw_usage_kb, memcg.memsw_limit_kb
        parts.insert(0, "memory and swap together")
    value = portion(usage or 0, limit or 0)
    return Reading(f"cgroup {memcg.path}", value, "; ".join(parts) or "near its limit", True)


def about_zram(disks: Sequence[Zram]) -> Iterator[Reading]:
    """Say what compressed disks in RAM hold."""
    for disk in disks:
        if not disk.disksize_kb:
            continue
        value = f"{human_kb(disk.stored_kb)} in {human_kb(disk.used_kb)} of RAM"
        use = "swap in RAM" if disk.swap else "a disk in RAM"
        yield Reading(disk.name, value, f"{use}: compressed, but it fills the memory that it is to save")


def about_zswap(zswap: Zswap) -> Iterator[Reading]:
    """Say whether pages are compressed before they are swapped."""
    if zswap.enabled:
        percent = "" if zswap.max_pool_percent is None else f", at most {zswap.max_pool_percent} % of RAM"
        value = f"{human_kb(zswap.stored_kb)} in {human_kb(zswap.used_kb)} of RAM"
        yield Reading("zswap", value, f"pages on their way to swap, kept compressed{percent}")


def about_hugetlb(hugetlb: Hugetlb, mem_total_kb: int | None) -> Iterator[Reading]:
    """Say how much memory is set aside for huge pages."""
    total, free, size = hugetlb.pages_total, hugetlb.pages_free, hugetlb.page_size_kb
    kept = hugetlb.all_sizes_kb
    if kept is None and total is not None and size is not None:
        kept = total * size
    if not kept:
        return
    unused = (free or 0) * (size or 0)
    much = bool(mem_total_kb) and unused > (mem_total_kb or 0) * _MUCH
    text = f"set aside for huge pages, {human_kb(unused)} of it unused; nothing else can use it"
    yield Reading("hugetlb", human_kb(kept), text, much)
