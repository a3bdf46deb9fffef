"""Reports are missing because the kernel or a logger held them back.

Holds when the log has the line that counts them; or when a kill without a report follows on as many reports
as the kernel prints within five seconds.  Kill lines themselves are never held back by the kernel.
"""

from __future__ import annotations

from oomlog.explain.case import Case
from oomlog.explain.model import Finding
from oomlog.explain.neighbours import same_boot, seconds_between
from oomlog.explain.quote import kill_lines
from oomlog.model import ReportLine

__all__ = ["ID", "REFERENCE", "find"]

ID = "rate_limited"
REFERENCE = "oom_kill_process(), mm/oom_kill.c, since 3.4; ___ratelimit(), lib/ratelimit.c"

# DEFAULT_RATELIMIT_BURST and DEFAULT_RATELIMIT_INTERVAL (include/linux/ratelimit.h).
_BURST = 10
_INTERVAL_S = 5.0


def find(case: Case) -> Finding | None:
    """Return how many reports or messages were held back."""
    event = case.event
    lost = event.suppressed or {}
    callbacks, messages = lost.get("callbacks"), lost.get("messages_dropped")
    if callbacks:
        said = _lines(case, "suppressed")
        return Finding(ID, {"count": callbacks}, said, "certain", REFERENCE)
    if messages:
        said = _lines(case, "dropped", "issed")
        return Finding(ID, {"count": messages}, said, "certain", REFERENCE, f"{ID}_dropped")
    if event.killer != "kernel" or event.trigger is not None or not event.kills:
        return None
    if _reports_before(case) < _BURST:
        return None
    values = {"reports": _BURST, "seconds": int(_INTERVAL_S)}
    return Finding(ID, values, kill_lines(event), "likely", REFERENCE, f"{ID}_headless")


def _lines(case: Case, *words: str) -> tuple[ReportLine, ...]:
    # They stand before the header, where no other evidence is looked for.
    return tuple(line for line in case.event.lines if any(word in line.text for word in words))[:1]


def _reports_before(case: Case) -> int:
    found = 0
    for other in same_boot(case.event, case.siblings):
        seconds = seconds_between(other, case.event)
        before = other.quick_first_line < case.event.quick_first_line
        if before and seconds is not None and 0 <= seconds <= _INTERVAL_S and other.trigger_comm is not None:
            found += 1
    return found
