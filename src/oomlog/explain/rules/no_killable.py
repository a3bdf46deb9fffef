"""Nobody could be killed: the kernel looked and found no process that it may choose.

Holds when the kernel says so, in a warning or in the panic that follows a global one.  Why each listed
process was spared is told where the task table shows it.
"""

from __future__ import annotations

from oomlog.explain.case import Case
from oomlog.explain.model import Finding
from oomlog.explain.naming import named
from oomlog.explain.quote import in_order, row_lines

__all__ = ["ID", "REFERENCE", "find"]

ID = "no_killable"
REFERENCE = "out_of_memory(), mm/oom_kill.c, since 2.6.18; without a panic for memory cgroups since 4.19"

_WORDS = ("no killable processes", "System is deadlocked on memory")


def find(case: Case) -> Finding | None:
    """Return who was listed and how many of them are protected."""
    event = case.event
    said = case.quote(*_WORDS)
    if event.outcome not in ("no_killable", "panic") or not said:
        return None
    if event.sections.get("tasks") != "present":
        return Finding(ID, {}, said, "certain", REFERENCE, f"{ID}_bare")
    rows = case.processes
    if not rows:
        return Finding(ID, {}, said, "certain", REFERENCE, f"{ID}_empty")
    protected = [each for each in case.choice.immune if each.immune == "adj_min"]
    values: dict[str, int | float | str | None] = {"rows": len(rows)}
    if not protected:
        return Finding(ID, values, said, "certain", REFERENCE, f"{ID}_listed")
    values |= {"count": len(protected), "names": named([(each.comm, each.pid) for each in protected])}
    pids = {each.pid for each in protected[:3]}
    evidence = in_order(row_lines(event, {each.row_pid for each in rows if each.pid in pids}), said)
    words = ID if len(protected) == len(rows) else f"{ID}_mixed"
    return Finding(ID, values, evidence, "certain", REFERENCE, words)
