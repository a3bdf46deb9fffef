"""The whole machine ran out of memory: no zone had a page to give, whatever the task's cgroup.

Holds for a global report.  With Mem-Info every printed zone must be at its watermarks; where one is not,
the request failed for another reason (its size, or a zone it could not use), and nothing is said here; nor
where much is free in zones that are not printed.
Until 4.20, and in 5.0 and 5.1, the words of a report bound to some nodes were those of a global one.
"""

from __future__ import annotations

from oomlog.explain.case import Case
from oomlog.explain.formula import release_of
from oomlog.explain.mem_info import swap, totals, zones
from oomlog.explain.model import Confidence, Finding
from oomlog.explain.quote import in_order
from oomlog.explain.sizes import counter_kb, number, ram_kb
from oomlog.explain.totalpages import scope_of
from oomlog.explain.watermarks import free_kb, has_free, min_kb, tightest
from oomlog.model import ReportLine

__all__ = ["ID", "REFERENCE", "find"]

ID = "system_exhausted"
REFERENCE = "constrained_alloc() and out_of_memory(), mm/oom_kill.c, since 2.6.18"

# What is left of a full swap: clusters of slots that other CPUs hold, and pages on their way back.
_SWAP_LEFT = 0.05
# More than the reserves of a zone that is not printed.
_HIDDEN = 0.1


def find(case: Case) -> Finding | None:
    """Return how much RAM and swap there was, and how little of it was free."""
    event = case.event
    if scope_of(event) != "global" or event.killer != "kernel":
        return None
    populated = [zone for zone in zones(event) if zone.get("managed_kb") != 0 and zone.get("present_kb") != 0]
    ram = ram_kb(case)
    free, low = free_kb(populated), min_kb(populated)
    if (event.scope == "unknown" and not _is_whole(case)) or (low or 0) > (ram or low or 0):
        return None
    if ram is None or free is None or low is None:
        evidence = case.quote("global_oom", "ut of memory", "ut of Memory")
        if not evidence or any(has_free(zone, case.page_kb) for zone in populated):
            return None
        return _by_message(case, ram, evidence)
    if any(has_free(zone, case.page_kb) is not False for zone in populated):
        return None
    # Since 6.1 zones above those that the request may use are not printed, only counted.
    if (counter_kb(case, "free") or 0) - free >= _HIDDEN * ram:
        return None
    values: dict[str, int | float | str | None] = {
        "ram_kb": ram,
        "free_kb": free,
        "min_kb": low,
        "zones": tightest(populated),
    }
    words = _swap_words(case, values)
    lines = case.quote("global_oom", *(f"{zone['zone']} free:" for zone in populated))
    evidence = in_order(lines, case.quote("Free swap", "Total swap", "pages RAM", "pages reserved"))
    return Finding(ID, values, evidence, _confidence(case), REFERENCE, words)


def _is_whole(case: Case) -> bool:
    """Tell whether the zones of a report without an end can be all: RAM and what is free are told."""
    return number(totals(case.event), "ram_pages") is not None and counter_kb(case, "free") is not None


def _by_message(case: Case, ram: int | None, evidence: tuple[ReportLine, ...]) -> Finding:
    """Rest on the kernel's words, where lines of zones are missing, and tell what else there is."""
    free, printed = counter_kb(case, "free"), swap(case.event)
    total, left = printed.get("total_swap_kb"), printed.get("free_swap_kb")
    words, values = f"{ID}_message", dict[str, int | float | str | None]()
    if free is not None and ram is not None:
        words, values = f"{words}_ram", {"free_kb": free, "ram_kb": ram}
        evidence = in_order(evidence, case.quote("free:", "pages RAM"))
    if total is not None and left is not None:
        words = f"{words}_swap" if total else f"{words}_no_swap"
        values = {**values, "total_swap_kb": total, "free_swap_kb": max(left, 0)}
        evidence = in_order(evidence, case.quote("Free swap", "Total swap"))
    return Finding(ID, values, evidence, _confidence(case), REFERENCE, words)


def _swap_words(case: Case, values: dict[str, int | float | str | None]) -> str:
    printed = swap(case.event)
    total, left = printed.get("total_swap_kb"), printed.get("free_swap_kb")
    if total is None or left is None:
        return f"{ID}_swap_unknown"
    if total == 0:
        return f"{ID}_no_swap"
    values |= {"total_swap_kb": total, "free_swap_kb": max(left, 0)}
    return f"{ID}_swap_left" if left > total * _SWAP_LEFT else ID


def _confidence(case: Case) -> Confidence:
    if case.quote("system-wide panic_on_oom"):
        return "certain"  # vm.panic_on_oom=1 acts on the machine's own shortage only (check_panic_on_oom())
    release = release_of(case.event)
    if case.event.constraint == "CONSTRAINT_NONE" and release not in ((5, 0), (5, 1)):
        return "certain"
    return "likely"
