"""What many events share is stored once: texts, places, and the words of kill lines."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING, Any

from oomlog.frame.columns import PLACE
from oomlog.frame.text import storable

if TYPE_CHECKING:
    import zstandard

__all__ = ["Packer", "Places", "Texts", "unpacker"]

_MOST = 200_000
_NAMES = ", ".join(column.name for column in PLACE)
_MARKS = ", ".join("?" * len(PLACE))
# What a single kill line is made of; a report is long enough to be packed well by itself.
_WORDS = b"""\
2026-01-01T00:00:00.000000+00:00 Jan  1 00:00:00 localhost kernel: [    0.000000] Out of memory: Killed \
process 1 (java) total-vm:0kB, anon-rss:0kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:0kB oom_score_adj:0
Memory cgroup out of memory: Killed process 1000 (python3) total-vm:100000kB, anon-rss:100000kB, \
file-rss:1000kB, shmem-rss:0kB, UID:1000 pgtables:100kB oom_score_adj:0
"""


class Texts:
    """Numbers of texts; a new text gets one."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._known: dict[str, int] = {}
        self._texts: dict[int, str] = {}

    def forget(self) -> None:
        """Drop what a transaction that was rolled back may have numbered."""
        self._known.clear()
        self._texts.clear()

    def number(self, text: str | None) -> int | None:
        """Return the text's number."""
        if text is None:
            return None
        number = self._known.get(text)
        if number is None:
            if len(self._known) > _MOST:
                self._known.clear()
            number = self._known[text] = self._stored(storable(text))
        return number

    def _stored(self, text: str) -> int:
        found = self._connection.execute("SELECT id FROM texts WHERE text = ?", (text,)).fetchone()
        if found is None:
            made = self._connection.execute("INSERT INTO texts (text) VALUES (?)", (text,))
            assert made.lastrowid is not None
            return made.lastrowid
        return int(found[0])

    def text(self, number: int | None) -> str | None:
        """Return the text of a number."""
        if number is None:
            return None
        text = self._texts.get(number)
        if text is None:
            if len(self._texts) > _MOST:
                self._texts.clear()
            found = self._connection.execute("SELECT text FROM texts WHERE id = ?", (number,)).fetchone()
            text = self._texts[number] = str(found[0])
        return text


class Places:
    """Numbers of places: whose a cgroup is, as ``place_cells`` says it."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._known: dict[tuple[Any, ...], int] = {}

    def forget(self) -> None:
        """Drop what a transaction that was rolled back may have numbered."""
        self._known.clear()

    def number(self, cells: tuple[Any, ...]) -> int | None:
        """Return the place's number, ``None`` for no place at all."""
        number = self._known.get(cells)
        if number is None:
            if not any(cells):
                return None
            if len(self._known) > _MOST:
                self._known.clear()
            number = self._known[cells] = self._stored([cell and storable(str(cell)) for cell in cells])
        return number

    def _stored(self, cells: list[Any]) -> int:
        known = json.dumps(cells)
        found = self._connection.execute("SELECT id FROM places WHERE known = ?", (known,)).fetchone()
        if found is None:
            made = self._connection.execute(
                f"INSERT INTO places (known, {_NAMES}) VALUES (?, {_MARKS})", (known, *cells)
            )
            assert made.lastrowid is not None
            return made.lastrowid
        return int(found[0])


class Packer:
    """Packs the texts of reports, with the words that kill lines share as a dictionary."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        from zstandard import ZstdCompressor

        found = connection.execute("SELECT id, bytes FROM dictionaries ORDER BY id DESC LIMIT 1").fetchone()
        self.dictionary: int
        if found is None:
            made = connection.execute("INSERT INTO dictionaries (bytes) VALUES (?)", (_WORDS,))
            assert made.lastrowid is not None
            found = (made.lastrowid, _WORDS)
        self.dictionary = int(found[0])
        shared = _dictionary(found[1])
        shared.precompute_compress(level=1)
        self.pack = ZstdCompressor(level=1, dict_data=shared).compress


def unpacker(connection: sqlite3.Connection) -> dict[int, zstandard.ZstdDecompressor]:
    """Return what unpacks texts, by the number of their dictionary."""
    from zstandard import ZstdDecompressor

    return {
        int(number): ZstdDecompressor(dict_data=_dictionary(words))
        for number, words in connection.execute("SELECT id, bytes FROM dictionaries")
    }


def _dictionary(words: bytes) -> zstandard.ZstdCompressionDict:
    from zstandard import DICT_TYPE_RAWCONTENT, ZstdCompressionDict

    return ZstdCompressionDict(words, dict_type=DICT_TYPE_RAWCONTENT)
