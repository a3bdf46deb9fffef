"""Each event once, and in the order of time: several logs tell of the same kills, each in its own order."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import pairwise

from oomlog.explain.model import Explanation
from oomlog.frame.fingerprint import event_ids
from oomlog.model import OomEvent

__all__ = ["in_order", "once"]

Numbered = tuple[int, Explanation]


def once(events: Sequence[OomEvent], wanted: Collection[int]) -> dict[int, OomEvent]:
    """Return the events by their numbers from 1, and of several records of one event only one.

    :param wanted: Numbers of those that the report is about; one of them stands for the others of its event,
        else the record that has most.
    """
    records: dict[str, list[int]] = {}
    for number, name in enumerate(event_ids(events), 1):
        records.setdefault(name, []).append(number)

    def rank(number: int) -> tuple[bool, bool, int, bool, bool, int]:
        event = events[number - 1]
        has_header = event.quick_trigger is not None
        known = (event.time is not None, event.host is not None)
        return number in wanted, has_header, len(event.kills), *known, -number

    kept = sorted(max(numbers, key=rank) for numbers in records.values())
    return {number: events[number - 1] for number in kept}


def in_order(explanations: Sequence[Numbered]) -> tuple[list[Numbered], bool]:
    """Return the events in the order of time, and whether that can be told of all of them.

    By clocks that can be compared, or by uptime within one log and boot; else the inputs' order stays.
    """
    events = [each.event for _, each in explanations]
    times = [event.time for event in events if event.time is not None]
    if len(times) == len(events) and len({time.tzinfo is None for time in times}) == 1:
        timed = zip(times, explanations, strict=True)
        return [pair for _, pair in sorted(timed, key=lambda each: each[0])], True
    uptimes = [event.uptime_s for event in events if event.uptime_s is not None]
    one_log = len({(event.source, event.host, event.boot_id) for event in events}) == 1
    rising = all(one <= other for one, other in pairwise(uptimes))
    return list(explanations), one_log and len(uptimes) == len(events) and rising
