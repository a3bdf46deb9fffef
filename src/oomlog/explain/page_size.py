"""The page size of the machine a report came from: not printed, but it shows.

The free lists begin with blocks of one page (show_free_areas()); the victim's address space is printed in
pages in the task table and in kB in the kill line; and a cgroup without limit shows PAGE_COUNTER_MAX, which
is rounded down to a page.
"""

from __future__ import annotations

from oomlog.explain.mem_info import zones
from oomlog.explain.model import Derived
from oomlog.model import OomEvent

__all__ = ["page_size"]

_SIZES_KB = (4, 8, 16, 64, 256)
# PAGE_COUNTER_MAX in kB by page size: LONG_MAX / PAGE_SIZE pages (include/linux/page_counter.h since 3.19).
_NO_LIMIT_KB = {(2**63 - 1) // (1024 * kb) * kb: kb for kb in _SIZES_KB}


def page_size(event: OomEvent, given_kb: int | None = None) -> Derived:
    """Return the page size in kB, with what it was told by.

    :param given_kb: The user knows better.
    :return: Not ``exact`` when nothing in the report shows it; 4 kB is then assumed.
    """
    found = {
        name: kb
        for name, kb in (
            ("free_list", _free_list(event)),
            ("victim", _victim(event)),
            ("limit", _limit(event)),
        )
        if kb is not None
    }
    if given_kb is not None:
        return Derived(given_kb, "page_size_given", found)
    if not found:
        return Derived(4, "page_size_assumed", exact=False)
    first = next(iter(found))
    agree = len(set(found.values())) == 1
    return Derived(found[first], f"page_size_{first}", found, exact=agree)


def _free_list(event: OomEvent) -> int | None:
    for zone in zones(event):
        blocks = zone.get("free_list")
        if blocks and blocks[0]["size_kb"] in _SIZES_KB:
            return int(blocks[0]["size_kb"])
    return None


def _victim(event: OomEvent) -> int | None:
    for kill in event.kills:
        for row in event.tasks or ():
            pages = row.get("total_vm_pages")
            if row.get("pid") != kill.pid or not kill.total_vm_kb or not isinstance(pages, int) or not pages:
                continue
            kb, rest = divmod(kill.total_vm_kb, pages)
            if rest == 0 and kb in _SIZES_KB:
                return kb
    return None


def _limit(event: OomEvent) -> int | None:
    memcg = event.memcg
    for counter in (memcg.memory, memcg.swap, memcg.memory_swap, memcg.kmem) if memcg else ():
        size = _NO_LIMIT_KB.get((counter or {}).get("limit_kb", 0))
        if size is not None:
            return size
    return None
