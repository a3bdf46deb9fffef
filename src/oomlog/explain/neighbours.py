"""Other events of the same boot around one event.

Every event is asked for its neighbours, so nothing here decodes a report.
"""

from __future__ import annotations

from collections.abc import Sequence

from oomlog.model import OomEvent

__all__ = ["burst", "same_boot", "seconds_between"]


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
