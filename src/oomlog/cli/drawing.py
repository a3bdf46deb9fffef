"""Tables of the live machine on whatever the output is, and the redrawing of them."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Sequence

from oomlog.cli.context import Context
from oomlog.cli.output import Output
from oomlog.report.table import Column, drawn_table, plain_table

__all__ = ["can_redraw", "repeat", "table"]


def table(
    context: Context,
    color: str,
    columns: Sequence[Column],
    rows: Sequence[Sequence[str]],
    marked: frozenset[int] = frozenset(),
) -> str:
    """Return the table as it fits the output.

    :param color: What ``--color`` says.
    :param marked: Numbers of the rows to stress.
    """
    terminal = context.stdout_is_terminal
    colour = context.colour(color, terminal=terminal)
    if not terminal:
        return plain_table(columns, rows, colour=colour, marked=marked)
    from shutil import get_terminal_size

    width = get_terminal_size().columns
    return drawn_table(columns, rows, colour=colour, width=width, marked=marked)


def can_redraw(context: Context) -> bool:
    """Tell whether the output is a terminal on which a page can take the place of another."""
    return context.stdout_is_terminal and context.environ.get("TERM", "dumb") != "dumb"


def repeat(context: Context, seconds: float, page: Callable[[], str | bytes], *, redraw: bool) -> None:
    """Show a page anew every few seconds, until Ctrl-C.

    :param redraw: Each page takes the place of the last one, where the output is a terminal that can do so.
    :raise KeyboardInterrupt: At the end, with the terminal as it was before.
    """
    if redraw and can_redraw(context):
        _redraw(context, seconds, page)
    while True:
        with Output(context.stdout) as output:
            text = page()
            output.write(text.encode() if isinstance(text, str) else text)
        time.sleep(seconds)


def _redraw(context: Context, seconds: float, page: Callable[[], str | bytes]) -> None:
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    stream = io.TextIOWrapper(context.stdout, encoding="utf-8", write_through=True)
    try:
        console = Console(file=stream, force_terminal=True, highlight=False, markup=False, emoji=False)
        with Live(console=console, screen=True, auto_refresh=False, vertical_overflow="crop") as live:
            while True:
                text = page()
                shown = Text.from_ansi(text if isinstance(text, str) else text.decode())
                live.update(shown, refresh=True)
                time.sleep(seconds)
    finally:
        stream.detach()
