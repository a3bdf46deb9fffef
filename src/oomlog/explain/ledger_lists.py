"""Pages of processes and files, by the list of the kernel they are on (enum lru_list, mm/vmscan.c).

Shared memory and tmpfs are swap backed, so their pages are on the *anon* lists although the page cache counts
them (shmem_get_folio_gfp() in mm/shmem.c sets the flag, folio_lru_list() reads it).  Locked pages, ramfs and
SHM_LOCK'ed segments are on the unevictable list, whatever else they are.  Pages taken off their list for a
moment are counted as isolated.  So the lists have each page once, and ``shmem`` only divides the anon lists.
"""

from __future__ import annotations

from collections.abc import Mapping

from oomlog.explain.ledger_sheet import Sheet, total

__all__ = ["add_lists", "lists_kb", "whole"]


def lists_kb(kb: Mapping[str, int]) -> int | None:
    """Return all that is on lists, to tell whether two lines count the same memory."""
    both = total(kb, "active", "inactive")
    if both is not None:
        return both
    return total(kb, "active_anon", "inactive_anon", "active_file", "inactive_file", "unevictable", need=4)


def whole(lines: Mapping[str, int], printed: Mapping[str, int]) -> bool:
    """Tell whether these lines are all there are.

    A bound allocation hides other nodes (since 2.6.39) and the zones that it may not use (since 6.1), but the
    counters are always the machine's.
    """
    ours, machine = lists_kb(lines), lists_kb(printed)
    if ours is None or machine is None:
        return not lines
    if "free" in lines:  # a zone without lists shows by what is free in it
        ours, machine = ours + lines["free"], machine + printed.get("free", 0)
    return machine - ours <= max(0.005 * machine, 1024)


def add_lists(sheet: Sheet, kb: Mapping[str, int]) -> None:
    """Enter the lists of one line: ``lru`` until 2.6.27, then anon, file and unevictable."""
    sheet.add("lru", total(kb, "active", "inactive"))
    anon = total(kb, "active_anon", "inactive_anon", "isolated_anon", need=2)
    unevictable, shmem, overflow = kb.get("unevictable"), kb.get("shmem"), 0
    if anon is not None and shmem is not None:
        # More shared memory than the anon lists hold: the rest is locked (SHM_LOCK, a driver's objects).
        overflow = min(max(shmem - anon, 0), unevictable or 0)
        shmem = min(shmem, anon + overflow)
        sheet.add("anon", anon + overflow - shmem, derived=True)
        sheet.add("shmem", shmem)
        sheet.part("shmem_unevictable", overflow, "shmem", derived=True)
    else:
        sheet.add("anon_shmem", anon)
    sheet.add("file", total(kb, "active_file", "inactive_file", "isolated_file", need=2))
    if unevictable is not None:
        sheet.add("unevictable", unevictable - overflow, derived=bool(overflow))
