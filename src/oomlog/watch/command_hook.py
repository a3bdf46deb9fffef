"""Run a command for each event: the event as JSON on its standard input, plain facts in its environment.

No shell is involved.  Names in a log are chosen by anybody, so that in the environment every character that
could mean something to a shell is a ``_``; the exact bytes are in the JSON.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress

from oomlog.errors import UsageError
from oomlog.watch.hooks import Message

__all__ = ["CommandHook", "plain", "read_command"]

_UNSAFE = re.compile(r"[^A-Za-z0-9_.:/@%+,=-]")
_LONGEST = 4096


def plain(text: str) -> str:
    """Return the text without anything that a shell, or a program's option parser, could take for its own.

    >>> plain("$(reboot) x"), plain("-rf")
    ('__reboot__x', '_rf')
    """
    text = _UNSAFE.sub("_", text[:_LONGEST])
    return f"_{text[1:]}" if text.startswith("-") else text


def read_command(text: str) -> list[str]:
    """Read a command line as a shell would split it.

    >>> read_command("logger -t 'oom kill'")
    ['logger', '-t', 'oom kill']
    """
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise UsageError(f"{text!r} is no command: {str(error).lower()}") from None
    if not words:
        raise UsageError("there is no command in it")
    return words


class CommandHook:
    """Starts a command; several may run at a time."""

    name = "exec"

    def __init__(
        self, command: Sequence[str], *, workers: int, timeout_s: float, environ: Mapping[str, str]
    ) -> None:
        self.workers = workers
        self._command = list(command)
        self._timeout_s = timeout_s
        # Who got a socket or a watchdog from systemd is the watch, not its children.
        self._environ = {
            key: value
            for key, value in environ.items()
            if key not in ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")
        }

    def run(self, message: Message, stopping: threading.Event) -> str | None:
        """Run the command to its end or for as long as it may."""
        facts = {f"OOMLOG_{key}": plain(value) for key, value in message.facts.items()}
        environ = {**self._environ, **facts, "OOMLOG_ID": message.id}
        name = os.path.basename(self._command[0])  # noqa: PTH119 - a name, not a path
        try:
            process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=2,  # standard output is for events
                env=environ,
                start_new_session=True,  # to end its children, too
            )
        except (OSError, ValueError) as error:
            return f"{name}: {getattr(error, 'strerror', None) or error}".lower()
        try:
            process.communicate(message.event + b"\n", timeout=self._timeout_s)
        except subprocess.TimeoutExpired:
            with suppress(OSError):
                os.killpg(process.pid, signal.SIGKILL)
            process.kill()
            process.wait()
            return f"{name}: ended after {self._timeout_s:g} seconds"
        if process.returncode:
            how = (
                f"signal {-process.returncode}" if process.returncode < 0 else f"status {process.returncode}"
            )
            return f"{name}: ended with {how}"
        return None
