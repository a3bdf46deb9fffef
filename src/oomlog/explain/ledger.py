"""Where the machine's memory was, as a ledger that adds up to its RAM.

Mirrors the counters of __show_mem() (mm/show_mem.c; show_free_areas() in mm/page_alloc.c and show_mem() in
lib/show_mem.c until 6.4), each of which is counted where the pages are given out:

- The lists have each page of a process or a file once (``ledger_lists.py``).  ``mapped``, ``dirty`` and
  ``writeback`` are properties of such pages, and the page cache is files, shared memory and swap cache
  together, so none of them is added.
- ``slab_*``, page tables, kernel stacks, huge pages, ``zspages`` (what zram and zswap store, since 6.18) and
  the pages of graphics drivers (since 7.1) are on no list.  ``kernel_misc_reclaimable`` are drivers' pools,
  not slabs: KReclaimable of /proc/meminfo is the sum of both.
- Pages of the per-CPU lists are not in ``free``; those of the CMA area are.
- ``reserved`` is what the page allocator never got: the kernel's image, struct pages, firmware.

No line counts vmalloc, per-CPU data and pages that drivers take for themselves: they are the residue.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from oomlog.explain.ledger_lists import add_lists, lists_kb, whole
from oomlog.explain.ledger_sheet import Sheet, kilobytes, merged, total
from oomlog.explain.mem_info import counters, hugepages, nodes, swap, totals, zones
from oomlog.explain.model import Ledger
from oomlog.explain.totalpages import ram_contradicts, ram_pages, total_swap_kb
from oomlog.model import OomEvent

__all__ = ["add_hugetlb", "add_kernel", "machine_ledger"]

Sizes = Mapping[str, int]

_NOTABLE = 0.02
"""Share of RAM from which on a remark is worth a line."""
_MUCH = 0.12
"""Share of RAM that is more than vmalloc and per-CPU data, also of a small machine."""


def machine_ledger(event: OomEvent, page_kb: int) -> Ledger | None:
    """Return the machine's ledger, ``None`` when the report has no Mem-Info totals."""
    ram = totals(event).get("ram_pages")
    printed = kilobytes(counters(event), page_kb)
    if ram is None or not printed:
        return None
    total_kb = ram * page_kb
    sheet = Sheet()
    zone_sum, node_sum = _sum(zones(event), page_kb), _sum(nodes(event), page_kb)
    all_zones, all_nodes = whole(zone_sum, printed), whole(node_sum, printed)
    add_lists(sheet, printed)
    _within_lists(
        sheet, event, printed, zone_sum if all_zones else {}, node_sum if all_nodes else {}, page_kb
    )
    lines = {**(zone_sum if all_zones else {}), **(node_sum if all_nodes else {})}
    add_kernel(sheet, {**_pick(lines), **printed}, since_5_11="pagetables" in node_sum)
    hidden = _hidden_pools(event) if not all_nodes else False
    if not hidden:
        add_hugetlb(sheet, hugepages(event))
    if hidden or _pick(zone_sum).keys() | _pick(node_sum).keys() != _pick(lines).keys():
        # A sum over some of the lines would be a wrong number, so it is not entered at all.
        sheet.note("partial_lines")
    _free(sheet, printed)
    _reserved(sheet, event, total_kb, page_kb, all_zones)
    _balloon(sheet, node_sum, total_kb)
    _check_pagecache(sheet, event, printed, page_kb, total_kb)
    complete = sheet.kb("reserved") is not None and _all_counters(printed)
    contradicted = _contradicted(sheet, event, zone_sum, total_kb, page_kb)
    if not complete:
        sheet.note("incomplete")
    elif not contradicted:
        _residue(sheet, event, total_kb)
    return sheet.close("machine", None, total_kb, complete=complete and not contradicted)


def _sum(parts: Sequence[Mapping[str, int]], page_kb: int) -> dict[str, int]:
    return merged([kilobytes(part, page_kb) for part in parts])


def _pick(lines: Sizes) -> dict[str, int]:
    """Return what only the lines of nodes and zones count."""
    keys = ("kernel_stack", "writeback_tmp", "shadow_call_stack", "gpu_active", "gpu_reclaim", "zspages")
    return {key: lines[key] for key in keys if key in lines}


def _hidden_pools(event: OomEvent) -> bool:
    """Tell whether nodes without a line have no lines for their huge pages either (since 6.0)."""
    shown = {node.get("node") for node in nodes(event)}
    return {pool.get("node") for pool in hugepages(event)} <= shown


