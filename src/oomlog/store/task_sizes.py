"""The task tables of the last stored reports, read by another process while this one does something else.

Tables are in the reports only, and to read a thousand of them takes a second or more.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from oomlog.frame.task_sizes import TABLES, task_sizes
from oomlog.store.database import Store, opened
from oomlog.store.events import numbered_events
from oomlog.store.wanted import Wanted

__all__ = ["Sizes", "last_sizes", "processors", "sizes_ahead"]

Sizes = Callable[[], dict[str, list[Any]]]
"""Gives the columns that ``frame.task_sizes`` has."""
_WORTH_IT = 1 << 20
"""Bytes of packed reports from which on another process is worth its start."""
_LENGTH = """SELECT coalesce(sum(length(text)), 0) FROM report WHERE event IN (
SELECT id FROM event WHERE {} ORDER BY id DESC LIMIT :last)"""


def last_sizes(db: Store | str | Path, wanted: Wanted) -> dict[str, list[Any]]:
    """Return who had how much memory by the task tables of the last ``TABLES`` events.

    :raise StoreError: The store cannot be read.
    """
    read = numbered_events(db, wanted, last=TABLES, like=_may_have_tasks)
    return task_sizes((number, event) for number, _, event in read)


def _may_have_tasks(report: bytes) -> bool:
    """Tell whether a task table can be in a report: only a line without any escapes surely has none."""
    return report.count(b"\n") > 1 or any(text in report for text in (b"total_vm", b"\\", b"{", b"&"))


@contextmanager
def sizes_ahead(db: str | Path, wanted: Wanted) -> Iterator[Sizes]:
    """Begin with ``last_sizes`` in another process, if there is much to read and a processor for it.

    This process is copied, so it should not have threads yet.

    :raise StoreError: The store cannot be read.
    """
    if processors() < 2 or not _much(db, wanted):
        yield lambda: last_sizes(db, wanted)
        return
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool
    from multiprocessing import active_children, get_context

    pool = ProcessPoolExecutor(1, mp_context=get_context("fork"))
    future = pool.submit(last_sizes, str(db), wanted)

    def sizes() -> dict[str, list[Any]]:
        try:
            return future.result()
        except BrokenProcessPool:  # somebody killed it; the OOM killer, say
            return last_sizes(db, wanted)

    try:
        yield sizes
    finally:
        if not future.done():  # an interrupt: what still runs is not wanted
            for process in active_children():
                process.terminate()
        pool.shutdown(cancel_futures=True)


def _much(db: str | Path, wanted: Wanted) -> bool:
    with opened(db) as store, store.explained():
        condition, given = wanted.where(store)
        [length] = store.connection.execute(_LENGTH.format(condition), {**given, "last": TABLES}).fetchone()
    return int(length) >= _WORTH_IT


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
