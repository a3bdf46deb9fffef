"""Lines of a report as evidence: found by what they say."""

from __future__ import annotations

import re
from collections.abc import Collection

from oomlog.model import OomEvent, ReportLine

__all__ = ["kill_lines", "lines_with", "row_lines"]

_ROW = re.compile(r"\[ {0,12}(\d{1,12})\]\s")


def lines_with(event: OomEvent, *words: str) -> tuple[ReportLine, ...]:
    """Return for each text the first line of the report that has it."""
    found: dict[int, ReportLine] = {}
    lines = event.lines
    for word in words:
        for line in lines:
            if word in line.text and line.no >= event.first_line:
                found[line.no] = line
                break
    return tuple(found[no] for no in sorted(found))


def kill_lines(event: OomEvent) -> tuple[ReportLine, ...]:
    """Return the lines that name the victims, at most the first three."""
    numbers = {kill.line for kill in event.kills[:3]}
    return tuple(line for line in event.lines if line.no in numbers)


def row_lines(event: OomEvent, pids: Collection[int]) -> tuple[ReportLine, ...]:
    """Return the rows of the task table with these pids."""
    found = []
    for line in event.lines:
        row = _ROW.match(line.text.lstrip()) if pids else None
        if row is not None and int(row[1]) in pids:
            found.append(line)
    return tuple(found)
