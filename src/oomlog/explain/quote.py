"""Lines of a report as evidence: found by what they say."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from functools import lru_cache

from oomlog.model import OomEvent, ReportLine

__all__ = ["in_order", "kill_lines", "lines_of", "lines_with", "row_lines"]

_ROW = re.compile(r"\[ {0,12}(\d{1,12})\]\s")


@lru_cache(maxsize=1)
def lines_of(event: OomEvent) -> tuple[ReportLine, ...]:
    """Return the report's lines; they are read from the log's text anew only for another event."""
    return event.lines


def lines_with(event: OomEvent, *words: str) -> tuple[ReportLine, ...]:
    """Return for each text the first line of the report that has it."""
    found: dict[int, ReportLine] = {}
    lines = lines_of(event)
    for word in words:
        for line in lines:
            if word in line.text and line.no >= event.first_line:
                found[line.no] = line
                break
    return tuple(found[no] for no in sorted(found))


def kill_lines(event: OomEvent) -> tuple[ReportLine, ...]:
    """Return the lines that name the victims, at most the first three."""
    numbers = {kill.line for kill in event.kills[:3]}
    return tuple(line for line in lines_of(event) if line.no in numbers)


def row_lines(event: OomEvent, pids: Collection[int]) -> tuple[ReportLine, ...]:
    """Return the rows of the task table with these pids."""
    found = []
    for line in lines_of(event):
        row = _ROW.match(line.text.lstrip()) if pids else None
        if row is not None and int(row[1]) in pids and line.no >= event.first_line:
            found.append(line)
    return tuple(found)


def in_order(*groups: Iterable[ReportLine]) -> tuple[ReportLine, ...]:
    """Return all these lines as they stand in the log, each once.

    >>> in_order([ReportLine(7, "b")], [ReportLine(3, "a"), ReportLine(7, "b")])
    (ReportLine(no=3, text='a'), ReportLine(no=7, text='b'))
    """
    return tuple(sorted({line for group in groups for line in group}))
