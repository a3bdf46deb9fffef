"""The OOM reaper could not free a victim's memory.

Holds when it says so: ten tries within a second found the victim's address space locked.  The memory comes
back only when the victim exits by itself.
"""

from __future__ import annotations

from oomlog.explain.case import Case
from oomlog.explain.model import Finding
from oomlog.explain.quote import lines_of

__all__ = ["ID", "REFERENCE", "find"]

ID = "reaper_failed"
REFERENCE = "oom_reap_task(), mm/oom_kill.c, since 4.6"


def find(case: Case) -> Finding | None:
    """Return whose memory was not reaped."""
    for kill in case.event.kills:
        if kill.reaped is None or not kill.reaped.failed or kill.pid is None or kill.comm is None:
            continue
        lines = {kill.line, kill.reaped.line}
        evidence = tuple(line for line in lines_of(case.event) if line.no in lines)
        return Finding(ID, {"comm": kill.comm, "pid": kill.pid}, evidence, "certain", REFERENCE)
    return None
