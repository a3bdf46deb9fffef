"""Stored records of a content that is there so often that not all of them can be compared."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from oomlog.frame.fingerprint import Seen
from oomlog.frame.sightings import Sightings
from oomlog.store.rows import seen

__all__ = ["Often"]

_FEW = 64


class Often:
    """Gives the stored rows with the same content that may be of one event with a further record.

    :param cursor: Of a store that nobody else writes to.
    :param query: Selects rows by content, in the order in which they are compared.
    :param narrow: Added to the query, selects one of them by ``keys``; the first key is the event's.
    :param text: Gives the text of a number.
    """

    def __init__(
        self,
        cursor: sqlite3.Cursor,
        query: str,
        narrow: str,
        keys: tuple[str, ...],
        text: Callable[[int | None], str | None],
    ) -> None:
        self._cursor, self._text = cursor, text
        self._query, self._one, self._keys = query, query + narrow, keys
        self._known: dict[int, Sightings[tuple[int, ...]]] = {}

    def near(self, content: int, mine: Seen, *, header: bool) -> Iterator[sqlite3.Row]:
        """Yield the rows to compare with a record that was seen there."""
        known = self._known.get(content)
        if known is None:
            rows = list(islice(self._cursor.execute(self._query, (content,)), _FEW + 1))
            if len(rows) <= _FEW:
                yield from rows
                return
            known = self._known[content] = Sightings()
            self._add(known, self._cursor.execute(self._query, (content,)).fetchall())
        for key in sorted(set(known.near(mine, header=header))):
            # What was known of it may have changed, and it may be gone.
            yield from self._cursor.execute(self._one, (content, *key)).fetchall()

    def knows(self, content: int) -> bool:
        """Tell whether the content is known to be there often."""
        return content in self._known

    def changed(self, contents: Iterable[int], event: int) -> None:
        """Take note that an event is new, or other than it was.

        :param contents: Those of it and its kills.
        """
        for content in set(contents) & self._known.keys():
            rows = self._cursor.execute(f"{self._query} AND event.id = ?", (content, event)).fetchall()
            self._add(self._known[content], rows)

    def _add(self, known: Sightings[tuple[int, ...]], rows: Iterable[sqlite3.Row]) -> None:
        for row in rows:
            known.add(
                tuple(row[key] for key in self._keys),
                seen(row, self._text),
                header=row["gfp_mask"] is not None,
                apart=(row["trusted"] == 0, row["source"]),
            )
