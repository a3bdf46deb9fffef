"""Where the memory of each NUMA node and zone was, or of each child cgroup.

Mirrors the node and zone lines of show_free_areas() (mm/show_mem.c).  They count less than the machine's
line: since 4.13 no slabs, and the zones' lines since 4.8 no shared memory.  What is missing is the residue.

Before ``managed`` was printed (3.8), a zone's ``present`` left out the struct pages that describe it although
the page allocator may have got some of them (free_area_init_core() in mm/page_alloc.c), so there the residue
can be a few percent off, below zero too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from oomlog.explain.ledger import add_hugetlb, add_kernel
from oomlog.explain.ledger_lists import add_lists, lists_kb, whole
from oomlog.explain.ledger_memcg import memcg_parts
from oomlog.explain.ledger_sheet import Sheet, kilobytes, merged
from oomlog.explain.mem_info import hugepages, nodes, zones
from oomlog.explain.model import Ledger
from oomlog.model import OomEvent

__all__ = ["parts_of"]

Sizes = Mapping[str, int]


def parts_of(event: OomEvent, page_kb: int) -> tuple[Ledger, ...]:
    """Return the ledgers of nodes and zones, or of child cgroups."""
    if event.scope == "memcg":
        return memcg_parts(event)
    numbers = sorted({zone["node"] for zone in zones(event) if isinstance(zone.get("node"), int)})
    found = [_node(event, number, page_kb) for number in numbers]
    return (*(each for each in found if each is not None), *_zones(event, page_kb))


def _node(event: OomEvent, number: int, page_kb: int) -> Ledger | None:
    line = next((kilobytes(node, page_kb) for node in nodes(event) if node.get("node") == number), {})
    kb = merged([kilobytes(zone, page_kb) for zone in zones(event) if zone.get("node") == number])
    if "present" not in kb or (line and not whole(kb, {**line, "free": kb.get("free", 0)})):
        return None  # zones that the allocation could not use are hidden: the node's size is not known
    sheet = Sheet()
    _add(sheet, {**kb, **line}, since_5_11="pagetables" in line)
    add_hugetlb(sheet, [pool for pool in hugepages(event) if pool.get("node") == number])
    return _close(sheet, "node", str(number), kb)


def _zones(event: OomEvent, page_kb: int) -> list[Ledger]:
    found = []
    for zone in zones(event):
        kb, node = kilobytes(zone, page_kb), zone.get("node")
        if kb.get("present"):
            sheet = Sheet()
            _add(sheet, kb, since_5_11=False)
            pools = [pool for pool in hugepages(event) if pool.get("node") == (node or 0)]
            _hugetlb(sheet, pools)
            name = str(zone.get("zone")) if node is None else f"{node}/{zone.get('zone')}"
            found.append(_close(sheet, "zone", name, kb))
    return found


def _add(sheet: Sheet, kb: Sizes, *, since_5_11: bool) -> None:
    add_lists(sheet, kb)
    sheet.part("mlocked", kb.get("mlocked"), "unevictable")
    sheet.part("anon_thp", kb.get("anon_thp"), "anon")
    sheet.part("shmem_thp", kb.get("shmem_thp"), "shmem")
    add_kernel(sheet, kb, since_5_11=since_5_11)
    sheet.add("free", kb.get("free"))
    sheet.part("free_cma", kb.get("free_cma"), "free")
    sheet.part("free_highatomic", kb.get("free_highatomic"), "free")
    sheet.add("free_pcp", kb.get("free_pcp"))
    if "present" in kb and kb["present"] >= kb.get("managed", kb["present"] + 1):
        sheet.add("reserved", kb["present"] - kb["managed"], derived=True)


def _hugetlb(sheet: Sheet, pools: Sequence[Mapping[str, int]]) -> None:
    """Say that the pools of the zone's node are in no zone's line."""
    whole = Sheet()
    add_hugetlb(whole, pools)
    if whole.kb("hugetlb"):
        sheet.note("no_hugetlb_by_zone", hugetlb_kb=whole.kb("hugetlb"))


def _close(sheet: Sheet, of: Literal["node", "zone"], name: str, kb: Sizes) -> Ledger:
    complete = sheet.kb("free") is not None and lists_kb(kb) is not None
    over = sheet.sum_kb() - kb["present"]
    if sheet.exceeds(kb["present"]) is not None and sheet.kb("reserved") is not None:
        sheet.note("items_exceed", over_kb=over)
        complete = False
    elif not complete:
        sheet.note("incomplete")
    elif sheet.kb("reserved") is None:
        sheet.note("present_old")
    elif over > 0:
        sheet.note("negative", over_kb=over)
    elif sheet.kb("slab_unreclaimable") is None:
        sheet.note("no_slab_line" if sheet.kb("page_tables") is not None else "no_kernel_lines")
    return sheet.close(of, name, kb["present"], complete=complete)
