"""Much of the page cache was dirty or under writeback, so that it could not be dropped until it was written.

Reclaim may wait for such pages, but gives up when the storage is slow.
"""

from __future__ import annotations

from oomlog.explain.case import Case
from oomlog.explain.model import Finding, Values
from oomlog.explain.sizes import counter_kb, group_kb, group_lines, limit_kb, ram_kb, share_of

__all__ = ["ID", "REFERENCE", "find"]

ID = "page_cache_dirty"
REFERENCE = "shrink_folio_list() in mm/vmscan.c (7.1): dirty and writeback folios are kept"

# vm.dirty_ratio throttles writers at 20 % of what is free or cache; when memory is short that is far less
# than this part of the RAM.
_LARGE = 0.1
# Writers in a cgroup are throttled by its own dirty limit in v2 only.
_LARGE_MEMCG = 0.2


def find(case: Case) -> Finding | None:
    """Return the claim where dirty pages and those under writeback are a large part."""
    memcg = case.event.scope == "memcg"
    whole = limit_kb(case) if memcg else ram_kb(case)
    if memcg:
        dirty, writeback = group_kb(case, "file_dirty"), group_kb(case, "file_writeback")
        if dirty is None:  # the names of v1
            dirty, writeback = group_kb(case, "dirty"), group_kb(case, "writeback")
    else:
        dirty, writeback = counter_kb(case, "dirty"), counter_kb(case, "writeback")
    if dirty is None or writeback is None:
        return None
    share = share_of(dirty + writeback, whole)
    if share is None or share < (_LARGE_MEMCG if memcg else _LARGE):
        return None
    values: Values = {
        "dirty_kb": dirty,
        "writeback_kb": writeback,
        "share": share,
        "limit_kb" if memcg else "ram_kb": whole,
    }
    words = f"{ID}_memcg" if memcg else ID
    if memcg:
        evidence = group_lines(case, "(?:file_)?dirty", "(?:file_)?writeback")
    else:
        evidence = case.quote("dirty:", "writeback:", "pages RAM")
    # That it could not be written in time is a conclusion.
    return Finding(ID, values, evidence, "likely", REFERENCE, words)
