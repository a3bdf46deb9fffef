"""``oomlog.history()``: from logs, tables or a store to a history in one line."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import tzinfo
from typing import TYPE_CHECKING

import pandas as pd

from oomlog import frame
from oomlog.events.parse import Input, parse
from oomlog.frame.frames import Frames
from oomlog.history.growth import sizes
from oomlog.history.incidents import GAP_S
from oomlog.history.record import History
from oomlog.model import OomEvent

if TYPE_CHECKING:
    from oomlog.containers.registry import Registry

__all__ = ["TABLES", "history", "history_of"]

TABLES = 1000
"""Task tables that are looked at for growth, the last ones: each takes milliseconds to decode."""


def history(
    given: Input | Iterable[Input] | Frames | pd.DataFrame,
    *,
    year: int | None = None,
    tz: tzinfo | None = None,
    gap_s: float = GAP_S,
    include_untrusted: bool = False,
    registry: Registry | None = None,
) -> History:
    """Look at many kills together.

    :param given: Logs as :func:`oomlog.parse` takes them, what :func:`oomlog.read` made of them, or a frame
        of kills.
    :param year: Year of the first line, for logs that print none.
    :param tz: The zone to show times in, and the one of times that print none.
    :param gap_s: The longest pause between the kills of one incident, in seconds.
    :param include_untrusted: Count kills that may be forged.
    :param registry: Names of containers, from ``oomlog.containers.maps``.
    :raise UsageError: When pandas is not installed.

    >>> line = "Out of memory: Killed process 7 (x) total-vm:8kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB"
    >>> history(f"kernel: {line}\\n").victims[["comm", "kills"]].values.tolist()
    [['x', 1]]
    """
    if isinstance(given, pd.DataFrame):
        return History(given, tz=tz, gap_s=gap_s, untrusted=include_untrusted)
    if isinstance(given, Frames):
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


def _tables(events: list[OomEvent]) -> pd.DataFrame:
    before = max(0, len(events) - TABLES)
    tasks = sizes(frame.tasks(events[before:]))
    return tasks.assign(event=tasks["event"] + before)