def _all_counters(printed: Sizes) -> bool:
    """Tell whether all is there that the kernel has always printed together.

    The unevictable list could be configured away until 2.6.31, before isolated pages were counted.
    """
    if lists_kb(printed) is None or not {"free", "pagetables"} <= printed.keys():
        return False
    if "isolated_anon" in printed and "unevictable" not in printed:
        return False
    return "slab" in printed or {"slab_reclaimable", "slab_unreclaimable"} <= printed.keys()


def _contradicted(sheet: Sheet, event: OomEvent, zone_sum: Sizes, total_kb: int, page_kb: int) -> bool:
    """Compare RAM with the zones' present pages, and with the items."""
    present = zone_sum.get("present")
    if present is not None and ram_contradicts(event, page_kb):
        sheet.note("ram_differs", ram_kb=total_kb, present_kb=present)
        return True
    over = sheet.exceeds(total_kb)
    if over is not None:
        sheet.note("items_exceed", over_kb=over)
    return over is not None


def _within_lists(
    sheet: Sheet, event: OomEvent, printed: Sizes, zone_sum: Sizes, node_sum: Sizes, page_kb: int
) -> None:
    cached = _swap_cache(event, page_kb)
    sheet.part("swap_cache", cached, "anon" if sheet.kb("anon") is not None else "anon_shmem")
    sheet.part("anon_thp", node_sum.get("anon_thp"), "anon")
    sheet.part("shmem_thp", node_sum.get("shmem_thp"), "shmem")
    sheet.part("dirty", printed.get("dirty"), "file")
    if cached == 0:  # otherwise anonymous pages may be among those that are written, to swap
        sheet.part("writeback", printed.get("writeback"), "file")
    sheet.part("unstable", printed.get("unstable"), "file")
    files = _unevictable_file(event, printed, page_kb)
    unevictable = sheet.kb("unevictable")
    if files is not None and unevictable is not None:
        files = min(max(files, 0), unevictable)
        sheet.part("unevictable_file", files, "unevictable", derived=True)
        sheet.part("unevictable_memory", unevictable - files, "unevictable", derived=True)
    sheet.part("mlocked", zone_sum.get("mlocked"), "unevictable")  # overlaps with these two


def _swap_cache(event: OomEvent, page_kb: int) -> int | None:
    pages = swap(event).get("swap_cache_pages", swap(event).get("swap_cached_pages"))
    return pages * page_kb if isinstance(pages, int) else None


def _pagecache(event: OomEvent, page_kb: int) -> int | None:
    pages = (event.mem_info or {}).get("pagecache_pages")
    return pages * page_kb if isinstance(pages, int) else None


def _unevictable_file(event: OomEvent, printed: Sizes, page_kb: int) -> int | None:
    """Return the page cache that is neither on the file lists nor shared memory nor swap cache.

    What remains of it is locked or ramfs (plus a few pages on their way to a list).
    """
    cache, cached = _pagecache(event, page_kb), _swap_cache(event, page_kb)
    files = total(printed, "active_file", "inactive_file", "shmem", "isolated_file", need=3)
    if cache is None or files is None:
        return None
    return cache - files - (cached or 0)


def add_kernel(sheet: Sheet, kb: Sizes, *, since_5_11: bool) -> None:
    """Enter what the kernel took for itself.

    :param since_5_11: Shadow call stacks are mapped by themselves; before they were slabs.
        Linux kernel commit a2abe7cbd8fe ("scs: switch to vmapped shadow stacks") (in v5.11).
    """
    sheet.add("slab", kb.get("slab"))
    for item in ("slab_reclaimable", "slab_unreclaimable", "kernel_misc_reclaimable"):
        sheet.add(item, kb.get(item))
    sheet.add("page_tables", kb.get("pagetables"))
    sheet.add("sec_page_tables", kb.get("sec_pagetables"))
    sheet.add("kernel_stack", kb.get("kernel_stack"))
    if since_5_11:
        sheet.add("shadow_call_stack", kb.get("shadow_call_stack"))
    sheet.add("zspages", kb.get("zspages"))
    sheet.add("gpu_active", kb.get("gpu_active"))
    sheet.add("gpu_reclaim", kb.get("gpu_reclaim"))
    sheet.add("bounce", kb.get("bounce"))
    sheet.add("writeback_tmp", kb.get("writeback_tmp"))


