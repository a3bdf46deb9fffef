"""A page of text as data: headings, paragraphs, tables and code, in no format yet.

Texts are raw: each renderer escapes them for its own format.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

__all__ = [
    "Block",
    "Code",
    "Facts",
    "Figure",
    "Fold",
    "Heading",
    "Item",
    "Items",
    "Paragraph",
    "Table",
    "Tone",
]

Tone = Literal["primary", "certain", "likely", "possible", "note"]
"""How sure a sentence is; ``primary`` is the cause.  The words say it too: a tone is only its look."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A title; level 1 is an event's, level 2 a section's.

    :ivar id: What a link can lead to, where the format has such places.
    """

    text: str
    level: int = 2
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Some sentences."""

    text: str
    strong: bool = False
    tone: Tone | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells under a head; ``numbers`` are the columns to align on the right.

    :ivar caption: What the table shows, for those who cannot see it.
    :ivar keys: Numbers behind the cells, row for row, to sort by; a table that has them can be sorted and
        filtered where the format allows it.
    """

    head: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    numbers: frozenset[int] = frozenset()
    strong_rows: frozenset[int] = frozenset()
    caption: str | None = None
    keys: Sequence[tuple[float | None, ...]] | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """Names with their values."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture, for formats that have pictures; the others give its caption.

    :ivar svg: Markup made by oomlog, free of scripts and styles; every text in it is escaped already.
    :ivar narrow: The same for narrow screens.
    :ivar alt: What is to be seen, for formats without pictures and for those who cannot see it.
    """

    svg: str
    alt: str
    narrow: str | None = None
    caption: str | None = None


@dataclass(frozen=True, slots=True)
class Code:
    """Something to copy, or lines of the log as they were.

    :ivar quoted: It is from the log: to be read, not to be copied.
    """

    text: str
    title: str | None = None
    language: str = ""
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """One point of a list: a sentence, and quoted lines or code below it.

    :ivar folded: Under this title, and to be opened, is what stands below, where the format has folds.
    :ivar marked: Backticks in the text are oomlog's own, around what is typed or printed.
    """

    text: str
    codes: tuple[Code, ...] = ()
    label: str | None = None
    tone: Tone | None = None
    folded: str | None = None
    marked: bool = False

    def parts(self) -> Iterator[tuple[str, bool]]:
        """Yield the parts of the text, and whether each stood between backticks.

        >>> list(Item("see `ps -e` first", marked=True).parts())
        [('see ', False), ('ps -e', True), (' first', False)]
        """
        pieces = self.text.split("`") if self.marked else [self.text]
        if len(pieces) % 2 == 0:  # one of them stands alone
            pieces = [self.text]
        yield from ((piece, number % 2 == 1) for number, piece in enumerate(pieces) if piece)


@dataclass(frozen=True, slots=True)
class Items:
    """A list of points."""

    items: tuple[Item, ...]
    numbered: bool = False


@dataclass(frozen=True, slots=True)
class Fold:
    """Blocks that a reader need not see at once."""

    title: str
    blocks: tuple[Block, ...]
    open: bool = False


Block: TypeAlias = Heading | Paragraph | Table | Code | Items | Facts | Figure | Fold
