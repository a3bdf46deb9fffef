"""A memory cgroup reached a limit of its own.

Holds when the report is a memory cgroup's and the victim's is none below it (a victim that was moved
meanwhile is anywhere).  Where the log only
has the kill line's message, that much is said and no more: an ancestor's limit reads the same there.
"""

from __future__ import annotations

from oomlog.explain.case import Case
from oomlog.explain.model import Confidence, Finding
from oomlog.explain.quote import in_order
from oomlog.frame.limits import reached_limit

__all__ = ["ID", "REFERENCE", "find"]

ID = "memcg_limit"
REFERENCE = "mem_cgroup_out_of_memory(), mm/memcontrol.c, since 2.6.25"

# The lines that name the cgroup whose limit was reached, before the summary line of 5.0.
_NAMED = ("as a result of limit of", "Memory limit reached of cgroup")


def find(case: Case) -> Finding | None:
    """Return the limit that was reached."""
    event = case.event
    if event.scope != "memcg" or event.killer != "kernel":
        return None
    above, below = event.oom_memcg, event.task_memcg
    if above and below and below != above and below.startswith(above.rstrip("/") + "/"):
        return None
    limit = reached_limit(event, case.page_kb)
    values: dict[str, int | float | str | None] = {}
    words = ID
    if limit is not None:
        values |= {"usage_kb": limit.usage_kb, "limit_kb": limit.limit_kb}
        words += "_memsw" if limit.counter == "memory_swap" else ""
    if event.oom_memcg is not None:
        values["oom_memcg"] = event.oom_memcg
        words += "" if limit is not None else "_named"
    else:
        words = f"{words}_unnamed" if limit is not None else f"{ID}_message"
    counter = "memory+swap: usage" if words.startswith(f"{ID}_memsw") else "memory: usage"
    named = case.quote("oom-kill:constraint=", *_NAMED) if event.oom_memcg is not None else ()
    said = named or case.quote("cgroup out of memory")
    evidence = in_order(case.quote(counter) if limit is not None else (), said)
    confidence: Confidence = "certain"
    if event.oom_memcg is not None and not named:
        # Told by the statistics alone: the first are the limit's own, but a cut log may lack those.
        evidence = in_order(case.quote("Memory cgroup stats for"), evidence)
        confidence = "certain" if event.complete else "likely"
    return Finding(ID, values, evidence, confidence, REFERENCE, words)
