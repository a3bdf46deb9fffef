"""The machine ran out, and the largest process lived in a container: its own limit did not stop it.

The limit is not printed in a global report; that there is none, or one above what the machine could give, is
a conclusion from the scope.
"""

from __future__ import annotations

from oomlog.containers.owner import owner_of
from oomlog.explain.case import Case
from oomlog.explain.model import Finding, Values
from oomlog.explain.quote import in_order, row_lines
from oomlog.explain.sizes import ram_kb, share_of
from oomlog.explain.totalpages import scope_of

__all__ = ["ID", "REFERENCE", "find"]

ID = "unlimited_container"
REFERENCE = (
    "mem_cgroup_print_oom_context() in mm/memcontrol.c (5.0 to 7.1): global_oom and the victim's task_memcg"
)

# A process that is a small part of the machine would not have been stopped by a sensible limit either.
_LARGE = 0.25


def find(case: Case) -> Finding | None:
    """Return the claim where the victim of a global OOM is a container's and the largest process."""
    event, victim = case.event, case.victim
    path = event.task_memcg
    owner = None if path is None else owner_of(path)
    if scope_of(event) != "global" or victim is None:
        return None
    if owner is None or owner.level not in ("container", "pod"):
        return None
    largest = max(case.processes, key=lambda each: each.used_pages, default=None)
    if largest is None or victim.pid not in (largest.pid, largest.row_pid) or largest.rss_pages is None:
        return None
    rss = largest.rss_pages * case.page_kb
    share = share_of(rss, ram_kb(case))
    if share is None or share < _LARGE or victim.comm is None:
        return None
    values: Values = {
        "task_memcg": path,
        "comm": victim.comm,
        "pid": victim.pid,
        "rss_kb": rss,
        "share": share,
    }
    evidence = in_order(case.quote("global_oom"), row_lines(event, {largest.row_pid}))
    return Finding(ID, values, evidence, "possible", REFERENCE)
