"""Allocations that were bound to some NUMA nodes."""

from __future__ import annotations

from oomlog.explain.actions.shell import for_running
from oomlog.explain.case import Case
from oomlog.explain.model import Action, Finding

__all__ = ["allowed_nodes", "numa_maps"]


def allowed_nodes(case: Case, finding: Finding) -> tuple[Action, ...]:
    """Look which CPUs and nodes the task that asked may use."""
    command = "grep -iE '(cpus|mems)_allowed_list' /proc/{}/status"
    return _of_trigger("allowed_nodes", case, finding, command, case.event.mems_allowed)


def numa_maps(case: Case, finding: Finding) -> tuple[Action, ...]:
    """Look by which policy the task that asked spreads its memory."""
    return _of_trigger("numa_maps", case, finding, "cat /proc/{}/numa_maps", case.event.nodemask)


def _of_trigger(id: str, case: Case, finding: Finding, command: str, nodes: str | None) -> tuple[Action, ...]:
    trigger = case.event.trigger
    text = None if trigger is None else for_running(trigger.comm, command)
    if trigger is None or text is None or not nodes or nodes == "(null)":
        return ()
    return (Action(id, finding.id, "look", text, {"comm": trigger.comm, "nodes": nodes}),)
