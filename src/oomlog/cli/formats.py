"""The output formats: a name to what writes it, imported when it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from oomlog.cli.context import Context
from oomlog.cli.output import Output
from oomlog.errors import UsageError
from oomlog.model import OomEvent

if TYPE_CHECKING:
    from oomlog.containers.registry import Registry

__all__ = ["FORMATS", "STREAMED", "Report", "open_report"]

FORMATS = ("text", "ndjson", "json", "csv", "parquet")
STREAMED = ("text", "ndjson", "csv")
"""What was written so far is of use, even when the rest never comes."""


class Report(Protocol):
    """Writes events in one format."""

    def add(self, event: OomEvent) -> None:
        """Take one event."""

    def flush(self) -> None:
        """Hand over what was taken so far."""

    def finish(self) -> None:
        """Hand over the rest and the end."""


def open_report(
    form: str,
    output: Output,
    context: Context,
    *,
    to_terminal: bool,
    color: str,
    live: bool,
    year_given: bool,
    registry: Registry | None = None,
) -> Report:
    """Return the writer of a format.

    :param to_terminal: The output is a terminal.
    :param color: What ``--color`` says.
    :param live: Events come while somebody watches.
    :param year_given: ``--year`` is used, so a year that was not printed is not from the file's date.
    :param registry: Names of containers.
    """
    if form == "ndjson":
        from oomlog.report.json import NdjsonReport

        return NdjsonReport(output.write, registry)
    if form == "json":
        from oomlog.report.json import JsonReport

        return JsonReport(output.write, registry)
    if form == "csv":
        from oomlog.report.csv import CsvReport

        return CsvReport(output.write, registry)
    if form == "parquet":
        if to_terminal:
            raise UsageError("parquet is not text; write it to a file: -o kills.parquet")
        from oomlog.report.parquet import ParquetReport

        return ParquetReport(output.write, registry)
    from oomlog.report.text import YEAR_GIVEN, YEAR_NOTE, TextReport

    colour = context.colour(color, terminal=to_terminal)
    note = YEAR_GIVEN if year_given else YEAR_NOTE
    if to_terminal and not live:
        from shutil import get_terminal_size

        from oomlog.report.terminal import TerminalReport

        width = get_terminal_size().columns
        return TerminalReport(output.write, colour=colour, width=width, year_note=note, registry=registry)
    return TextReport(
        output.write, colour=colour, live=live, short=to_terminal, year_note=note, registry=registry
    )
