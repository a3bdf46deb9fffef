"""Stored kills as a table of ``oomlog.frame``, and stored events as they were read.

A million rows as Python objects take longer to make than all analyses of them.  So SQLite writes each column
of a block of events as one text of numbers, which numpy reads; texts come by their numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy
import pandas

from oomlog.frame.arrays import DTYPES
from oomlog.frame.columns import PLACE, Column, columns_of
from oomlog.store.database import Store, opened
from oomlog.store.wanted import Wanted

__all__ = ["kills", "sources"]

_BLOCK = 50_000
_MISSING = -(1 << 63)
_PLACES = {column.name for column in PLACE}
# Columns of the frame -> the number that SQLite has for them; what is not here has the frame's own name.
_KILL = (
    "line", "pid", "uid", "total_vm_kb", "anon_rss_kb", "file_rss_kb", "shmem_rss_kb", "pgtables_kb",
    "oom_score_adj", "score", "selected_pid", "reaped", "comm", "selected_comm", "utc_offset_s",
)  # fmt: skip
_OTHER = {
    "event": "event.id", "kill": "kill.number", "time": "kill.time_us", "local_time": "kill.local_us",
    "uptime_s": "kill.uptime_us", "constraint": "event.constraint_name",
    "rss_kb": """CASE WHEN coalesce(kill.anon_rss_kb, kill.file_rss_kb, kill.shmem_rss_kb) IS NULL THEN NULL
    ELSE ifnull(kill.anon_rss_kb, 0) + ifnull(kill.file_rss_kb, 0) + ifnull(kill.shmem_rss_kb, 0) END""",
}  # fmt: skip


def kills(
    db: Store | str | Path, wanted: Wanted | None = None, *, columns: Iterable[str] | None = None
) -> pandas.DataFrame:
    """Return the stored kills with the columns and dtypes of ``oomlog.frame``'s ``kills``.

    :param db: A store, or the path of one.
    :param wanted: Which events; all that are trusted when not given.
    :param columns: Only these columns, which saves time with many kills.
    :raise StoreError: It cannot be read.
    :raise KeyError: There is no such column.
    """
    known = {column.name: column for column in columns_of("kills")}
    chosen = [known[name] for name in (known if columns is None else columns)]
    store = opened(db)
    with store.explained():
        condition, given = (wanted or Wanted()).where(store)
        raw = _Raw(store, condition, given, _needed(chosen))
        return pandas.DataFrame({column.name: _array(column, raw) for column in chosen})


def sources(db: Store | str | Path) -> pandas.DataFrame:
    """Return what was added to a store and when, one row each time."""
    store = opened(db)
    with store.explained():
        return pandas.read_sql("SELECT * FROM sources ORDER BY id", store.connection)


def _needed(chosen: Sequence[Column]) -> dict[str, str]:
    needed: dict[str, str] = {}
    for column in chosen:
        name = column.name
        if name == "event_id":
            needed.update(content="event.content", number="event.number")
        elif name in _PLACES:
            needed["place"] = "event.place"
        else:
            needed[name] = _OTHER.get(name) or f"{'kill' if name in _KILL else 'event'}.{name}"
    return needed


class _Raw:
    """Columns as numbers, read in blocks of events."""

    def __init__(self, store: Store, condition: str, given: dict[str, Any], needed: dict[str, str]) -> None:
        self._store = store
        self._texts: tuple[Any, Any] | None = None
        self._named: dict[str, Any] = {}
        parts: list[tuple[str | None, ...]] = []
        execute = store.connection.execute
        packed = ", ".join(f"group_concat(ifnull({what}, {_MISSING}))" for what in needed.values())
        query = f"""SELECT {packed or "count(*)"} FROM event CROSS JOIN kill ON kill.event = event.id
            WHERE event.id BETWEEN :first AND :last AND {condition}"""
        first, end = execute("SELECT min(id), max(id) FROM event").fetchone()
        while first is not None and first <= end:
            last = first + _BLOCK - 1
            parts.append(execute(query, {**given, "first": first, "last": last}).fetchone())
            first = last + 1
        self.columns = {
            name: _joined([text for part in parts if (text := part[at]) is not None])
            for at, name in enumerate(needed)
        }

    def texts(self, numbers: Any) -> Any:
        """Return the texts of numbers, as an array of strings."""
        if self._texts is None:
            rows = self._store.connection.execute("SELECT id, text FROM texts").fetchall()
            self._texts = _by_number([row[0] for row in rows], [row[1] for row in rows])
        return _taken(self._texts, numbers)

    def place(self, column: str) -> Any:
        """Return one column of the places."""
        if column not in self._named:
            rows = self._store.connection.execute(f"SELECT id, {column} FROM places").fetchall()
            self._named[column] = _by_number([row[0] for row in rows], [row[1] for row in rows])
        return _taken(self._named[column], self.columns["place"])

    def source(self, numbers: Any) -> Any:
        """Return the names of sources."""
        rows = self._store.connection.execute("SELECT id, name FROM sources").fetchall()
        return _taken(_by_number([row[0] for row in rows], [row[1] for row in rows]), numbers)


def _joined(parts: list[str]) -> Any:
    if not parts:
        return numpy.empty(0, dtype="int64")
    return numpy.concatenate([numpy.fromstring(part, dtype="int64", sep=",") for part in parts])


def _by_number(numbers: list[int], texts: list[str | None]) -> tuple[Any, Any]:
    place = numpy.zeros(max(numbers, default=0) + 1, dtype="int64")
    place[numbers] = numpy.arange(1, len(numbers) + 1)
    return place, pandas.array([None, *texts], dtype=DTYPES["text"])


def _taken(table: tuple[Any, Any], numbers: Any) -> Any:
    place, texts = table
    return texts.take(place[numpy.where(numbers == _MISSING, 0, numbers)])


def _array(column: Column, raw: _Raw) -> Any:
    name, kind = column.name, column.kind
    if name == "event_id":
        return pandas.array(_ids(raw.columns["content"], raw.columns["number"]), dtype=DTYPES["text"])
    if name in _PLACES:
        return raw.place(name)
    numbers = raw.columns[name]
    if name == "source":
        return raw.source(numbers)
    if kind == "text":
        return raw.texts(numbers)
    missing = numbers == _MISSING
    if kind in ("time", "local"):
        moments = numbers.astype("datetime64[us]")
        reach = numpy.timedelta64((1 << 63) // 1000 - 1, "us")
        with numpy.errstate(all="ignore"):
            far = numpy.abs(numpy.where(missing, 0, numbers)) > reach.astype("int64")
        moments[missing | far] = numpy.datetime64("NaT")
        index = pandas.DatetimeIndex(moments.astype("datetime64[ns]"))
        return (index.tz_localize("UTC") if kind == "time" else index).array
    if kind == "float":
        return pandas.arrays.FloatingArray(numpy.where(missing, 0, numbers) / 1e6, missing)
    numbers = numpy.where(missing, 0, numbers)
    if kind == "bool":
        return pandas.arrays.BooleanArray(numbers != 0, missing)
    return pandas.arrays.IntegerArray(numbers, missing)


def _ids(contents: Any, numbers: Any) -> list[str]:
    digits = contents.astype(">i8").tobytes().hex()
    found = [digits[at : at + 16] for at in range(0, len(digits), 16)]
    for at in numpy.flatnonzero(numbers > 1):
        found[at] += f"-{numbers[at]}"
    return found
