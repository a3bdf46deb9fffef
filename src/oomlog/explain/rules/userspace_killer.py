"""Another program killed, before the kernel's OOM killer had to.

Holds when the kill is by systemd-oomd, earlyoom, oomd or Android's lowmemorykiller: they go by thresholds of
their own (pressure, free memory and swap), so the kernel's badness and limits explain nothing here.
"""

from __future__ import annotations

from oomlog.explain.case import Case
from oomlog.explain.model import Finding
from oomlog.explain.quote import kill_lines, lines_of

__all__ = ["ID", "REFERENCE", "find"]

ID = "userspace_killer"
REFERENCE = (
    "systemd-oomd, earlyoom and oomd run in user space; "
    "lowmemorykiller: drivers/staging/android/lowmemorykiller.c, 2.6.29 to 4.11"
)


def find(case: Case) -> Finding | None:
    """Return who killed, and whom."""
    event, kill = case.event, case.victim
    if event.killer == "kernel":
        return None
    values: dict[str, int | float | str | None] = {"killer": event.killer}
    if kill is not None and kill.comm is not None and kill.pid is not None:
        values |= {"comm": kill.comm, "pid": kill.pid}
        return Finding(ID, values, kill_lines(event)[:1], "certain", REFERENCE)
    said = lines_of(event)[:1]
    if event.task_memcg is not None:
        values["task_memcg"] = event.task_memcg
        return Finding(ID, values, said, "certain", REFERENCE, f"{ID}_cgroup")
    return Finding(ID, values, said, "certain", REFERENCE, f"{ID}_message")
