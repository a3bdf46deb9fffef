"""Read the process table by the header the kernel printed.

Columns come and go between kernels, and vendors add their own, so nothing is known about a row until
its header was seen.  A column that is not in ``grammars/tasks.toml`` keeps its own name and its
place, so its neighbours never shift.  Mirrors dump_tasks() and dump_task() in mm/oom_kill.c.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cached_property

from oomlog.grammar.model import Column

__all__ = ["TableReader"]

_HEADER = re.compile(r"[ \t]*\[[ \t]{0,20}pid[ \t]{0,20}\]((?:[ \t]{1,40}[^ \t]{1,60}){1,40})[ \t\r]*")
_NAME = "name"
_CLEAN = re.compile(r"[^a-z0-9]+")

Reader = Callable[[str], object]


def _number_or_text(text: str) -> object:
    # An unknown column is a number in all likelihood, but nobody promised that.
    try:
        return int(text)
    except ValueError:
        return text


def _key(word: str) -> str:
    return _CLEAN.sub("_", word.lower()).strip("_") or "column"


class TableReader:
    """Reads the rows below one header."""

    def __init__(self, words: tuple[str, ...], columns: Iterable[Column]) -> None:
        known = {column.word: column.key for column in columns}
        #: The words of the header, ``pid`` first.
        self.words = words
        #: Whether the header goes up to the task's name; a cut one does not.
        self.complete = words[-1] == _NAME
        keys: list[str] = []
        unknown: list[str] = []
        for index, word in enumerate(words, 1):
            # Only the last column is the task's name, whatever a vendor calls one of his.
            key = known.get(word) if word != _NAME or index == len(words) else None
            is_unknown = key is None
            key = key or _key(word)
            # Two columns must not share a key, or one would vanish; known ones keep theirs.
            while key in keys or (is_unknown and key in known.values()):
                key += "_2"
            keys.append(key)
            if is_unknown:
                unknown.append(key)
        #: Record keys in the order of the columns.
        self.keys = tuple(keys)
        #: Keys of the columns that the grammar does not know.
        self.unknown = tuple(unknown)
        #: What turns the text of each column into its value.
        self.readers: tuple[Reader, ...] = tuple(
            str if key == "comm" and self.complete else _number_or_text if key in unknown else int
            for key in keys
        )

    @classmethod
    def from_header(cls, text: str, columns: Iterable[Column]) -> TableReader | None:
        """Build the reader for a header line; None if the line is no such header."""
        found = _HEADER.fullmatch(text)
        if found is None:
            return None
        return cls(("pid", *found[1].split()), columns)

    @cached_property
    def row_source(self) -> str:
        """A row as an expression with one group per column."""
        # Rows are "[%7d] %5d ...": widths are minimums, so columns are told apart by blanks only.
        # The name is the rest after exactly one blank, since it may begin with blanks itself.
        # Possessive, as what follows a part never begins with what is in it: a third faster.
        pieces = [r"[ \t]{0,64}+\[[ \t]{0,20}+([0-9]{1,20}+)\]"]
        last = len(self.keys) - 1
        for index, key in enumerate(self.keys[1:], start=1):
            if index == last and self.complete:
                pieces.append(r"(?:[ \t]([^\n]{0,400}+))?")
            elif key in self.unknown:
                pieces.append(r"[ \t]{1,40}+([^ \t\n]{1,60}+)")
            else:
                pieces.append(r"[ \t]{1,40}+(-?[0-9]{1,20}+)")
        if not self.complete:
            pieces.append(r"(?:[ \t][^\n]{0,400})?")
        return "".join(f"(?>{piece})" if "(" not in piece else piece for piece in pieces)

    @cached_property
    def _row(self) -> re.Pattern[str]:
        return re.compile(self.row_source)

    def bulk(self, prefix: str) -> re.Pattern[str]:
        """A pattern whose ``findall`` reads many rows at once; its groups are the columns.

        :param prefix: Expression for what stands before each row; must not have groups of its own.
        """
        # A name with a carriage return in it is left to ``row``: here that ends the line.
        source = self.row_source.replace(r"[^\n]", r"[^\r\n]")
        return re.compile(rf"^{prefix}{source}\r?$", re.MULTILINE)

    def row(self, text: str) -> dict[str, object] | None:
        """Read one row; None if the line is no row of this table."""
        found = self._row.fullmatch(text.rstrip("\r\n"))
        return None if found is None else self.convert(found.groups(""))

    def convert(self, values: Iterable[str]) -> dict[str, object]:
        """Turn the texts of one row, in column order, into a record."""
        return {key: read(value) for key, read, value in zip(self.keys, self.readers, values, strict=True)}
