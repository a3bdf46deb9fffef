"""A Java virtual machine may fill its container's limit with its heap alone, or outgrew it beside its heap.

Needs what the runtime knows of the container.  That may have been changed since the kill, so that the claim
is never certain; where only a script reads the variable with the option, it is a hypothesis.
"""

from __future__ import annotations

from oomlog.explain.case import Case
from oomlog.explain.heap import heap_sheet
from oomlog.explain.model import Confidence, Finding, Values
from oomlog.explain.quote import in_order, kill_lines

__all__ = ["ID", "REFERENCE", "find"]

ID = "jvm_heap"
REFERENCE = "try_charge_memcg(), mm/memcontrol.c: every page counts; Arguments::set_heap_size() of HotSpot"

# What is beside the heap takes a fifth of a small virtual machine's memory and seldom less.
_TIGHT = 0.8


def find(case: Case) -> Finding | None:
    """Return the heap's bound against the limit."""
    sheet = heap_sheet(case)
    if sheet is None:
        return None
    values: Values = {
        "option": sheet.setting.option,
        "heap_kb": sheet.heap_kb,
        "limit_kb": sheet.limit_kb,
        "left_kb": max(sheet.left_kb, 0),
        "share": sheet.heap_kb / sheet.limit_kb if sheet.limit_kb else None,
        "rss_kb": sheet.rss_kb,
        "native_kb": None if sheet.rss_kb is None else max(sheet.rss_kb - sheet.heap_kb, 0),
    }
    if sheet.heap_kb >= sheet.limit_kb:
        words = ID
    elif sheet.heap_kb > sheet.limit_kb * _TIGHT:
        words = f"{ID}_tight"
    elif sheet.rss_kb is not None and sheet.rss_kb > sheet.heap_kb:
        words = f"{ID}_native"
    else:
        return None
    evidence = in_order(case.quote("memory: usage"), kill_lines(case.event))
    confidence: Confidence = "likely" if sheet.setting.sure else "possible"
    return Finding(ID, values, evidence, confidence, REFERENCE, words)
