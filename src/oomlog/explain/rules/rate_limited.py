"""Reports are missing because the kernel or a logger held them back.

Holds when the log has the line that counts them; or when a kill without a report follows on as many reports
as the kernel prints within five seconds.  Kill lines themselves are never held back by the kernel.
"""

from __future__ import annotations

from oomlog.explain.case import Case
from oomlog.explain.model import Finding
from oomlog.explain.neighbours import BURST, INTERVAL_S, is_after_burst
from oomlog.explain.quote import kill_lines, lines_of
from oomlog.model import ReportLine

__all__ = ["ID", "REFERENCE", "find"]

ID = "rate_limited"
REFERENCE = "oom_kill_process(), mm/oom_kill.c, since 3.4; ___ratelimit(), lib/ratelimit.c"


def find(case: Case) -> Finding | None:
    """Return how many reports or messages were held back."""
    event = case.event
    lost = event.suppressed or {}
    callbacks, messages = lost.get("callbacks"), lost.get("messages_dropped")
    if callbacks:
        said = _lines(case, "suppressed")
        # Until 2.6.26 the kernel counted messages of any kind, not reports.
        reports = any("callbacks suppressed" in line.text for line in said)
        words = ID if reports else f"{ID}_dropped"
        return Finding(ID, {"count": callbacks}, said, "certain", REFERENCE, words)
    if messages:
        said = _lines(case, "dropped", "issed", "messages suppressed")
        return Finding(ID, {"count": messages}, said, "certain", REFERENCE, f"{ID}_dropped")
    if not is_after_burst(event, case.siblings):
        return None
    values = {"reports": BURST, "seconds": int(INTERVAL_S)}
    return Finding(ID, values, kill_lines(event), "likely", REFERENCE, f"{ID}_headless")


def _lines(case: Case, *words: str) -> tuple[ReportLine, ...]:
    # They stand before the header, where no other evidence is looked for.
    return tuple(line for line in lines_of(case.event) if any(word in line.text for word in words))[:1]
