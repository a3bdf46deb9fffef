"""Which events are wanted: by time, by the victim's name, by scope."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from oomlog.model import OomEvent, Scope

if TYPE_CHECKING:
    from oomlog.cli.when import Bound

__all__ = ["EventFilter"]


@dataclass(slots=True)
class EventFilter:
    """Accepts or refuses whole events, so the kills of one event stay together; can be pickled.

    :param comm: A pattern searched in the name of each victim.
    """

    since: Bound | None = None
    until: Bound | None = None
    comm: re.Pattern[str] | None = None
    scope: Scope | None = None
    without_time: int = 0
    """Events refused because a bound was given and they have no time."""
    without_zone: int = 0
    """Events refused because a bound has a zone and their time has none."""

    def __bool__(self) -> bool:
        """Tell whether anything can be refused."""
        return any(test is not None for test in (self.since, self.until, self.comm, self.scope))

    def accepts(self, event: OomEvent) -> bool:
        """Tell whether the event is wanted; the cheap tests come first."""
        if self.comm is not None and not any(
            kill.comm is not None and self.comm.search(kill.comm) for kill in event.kills
        ):
            return False
        if self.since is not None or self.until is not None:
            if event.time is None:
                self.without_time += 1
                return False
            for bound, refused in ((self.since, -1), (self.until, 1)):
                if bound is None:
                    continue
                side = bound.compare(event.time)
                if side is None:
                    self.without_zone += 1
                    return False
                if side == refused:
                    return False
        return self.scope is None or event.quick_scope == self.scope
