"""Where memory went, as a ledger that adds up.

Mirrors the counters of __show_mem() (mm/show_mem.c) and memory_stats[] (mm/memcontrol.c).
"""

from __future__ import annotations

from oomlog.explain.model import Ledger
from oomlog.model import OomEvent

__all__ = ["machine_ledger", "memcg_ledger", "parts_of"]


def machine_ledger(event: OomEvent, page_kb: int) -> Ledger | None:
    """Return the machine's ledger, ``None`` when the report has no Mem-Info totals."""
    return None


def memcg_ledger(event: OomEvent, page_kb: int) -> Ledger | None:
    """Return the ledger of the cgroup whose limit was hit."""
    return None


def parts_of(event: OomEvent, page_kb: int) -> tuple[Ledger, ...]:
    """Return the ledgers of nodes and zones, or of child cgroups."""
    return ()
