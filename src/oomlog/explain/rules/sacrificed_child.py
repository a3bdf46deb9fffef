"""A child died in place of the process that was chosen.

Holds until 5.0, when the log has the line "Kill process ... or sacrifice child" and then kills another one:
the kernel killed a child with memory of its own, to spare the work of its parent.  It chose among threads,
too, and killed their process: only one that the task table lists is known to be a process, and a parent.
Until 2.6.35, which say "or a child", it chose processes only.
"""

from __future__ import annotations

from oomlog.explain.case import Case
from oomlog.explain.model import Finding
from oomlog.explain.quote import in_order, kill_lines

__all__ = ["ID", "OR_THREAD", "REFERENCE", "find"]

ID = "sacrificed_child"
OR_THREAD = "sacrificed_child_or_thread"
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
    old = case.quote("or a child", "and children")
    evidence = in_order(old or case.quote("or sacrifice child"), kill_lines(case.event)[:1])
    listed = any(child.selected.pid in (each.pid, each.row_pid) for each in case.processes)
    return Finding(ID, values, evidence, "certain", REFERENCE, "" if listed or old else OR_THREAD)
