"""Memory ran out on the NUMA nodes of a cpuset, not on the machine.

Holds when the report names the cpuset as what bound the allocation.  Until 5.1 it named none;
there it is likely when the report shows the zones of just those nodes that the cpuset has.  What other nodes
had is told only where they are printed.
"""

from __future__ import annotations

from oomlog.explain.bound_nodes import bound_nodes
from oomlog.explain.case import Case
from oomlog.explain.model import Confidence, Finding
from oomlog.explain.quote import in_order
from oomlog.explain.totalpages import scope_of

__all__ = ["ID", "REFERENCE", "find"]

ID = "cpuset_bound"
REFERENCE = "constrained_alloc(), mm/oom_kill.c, since 2.6.18; named in the report since 5.2"


def find(case: Case) -> Finding | None:
    """Return the cpuset and its nodes with what was free there."""
    event = case.event
    if scope_of(event) != "cpuset" or event.killer != "kernel":
        return None
    confidence: Confidence = "certain" if event.scope == "cpuset" else "likely"
    evidence = case.quote("CONSTRAINT_CPUSET", "No available memory in cpuset")
    bound = bound_nodes(case)
    if bound is None or event.cpuset is None:
        return Finding(ID, {}, evidence, confidence, REFERENCE, f"{ID}_message")
    values: dict[str, int | float | str | None] = {"cpuset": event.cpuset, "nodes": bound.nodes}
    if bound.free_kb is None or bound.min_kb is None or bound.high_kb is None:
        return Finding(ID, values, evidence, confidence, REFERENCE, f"{ID}_named")
    values |= {"free_kb": bound.free_kb, "min_kb": bound.min_kb, "high_kb": bound.high_kb}
    evidence = in_order(case.quote("kB min:", "mems_allowed="), evidence)
    words = f"{ID}_free" if bound.has_free else ID
    if bound.other_free_kb is not None and not bound.has_free:
        values["other_free_kb"] = bound.other_free_kb
        words = f"{ID}_others"
    return Finding(ID, values, evidence, confidence, REFERENCE, words)
