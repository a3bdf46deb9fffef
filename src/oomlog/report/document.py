"""A page of text as data: headings, paragraphs, tables and code, in no format yet.

Texts are raw: each renderer escapes them for its own format.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Block", "Code", "Heading", "Item", "Items", "Paragraph", "Table"]


@dataclass(frozen=True, slots=True)
class Heading:
    """A title; level 1 is an event's, level 2 a section's."""

    text: str
    level: int = 2


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Some sentences."""

    text: str
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells under a head; ``numbers`` are the columns to align on the right."""

    head: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    numbers: frozenset[int] = frozenset()
    strong_rows: frozenset[int] = frozenset()


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
    """One point of a list: a sentence, and quoted lines or code below it."""

    text: str
    codes: tuple[Code, ...] = ()
    label: str | None = None


@dataclass(frozen=True, slots=True)
class Items:
    """A list of points."""

    items: tuple[Item, ...]
    numbered: bool = False


Block = Heading | Paragraph | Table | Code | Items
