"""Memory ran out on the NUMA nodes of a memory policy (mbind(), numactl), not on the machine.

Holds when the report names the policy as what bound the allocation, or the policy's nodes.  What other nodes
had is told only where they are printed.
"""

from __future__ import annotations

from oomlog.explain.bound_nodes import bound_nodes
from oomlog.explain.case import Case
from oomlog.explain.model import Finding
from oomlog.explain.quote import in_order
from oomlog.explain.totalpages import scope_of

__all__ = ["ID", "REFERENCE", "find"]

ID = "mempolicy_bound"
REFERENCE = "constrained_alloc(), mm/oom_kill.c, since 2.6.18; named in the report since 5.2"


def find(case: Case) -> Finding | None:
    """Return the policy's nodes with what was free there."""
    event = case.event
    if scope_of(event) != "mempolicy" or event.killer != "kernel":
        return None
    evidence = case.quote("CONSTRAINT_MEMORY_POLICY", "MPOL_BIND") or case.quote("nodemask=")
    bound = bound_nodes(case)
    if bound is None:
        return Finding(ID, {}, evidence, "certain", REFERENCE, f"{ID}_message")
    values: dict[str, int | float | str | None] = {"nodes": bound.nodes}
    if bound.free_kb is None or bound.min_kb is None or bound.high_kb is None:
        return Finding(ID, values, evidence, "certain", REFERENCE, f"{ID}_named")
    values |= {"free_kb": bound.free_kb, "min_kb": bound.min_kb, "high_kb": bound.high_kb}
    evidence = in_order(case.quote("kB min:"), evidence)
    words = f"{ID}_free" if bound.has_free else ID
    if bound.other_free_kb is not None and not bound.has_free:
        values["other_free_kb"] = bound.other_free_kb
        words = f"{ID}_others"
    return Finding(ID, values, evidence, "certain", REFERENCE, words)
