"""The OOM killer ran again and again: killing did not end the shortage.

Holds when this event is one of at least five of the same boot, none more than a minute after the one before.
"""

from __future__ import annotations

from math import ceil

from oomlog.explain.case import Case
from oomlog.explain.model import Finding
from oomlog.explain.neighbours import Log, seconds_between
from oomlog.explain.quote import kill_lines

__all__ = ["ID", "REFERENCE", "find"]

ID = "kill_storm"
REFERENCE = "oom_kill_process(), mm/oom_kill.c, since 2.6.24"

# One kill may not be enough, and its memory takes a moment to come back; a fifth round is more than that.
_EVENTS = 5
# The OOM reaper gives up after a second and starts two seconds late; a minute covers a swapping machine.
_GAP_S = 60.0


def find(case: Case) -> Finding | None:
    """Return how many rounds and victims there were, and over how long."""
    event = case.event
    if event.killer != "kernel" or not event.kills:
        return None
    series = Log.around(event, case.siblings).series(event, _GAP_S)
    if len(series.events) < _EVENTS:
        return None
    seconds = seconds_between(series.events[0], series.events[-1])
    victims = series.victims
    (comm, most), *others = victims.most_common()
    if seconds is None or comm is None:
        return None
    values: dict[str, int | float | str | None] = {
        "events": len(series.events),
        "count": victims.total(),
        "seconds": max(ceil(seconds), 1),
        "comm": comm,
        "comm_count": most,
        "names": 1 + len(others),
    }
    words = f"{ID}_same" if not others else f"{ID}_all_different" if most == 1 else ID
    return Finding(ID, values, kill_lines(event), "certain", REFERENCE, words)
