"""Tables of cells that are escaped already: plain, or drawn for a terminal as wide as it is.

The plain form never depends on a terminal and never cuts: columns are separated by two blanks, and no cell
holds two in a row (``escape.cell``).
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Column", "drawn_table", "plain_table"]

_BOLD = "1"
_FOLDED = 16
"""What is longer goes on in the next line before it costs another column."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column."""

    heading: str
    right: bool = False
    """Numbers are aligned on the right."""
    last: int = 0
    """The higher, the earlier it is left out where there is no room; 0 stays."""
    folds: bool = False
    """Its text goes on in the next line when it is too long."""


def plain_table(
    columns: Sequence[Column], rows: Sequence[Sequence[str]], *, colour: bool, marked: frozenset[int]
) -> str:
    """Return the table as text.

    :param marked: Numbers of the rows to stress.
    """
    heads = [column.heading for column in columns]
    widths = [max(map(len, cells)) for cells in zip(heads, *rows, strict=True)]
    lines = [_line(columns, heads, widths, style=_BOLD if colour else None)]
    for number, row in enumerate(rows):
        lines.append(_line(columns, row, widths, style="1;31" if colour and number in marked else None))
    return "".join(f"{line}\n" for line in lines)


def _line(columns: Sequence[Column], cells: Sequence[str], widths: Sequence[int], style: str | None) -> str:
    parts = [
        text.rjust(width) if column.right else text.ljust(width)
        for column, text, width in zip(columns, cells, widths, strict=True)
    ]
    line = "  ".join(parts).rstrip()
    return f"\x1b[{style}m{line}\x1b[0m" if style else line


def drawn_table(
    columns: Sequence[Column],
    rows: Sequence[Sequence[str]],
    *,
    colour: bool,
    width: int,
    marked: frozenset[int],
) -> str:
    """Return the table for a terminal of ``width`` columns; those that matter least give way first."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    shown = _shown(columns, rows, width)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for index in shown:
        column = columns[index]
        table.add_column(
            column.heading,
            justify="right" if column.right else "left",
            no_wrap=not column.folds,
            overflow="fold",
        )
    for number, row in enumerate(rows):
        style = "bold red" if number in marked else ""
        table.add_row(*(Text(row[index]) for index in shown), style=style)
    page = io.StringIO()
    console = Console(
        file=page,
        width=max(width, 1),
        force_terminal=colour,
        color_system="standard" if colour else None,
        highlight=False,
        markup=False,
        emoji=False,
    )
    console.print(table)
    return page.getvalue()


def _shown(columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int) -> list[int]:
    shown = list(range(len(columns)))
    widths = [
        min(max(map(len, cells)), _FOLDED if column.folds else 1 << 30)
        for column, cells in zip(
            columns, zip([column.heading for column in columns], *rows, strict=True), strict=True
        )
    ]
    for index in sorted(shown, key=lambda each: -columns[each].last):
        if columns[index].last and sum(widths[each] + 2 for each in shown) - 2 > width:
            shown.remove(index)
    return shown
