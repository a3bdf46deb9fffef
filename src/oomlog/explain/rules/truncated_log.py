"""Parts of the report are not in the log, so some questions cannot be answered.

Holds when the header or the end is missing, or a section breaks off.  Sections that this kind of report does
not have, or that sysctls switch off, are not missing.
"""

from __future__ import annotations

from oomlog.explain.case import Case
from oomlog.explain.model import Finding
from oomlog.explain.neighbours import is_after_burst
from oomlog.explain.quote import lines_of
from oomlog.model import ReportLine

__all__ = ["ID", "REFERENCE", "find"]

ID = "truncated_log"
REFERENCE = "dump_header() and oom_kill_process(), mm/oom_kill.c, since 2.6.18"


def find(case: Case) -> Finding | None:
    """Return which sections break off, and whether the header or the kill is missing."""
    event = case.event
    if event.killer != "kernel":
        return None
    cut = [name for name, state in event.sections.items() if state == "cut"]
    headless = event.trigger is None
    endless = event.outcome == "unknown" and not case.quote("is already exiting. Skip killing")
    if event.complete and not cut:
        return None
    if not cut and is_after_burst(event, case.siblings):
        return None  # the kernel held the report back: the log has all that was printed
    if not (headless or endless or cut):
        return None
    words = ID + ("_header" if headless else "") + ("_end" if endless else "")
    words += "_sections" if cut else ""
    values = {"sections": ", ".join(cut)} if cut else {}
    return Finding(ID, values, _edges(case, headless), "certain", REFERENCE, words)


def _edges(case: Case, headless: bool) -> tuple[ReportLine, ...]:
    """Return the line that the report breaks off at."""
    lines = [line for line in lines_of(case.event) if line.no >= case.event.first_line]
    return tuple(lines[:1] if headless else lines[-1:])
