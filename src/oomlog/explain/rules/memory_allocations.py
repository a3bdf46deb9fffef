"""The place in the kernel that held most memory, where the kernel keeps count (allocation profiling).

A fact to start from, not a cause by itself: the largest callers are usually those that give pages to
processes.
"""

from __future__ import annotations

from oomlog.explain.allocations import largest_allocation
from oomlog.explain.case import Case
from oomlog.explain.model import Finding, Values

__all__ = ["ID", "REFERENCE", "find"]

ID = "memory_allocations"
REFERENCE = "__show_mem() and alloc_tag_top_users() in mm/show_mem.c and lib/alloc_tag.c (6.10 to 7.1)"


def find(case: Case) -> Finding | None:
    """Return the claim where the report has the table."""
    most = largest_allocation(case)
    if most is None:
        return None
    values: Values = {
        "size_kb": most.size_kb,
        "calls": most.calls,
        "place": most.place,
        "function": most.function,
    }
    return Finding(ID, values, most.lines, "certain", REFERENCE)