def add_hugetlb(sheet: Sheet, pools: Sequence[Mapping[str, int]]) -> None:
    """Enter the pools of huge pages of all sizes: they are taken from RAM, used or not."""
    sizes = [pool for pool in pools if isinstance(pool.get("hugepages_size_kb"), int)]
    if sizes:
        sheet.add(
            "hugetlb", sum(pool.get("hugepages_total", 0) * pool["hugepages_size_kb"] for pool in sizes)
        )
        free = sum(pool.get("hugepages_free", 0) * pool["hugepages_size_kb"] for pool in sizes)
        sheet.part("hugetlb_free", free, "hugetlb")


def _free(sheet: Sheet, printed: Sizes) -> None:
    sheet.add("free", printed.get("free"))
    sheet.part("free_cma", printed.get("free_cma"), "free")
    sheet.add("free_pcp", printed.get("free_pcp"))


def _reserved(sheet: Sheet, event: OomEvent, total_kb: int, page_kb: int, all_zones: bool) -> None:
    found = ram_pages(event, page_kb)
    if found is None or (found.basis == "ram_managed" and not all_zones):
        sheet.note("reserved_unknown")
        return
    sheet.add("reserved", total_kb - found.value * page_kb, derived=found.basis != "ram_less_reserved")
    poisoned = totals(event).get("hwpoisoned_pages")
    if poisoned:
        sheet.add("hwpoisoned", poisoned * page_kb)
    cma = totals(event).get("cma_reserved_pages")
    if cma and cma * page_kb >= _NOTABLE * total_kb:
        sheet.note(
            "cma", cma_kb=cma * page_kb, free_cma_kb=counters(event).get("free_cma_pages", 0) * page_kb
        )


def _balloon(sheet: Sheet, node_sum: Sizes, total_kb: int) -> None:
    """Enter what the hypervisor took back (since 6.17), if it can be told where it is counted.

    Most balloon drivers take the pages from the allocator for good (adjust_managed_page_count()), so they are
    in ``reserved``; virtio's with deflate-on-oom does not.
    """
    balloon = node_sum.get("balloon")
    if not balloon:
        return
    in_reserved = balloon <= (sheet.kb("reserved") or 0)
    in_rest = balloon <= total_kb - sheet.sum_kb()
    if in_reserved and not in_rest:
        sheet.add("balloon", balloon, "reserved")
    elif in_rest and not in_reserved:
        sheet.add("balloon", balloon)
    else:
        sheet.note("balloon_somewhere", balloon_kb=balloon)


def _check_pagecache(sheet: Sheet, event: OomEvent, printed: Sizes, page_kb: int, total_kb: int) -> None:
    """Compare with ``total pagecache pages``: what is left of it must be on the unevictable list."""
    files = _unevictable_file(event, printed, page_kb)
    unevictable = printed.get("unevictable", 0)
    if files is None:
        return
    off = min(files, 0) if files < 0 else max(files - unevictable, 0)
    if abs(off) > _NOTABLE * total_kb:
        sheet.note("pagecache_differs", pagecache_kb=_pagecache(event, page_kb), off_kb=off)
    # Locked shared memory is subtracted from the anon lists, where it is not.
    locked = min(printed.get("shmem", 0), max(unevictable - max(files, 0), 0))
    if sheet.kb("anon") is not None and locked > _NOTABLE * total_kb:
        sheet.note("shmem_may_be_locked", locked_kb=locked)


def _residue(sheet: Sheet, event: OomEvent, total_kb: int) -> None:
    rest = total_kb - sheet.sum_kb()
    if rest < 0:
        sheet.note("negative", over_kb=-rest)
    elif rest > _NOTABLE * total_kb:
        sheet.note("unaccounted_share", unaccounted_kb=rest, share=round(rest / total_kb, 4))
        if not hugepages(event):
            sheet.note("no_hugetlb_lines")
        # zram can be a disk as well: without swap it is worth a word only where much is missing.
        if not any("zspages_kb" in zone for zone in zones(event)) and (
            total_swap_kb(event) or rest > _MUCH * total_kb
        ):
            sheet.note("no_zspages")
        partial = any(key == "ledger.partial_lines" for key, _ in sheet.notes)
        if not partial and not any("kernel_stack_kb" in line for line in (*zones(event), *nodes(event))):
            sheet.note("no_kernel_stack")
