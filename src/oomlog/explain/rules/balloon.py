"""A balloon driver had given a large part of the machine's memory back to the hypervisor.

Counted since 6.17 (virtio, VMware, Hyper-V, Xen).  Ballooned pages are taken off the RAM that the allocator
owns by most drivers, so the share is of what the machine was given at boot.
"""

from __future__ import annotations

from oomlog.explain import mem_info
from oomlog.explain.case import Case
from oomlog.explain.model import Finding
from oomlog.explain.sizes import nodes_kb, number, share_of, tells_machine

__all__ = ["ID", "REFERENCE", "find"]

ID = "balloon"
REFERENCE = "NR_BALLOON_PAGES: balloon_page_enqueue_one() in mm/balloon_compaction.c (6.17)"

_LARGE = 0.1


def find(case: Case) -> Finding | None:
    """Return the claim where the balloon is a tenth or more."""
    held = nodes_kb(case, "balloon")
    pages = number(mem_info.totals(case.event), "ram_pages")
    share = share_of(held, None if pages is None else pages * case.page_kb)
    if not tells_machine(case) or held is None or share is None or share < _LARGE:
        return None
    values = {"balloon_kb": held, "share": share}
    return Finding(ID, values, case.quote(" Balloon:", "pages RAM"), "certain", REFERENCE)
