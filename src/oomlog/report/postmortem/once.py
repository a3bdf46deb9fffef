"""Each event once, and in the order of time: several logs tell of the same kills, each in its own order."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from itertools import pairwise
from typing import TypeVar

from oomlog.frame.event_ids import event_ids
from oomlog.model import OomEvent

__all__ = ["in_order", "numbers_in_order", "once"]

T = TypeVar("T")


def once(events: Sequence[OomEvent], wanted: Collection[int]) -> dict[int, OomEvent]:
    """Return the events by their numbers from 1, and of several records of one event only one.

    :param wanted: Numbers of those that the report is about; one of them stands for the others of its event,
        else the record that has most, and never one that may be forged where there is another.
    """
    records: dict[str, list[int]] = {}
    for number, name in enumerate(event_ids(events), 1):
        records.setdefault(name, []).append(number)

    def rank(number: int) -> tuple[bool, bool, bool, int, bool, bool, int]:
        event = events[number - 1]
        has_header = event.quick_trigger is not None
        known = (event.time is not None, event.host is not None)
        return number in wanted, event.trusted is not False, has_header, len(event.kills), *known, -number

    kept = sorted(max(numbers, key=rank) for numbers in records.values())
    return {number: events[number - 1] for number in kept}


def in_order(found: Sequence[T], event_of: Callable[[T], OomEvent]) -> tuple[list[T], bool]:
    """Return what is about events in the order of time, and whether that can be told of all of them.

    By clocks that can be compared, or by uptime within one log and boot; else the inputs' order stays.
    """
    events = [event_of(each) for each in found]
    times = [event.time for event in events if event.time is not None]
    if len(times) == len(events) and len({time.tzinfo is None for time in times}) == 1:
        timed = sorted(zip(times, found, strict=True), key=lambda each: each[0])
        return [each for _, each in timed], True
    uptimes = [event.uptime_s for event in events if event.uptime_s is not None]
    one_log = len({(event.source, event.host, event.boot_id) for event in events}) == 1
    rising = all(one <= other for one, other in pairwise(uptimes))
    return list(found), one_log and len(uptimes) == len(events) and rising


def numbers_in_order(events: Sequence[OomEvent], numbers: Collection[int]) -> list[int]:
    """Return the numbers of those events that are meant, each event once, the latest last."""
    meant = set(numbers)
    kept = [pair for pair in once(events, meant).items() if pair[0] in meant]
    return [number for number, _ in in_order(kept, lambda pair: pair[1])[0]]
