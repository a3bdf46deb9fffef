"""A child died in place of the process that was chosen.

Holds until 5.0, when the log has the line "Kill process ... or sacrifice child" and then kills another one:
the kernel killed a child with memory of its own, to spare the work of its parent.
"""

from __future__ import annotations

from oomlog.explain.case import Case
from oomlog.explain.model import Finding
from oomlog.explain.quote import in_order, kill_lines

__all__ = ["ID", "REFERENCE", "find"]

ID = "sacrificed_child"
REFERENCE = "oom_kill_process(), mm/oom_kill.c, until 5.0"


def find(case: Case) -> Finding | None:
    """Return the chosen process and its child."""
    child = case.victim
    if child is None or child.selected is None or child.pid is None or child.selected.pid == child.pid:
        return None
    if child.comm is None or child.selected.comm is None:
        return None
    values: dict[str, int | float | str | None] = {
        "comm": child.comm,
        "pid": child.pid,
        "parent_comm": child.selected.comm,
        "parent_pid": child.selected.pid,
        "score": child.selected.score,
    }
    evidence = in_order(
        case.quote("or sacrifice child", "or a child", "and children"), kill_lines(case.event)[:1]
    )
    return Finding(ID, values, evidence, "certain", REFERENCE)
