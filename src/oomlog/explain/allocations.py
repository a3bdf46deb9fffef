"""The table of the kernel's allocation profile: where in the kernel most memory was allocated.

Mirrors __show_mem() (mm/show_mem.c, 6.10 to 7.1), which prints ten rows of it, the largest first.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from oomlog.explain.case import Case
from oomlog.explain.quote import lines_of
from oomlog.model import ReportLine

__all__ = ["Allocation", "largest_allocation"]

_HEAD = "Memory allocations"
_STOPPED = "turned off"  # said since 6.18; the numbers are those of when it was on
# Bytes in 6.10, a rounded size with its unit since 6.11.
_ROW = re.compile(
    r"\s{0,16}(?P<size>\d{1,20}(?:\.\d{1,6})?)(?: (?P<unit>B|[KMGTPE]iB))?\s{1,12}(?P<calls>\d{1,20})"
    r" (?P<place>[^\s:]{1,200}:\d{1,9})(?: \[[^\]\s]{1,64}\])? func:(?P<function>\S{1,128})\s{0,4}$"
)
_KB = {
    "B": 1 / 1024,
    "KiB": 1,
    "MiB": 1 << 10,
    "GiB": 1 << 20,
    "TiB": 1 << 30,
    "PiB": 1 << 40,
    "EiB": 1 << 50,
}


class Allocation(NamedTuple):
    """One row.

    :ivar size_kb: Kibibytes that were allocated there and not freed, as rounded by the kernel.
    :ivar calls: How many allocations they are.
    :ivar place: File and line in the kernel's source.
    :ivar lines: The head of the table and the row.
    """

    size_kb: int
    calls: int
    place: str
    function: str
    lines: tuple[ReportLine, ReportLine]


def largest_allocation(case: Case) -> Allocation | None:
    """Return the first row, ``None`` where the report has no such table, or one that no longer is kept."""
    head: ReportLine | None = None
    for line in lines_of(case.event):
        if head is None:
            head = line if line.text.startswith(_HEAD) and _STOPPED not in line.text else None
            continue
        row = _ROW.fullmatch(line.text)
        if row is not None:
            size_kb = int(float(row["size"]) * _KB[row["unit"] or "B"])
            return Allocation(size_kb, int(row["calls"]), row["place"], row["function"], (head, line))
    return None
