"""The place in the kernel that held most memory, where the kernel keeps count (allocation profiling).

A fact to start from, not a cause by itself: the largest callers are usually those that give pages to
processes.
"""

from __future__ import annotations

import re

from oomlog.explain.case import Case
from oomlog.explain.model import Finding
from oomlog.explain.quote import lines_of
from oomlog.model import ReportLine

__all__ = ["ID", "REFERENCE", "find"]

ID = "memory_allocations"
REFERENCE = "__show_mem() and alloc_tag_top_users() in mm/show_mem.c and lib/alloc_tag.c (6.10 to 7.1)"

_HEAD = "Memory allocations"
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


def find(case: Case) -> Finding | None:
    """Return the claim where the report has the table."""
    head: ReportLine | None = None
    for line in lines_of(case.event):
        if head is None:
            head = line if line.text.startswith(_HEAD) else None
            continue
        row = _ROW.fullmatch(line.text)
        if row is not None:  # sorted by size: the first is the largest
            values = {
                "size_kb": int(float(row["size"]) * _KB[row["unit"] or "B"]),
                "calls": int(row["calls"]),
                "place": row["place"],
                "function": row["function"],
            }
            return Finding(ID, values, (head, line), "certain", REFERENCE)
    return None
