"""Other events of the same boot around one event.

Every event is asked for its neighbours, so nothing here decodes a report.
"""

from __future__ import annotations

from collections.abc import Sequence

from oomlog.model import OomEvent

__all__ = ["BURST", "INTERVAL_S", "burst", "is_after_burst", "same_boot", "seconds_between"]

# DEFAULT_RATELIMIT_BURST and DEFAULT_RATELIMIT_INTERVAL (include/linux/ratelimit.h): so many reports are
# printed in so many seconds (oom_kill_process(), mm/oom_kill.c, since 3.4).
BURST = 10
INTERVAL_S = 5.0


def same_boot(event: OomEvent, siblings: Sequence[OomEvent]) -> list[OomEvent]:
    """Return the event and the others of its log, host and boot, oldest first."""
    key = (event.source, event.host, event.boot_id)
    found = [each for each in siblings if each is not event and (each.source, each.host, each.boot_id) == key]
    return sorted([*found, event], key=lambda each: each.quick_first_line)


def seconds_between(first: OomEvent, second: OomEvent) -> float | None:
    """Return the time from one event to another: by uptime, else by the logger's clock.

    Negative after a reboot in a log that does not name its boots.
    """
    if first.uptime_s is not None and second.uptime_s is not None:
        return second.uptime_s - first.uptime_s
    if first.time is not None and second.time is not None:
        return (second.time - first.time).total_seconds()
    return None


def burst(event: OomEvent, siblings: Sequence[OomEvent], gap_s: float) -> list[OomEvent]:
    """Return the unbroken series this event is in: each at most ``gap_s`` after the one before."""
    near = same_boot(event, siblings)
    at = next(index for index, each in enumerate(near) if each is event)
    first = last = at
    while first > 0 and _close(near[first - 1], near[first], gap_s):
        first -= 1
    while last + 1 < len(near) and _close(near[last], near[last + 1], gap_s):
        last += 1
    return near[first : last + 1]


def _close(first: OomEvent, second: OomEvent, gap_s: float) -> bool:
    seconds = seconds_between(first, second)
    return seconds is not None and 0 <= seconds <= gap_s


def is_after_burst(event: OomEvent, siblings: Sequence[OomEvent]) -> bool:
    """Tell whether this kill has no report and follows on as many as the kernel prints in an interval."""
    if event.killer != "kernel" or event.trigger_comm is not None or not event.kills:
        return False
    found = 0
    for other in same_boot(event, siblings):
        seconds = seconds_between(other, event)
        before = other.quick_first_line < event.quick_first_line
        if before and seconds is not None and 0 <= seconds <= INTERVAL_S and other.trigger_comm is not None:
            found += 1
    return found >= BURST
