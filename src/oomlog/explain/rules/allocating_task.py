"""The task that asked for memory was killed, because vm.oom_kill_allocating_task is set.

Holds when the kill line says so.  Badness was not compared, so the victim says little about who used the
memory; where the task table allows it, who would have been chosen is named.
"""

from __future__ import annotations

from oomlog.explain.case import Case
from oomlog.explain.chosen import selected, selected_pid, used_kb
from oomlog.explain.model import Finding
from oomlog.explain.quote import in_order, row_lines

__all__ = ["ID", "REFERENCE", "find"]

ID = "allocating_task"
REFERENCE = "out_of_memory(), mm/oom_kill.c, since 2.6.24"


def find(case: Case) -> Finding | None:
    """Return the victim, and who would have been chosen by badness."""
    said = case.quote("(oom_kill_allocating_task)")
    pid = selected_pid(case.event)
    if not said or pid is None:
        return None
    first = case.event.kills[0]
    comm = first.comm if first.selected is None else first.selected.comm
    values: dict[str, int | float | str | None] = {"comm": comm, "pid": pid}
    words = ID if comm is not None else f"{ID}_message"
    rows, own, worst = case.processes, selected(case), case.choice.predicted
    other = next((each for each in rows if worst is not None and each.pid == worst.pid), None)
    if comm is None or own is None or other is None or other.comm is None or other.pid == own.pid:
        return Finding(ID, values, said, "certain", REFERENCE, words)
    values |= {
        "used_kb": used_kb(case, own),
        "other_comm": other.comm,
        "other_pid": other.pid,
        "other_kb": used_kb(case, other),
    }
    evidence = in_order(row_lines(case.event, {own.row_pid, other.row_pid}), said)
    return Finding(ID, values, evidence, "certain", REFERENCE, f"{ID}_other")
