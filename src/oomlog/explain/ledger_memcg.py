"""Where a cgroup's memory was, as a ledger that adds up to its limit.

Mirrors memory_stats[] (mm/memcontrol.c) and memcg1_stats[] (mm/memcontrol-v1.c):

- ``file`` of cgroup v2 and ``cache`` of v1 have shared memory and tmpfs in them; here ``file`` is the rest.
- ``kernel`` (since 5.18, on v1 the counter ``kmem``) has stacks, page tables, per-CPU data, slabs, vmalloc
  and zswap's pool in it; until 5.17 v2 printed some of these by themselves, and the others not at all.
- Swap is not part of the memory limit and so never an item.
- 3.9 to 5.2 printed one line a cgroup, each without its children, so the lines of the subtree are added.
"""

from __future__ import annotations

from collections.abc import Mapping

from oomlog.explain.ledger_sheet import Sheet, total
from oomlog.explain.model import Ledger
from oomlog.explain.ranking import processes_of
from oomlog.kernel import is_unlimited
from oomlog.model import Memcg, OomEvent

__all__ = ["memcg_ledger", "memcg_parts"]

Sizes = Mapping[str, int]

_NOTABLE = 0.02
_KERNEL = (
    ("kernel_stack", "kernel_stack"),
    ("page_tables", "pagetables"),
    ("sec_page_tables", "sec_pagetables"),
    ("percpu", "percpu"),
    ("slab_reclaimable", "slab_reclaimable"),
    ("slab_unreclaimable", "slab_unreclaimable"),
)


def memcg_ledger(event: OomEvent, page_kb: int) -> Ledger | None:
    """Return the ledger of the cgroup whose limit was hit."""
    memcg = event.memcg
    usage = (memcg.memory or {}).get("usage_kb") if memcg else None
    if memcg is None or usage is None:
        return None
    limit = (memcg.memory or {}).get("limit_kb")
    sheet = Sheet()
    stats = _stats(memcg)
    if stats:
        _add_users(sheet, stats)
        _add_kernel(sheet, stats, memcg)
        if memcg.memory_swap is None:  # v1 counts sockets by themselves (memory.kmem.tcp)
            sheet.add("sock", stats.get("sock"))
        sheet.add("hugetlb", stats.get("hugetlb"))
    rest = usage - sheet.sum_kb()
    total_kb = usage
    if limit is not None and not is_unlimited(limit):
        if usage > limit:
            sheet.note("over_limit", over_kb=usage - limit, limit_kb=limit)
        else:
            total_kb = limit
            sheet.add("headroom", limit - usage, derived=True)
    # All kernels that print statistics print these two.
    known = sheet.kb("anon") is not None and (sheet.kb("file") is not None or sheet.kb("cache") is not None)
    over = sheet.exceeds(total_kb)
    if over is not None:
        sheet.note("items_exceed_memcg", over_kb=over)
    elif not known:
        sheet.note("incomplete_memcg" if sheet.kb("anon") is not None else "no_stats")
    else:
        _residue(sheet, event, memcg, rest, usage, page_kb)
    _notes(sheet, memcg, stats, usage)
    return sheet.close("memcg", event.oom_memcg, total_kb, complete=known and over is None)


def memcg_parts(event: OomEvent) -> tuple[Ledger, ...]:
    """Return the cgroups of the subtree without their children, largest first (3.9 to 5.2)."""
    memcg = event.memcg
    if memcg is None or not memcg.children:
        return ()
    found = []
    for path, stats in ((event.oom_memcg, memcg.stats or {}), *memcg.children):
        sheet = Sheet()
        _add_users(sheet, _kb(stats))
        if sheet.items:
            sheet.note("own_memory_only")
            found.append(sheet.close("memcg", path, sheet.sum_kb(), complete=False))
    return tuple(sorted(found, key=lambda each: -each.total_kb))


def _kb(stats: Mapping[str, int]) -> dict[str, int]:
    """Return the sizes in kB; what is not a size counts events."""
    found = {}
    for key, value in stats.items():
        if key.endswith("_kb"):
            found[key[:-3]] = value
        elif key.endswith("_bytes"):
            found[key[:-6]] = value // 1024
    return found


