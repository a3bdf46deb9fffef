"""Stored kills as a table of ``oomlog.frame``.

A million rows as Python objects take longer to make than all analyses of them.  So most kills come as packed
columns (``oomlog.store.packed``).  Of the others SQLite writes each column as one text of numbers, which
numpy reads.  Texts come by their numbers, and each is looked up once.
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
from oomlog.store.packed import COLUMNS, FROM, MISSING, blocks, events_of
from oomlog.store.wanted import Wanted

__all__ = ["kills", "sources"]

_PLACES = {column.name for column in PLACE}
_RSS = ("anon_rss_kb", "file_rss_kb", "shmem_rss_kb")
_MADE_OF = {"event_id": ("content", "number"), "rss_kb": _RSS} | dict.fromkeys(_PLACES, ("place",))
"""Columns of the frame that are made of others."""


def kills(
    db: Store | str | Path,
    wanted: Wanted | None = None,
    *,
    columns: Iterable[str] | None = None,
    categories: bool = False,
) -> pandas.DataFrame:
    """Return the stored kills with the columns and dtypes of ``oomlog.frame``'s ``kills``.

    :param db: A store, or the path of one.
    :param wanted: Which events; all that are trusted when not given.
    :param columns: Only these columns, which saves time with many kills.
    :param categories: Texts as categories, in the order of the alphabet: a fraction of the time and memory.
    :raise StoreError: It cannot be read.
    :raise KeyError: There is no such column.
    """
    known = {column.name: column for column in columns_of("kills")}
    chosen = [known[name] for name in (known if columns is None else columns)]
    store = opened(db)
    with store.snapshot():
        raw = _Raw(store, wanted or Wanted(), chosen)
        found = {column.name: _array(column, raw) for column in chosen}
    for column in chosen:
        if column.kind == "text" and not categories:
            found[column.name] = pandas.array(found[column.name], dtype=DTYPES["text"])
    return pandas.DataFrame(found, copy=False)


def sources(db: Store | str | Path) -> pandas.DataFrame:
    """Return what was added to a store and when, one row each time."""
    store = opened(db)
    with store.explained():
        return pandas.read_sql("SELECT * FROM sources ORDER BY id", store.connection)


class _Raw:
    """The numbers of columns, those of the wanted kills; each column is asked for once."""

    def __init__(self, store: Store, wanted: Wanted, chosen: Sequence[Column]) -> None:
        self._execute = store.connection.execute
        self._texts: _Texts | None = None
        made_of = (_MADE_OF.get(column.name, (column.name,)) for column in chosen)
        self._names = list(
            dict.fromkeys(["event", "trusted", *(name for names in made_of for name in names)])
        )
        self._parts: dict[str, list[Any]] = {name: [] for name in self._names}
        packed = {block for (block,) in self._execute("SELECT DISTINCT block FROM packed")}
        for block in blocks(store.connection):
            (self._add_packed if block in packed else self._add)(block)
        self._wanted = self._chosen(store, wanted)

    def _add_packed(self, block: int) -> None:
        query = "SELECT kills, low, width, bytes FROM packed WHERE block = ? AND name = ?"
        for name, parts in self._parts.items():
            parts.extend(self._execute(query, (block, name)))

    def _add(self, block: int) -> None:
        texts = ", ".join(f"group_concat(ifnull({COLUMNS[name]}, {MISSING}))" for name in self._names)
        found = self._execute(f"SELECT {texts} {FROM}", events_of(block)).fetchone()
        if found[0] is not None:
            for parts, text in zip(self._parts.values(), found, strict=True):
                parts.append(numpy.fromstring(text, dtype="int64", sep=","))

    def _chosen(self, store: Store, wanted: Wanted) -> Any:
        """Return which of the kills are wanted, as an index of arrays."""
        tests = [] if wanted.untrusted else [self._whole("trusted") != 0]
        others = wanted._replace(untrusted=True)
        if others != Wanted(untrusted=True):
            condition, given = others.where(store)
            found = self._execute(f"SELECT group_concat(id) FROM event WHERE {condition}", given).fetchone()[
                0
            ]
            ids = numpy.fromstring(found or "", dtype="int64", sep=",")
            tests.append(numpy.isin(self._whole("event"), ids))
        chosen = numpy.logical_and.reduce(tests)
        return slice(None) if numpy.all(chosen) else chosen

    def _whole(self, name: str) -> Any:
        parts = [part if isinstance(part, numpy.ndarray) else _unpacked(*part) for part in self._parts[name]]
        self._parts[name] = [numpy.concatenate(parts)] if parts else [numpy.empty(0, dtype="int64")]
        return self._parts[name][0]

    def numbers(self, name: str) -> Any:
        """Return a column as numbers, ``MISSING`` where it has none."""
        return self._whole(name)[self._wanted]

    def texts(self, name: str) -> Any:
        """Return a column of texts as categories."""
        if self._texts is None:
            self._texts = _Texts(self._execute("SELECT id, text FROM texts"))
        return self._texts.categories(self.numbers(name))

    def place(self, column: str) -> Any:
        """Return a column of the places as categories."""
        return _Texts(
            self._execute(f"SELECT id, {column} FROM places WHERE {column} IS NOT NULL")
        ).categories(self.numbers("place"))

    def source(self) -> Any:
        """Return the names of sources as categories."""
        return _Texts(self._execute("SELECT id, name FROM sources")).categories(self.numbers("source"))


class _Texts:
    """Texts by their numbers, of which several may have the same one.

    :param rows: Numbers and texts.
    """

    def __init__(self, rows: Iterable[tuple[int, str]]) -> None:
        texts = dict(rows)
        words = sorted(set(texts.values()))
        places = dict(zip(words, range(len(words)), strict=True))
        self._words = numpy.array(words, dtype="object")
        self._ranks = numpy.full(max(texts, default=0) + 2, -1)  # no text has the last number
        self._ranks[list(texts)] = [places[text] for text in texts.values()]

    def categories(self, numbers: Any) -> Any:
        """Return the texts of numbers as categories, of those that are there."""
        ranks = self._ranks[numpy.clip(numbers, -1, len(self._ranks) - 1)]
        used = numpy.zeros(len(self._words) + 1, dtype="bool")
        used[ranks] = True
        used[-1] = False
        codes = numpy.cumsum(used) - 1
        codes[-1] = -1
        names = pandas.Index(self._words[used[:-1]], dtype=DTYPES["text"])
        return pandas.Categorical.from_codes(codes[ranks], names)


def _unpacked(kills: int, low: int, width: int, packed: bytes) -> Any:
    """Return the numbers of a block; see ``oomlog.store.packed``."""
    if not width:
        return numpy.full(kills, low)
    if width == 8:
        return numpy.frombuffer(packed, dtype="<i8")
    codes = numpy.frombuffer(packed, dtype=f"<u{width}")
    found = codes.astype("int64")
    found += low - 1
    if not codes.all():
        found[codes == 0] = MISSING
    return found


def _array(column: Column, raw: _Raw) -> Any:
    name, kind = column.name, column.kind
    if name == "event_id":
        return pandas.array(_ids(raw.numbers("content"), raw.numbers("number")), dtype=DTYPES["text"])
    if name in _PLACES:
        return raw.place(name)
    if name == "source":
        return raw.source()
    if kind == "text":
        return raw.texts(name)
    numbers = _rss(raw) if name == "rss_kb" else raw.numbers(name)
    if kind in ("time", "local"):
        reach = numpy.timedelta64((1 << 63) // 1000 - 1, "us").astype("int64")
        far = (numbers > reach) | (numbers < -reach)
        moments = numpy.where(far, MISSING, numbers).view("datetime64[us]")  # which is NaT
        index = pandas.DatetimeIndex(moments.astype("datetime64[ns]"))
        return (index.tz_localize("UTC") if kind == "time" else index).array
    missing = numbers == MISSING
    numbers = numpy.where(missing, 0, numbers)
    if kind == "float":
        return pandas.arrays.FloatingArray(numbers / 1e6, missing)
    if kind == "bool":
        return pandas.arrays.BooleanArray(numbers != 0, missing)
    return pandas.arrays.IntegerArray(numbers, missing)


def _rss(raw: _Raw) -> Any:
    parts = [raw.numbers(name) for name in _RSS]
    known = [part != MISSING for part in parts]
    whole = sum(numpy.where(there, part, 0) for there, part in zip(known, parts, strict=True))
    return numpy.where(known[0] | known[1] | known[2], whole, MISSING)


def _ids(contents: Any, numbers: Any) -> list[str]:
    digits = contents.astype(">i8").tobytes().hex()
    found = [digits[at : at + 16] for at in range(0, len(digits), 16)]
    for at in numpy.flatnonzero(numbers > 1):
        found[at] += f"-{numbers[at]}"
    return found
