"""Kills as CSV, safe to open in a spreadsheet.

Numbers stay numbers, a value that was not printed is an empty cell, and true and false are those words.
Text cells have control and invisible characters escaped, line breaks included, and get a ``'`` in front
when a spreadsheet would take them for a formula (``=``, ``+``, ``-``, ``@``).  The exact text of a name is
in the JSON formats.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import TYPE_CHECKING

from oomlog.frame.columns import EXPORTED
from oomlog.frame.exported import rows
from oomlog.model import OomEvent
from oomlog.report.escape import sheet_cell

if TYPE_CHECKING:
    from oomlog.containers.registry import Registry

__all__ = ["CsvReport"]

_TEXT = tuple(column.kind == "text" for column in EXPORTED)
_CELLS = {True: "true", False: "false"}


class CsvReport:
    """Writes one line per kill, after a line with the column names."""

    def __init__(self, write: Callable[[bytes], None], registry: Registry | None = None) -> None:
        self._write = write
        self._registry = registry
        self._buffer = io.StringIO(newline="")
        self._line = csv.writer(self._buffer, lineterminator="\n")
        self._known: dict[str, str] = {}
        self._line.writerow([column.name for column in EXPORTED])
        self.without_row = 0
        """Events that have no kill and so no row."""

    def add(self, event: OomEvent) -> None:
        """Write the event's kills."""
        if not event.kills:
            self.without_row += 1
            return
        for row in rows(event, self._registry):
            self._line.writerow(
                [
                    self._text(value)
                    if text and value is not None
                    else _CELLS[value]
                    if value is True or value is False
                    else value
                    for text, value in zip(_TEXT, row, strict=True)
                ]
            )
        if self._buffer.tell() >= 1 << 16:
            self.flush()

    # The same few hosts, cgroups and words come again and again.
    def _text(self, value: object) -> str:
        text = str(value)
        shown = self._known.get(text)
        if shown is None:
            if len(self._known) > 4096:
                self._known.clear()
            shown = self._known[text] = sheet_cell(text)
        return shown

    def flush(self) -> None:
        """Hand over what is ready."""
        self._write(self._buffer.getvalue().encode())
        self._buffer.seek(0)
        self._buffer.truncate()

    def finish(self) -> None:
        """End the table."""
        self.flush()
