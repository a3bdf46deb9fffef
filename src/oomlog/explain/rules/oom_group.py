"""A whole cgroup was killed, because its memory.oom.group is set.

Holds when the log has the line that announces it.  Only the process killed before that line was chosen by
badness; the others died for being in its cgroup.  Members at -1000 are spared.
"""

from __future__ import annotations

from oomlog.explain.case import Case
from oomlog.explain.model import Finding
from oomlog.explain.quote import in_order, kill_lines, lines_of

__all__ = ["ID", "REFERENCE", "find"]

ID = "oom_group"
REFERENCE = "oom_kill_process() and oom_kill_memcg_member(), mm/oom_kill.c, since 4.19"

_HEAD = "Tasks in "
_TAIL = " are going to be killed due to memory.oom.group set"


def find(case: Case) -> Finding | None:
    """Return the cgroup, how many died, and who was chosen first."""
    event = case.event
    # A cgroup may be named after the words, so the last ones count.
    said = next(
        (
            line
            for line in lines_of(event)
            if line.text.startswith(_HEAD) and line.text.rstrip().endswith(_TAIL)
        ),
        None,
    )
    if said is None:
        return None
    group = said.text.rstrip()[len(_HEAD) : -len(_TAIL)]
    values: dict[str, int | float | str | None] = {"group": group}
    evidence = in_order(kill_lines(event), [said])
    count = len({kill.pid for kill in event.kills})
    first = event.kills[0] if event.kills else None
    if first is None or first.line > said.no or first.comm is None or first.pid is None:
        return Finding(ID, values, evidence, "certain", REFERENCE, f"{ID}_message")
    values |= {"count": count, "comm": first.comm, "pid": first.pid}
    return Finding(ID, values, evidence, "certain", REFERENCE, ID if count > 1 else f"{ID}_alone")
