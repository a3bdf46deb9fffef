"""Tell systemd how the watch is doing (sd_notify(3)), when it asks."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from time import monotonic

__all__ = ["Notifier"]


class Notifier:
    """Sends datagrams to ``NOTIFY_SOCKET``; does nothing without one."""

    def __init__(self, environ: Mapping[str, str], clock: Callable[[], float] = monotonic) -> None:
        self._address = environ.get("NOTIFY_SOCKET", "")
        self._clock = clock
        self._last = clock()
        usec, pid = environ.get("WATCHDOG_USEC", ""), environ.get("WATCHDOG_PID", str(os.getpid()))
        # systemd asks for a sign of life in half the time after which it acts.
        self._every_s = int(usec) / 2e6 if usec.isdigit() and pid == str(os.getpid()) else None

    def ready(self) -> None:
        """Say that the log is being followed."""
        self._send("READY=1\nSTATUS=Following the log")

    def reloading(self) -> None:
        """Say that files are opened anew; ``ready()`` follows."""
        self._send(f"RELOADING=1\nMONOTONIC_USEC={int(self._clock() * 1e6)}")

    def stopping(self) -> None:
        """Say that this is the end."""
        self._send("STOPPING=1")

    def alive(self) -> None:
        """Give a sign of life, as often as systemd wants one."""
        if self._every_s is not None and self._clock() - self._last >= self._every_s:
            self._last = self._clock()
            self._send("WATCHDOG=1")

    def _send(self, text: str) -> None:
        if self._address[:1] not in ("/", "@"):
            return
        address = f"\0{self._address[1:]}" if self._address[0] == "@" else self._address
        with (
            suppress(OSError),
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender,
        ):
            sender.sendto(text.encode(), address)
