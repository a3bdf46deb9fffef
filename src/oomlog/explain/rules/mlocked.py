"""Much memory could not be reclaimed because it was locked, or belonged to a file system without a store.

mlock()ed pages, SHM_LOCKed segments, ramfs (an initramfs too) and secretmem are on the unevictable list.
"""

from __future__ import annotations

from oomlog.explain.case import Case
from oomlog.explain.model import Finding, Values
from oomlog.explain.sizes import counter_kb, group_kb, group_lines, limit_kb, ram_kb, share_of, zones_kb

__all__ = ["ID", "REFERENCE", "find"]

ID = "mlocked"
REFERENCE = "folio_evictable() in mm/internal.h (7.1), NR_MLOCK and NR_UNEVICTABLE in show_free_areas()"

# Databases and agents lock some of their memory on purpose; a fifth is felt.
_LARGE = 0.2


def find(case: Case) -> Finding | None:
    """Return the claim where locked or otherwise unevictable memory is a fifth or more."""
    memcg = case.event.scope == "memcg"
    held = group_kb(case, "unevictable") if memcg else counter_kb(case, "unevictable")
    whole = limit_kb(case) if memcg else ram_kb(case)
    share = share_of(held, whole)
    if held is None or share is None or share < _LARGE:
        return None
    values: Values = {"unevictable_kb": held, "share": share, "limit_kb" if memcg else "ram_kb": whole}
    if memcg:
        evidence = group_lines(case, "unevictable")
        return Finding(ID, values, evidence, "certain", REFERENCE, f"{ID}_memcg")
    evidence = case.quote("unevictable:", " mlocked:", "pages RAM")
    locked = zones_kb(case, "mlocked")
    of_victim = _of_victim_kb(case)
    if of_victim is not None and of_victim * 2 >= held:
        values = {**values, "victim_kb": of_victim}
        return Finding(ID, values, evidence, "certain", REFERENCE, f"{ID}_process")
    if locked is None:
        return Finding(ID, values, evidence, "certain", REFERENCE)
    values = {**values, "mlocked_kb": locked}
    words = f"{ID}_pages" if locked * 2 >= held else f"{ID}_other"
    return Finding(ID, values, evidence, "certain", REFERENCE, words)


def _of_victim_kb(case: Case) -> int | None:
    """Return how much the victim had beyond all anonymous memory that was evictable."""
    lists = [counter_kb(case, name) for name in ("active_anon", "inactive_anon", "isolated_anon")]
    anon = None if case.victim is None else case.victim.anon_rss_kb
    if anon is None or lists[0] is None or lists[1] is None:
        return None
    return max(0, anon - sum(kb or 0 for kb in lists))
