"""The kernel's own objects (slab) held a large part of the RAM, or of the cgroup.

Unreclaimable slab is freed by whoever allocated it, not by killing processes.  The kernel lists the caches
itself when unreclaimable slab exceeds all pages on the LRU lists (since 4.15).
"""

from __future__ import annotations

from oomlog.explain.case import Case
from oomlog.explain.model import Finding, Values
from oomlog.explain.quote import lines_of
from oomlog.explain.sizes import counter_kb, group_kb, group_lines, limit_kb, ram_kb, share_of
from oomlog.model import ReportLine

__all__ = ["ID", "REFERENCE", "find"]

ID = "slab_kernel"
REFERENCE = (
    "should_dump_unreclaim_slab() in mm/oom_kill.c (7.1); NR_SLAB_UNRECLAIMABLE_B in show_free_areas()"
)

# Servers use a few percent; a fifth is memory that processes would otherwise have.  The kernel's own
# condition for its table of caches says less: on a small machine slab soon exceeds a nearly empty LRU.
_UNRECLAIMABLE = 0.2
# Dentries and inodes are meant to fill free memory, but reclaim should have dropped them by now.
_RECLAIMABLE = 0.3
# All kernel memory of a cgroup (v1): slab, stacks, page tables.
_KMEM = 0.25
_TOP = 3


def find(case: Case) -> Finding | None:
    """Return the claim where slab is a large part."""
    return _of_memcg(case) if case.event.scope == "memcg" else _of_machine(case)


def _of_machine(case: Case) -> Finding | None:
    ram = ram_kb(case)
    fixed, caches = counter_kb(case, "slab_unreclaimable"), counter_kb(case, "slab_reclaimable")
    share, share_caches = share_of(fixed, ram), share_of(caches, ram)
    if fixed is None and caches is None:
        return _unsplit(case, ram)
    if fixed is None or caches is None or share is None or share_caches is None:
        return None
    lines = ("slab_reclaimable:", "slab_unreclaimable:", "pages RAM")
    values: Values = {"unreclaimable_kb": fixed, "reclaimable_kb": caches, "share": share, "ram_kb": ram}
    top, quoted = _top(case)
    if share >= _UNRECLAIMABLE:
        words = f"{ID}_top" if top else ID
        return Finding(ID, {**values, **top}, case.quote(*lines) + quoted, "certain", REFERENCE, words)
    if share_caches >= _RECLAIMABLE:
        values = {**values, "share": share_caches}
        return Finding(ID, values, case.quote(*lines), "certain", REFERENCE, f"{ID}_reclaimable")
    return None


def _unsplit(case: Case, ram: int | None) -> Finding | None:
    """Return the claim of a kernel that counted all slab together (until 2.6.30)."""
    slab = counter_kb(case, "slab")
    share = share_of(slab, ram)
    if slab is None or share is None or share < _RECLAIMABLE:
        return None
    values: Values = {"slab_kb": slab, "share": share, "ram_kb": ram}
    evidence = case.quote(" slab:", "pages RAM", "pages of RAM")
    return Finding(ID, values, evidence, "certain", REFERENCE, f"{ID}_unsplit")


def _top(case: Case) -> tuple[Values, tuple[ReportLine, ...]]:
    """Return the largest caches of the kernel's table, and its lines."""
    rows = [row for row in case.event.slab or () if isinstance(row.get("total_kb"), int)]
    rows.sort(key=lambda row: -int(row["total_kb"]))
    if not rows:
        return {}, ()
    names = [str(row["name"]) for row in rows[:_TOP]]
    wanted = {(name, f"{row['total_kb']}KB") for name, row in zip(names, rows, strict=False)}
    lines = [
        line
        for line in lines_of(case.event)
        if len(parts := line.text.split()) >= 3 and (parts[0], parts[-1]) in wanted
    ]
    top: Values = {"cache": names[0], "cache_kb": int(rows[0]["total_kb"]), "caches": ", ".join(names)}
    return top, tuple(lines[:_TOP])


def _of_memcg(case: Case) -> Finding | None:
    limit = limit_kb(case)
    fixed, caches = group_kb(case, "slab_unreclaimable"), group_kb(case, "slab_reclaimable")
    share = share_of(fixed, limit)
    if fixed is not None and caches is not None and share is not None and share >= _UNRECLAIMABLE:
        values: Values = {
            "unreclaimable_kb": fixed,
            "reclaimable_kb": caches,
            "share": share,
            "limit_kb": limit,
        }
        evidence = group_lines(case, "slab_unreclaimable")
        return Finding(ID, values, evidence, "certain", REFERENCE, f"{ID}_memcg")
    kmem = (case.event.memcg.kmem or {}).get("usage_kb") if case.event.memcg else None
    share = share_of(kmem, limit)
    if kmem is None or share is None or share < _KMEM:
        return None
    values = {"kmem_kb": kmem, "share": share, "limit_kb": limit}
    evidence = case.quote("kmem: usage", "memory: usage")
    return Finding(ID, values, evidence, "certain", REFERENCE, f"{ID}_kmem")
