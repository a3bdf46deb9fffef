"""The kills once more as columns of packed numbers, which load as quickly as they can be copied.

SQLite takes a second or two to step through a million kills of two tables.  So the kills of every 2^15 events
are also kept as one row a column in the table ``packed``, once no more events come to the block.  Triggers
delete a block when anything in it changes, in the same transaction, and the next writer packs it anew;
what is not packed is read from the tables.
"""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Iterator, Sequence

from oomlog.store.schema import BLOCK_BITS

__all__ = ["COLUMNS", "FROM", "MISSING", "blocks", "events_of", "pack"]

MISSING = -(1 << 63)
"""Stands for NULL."""
COLUMNS = {
    "event": "event.id", "kill": "kill.number", "time": "kill.time_us", "local_time": "kill.local_us",
    "uptime_s": "kill.uptime_us", "constraint": "event.constraint_name",
} | {
    name: f"event.{name}"
    for name in (
        "content", "number", "source", "first_line", "time_origin", "host", "boot_id", "killer", "scope",
        "outcome", "complete", "trigger_comm", "oom_memcg", "task_memcg", "trusted", "place", "limit_kb",
        "limit_of", "kernel_release",
    )
} | {
    name: f"kill.{name}"
    for name in (
        "line", "utc_offset_s", "pid", "comm", "uid", "total_vm_kb", "anon_rss_kb", "file_rss_kb",
        "shmem_rss_kb", "pgtables_kb", "oom_score_adj", "score", "selected_pid", "selected_comm", "reaped",
    )
}  # fmt: skip
"""Names of columns, mostly those of the frame, and where their numbers are."""
FROM = "FROM event CROSS JOIN kill ON kill.event = event.id WHERE event.id BETWEEN :first AND :last"
"""The rows of some events, in the order in which all columns have them."""
_CODES = {1: "B", 2: "H", 4: "I"}


def blocks(connection: sqlite3.Connection) -> range:
    """Return the numbers of the blocks that have events, and of those in between; the last one may grow."""
    first, last = connection.execute(
        "SELECT (SELECT min(id) FROM event), (SELECT max(id) FROM event)"
    ).fetchone()
    return range(0) if first is None else range(first >> BLOCK_BITS, (last >> BLOCK_BITS) + 1)


def events_of(block: int) -> dict[str, int]:
    """Return the first and the last number that an event of a block can have."""
    first = block << BLOCK_BITS
    return {"first": first, "last": first + (1 << BLOCK_BITS) - 1}


def pack(connection: sqlite3.Connection) -> None:
    """Pack the blocks to which no more events come, within a transaction."""
    there = {block for (block,) in connection.execute("SELECT DISTINCT block FROM packed")}
    query = f"SELECT {', '.join(COLUMNS.values())} {FROM}"
    for block in blocks(connection)[:-1]:
        if block not in there:
            rows = connection.execute(query, events_of(block)).fetchall()
            connection.executemany(
                "INSERT INTO packed (block, name, kills, low, width, bytes) VALUES (?, ?, ?, ?, ?, ?)",
                _packed(block, rows),
            )


def _packed(block: int, rows: Sequence[Sequence[int | None]]) -> Iterator[tuple[int | str | bytes, ...]]:
    if rows:
        for name, values in zip(COLUMNS, zip(*rows, strict=True), strict=True):
            yield block, name, len(rows), *_as_bytes(values)


def _as_bytes(values: Sequence[int | None]) -> tuple[int, int, bytes]:
    """Return the lowest number, how many bytes each has, and the bytes.

    Without bytes all are the lowest number.  Of one, two or four bytes 0 is NULL and 1 the lowest number;
    eight are the number itself.
    """
    known = [value for value in values if value is not None]
    low, high = min(known, default=MISSING), max(known, default=MISSING)
    if low == high and len(known) in (0, len(values)):
        return low, 0, b""
    for width, code in _CODES.items():
        if high - low + 1 < 1 << (8 * width):
            numbers = [0 if value is None else value - low + 1 for value in values]
            return low, width, struct.pack(f"<{len(numbers)}{code}", *numbers)
    numbers = [MISSING if value is None else value for value in values]
    return low, 8, struct.pack(f"<{len(numbers)}q", *numbers)
