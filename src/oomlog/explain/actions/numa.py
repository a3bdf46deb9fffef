"""Allocations that were bound to some NUMA nodes."""

from __future__ import annotations

from oomlog.explain.actions.shell import for_running
from oomlog.explain.case import Case
from oomlog.explain.model import Action, Finding

__all__ = ["allowed_nodes", "numa_maps"]


def allowed_nodes(case: Case, finding: Finding) -> tuple[Action, ...]:
    """Look which CPUs and nodes the task that asked may use."""
    trigger = case.event.trigger
    comm = None if trigger is None else trigger.comm
    text = for_running(comm, "grep -iE '(cpus|mems)_allowed_list' /proc/{}/status")
    values = {"comm": comm, "nodes": case.event.mems_allowed or case.event.nodemask}
    return () if text is None else (Action("allowed_nodes", finding.id, "look", text, values),)


def numa_maps(case: Case, finding: Finding) -> tuple[Action, ...]:
    """Look by which policy the task that asked spreads its memory."""
    trigger = case.event.trigger
    comm = None if trigger is None else trigger.comm
    text = for_running(comm, "cat /proc/{}/numa_maps")
    values = {"comm": comm, "nodes": case.event.nodemask}
    return () if text is None else (Action("numa_maps", finding.id, "look", text, values),)
