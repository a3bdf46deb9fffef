"""``oomlog.history()``: from logs, tables or a store to a history in one line."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, TypeGuard

import pandas as pd

from oomlog import frame
from oomlog.errors import UsageError
from oomlog.events.parse import Input, parse
from oomlog.frame.event_list import EventList
from oomlog.frame.task_sizes import TABLES, task_sizes
from oomlog.history.growth import sizes, sizes_of
from oomlog.history.incidents import GAP_S
from oomlog.history.record import History
from oomlog.model import OomEvent

if TYPE_CHECKING:
    from oomlog.containers.registry import Registry

__all__ = ["history", "history_of"]

_NEEDED = ("event", "kill", "killer", "comm")
_SQLITE = b"SQLite format 3\x00"


def history(
    given: Input | Iterable[Input] | EventList | pd.DataFrame,
    *,
    year: int | None = None,
    tz: tzinfo | None = None,
    gap_s: float = GAP_S,
    include_untrusted: bool = False,
    registry: Registry | None = None,
) -> History:
    """Look at many kills together.

    :param given: Logs as :func:`oomlog.parse` takes them, what :func:`oomlog.read` made of them, a frame of
        kills (columns that it lacks, as one an earlier oomlog saved may, are taken as unknown), or the path
        of a store (``oomlog history --db``).
    :param year: Year of the first line, for logs that print none.
    :param tz: The zone to show times in, and the one of times that print none.
    :param gap_s: The longest pause between the kills of one incident, in seconds.
    :param include_untrusted: Count kills that may be forged.
    :param registry: Names of containers, from ``oomlog.containers.maps``.
    :raise UsageError: When pandas is not installed, or a frame is not one of kills.
    :raise StoreError: The store cannot be read.

    >>> line = "Out of memory: Killed process 7 (x) total-vm:8kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB"
    >>> history(f"kernel: {line}\\n").victims[["comm", "kills"]].values.tolist()
    [['x', 1]]
    """
    if isinstance(given, pd.DataFrame):
        return History(_with_all_columns(given), tz=tz, gap_s=gap_s, untrusted=include_untrusted)
    if isinstance(given, EventList):
        tables = given
        others = tables.events[tables.events["killer"] != "kernel"]
        return History(
            tables.kills,
            lambda: sizes(tables.tasks),
            userspace=others,
            tz=tz,
            gap_s=gap_s,
            untrusted=include_untrusted,
        )
    if _is_store(given):
        from oomlog.history.stored import history_of_store
        from oomlog.store import Wanted

        return history_of_store(given, Wanted(untrusted=include_untrusted), tz=tz, gap_s=gap_s)
    events = list(parse(given, year=year, tz=tz, include_untrusted=include_untrusted))
    return history_of(events, tz=tz, gap_s=gap_s, include_untrusted=include_untrusted, registry=registry)


def history_of(
    events: list[OomEvent],
    *,
    tz: tzinfo | None = None,
    gap_s: float = GAP_S,
    include_untrusted: bool = False,
    registry: Registry | None = None,
) -> History:
    """Return the history of events that were read already; see ``history``."""
    return History(
        frame.kills(events, registry=registry),
        lambda: _tables(events),
        userspace=frame.events([event for event in events if event.killer != "kernel"], registry=registry),
        tz=tz,
        gap_s=gap_s,
        untrusted=include_untrusted,
        unseen_tables=max(0, len(events) - TABLES),
    )


def _with_all_columns(kills: pd.DataFrame) -> pd.DataFrame:
    missing = [name for name in _NEEDED if name not in kills.columns]
    if missing:
        named = ", ".join(missing)
        raise UsageError(
            f"no frame of kills, as there is no column {named}; oomlog.read(...).kills makes one"
        )
    empty = frame.kills([])
    lacked = {name: empty[name].reindex(kills.index) for name in empty.columns if name not in kills.columns}
    return kills.assign(**lacked)


def _is_store(given: object) -> TypeGuard[str | Path]:
    """Tell whether a path leads to an SQLite file, by how that begins."""
    if not isinstance(given, Path) and not (isinstance(given, str) and given != "-" and "\n" not in given):
        return False
    try:
        with Path(given).open("rb") as file:
            return file.read(len(_SQLITE)) == _SQLITE
    except (OSError, ValueError):
        return False


def _tables(events: list[OomEvent]) -> pd.DataFrame:
    before = max(0, len(events) - TABLES)
    return sizes_of(task_sizes(enumerate(events[before:], before + 1)))
