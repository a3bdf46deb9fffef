"""A document as plain text for terminals and pipes; the same in both, but for colour."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

from oomlog.report.document import (
    Block,
    Code,
    Facts,
    Figure,
    Fold,
    Heading,
    Item,
    Items,
    Paragraph,
    Table,
)
from oomlog.report.escape import cell, escape

__all__ = ["document_text", "width_of"]

_BREAK = re.compile(r" (?!(?:[KMGTP]iB|%|‰))")
"""Where a line may end: a number keeps its unit."""

_WIDTH = 100
_NARROWEST = 20
_QUOTED = 200
"""Columns of a quoted line; the log has the rest."""


def document_text(
    blocks: Iterable[Block], *, colour: bool = False, width: int = _WIDTH, columns: int | None = None
) -> str:
    """Return the document as text, wrapped at ``width`` columns; tables and code are never cut.

    :param columns: Of the terminal, if it goes to one: a table that is wider is told row by row.
    """
    lines: list[str] = []
    width = width if columns is None else max(min(width, columns), _NARROWEST)
    for block in blocks:
        if lines:
            lines.append("")
        lines += _block(block, colour, width, columns)
    return "".join(f"{line}\n" for line in lines)


def width_of(text: str) -> int:
    """Return how many columns a text takes: Korean letters take two."""
    if text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _block(block: Block, colour: bool, width: int, columns: int | None) -> Iterator[str]:
    match block:
        case Heading(text, level):
            shown = escape(text)
            yield _styled(shown, "1;4" if level == 1 else "1", colour)
            if level == 1 and not colour:
                yield "=" * min(width_of(shown), width)
        case Paragraph(text, strong):
            for line in _wrapped(escape(text), width):
                yield _styled(line, "1", colour) if strong else line
        case Table() if columns is not None and not _fits(block, columns):
            yield from _rows(block, colour)
        case Table():
            yield from _table(block, colour)
        case Code():
            yield from _code(block, "")
        case Items(items, numbered):
            for number, item in enumerate(items, 1):
                yield from _item(item, f"{number}. " if numbered else "- ", colour, width)
        case Facts(rows):
            longest = max((width_of(escape(name)) for name, _ in rows), default=0)
            for name, value in rows:
                yield f"{_padded(escape(name), longest, right=False)}  {escape(value)}".rstrip()
        case Figure():
            yield from _wrapped(escape(block.caption or block.alt), width)
        case Fold(title, blocks):
            yield _styled(escape(title), "1", colour)
            for each in blocks:
                yield ""
                yield from _block(each, colour, width, columns)


def _styled(text: str, style: str, colour: bool) -> str:
    return f"\x1b[{style}m{text}\x1b[0m" if colour and text else text


def _item(item: Item, mark: str, colour: bool, width: int) -> Iterator[str]:
    indent = " " * len(mark)
    text = escape(item.text)
    label = "" if item.label is None else escape(item.label)
    if label:
        yield mark + _styled(label, "1", colour)
        for line in _wrapped(text, width - len(indent)):
            yield indent + line
    else:
        for number, line in enumerate(_wrapped(text, width - len(indent))):
            yield (indent if number else mark) + line
    for code in item.codes:
        yield from _code(code, indent + "  ")


def _code(code: Code, indent: str) -> Iterator[str]:
    if code.quoted:
        yield from _quoted(code, indent)
        return
    if code.title is not None:
        yield f"{indent}{escape(code.title)}"
    for line in code.text.rstrip("\n").split("\n"):
        yield f"{indent}    {escape(line)}".rstrip()


def _quoted(code: Code, indent: str) -> Iterator[str]:
    """Yield lines of the log behind their title, each cut so that it does not fill the screen."""
    before = indent if code.title is None else f"{indent}{escape(code.title)} "
    for line in code.text.rstrip("\n").split("\n"):
        text = escape(line).lstrip()
        yield before + (text if len(text) <= _QUOTED else f"{text[: _QUOTED - 1]}\u2026").rstrip()
        before = " " * width_of(before)


def _cells(table: Table) -> tuple[list[tuple[str, ...]], list[int]]:
    """Return the head and the rows, escaped, and how wide each column is."""
    rows = [tuple(cell(text) if text else "" for text in row) for row in (table.head, *table.rows)]
    return rows, [max(map(width_of, column)) for column in zip(*rows, strict=True)]


def _fits(table: Table, columns: int) -> bool:
    _, widths = _cells(table)
    return sum(widths) + 2 * (len(widths) - 1) <= columns


def _rows(table: Table, colour: bool) -> Iterator[str]:
    """Yield each row as its first cell, and below it the others with their headings."""
    (head, *rows), _ = _cells(table)
    longest = max(map(width_of, head[1:]), default=0)
    for number, (first, *others) in enumerate(rows):
        title = f"{head[0]} {first}" if first and 0 in table.numbers else first or "-"
        yield _styled(title, "1;31" if number in table.strong_rows else "1", colour)
        for name, text in zip(head[1:], others, strict=True):
            if text not in ("", "-"):
                yield f"  {_padded(name, longest, right=False)}  {text}"


def _table(table: Table, colour: bool) -> Iterator[str]:
    rows, widths = _cells(table)
    for number, row in enumerate(rows):
        line = "  ".join(
            _padded(text, width, right=index in table.numbers)
            for index, (text, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        strong = number == 0 or number - 1 in table.strong_rows
        yield _styled(line, "1" if number == 0 else "1;31", colour) if strong else line


def _padded(text: str, width: int, *, right: bool) -> str:
    blanks = " " * (width - width_of(text))
    return blanks + text if right else text + blanks


def _wrapped(text: str, width: int) -> list[str]:
    """Wrap at blanks; a word that is longer than a line stays whole, as it may be copied."""
    lines, line = [], ""
    for word in _BREAK.split(text):
        if line and width_of(line) + 1 + width_of(word) > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    return [*lines, line]
