"""Memory that no process shows: huge pages set aside, tmpfs, a large cache of one slab."""

from __future__ import annotations

from oomlog.explain.case import Case
from oomlog.explain.mem_info import counters, hugepages
from oomlog.explain.model import Action, Finding

__all__ = ["shrink_hugepages", "slab_name", "tmpfs_size"]

_COMMON_DEFAULT_KB = 2048


def shrink_hugepages(case: Case, finding: Finding) -> tuple[Action, ...]:
    """Give back huge pages that nobody had mapped."""
    found: list[Action] = []
    pools: dict[int, tuple[int, int]] = {}
    for each in hugepages(case.event):
        size, total, free = (each.get(f"hugepages_{key}") for key in ("size_kb", "total", "free"))
        if each.get("hugepages_surp"):
            return ()  # taken beyond nr_hugepages, which the numbers then do not tell
        if isinstance(size, int) and isinstance(total, int) and isinstance(free, int) and size > 0:
            before = pools.get(size, (0, 0))
            pools[size] = (before[0] + total, before[1] + free)
    for size, (total, free) in sorted(pools.items(), key=lambda item: -item[0] * item[1][1]):
        if free <= 0 or free > total:
            continue
        values = {"total": total, "free": free, "used": total - free, "free_kb": free * size, "size_kb": size}
        text = f"echo {total - free} > /sys/kernel/mm/hugepages/hugepages-{size}kB/nr_hugepages"
        found.append(Action("hugepages_shrink", finding.id, "command", text, values))
        if size == _COMMON_DEFAULT_KB:
            text, path = f"vm.nr_hugepages = {total - free}\n", "/etc/sysctl.d/90-hugepages.conf"
            found.append(Action("hugepages_file", finding.id, "file", text, values, path))
    return tuple(found)


def tmpfs_size(case: Case, finding: Finding) -> tuple[Action, ...]:
    """Keep a tmpfs from growing beyond what it had when memory ran out."""
    shmem = _shmem_kb(case)
    if not shmem:
        return ()
    text = f"mount -o remount,size={-(-shmem // 1024)}M MOUNTPOINT"
    return (Action("tmpfs_size", finding.id, "command", text, {"shmem_kb": shmem}),)


def _shmem_kb(case: Case) -> int | None:
    memcg = case.event.memcg
    if case.event.scope == "memcg":
        found = (memcg.stats or {}).get("shmem_bytes") if memcg is not None else None
        return None if found is None else found // 1024
    pages = counters(case.event).get("shmem_pages")
    return pages * case.page_kb if isinstance(pages, int) else None


def slab_name(case: Case, finding: Finding) -> tuple[Action, ...]:
    """Look at the caches of the kernel, the largest first."""
    rows = [(row.get("used_kb"), row.get("name")) for row in case.event.slab or ()]
    sized = [(kb, name) for kb, name in rows if isinstance(kb, int) and isinstance(name, str)]
    if not sized:
        return (Action("slabtop", finding.id, "look", "slabtop -o -s c"),)
    kb, name = max(sized)
    return (Action("slabtop_name", finding.id, "look", "slabtop -o -s c", {"slab": name, "used_kb": kb}),)
