"""Processes of the task table grouped by name, and how far their memory adds up.

A page that several processes map is in the resident set of each of them (get_mm_rss(), include/linux/mm.h),
so the sum of resident sets is not memory in use.  Anonymous pages are shared only after fork(); pages of
files and shared memory often are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from oomlog.explain.mem_info import counters
from oomlog.explain.model import Values
from oomlog.explain.ranking import Process, processes_of
from oomlog.model import OomEvent

__all__ = ["Group", "groups", "groups_of", "rss_note"]


@dataclass(frozen=True, slots=True)
class Group:
    """Processes of one name; sums in kB, ``None`` where the table has no such column or a row is broken."""

    comm: str | None
    count: int
    rss_kb: int | None
    rss_anon_kb: int | None
    """Since 6.8; shared only between a process and its forks."""
    swap_kb: int | None
    pgtables_kb: int | None


def groups(
    processes: Sequence[Process], page_kb: int, anon_pages: dict[int, int] | None = None
) -> tuple[Group, ...]:
    """Return the processes by name, largest resident set first.

    :param anon_pages: ``rss_anon`` by the pid of the row, where the table has the column.
    """
    named: dict[str | None, list[Process]] = {}
    for process in processes:
        named.setdefault(process.comm, []).append(process)
    found = [
        Group(
            comm,
            len(members),
            _kb([each.rss_pages for each in members], page_kb),
            None if anon_pages is None else _kb([anon_pages.get(each.row_pid) for each in members], page_kb),
            _kb([each.swap_pages for each in members], page_kb),
            _kb([each.pgtables_pages for each in members], page_kb),
        )
        for comm, members in named.items()
    ]
    return tuple(sorted(found, key=lambda each: (-(each.rss_kb or 0), each.comm or "")))


def groups_of(event: OomEvent, page_kb: int) -> tuple[Group, ...]:
    """Return the groups of an event's task table."""
    return groups(processes_of(event, page_kb), page_kb, _column(event, "rss_anon_pages"))


def rss_note(event: OomEvent, page_kb: int) -> tuple[str, Values] | None:
    """Return the remark on the sum of resident sets: how much of it is certainly counted more than once.

    Mapped pages of files and shared memory are once in ``mapped``, and as often in the table as they are
    mapped, so what the table has above the counter is double.  Anonymous pages cannot be more than all lists.
    Of one process there is no sum.
    """
    processes = processes_of(event, page_kb)
    rss = _kb([each.rss_pages for each in processes], page_kb)
    if len(processes) < 2 or rss is None:
        return None
    file, shmem = _column(event, "rss_file_pages"), _column(event, "rss_shmem_pages")
    mapped = counters(event).get("mapped_pages")
    rows = len(processes)
    if file is None or shmem is None:
        return "ledger.rss_sum", {"rss_kb": rss, "rows": rows}
    pages = [
        *(file.get(each.row_pid) for each in processes),
        *(shmem.get(each.row_pid) for each in processes),
    ]
    shared = _kb(pages, page_kb)
    # The counters are the machine's, so the table must be as well.
    if shared is None or mapped is None or event.scope == "memcg":
        return "ledger.rss_sum", {"rss_kb": rss, "rows": rows}
    double = max(shared - mapped * page_kb, 0)
    values = {"rss_kb": rss, "rows": rows, "shared_kb": shared, "mapped_kb": mapped * page_kb}
    return "ledger.rss_sum_double", {**values, "double_kb": double}


def _column(event: OomEvent, name: str) -> dict[int, int] | None:
    if event.tasks is None or name not in event.tasks.columns:
        return None
    found = {}
    for row in event.tasks:
        pid, value = row.get("pid"), row.get(name)
        if isinstance(pid, int) and isinstance(value, int):
            found[pid] = value
    return found


def _kb(pages: Sequence[int | None], page_kb: int) -> int | None:
    """Return the sum, ``None`` when one is missing: a sum without it would be too small."""
    known = [each for each in pages if each is not None]
    return sum(known) * page_kb if known and len(known) == len(pages) else None
