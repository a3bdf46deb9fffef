"""Take events out of a store, and give back the room."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from oomlog.errors import StoreError
from oomlog.store.database import Store
from oomlog.store.wanted import Wanted

__all__ = ["Counted", "Sizes", "counted", "prune", "vacuum"]

_UNUSED = (
    "DELETE FROM places WHERE id NOT IN (SELECT place FROM event WHERE place IS NOT NULL)",
    "DELETE FROM sources WHERE id NOT IN (SELECT source FROM event)",
)
_TEXTS = """
DELETE FROM texts WHERE id NOT IN (
    SELECT time_origin FROM event WHERE time_origin IS NOT NULL
    {}
    UNION SELECT comm FROM kill WHERE comm IS NOT NULL
    UNION SELECT selected_comm FROM kill WHERE selected_comm IS NOT NULL
)"""
_TEXT_COLUMNS = (
    "host", "boot_id", "kernel_release", "killer", "scope", "constraint_name", "outcome", "trigger_comm",
    "gfp_mask", "oom_memcg", "task_memcg", "limit_of",
)  # fmt: skip


class Counted(NamedTuple):
    """How much of a store is meant."""

    events: int
    kills: int


class Sizes(NamedTuple):
    """Bytes of the file before and after."""

    before: int
    after: int


def counted(store: Store, wanted: Wanted) -> Counted:
    """Return how many events and kills are wanted."""
    with store.explained():
        condition, given = wanted.where(store)
        query = f"SELECT count(*), coalesce(sum(kills), 0) FROM event WHERE {condition}"
        return Counted(*store.connection.execute(query, given).fetchone())


def prune(store: Store, wanted: Wanted) -> Counted:
    """Delete events with their kills and reports; return how many went.

    The file keeps its size, and later events take the room; ``vacuum`` makes it smaller.
    """
    with store.transaction():
        condition, given = wanted.where(store)
        found = counted(store, wanted)
        store.connection.execute(f"DELETE FROM event WHERE {condition}", given)
    return found


def vacuum(store: Store) -> Sizes:
    """Delete what no event uses, check the store and make its file as small as can be.

    :raise StoreError: The store is damaged, or there is no room for a copy of it.
    """
    with store.explained():
        found = store.connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
        if found != "ok":
            hint = "what can be read is written to a new file by: sqlite3 OLD .recover | sqlite3 NEW"
            where = found.strip().splitlines()[-1]  # behind the name of the database
            raise StoreError(store.path, f"is damaged: {where}", hint=hint)
        store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = Path(store.path).stat().st_size
    unions = "\n".join(f"UNION SELECT {name} FROM event WHERE {name} IS NOT NULL" for name in _TEXT_COLUMNS)
    with store.transaction():
        for query in (*_UNUSED, _TEXTS.format(unions)):
            store.connection.execute(query)
    with store.explained():
        store.connection.execute("VACUUM")
        store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        store.connection.execute("PRAGMA optimize")
    return Sizes(before, Path(store.path).stat().st_size)
