"""The table of kills drawn for a terminal, as wide as it is.

Columns in which nothing is known are left out; so are, one by one, those that matter least where there is
no room for all.  Cells are shown as they are: what looks like rich's markup in a name stays text.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING

from oomlog.model import OomEvent
from oomlog.report.text import HEADINGS, NUMBERS, YEAR_NOTE, shortened, text_rows, with_inferred_year

if TYPE_CHECKING:
    from oomlog.containers.registry import Registry

__all__ = ["TerminalReport"]

_BATCH = 500
_STYLES = {0: "dim", 2: "bold red", 6: "cyan", 8: "dim"}
_FIXED = frozenset({0, 3, 4, 5})
# A name that is longer than the number goes on in the next line before it costs another column; the
# columns that matter more let names be folded more.  VICTIM always stays.
_LEAST_FIRST = ((8, 32), (5, 32), (4, 32), (1, 32), (7, 32), (6, 16), (3, 16), (0, 16))


class TerminalReport:
    """Draws rows in tables of up to 500, so that a large log shows something early.

    :param year_note: The line below the table that explains years with a ``~``.
    :param registry: Names of containers.
    """

    def __init__(
        self,
        write: Callable[[bytes], None],
        *,
        colour: bool,
        width: int,
        year_note: str = YEAR_NOTE,
        registry: Registry | None = None,
    ) -> None:
        self._write = write
        self._colour = colour
        self._width = width
        self._rows: list[tuple[str, ...]] = []
        self._year_note = year_note
        self._inferred = False
        self._registry = registry

    def add(self, event: OomEvent) -> None:
        """Take the event's rows."""
        self._rows += map(shortened, text_rows(event, self._registry))
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
        self._inferred = self._inferred or (0 in shown and with_inferred_year(rows))
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
        """Draw the rest, and explain what was shown."""
        self.flush()
        if self._inferred:
            self._write(f"{self._year_note}\n".encode())


def _columns(rows: list[tuple[str, ...]], width: int) -> list[int]:
    widths = [max(map(len, column)) + 2 for column in zip(*rows, strict=True)]
    shown = [index for index, column in enumerate(zip(*rows[1:], strict=True)) if {*column} != {"-"}]
    for index, folded in _LEAST_FIRST:
        needed = sum(widths[each] if each in _FIXED else min(widths[each], folded) for each in shown)
        # The gap after the last column may lie outside.
        if needed - 2 > width and index in shown:
            shown.remove(index)
    return shown
