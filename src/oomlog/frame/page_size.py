"""The page size of the machine a report came from: not printed, but it shows.

The free lists begin with blocks of one page (show_free_areas()); the victim's address space is printed in
pages in the task table and in kB in the kill line; a cgroup without limit shows PAGE_COUNTER_MAX, which is
rounded down to a page; and what is free is printed in pages for the machine and in kB for its zones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from oomlog.model import OomEvent

__all__ = ["page_kb", "page_sizes", "zones_of"]

_SIZES_KB = (4, 8, 16, 64, 256)
# Zones and counter are not read at the same moment.
_DRIFT = 0.02
# PAGE_COUNTER_MAX in kB by page size: LONG_MAX / PAGE_SIZE pages (include/linux/page_counter.h since 3.19).
_NO_LIMIT_KB = {(2**63 - 1) // (1024 * kb) * kb: kb for kb in _SIZES_KB}


def page_sizes(event: OomEvent) -> dict[str, int]:
    """Return the page size in kB by what shows it: ``free_list``, ``victim``, ``limit``, ``free``."""
    found = {"free_list": _free_list(event), "victim": _victim(event), "limit": _limit(event)}
    if set(found.values()) == {None}:
        found["free"] = _free(event)
    return {name: kb for name, kb in found.items() if kb is not None}


def page_kb(event: OomEvent) -> int | None:
    """Return the page size in kB, ``None`` unless all that shows it in the report agrees."""
    sizes = set(page_sizes(event).values())
    return sizes.pop() if len(sizes) == 1 else None


def zones_of(event: OomEvent) -> Sequence[Mapping[str, Any]]:
    """Return the zones of a report, none where the log has no Mem-Info block."""
    found: Any = (event.mem_info or {}).get("zones")
    return found if isinstance(found, list | tuple) else ()


def _free_list(event: OomEvent) -> int | None:
    for zone in zones_of(event):
        blocks = zone.get("free_list")
        if blocks and blocks[0]["size_kb"] in _SIZES_KB:
            return int(blocks[0]["size_kb"])
    return None


def _victim(event: OomEvent) -> int | None:
    tasks = event.tasks
    if tasks is None:
        return None
    for kill in event.kills:
        for pid, pages in zip(tasks.column("pid"), tasks.column("total_vm_pages"), strict=True):
            if pid != kill.pid or not kill.total_vm_kb or not isinstance(pages, int) or not pages:
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


def _free(event: OomEvent) -> int | None:
    """Compare the counter with the zones; those of other nodes, or hidden ones, let no size fit."""
    counters: Any = (event.mem_info or {}).get("counters")
    pages = (counters or {}).get("free_pages")
    free = [zone.get("free_kb") for zone in zones_of(event)]
    zones = sum(kb for kb in free if isinstance(kb, int))
    if not isinstance(pages, int) or not pages or not free or None in free:
        return None
    return next((kb for kb in _SIZES_KB if abs(zones - pages * kb) <= _DRIFT * pages * kb), None)
