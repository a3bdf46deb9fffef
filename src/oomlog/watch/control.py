"""Signals, and waiting that a signal ends at once."""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

__all__ = ["Control"]

_Handler = Callable[[int, FrameType | None], None]


class Control:
    """What the user and the service manager ask for while the watch runs."""

    def __init__(self) -> None:
        self.stopped_by: int | None = None
        """The signal that ends the watch; ``None`` while it goes on."""
        self.reload = False
        """SIGHUP came; whoever acts on it sets it back."""
        self._wake: int | None = None

    @property
    def stopping(self) -> bool:
        """Tell whether to come to an end."""
        return self.stopped_by is not None

    def stop(self, number: int = signal.SIGTERM, _frame: FrameType | None = None) -> None:
        """End the watch in good order; asked a second time by Ctrl-C, at once."""
        if self.stopping and number == signal.SIGINT:
            raise KeyboardInterrupt
        self.stopped_by = number

    def _hang_up(self, _number: int, _frame: FrameType | None) -> None:
        self.reload = True

    def wait(self, seconds: float, fds: Sequence[int] = ()) -> bool:
        """Wait until a descriptor can be read, a signal comes, or the time is over.

        :return: Whether one of ``fds`` can be read.
        """
        if self.stopping or self.reload:
            seconds = 0.0
        wake = [] if self._wake is None else [self._wake]
        ready = select.select([*fds, *wake], [], [], seconds)[0]
        if self._wake in ready:
            os.read(wake[0], 4096)
        return any(fd in ready for fd in fds)

    @contextmanager
    def signals(self) -> Iterator[None]:
        """Hear SIGTERM, SIGINT and SIGHUP meanwhile."""
        self._wake, end = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        wake_before = signal.set_wakeup_fd(end, warn_on_full_buffer=False)
        handlers: dict[signal.Signals, _Handler] = {
            signal.SIGTERM: self.stop,
            signal.SIGINT: self.stop,
            signal.SIGHUP: self._hang_up,
        }
        before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            signal.set_wakeup_fd(wake_before)
            os.close(end)
            os.close(self._wake)
            self._wake = None
