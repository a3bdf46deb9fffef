"""Other events of the same boot around one event.

Every event is asked for its neighbours, so nothing here decodes a report.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise, zip_longest
from typing import overload

from oomlog.model import OomEvent

__all__ = ["BURST", "INTERVAL_S", "Log", "Series", "is_after_burst", "seconds_between"]

# DEFAULT_RATELIMIT_BURST and DEFAULT_RATELIMIT_INTERVAL (include/linux/ratelimit.h): so many reports are
# printed in so many seconds (oom_kill_process(), mm/oom_kill.c, since 3.4).
BURST = 10
INTERVAL_S = 5.0


@dataclass(frozen=True)
class Series:
    """Events of one boot in which processes were killed, none long after the one before."""

    events: tuple[OomEvent, ...]

    @cached_property
    def victims(self) -> Counter[str | None]:
        """Return how many victims of each name there were."""
        return Counter(kill.comm for event in self.events for kill in event.kills)


class Log(Sequence[OomEvent]):
    """All events that were read, and which of them are of one boot.

    Made once for all events, so that explaining each in the light of the others stays linear.
    """

    def __init__(self, events: Sequence[OomEvent]) -> None:
        self._events = tuple(events)
        self._boots: dict[tuple[str, str | None, str | None], list[OomEvent]] = {}
        for event in self._events:
            self._boots.setdefault(_boot(event), []).append(event)
        for boot in self._boots.values():
            boot.sort(key=lambda each: each.quick_first_line)
        self._places = {id(event): at for boot in self._boots.values() for at, event in enumerate(boot)}
        self._series: dict[float, dict[int, Series]] = {}

    @classmethod
    def around(cls, event: OomEvent, siblings: Sequence[OomEvent]) -> Log:
        """Return a log that has the event."""
        if isinstance(siblings, Log) and id(event) in siblings._places:
            return siblings
        return cls([*(each for each in siblings if each is not event), event])

    def __len__(self) -> int:
        return len(self._events)

    @overload
    def __getitem__(self, index: int) -> OomEvent: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[OomEvent, ...]: ...
    def __getitem__(self, index: int | slice) -> OomEvent | tuple[OomEvent, ...]:
        return self._events[index]

    def before(self, event: OomEvent) -> Iterator[OomEvent]:
        """Yield the earlier events of the same log, host and boot, the nearest first."""
        boot, place = self._boots[_boot(event)], self._places[id(event)]
        for at in range(place - 1, -1, -1):
            yield boot[at]

    def nearest(self, event: OomEvent) -> Iterator[OomEvent]:
        """Yield the other events of the same boot, in turn one before and one after."""
        boot, place = self._boots[_boot(event)], self._places[id(event)]
        after = (boot[at] for at in range(place + 1, len(boot)))
        for pair in zip_longest(self.before(event), after):
            yield from (each for each in pair if each is not None)

    def series(self, event: OomEvent, gap_s: float) -> Series:
        """Return the unbroken series of kills this event is in, none later than ``gap_s`` after the last."""
        if gap_s not in self._series:
            self._series[gap_s] = dict(self._all_series(gap_s))
        return self._series[gap_s].get(id(event), Series((event,)))

    def _all_series(self, gap_s: float) -> Iterator[tuple[int, Series]]:
        for boot in self._boots.values():
            kills = [each for each in boot if each.killer == "kernel" and each.kills]
            breaks = [at for at, pair in enumerate(pairwise(kills), 1) if not _close(*pair, gap_s)]
            for first, last in pairwise([0, *breaks, len(kills)]):
                series = Series(tuple(kills[first:last]))
                yield from ((id(each), series) for each in series.events)


def _boot(event: OomEvent) -> tuple[str, str | None, str | None]:
    return event.source, event.host, event.boot_id


def seconds_between(first: OomEvent, second: OomEvent) -> float | None:
    """Return the time from one event to another: by uptime, else by the logger's clock.

    Negative after a reboot in a log that does not name its boots.
    """
    if first.uptime_s is not None and second.uptime_s is not None:
        return second.uptime_s - first.uptime_s
    if first.time is not None and second.time is not None:
        return (second.time - first.time).total_seconds()
    return None


def _close(first: OomEvent, second: OomEvent, gap_s: float) -> bool:
    seconds = seconds_between(first, second)
    return seconds is not None and 0 <= seconds <= gap_s


def is_after_burst(event: OomEvent, siblings: Sequence[OomEvent]) -> bool:
    """Tell whether this kill has no report and follows on as many as the kernel prints in an interval."""
    if event.killer != "kernel" or event.trigger_comm is not None or not event.kills:
        return False
    found = 0
    for other in Log.around(event, siblings).before(event):
        seconds = seconds_between(other, event)
        if seconds is None or not 0 <= seconds <= INTERVAL_S:
            return False
        found += other.trigger_comm is not None
        if found >= BURST:
            return True
    return False
