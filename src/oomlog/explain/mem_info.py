"""The parts of an event's Mem-Info block, empty where the log has none.

The record keeps them as open mappings, because new counters keep appearing; these functions give them types.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from oomlog.model import OomEvent

__all__ = ["Part", "counters", "hugepages", "nodes", "swap", "totals", "zones"]

Part = Mapping[str, Any]


def counters(event: OomEvent) -> Part:
    """Return the machine's counters, in pages (``free_pages``)."""
    return _part(event, "counters")


def swap(event: OomEvent) -> Part:
    """Return ``total_swap_kb``, ``free_swap_kb`` and ``swap_cache_pages``."""
    return _part(event, "swap")


def totals(event: OomEvent) -> Part:
    """Return ``ram_pages``, ``reserved_pages`` and their like."""
    return _part(event, "totals")


def nodes(event: OomEvent) -> Sequence[Part]:
    """Return the NUMA nodes' lines (since 4.8), in kB."""
    return _parts(event, "nodes")


def zones(event: OomEvent) -> Sequence[Part]:
    """Return the zones with their watermarks and free lists, in kB; a bound allocation hides some."""
    return _parts(event, "zones")


def hugepages(event: OomEvent) -> Sequence[Part]:
    """Return the pools of huge pages by node and size."""
    return _parts(event, "hugepages")


def _part(event: OomEvent, name: str) -> Part:
    found: Any = (event.mem_info or {}).get(name)
    return found if isinstance(found, Mapping) else {}


def _parts(event: OomEvent, name: str) -> Sequence[Part]:
    found: Any = (event.mem_info or {}).get(name)
    return found if isinstance(found, list | tuple) else ()
