"""Page tables held a large part of the RAM, or of the cgroup.

They grow with mapped address space, once for each process: many processes that map the same large segment pay
for it many times.  They are part of badness since 2.6.39, but of no process's rss.
"""

from __future__ import annotations

from oomlog.explain.case import Case
from oomlog.explain.model import Finding, Values
from oomlog.explain.quote import row_lines
from oomlog.explain.sizes import counter_kb, group_kb, group_lines, limit_kb, ram_kb, share_of

__all__ = ["ID", "REFERENCE", "find"]

ID = "page_tables"
REFERENCE = (
    "NR_PAGETABLE: __show_mem() in mm/show_mem.c; mm_pgtables_bytes() in oom_badness(), mm/oom_kill.c (7.1)"
)

# One page of tables maps 2 MiB (4 KiB pages), so densely used memory has 0.2 %.
_LARGE = 0.1


def find(case: Case) -> Finding | None:
    """Return the claim where page tables are a tenth or more."""
    memcg = case.event.scope == "memcg"
    tables = group_kb(case, "pagetables") if memcg else counter_kb(case, "pagetables")
    whole = limit_kb(case) if memcg else ram_kb(case)
    share = share_of(tables, whole)
    if tables is None or share is None or share < _LARGE:
        return None
    values: Values = {"pagetables_kb": tables, "share": share, "limit_kb" if memcg else "ram_kb": whole}
    words = f"{ID}_memcg" if memcg else ID
    evidence = group_lines(case, "pagetables") if memcg else case.quote("pagetables:", "pages RAM")
    known = [each for each in case.processes if each.pgtables_pages]
    # Where the table explains little of it, whoever has most of that is not worth a name.
    if sum(each.pgtables_pages or 0 for each in known) * case.page_kb * 2 >= (tables or 0):
        top = max(known, key=lambda each: each.pgtables_pages or 0)
        if top.comm is not None:
            own = (top.pgtables_pages or 0) * case.page_kb
            words += "_top"
            values = {**values, "comm": top.comm, "pid": top.pid, "own_kb": own, "rows": len(known)}
            evidence += row_lines(case.event, {top.row_pid})
    return Finding(ID, values, evidence, "certain", REFERENCE, words)
