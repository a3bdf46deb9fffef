"""Much of RAM was page cache that needed no writing, and memory was short all the same.

Holds for the machine where the file lists that reclaim scans are a large part of RAM and hardly any of them
was dirty or under writeback.  Why they were not dropped the report does not say.
"""

from __future__ import annotations

from oomlog.explain.case import Case
from oomlog.explain.model import Finding, Values
from oomlog.explain.sizes import counter_kb, ram_kb, share_of

__all__ = ["ID", "REFERENCE", "find"]

ID = "page_cache_kept"
REFERENCE = "shrink_folio_list() in mm/vmscan.c (7.1); should_reclaim_retry() in mm/page_alloc.c since 4.7"

_LARGE = 0.3
# More of the cache than that may well be what it waited for.
_UNWRITTEN = 0.1


def find(case: Case) -> Finding | None:
    """Return the claim where clean page cache is a large part of RAM."""
    cache, ram = counter_kb(case, "active_file", "inactive_file"), ram_kb(case)
    unwritten = counter_kb(case, "dirty", "writeback")
    share = share_of(cache, ram)
    if cache is None or unwritten is None or share is None or share < _LARGE:
        return None
    if unwritten > cache * _UNWRITTEN:
        return None
    values: Values = {"cache_kb": cache, "share": share, "unwritten_kb": unwritten, "ram_kb": ram}
    evidence = case.quote("active_file:", "dirty:", "pages RAM")
    return Finding(ID, values, evidence, "certain", REFERENCE)
