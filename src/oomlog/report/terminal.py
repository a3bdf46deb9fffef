"""The table of kills drawn for a terminal, as wide as it is.

Columns in which nothing is known are left out; so are, one by one, those that matter least where there is
no room for all.  Cells are shown as they are: what looks like rich's markup in a name stays text.
"""

from __future__ import annotations

import io
from collections.abc import Callable

from oomlog.model import OomEvent
from oomlog.report.text import HEADINGS, NUMBERS, text_rows

__all__ = ["TerminalReport"]

_BATCH = 500
_STYLES = {0: "dim", 2: "bold red", 6: "cyan", 8: "dim"}
_FIXED = frozenset({0, 3, 4, 5})
_LEAST_FIRST = (8, 5, 4, 1, 7)
_FOLDED = 32  # a longer name goes on in the next line before it costs another column


class TerminalReport:
    """Draws rows in tables of up to 500, so that a large log shows something early."""

    def __init__(self, write: Callable[[bytes], None], *, colour: bool, width: int) -> None:
        self._write = write
        self._colour = colour
        self._width = width
        self._rows: list[tuple[str, ...]] = []

    def add(self, event: OomEvent) -> None:
        """Take the event's rows."""
        self._rows += text_rows(event)
        if len(self._rows) >= _BATCH:
            self.flush()

    def flush(self) -> None:
        """Draw the rows taken so far."""
        rows = self._rows
        if not rows:
            return
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        self._rows = []
        shown = _columns([HEADINGS, *rows], self._width)
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
        for index in shown:
            table.add_column(
                HEADINGS[index],
                justify="right" if index in NUMBERS else "left",
                no_wrap=index in _FIXED,
                overflow="fold",
            )
        for row in rows:
            table.add_row(*(Text(row[index], _STYLES.get(index, "")) for index in shown))
        page = io.StringIO()
        console = Console(
            file=page,
            width=self._width,
            force_terminal=self._colour,
            color_system="standard" if self._colour else None,
            highlight=False,
            markup=False,
            emoji=False,
        )
        console.print(table)
        self._write(page.getvalue().encode())

    def finish(self) -> None:
        """Draw the rest."""
        self.flush()


def _columns(rows: list[tuple[str, ...]], width: int) -> list[int]:
    widths = [max(map(len, column)) + 2 for column in zip(*rows, strict=True)]
    widths = [size if index in _FIXED else min(size, _FOLDED) for index, size in enumerate(widths)]
    shown = [index for index, column in enumerate(zip(*rows[1:], strict=True)) if {*column} != {"-"}]
    for index in _LEAST_FIRST:
        # The gap after the last column may lie outside.
        if sum(widths[each] for each in shown) - 2 > width and index in shown:
            shown.remove(index)
    return shown
