"""Events as a table for people: one row per killed process.

The plain form never depends on the width of a terminal and never cuts: columns are separated by two or
more blanks, and no cell holds two blanks in a row.  ``report/terminal.py`` draws the same rows with rich.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from oomlog.model import Kill, OomEvent
from oomlog.report.container import place_name
from oomlog.report.escape import cell
from oomlog.report.shorten import short_ids
from oomlog.units import human_kb

if TYPE_CHECKING:
    from oomlog.containers.registry import Registry

__all__ = [
    "HEADINGS",
    "NUMBERS",
    "UNTRUSTED",
    "YEAR_GIVEN",
    "YEAR_NOTE",
    "TextReport",
    "shortened",
    "text_rows",
    "with_inferred_year",
]

HEADINGS = ("TIME", "HOST", "VICTIM", "ANON", "FILE", "SHMEM", "SCOPE", "TRIGGER", "WHERE")
NUMBERS = frozenset({3, 4, 5})
"""Columns to align on the right."""
YEAR_NOTE = "~ year inferred from the file's date; give --year to fix it"
YEAR_GIVEN = "~ year counted from --year"
UNTRUSTED = " (untrusted)"
"""Behind the victim of an event that may be forged."""
_SCOPE = HEADINGS.index("SCOPE")
_WIDTHS = (19, 4, 20, 9, 9, 9, 20, 16, 0)
_BATCH = 1000
_OUTCOMES = {"panic": "panic", "no_killable": "no killable", "unknown": "unknown", "killed": "killed"}
_STYLES = {2: "1;31", 6: "36"}
_HEAD_STYLE = "1"


def text_rows(event: OomEvent, registry: Registry | None = None) -> Iterator[tuple[str, ...]]:
    """Yield the cells of each kill, escaped; an event without a kill gives one row that says its outcome."""
    host = "-" if event.host is None else cell(event.host)
    trigger = "-" if event.trigger_comm is None else cell(event.trigger_comm)
    scope = _scope(event, registry)
    mark = UNTRUSTED if event.trusted is False else ""
    for kill in event.kills:
        where = cell(f"{event.source}:{kill.line}")
        when = _when(
            event.time if kill.time is None else kill.time,
            event.uptime_s if kill.uptime_s is None else kill.uptime_s,
            inferred=event.time_origin == "inferred",
        )
        sizes = (human_kb(kill.anon_rss_kb), human_kb(kill.file_rss_kb), human_kb(kill.shmem_rss_kb))
        yield (when, host, _victim(kill) + mark, *sizes, scope, trigger, where)
    if not event.kills:
        outcome = f"- ({_OUTCOMES[event.outcome]}){mark}"
        where = cell(f"{event.source}:{event.first_line}")
        when = _when(event.time, event.uptime_s, inferred=event.time_origin == "inferred")
        yield (when, host, outcome, "-", "-", "-", scope, trigger, where)


def shortened(row: tuple[str, ...]) -> tuple[str, ...]:
    """Cut the ids of containers in SCOPE to the 12 digits that docker shows, for a terminal."""
    scope = short_ids(row[_SCOPE])
    return row if scope == row[_SCOPE] else (*row[:_SCOPE], scope, *row[_SCOPE + 1 :])


def with_inferred_year(rows: Iterable[tuple[str, ...]]) -> bool:
    """Tell whether a time has a year that the log does not print."""
    return any(row[0].startswith("~") for row in rows)


def _when(time: datetime | None, uptime_s: float | None, *, inferred: bool) -> str:
    if time is not None:
        # The year of a log that prints none is told apart from one that was read.
        return ("~" if inferred else "") + time.isoformat(" ", "seconds")
    return "-" if uptime_s is None else f"[{uptime_s:.3f}]"


def _victim(kill: Kill) -> str:
    comm = "?" if kill.comm is None else kill.comm
    return cell(comm if kill.pid is None else f"{comm}[{kill.pid}]")


def _scope(event: OomEvent, registry: Registry | None) -> str:
    scope: str = event.quick_scope
    if scope == "memcg" or event.killer != "kernel":
        oom_memcg, task_memcg = event.quick_memcgs
        memcg = oom_memcg or task_memcg
        # The patterns of all names are only needed where there is one.
        from oomlog.containers.owner import owner_of

        owner = owner_of(memcg)
        known = registry.find(owner) if registry is not None else None
        leaf = None if owner is None else place_name(owner, known)
        leaf = leaf or (memcg and (memcg.rstrip("/").rpartition("/")[2] or "/"))
        who = event.killer if event.killer != "kernel" else scope
        return cell(f"{who} {leaf}" if leaf else who)
    return scope


class TextReport:
    """Writes the plain table; columns grow when a longer cell comes, and stay so.

    :param live: Rows are wanted as soon as they are known, so widths cannot wait for later rows.
    :param short: The output is a terminal: container ids are cut to their first 12 digits.
    :param year_note: The line below the table that explains years with a ``~``.
    :param registry: Names of containers.
    :param heading: Begin with the names of the columns.
    """

    def __init__(
        self,
        write: Callable[[bytes], None],
        *,
        colour: bool = False,
        live: bool = False,
        short: bool = False,
        year_note: str = YEAR_NOTE,
        registry: Registry | None = None,
        heading: bool = True,
    ) -> None:
        self._write = write
        self._colour = colour
        self._batch = 1 if live else _BATCH
        self._rows: list[tuple[str, ...]] = []
        self._widths: list[int] | None = list(_WIDTHS) if live else None
        self._started = not heading
        self._short = short
        self._year_note = year_note
        self._inferred = False
        self._registry = registry

    def add(self, event: OomEvent) -> None:
        """Take the event's rows."""
        rows = text_rows(event, self._registry)
        self._rows += map(shortened, rows) if self._short else rows
        if len(self._rows) >= self._batch:
            self.flush()

    def flush(self) -> None:
        """Write the rows taken so far."""
        rows = self._rows
        if not rows:
            return
        self._rows = []
        self._inferred = self._inferred or with_inferred_year(rows)
        widths = [len(heading) for heading in HEADINGS] if self._widths is None else self._widths
        longest = [max(map(len, column)) for column in zip(*rows, strict=True)]
        self._widths = widths = [max(pair) for pair in zip(widths, longest, strict=True)]
        lines = [self._line(row, widths) for row in rows]
        if not self._started:
            self._started = True
            lines.insert(0, self._line(HEADINGS, widths, head=True))
        self._write("".join(lines).encode())

    def _line(self, row: tuple[str, ...], widths: list[int], *, head: bool = False) -> str:
        cells = []
        for index, (text, width) in enumerate(zip(row, widths, strict=True)):
            padded = text.rjust(width) if index in NUMBERS else text.ljust(width)
            if index == len(row) - 1:
                padded = text
            style = _HEAD_STYLE if head else _STYLES.get(index)
            cells.append(f"\x1b[{style}m{padded}\x1b[0m" if self._colour and style else padded)
        return "  ".join(cells) + "\n"

    def finish(self) -> None:
        """Write the rest, and explain what was shown."""
        self.flush()
        if self._inferred:
            self._write(f"{self._year_note}\n".encode())
