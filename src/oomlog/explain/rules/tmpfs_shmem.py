"""tmpfs files and shared memory held a large part of the RAM, or of the cgroup.

Ending a process frees shared anonymous memory with its last user, but no tmpfs file and no System V segment.
Where the table has the shmem part of each process (since 6.8), their sum is the most that was mapped; the
rest belonged to no process in the table.
"""

from __future__ import annotations

from oomlog.explain.case import Case
from oomlog.explain.model import Finding, Values
from oomlog.explain.sizes import counter_kb, group_kb, group_lines, limit_kb, ram_kb, share_of

__all__ = ["ID", "REFERENCE", "find"]

ID = "tmpfs_shmem"
REFERENCE = "NR_SHMEM in mm/shmem.c, printed by show_free_areas() and in memory.stat (2.6.32 to 7.1)"

# A quarter decides whether there is an OOM at all; desktops use a few percent for graphics and IPC.
_LARGE = 0.25
# Counters of processes drift by some MiB on large machines (percpu counters, 6.2 to 6.19).
_UNMAPPED = 0.5


def find(case: Case) -> Finding | None:
    """Return the claim where shmem is a quarter or more."""
    memcg = case.event.scope == "memcg"
    shmem = group_kb(case, "shmem") if memcg else counter_kb(case, "shmem")
    whole = limit_kb(case) if memcg else ram_kb(case)
    share = share_of(shmem, whole)
    if shmem is None or share is None or share < _LARGE:
        return None
    values: Values = {"shmem_kb": shmem, "share": share, "limit_kb" if memcg else "ram_kb": whole}
    words = f"{ID}_memcg" if memcg else ID
    mapped = _mapped_kb(case)
    if mapped is not None and shmem - mapped >= shmem * _UNMAPPED:
        words += "_unmapped"
        values = {**values, "unmapped_kb": shmem - mapped}
    evidence = group_lines(case, "shmem") if memcg else case.quote("shmem:", "pages RAM")
    return Finding(ID, values, evidence, "certain", REFERENCE, words)


def _mapped_kb(case: Case) -> int | None:
    """Return the most that the processes of the table can have mapped."""
    rows = case.event.tasks
    if not rows or case.event.details.sections.get("tasks") != "present":
        return None
    found = [row.get("rss_shmem_pages") for row in rows]
    pages = [each for each in found if isinstance(each, int)]
    return sum(pages) * case.page_kb if len(pages) == len(found) else None
