"""The NUMA nodes that a bound allocation could use, and what was free there and elsewhere.

Since 2.6.39 a report hides the zones of nodes that the allocation could not use (show_free_areas(),
mm/page_alloc.c), so what was free elsewhere is seldom in the log.
"""

from __future__ import annotations

from typing import NamedTuple

from oomlog.explain.case import Case
from oomlog.explain.mem_info import zones
from oomlog.explain.totalpages import nodes_of, scope_of
from oomlog.explain.watermarks import free_kb, has_free, high_kb, min_kb

__all__ = ["Bound", "bound_nodes"]


class Bound(NamedTuple):
    """Memory of the nodes in question; ``None`` for what was not printed."""

    nodes: str
    free_kb: int | None
    min_kb: int | None
    high_kb: int | None
    has_free: bool
    """A zone of these nodes has more than its watermarks, which then is not why the request failed."""
    other_free_kb: int | None
    """Free memory of the other nodes, only where it is more than their watermarks."""


def bound_nodes(case: Case) -> Bound | None:
    """Return the nodes that the allocation was bound to, ``None`` when the log does not name them."""
    event = case.event
    nodes = nodes_of(event)
    text = event.nodemask if scope_of(event) == "mempolicy" else event.mems_allowed
    if not nodes or not text:
        return None
    own = [zone for zone in zones(event) if zone.get("node") in nodes]
    others = [
        zone for zone in zones(event) if isinstance(zone.get("node"), int) and zone["node"] not in nodes
    ]
    free_elsewhere = any(has_free(zone, case.page_kb) for zone in others)
    return Bound(
        text,
        free_kb(own),
        min_kb(own),
        high_kb(own),
        any(has_free(zone, case.page_kb) for zone in own),
        free_kb(others) if free_elsewhere else None,
    )
