"""The history of the kills in a store."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import tzinfo
from pathlib import Path

import pandas as pd

from oomlog import frame, store
from oomlog.frame.task_sizes import TABLES
from oomlog.history.growth import sizes_of
from oomlog.history.incidents import GAP_S
from oomlog.history.record import History
from oomlog.store.task_sizes import Sizes, last_sizes

__all__ = ["ANALYSED", "history_of_store"]

ANALYSED = (
    "event", "kill", "source", "line", "time", "local_time", "time_origin", "uptime_s", "host",
    "boot_id", "killer", "scope", "oom_memcg", "task_memcg", "comm", "pid", "rss_kb", "limit_kb", "limit_of",
    "trusted", "namespace", "pod", "container", "unit",
)  # fmt: skip
"""The columns of kills that the analyses look at: of a million kills the others take as long again.

``event_id`` is not among them: a store has each event once."""


def history_of_store(
    db: store.Store | str | Path,
    wanted: store.Wanted | None = None,
    *,
    tz: tzinfo | None = None,
    gap_s: float = GAP_S,
    columns: Iterable[str] | None = None,
    task_sizes: Sizes | None = None,
) -> History:
    """Return the history of stored kills.

    :param wanted: Which of them; all that are trusted when not given.
    :param tz: The zone to show times in, and the one of times that print none.
    :param columns: What ``kills`` shall have, ``ANALYSED`` at least; all when not given.
    :param task_sizes: Gives what the last ``TABLES`` task tables say, if that is read elsewhere.
    :raise StoreError: It cannot be read.
    """
    opened = db if isinstance(db, store.Store) else store.Store(db)
    chosen = wanted or store.Wanted()
    kills = store.kills(opened, chosen, columns=columns, categories=True)
    others = store.stored_events(opened, chosen._replace(userspace=True), whole=False)

    def tables() -> pd.DataFrame:
        return sizes_of(last_sizes(opened, chosen) if task_sizes is None else task_sizes())

    return History(
        kills,
        tables,
        userspace=frame.events([event for _, event in others]),
        tz=tz,
        gap_s=gap_s,
        untrusted=chosen.untrusted,
        unseen_tables=max(0, int(kills["event"].nunique()) - TABLES),
    )