def _stats(memcg: Memcg) -> dict[str, int]:
    own = _kb(memcg.stats or {})
    if "total_cache" in own:  # v1 since 6.5: with and without children
        return {key[6:]: kb for key, kb in own.items() if key.startswith("total_")}
    for _, stats in memcg.children:
        for key, kb in _kb(stats).items():
            own[key] = own.get(key, 0) + kb
    return own


def _add_users(sheet: Sheet, kb: Sizes) -> None:
    sheet.add("anon", kb.get("anon", kb.get("rss")))
    sheet.part("anon_thp", kb.get("anon_thp", kb.get("rss_huge")), "anon")
    files, shmem = kb.get("file", kb.get("cache")), kb.get("shmem")
    if files is not None and shmem is not None:
        sheet.add("shmem", shmem)
        sheet.part("shmem_thp", kb.get("shmem_thp"), "shmem")
        sheet.add("file", max(files - shmem, 0), derived=True)
        sheet.part("dirty", kb.get("file_dirty", kb.get("dirty")), "file")
    else:
        sheet.add("cache", files)
    _add_swap_cache(sheet, kb, files)


def _add_swap_cache(sheet: Sheet, kb: Sizes, files: int | None) -> None:
    """Enter pages that wait between memory and swap: on a list, but mapped by nobody and in no file.

    Old v1's ``rss`` has them in it.
    """
    lists = total(kb, "active_anon", "inactive_anon", "active_file", "inactive_file", "unevictable")
    if lists is not None and files is not None and "anon" in kb and "swapcached" in kb:
        between = min(lists - kb["anon"] - files, kb["swapcached"])
        if between > 0:
            sheet.add("swap_cache", between, derived=True)


def _add_kernel(sheet: Sheet, kb: Sizes, memcg: Memcg) -> None:
    kernel = kb.get("kernel")
    if kernel is None and memcg.memory_swap is not None:
        # Until 5.2 v2 printed the line with zeros, and until 4.4 v1 seldom counted at all.
        kernel = (memcg.kmem or {}).get("usage_kb") or None
    if kernel is None:
        for item, key in _KERNEL:
            sheet.add(item, kb.get(key))
        return
    sheet.add("kernel", kernel)
    for item, key in (*_KERNEL, ("vmalloc", "vmalloc"), ("zswap", "zswap")):
        sheet.part(item, kb.get(key), "kernel")


def _residue(sheet: Sheet, event: OomEvent, memcg: Memcg, rest: int, usage: int, page_kb: int) -> None:
    if rest < 0:
        sheet.note("negative_memcg", over_kb=-rest)
    elif rest > _NOTABLE * usage:
        sheet.note("unaccounted_share_memcg", unaccounted_kb=rest, share=round(rest / usage, 4))
        if sheet.kb("kernel") is None:
            sheet.note("kernel_not_printed")
            _page_tables(sheet, event, memcg, rest, page_kb)


def _notes(sheet: Sheet, memcg: Memcg, stats: Sizes, usage: int) -> None:
    unevictable = stats.get("unevictable", 0)
    if unevictable > _NOTABLE * usage:
        sheet.note("unevictable_memcg", unevictable_kb=unevictable)
    swapped = (memcg.swap or {}).get("usage_kb")
    both = (memcg.memory_swap or {}).get("usage_kb")
    if swapped is None and both:
        swapped = both - usage
    if swapped and swapped > 0:
        sheet.note("swap_besides", swap_kb=swapped)


def _page_tables(sheet: Sheet, event: OomEvent, memcg: Memcg, rest: int, page_kb: int) -> None:
    """Note the page tables of the cgroup's processes, which v2 charges but printed only since 5.11.

    They are no item: a process that came from another cgroup may have left some charged there.
    """
    if memcg.memory_swap is not None or sheet.kb("page_tables") is not None:
        return
    sizes = [process.pgtables_pages for process in processes_of(event, page_kb)]
    known = [pages * page_kb for pages in sizes if pages is not None]
    if len(known) == len(sizes) and _NOTABLE * rest < sum(known) <= rest:
        sheet.note("page_tables_listed", page_tables_kb=sum(known), processes=len(known))
