"""What the task tables of reports say of sizes, without a table library: who, and how much memory."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from oomlog.frame.page_size import page_kb
from oomlog.model import OomEvent

__all__ = ["SIZED", "TABLES", "task_sizes"]

TABLES = 1000
"""Task tables that are looked at for growth, the last ones: each takes a millisecond or more to decode."""
SIZED = ("event", "pid", "tgid", "comm", "rss_kb", "swapents_kb")
"""Columns of the table ``tasks``."""


def task_sizes(events: Iterable[tuple[int, OomEvent]]) -> dict[str, list[Any]]:
    """Return the columns ``SIZED`` of numbered events; the values are those of ``frame.tasks``."""
    found: dict[str, list[Any]] = {name: [] for name in SIZED}
    for number, event in events:
        table = event.tasks
        if table is None:
            continue
        found["event"] += [number] * len(table)
        for name in ("pid", "tgid", "comm"):
            found[name] += table.column(name)
        kb = page_kb(event)
        for name in ("rss", "swapents"):
            found[f"{name}_kb"] += [
                None if kb is None or not isinstance(pages, int) else pages * kb
                for pages in table.column(f"{name}_pages")
            ]
    return found
