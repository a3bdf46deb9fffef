"""A bound on how often hooks run, and what to say about those that did not."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from time import monotonic

__all__ = ["RateLimit"]

_WINDOW_S = 60.0


class RateLimit:
    """Lets so many events through in any minute.

    :param most: Events a minute.
    """

    def __init__(self, most: int, clock: Callable[[], float] = monotonic) -> None:
        self._most = most
        self._clock = clock
        self._passed: deque[float] = deque()
        self._held = 0
        self._since = 0.0

    def allows(self, kills: int) -> bool:
        """Tell whether this event is let through; the kills of one that is not are counted."""
        now = self._clock()
        while self._passed and now - self._passed[0] >= _WINDOW_S:
            self._passed.popleft()
        if len(self._passed) < self._most:
            self._passed.append(now)
            return True
        if not self._held:
            self._since = now
        self._held += kills
        return False

    def summary(self, *, at_once: bool = False) -> int:
        """Return the number of kills held back, once a minute after the first of them; else 0."""
        if not self._held or not (at_once or self._clock() - self._since >= _WINDOW_S):
            return 0
        held, self._held = self._held, 0
        return held
