"""A victim of before was still there, with its memory.

Holds when the kernel says that its choice is already exiting (since 5.9), or when a process that an earlier
report of the same log killed is still in the task table: a dying process keeps its memory until it has
exited, for example while it waits in the kernel.
"""

from __future__ import annotations

from oomlog.explain.case import Case
from oomlog.explain.chosen import used_kb
from oomlog.explain.model import Finding
from oomlog.explain.quote import row_lines

__all__ = ["ID", "REFERENCE", "find"]

ID = "already_dying"
REFERENCE = "oom_evaluate_task() and __oom_kill_process(), mm/oom_kill.c, since 4.8 and 5.9"


def find(case: Case) -> Finding | None:
    """Return who is dying and how much it still holds."""
    said = case.quote("is already exiting. Skip killing the task")
    if said:
        return Finding(ID, {}, said, "certain", REFERENCE, f"{ID}_skipped")
    pids = {each.pid for each in case.choice.immune if each.immune == "already_killed"}
    dying = [each for each in case.processes if each.pid in pids and each.rss_pages is not None]
    if not dying:
        return None
    most = max(dying, key=lambda each: each.used_pages)
    if most.comm is None:
        return None
    values: dict[str, int | float | str | None] = {
        "count": len(dying),
        "comm": most.comm,
        "pid": most.pid,
        "used_kb": used_kb(case, most),
    }
    evidence = row_lines(case.event, {most.row_pid})
    # The same pid and name within two minutes: very nearly always the same process.
    return Finding(ID, values, evidence, "likely", REFERENCE)
