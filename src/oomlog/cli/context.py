"""The surroundings of one run, so that a test can be a terminal or a pipe without patching."""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, BinaryIO

from oomlog.report.escape import escape

__all__ = ["Context"]


@dataclass(slots=True)
class Context:
    """Streams, environment and clock as the command sees them.

    :param stdin: ``None`` when the process was started with it closed.
    """

    stdin: IO[bytes] | None
    stdout: IO[bytes]
    stderr: IO[str]
    stdin_is_terminal: bool = False
    stdout_is_terminal: bool = False
    stderr_is_terminal: bool = False
    stdout_is_file: bool = False
    """A regular file: nobody waits for the next line."""
    environ: Mapping[str, str] = field(default_factory=dict)
    now: datetime | None = None
    """Aware; ``None`` for the time of the call."""
    root: Path = Path("/")
    """Where the ``proc`` and ``sys`` of the machine are."""

    @classmethod
    def of_process(cls) -> Context:
        """Return the surroundings of this process."""
        stdin, stdout, stderr = sys.stdin, sys.stdout, sys.stderr
        return cls(
            stdin=None if stdin is None else stdin.buffer,
            stdout=_Closed() if stdout is None else stdout.buffer,
            stderr=open(os.devnull, "w", encoding="utf-8") if stderr is None else stderr,  # noqa: PTH123
            stdin_is_terminal=stdin is not None and stdin.isatty(),
            stdout_is_terminal=stdout is not None and stdout.isatty(),
            stderr_is_terminal=stderr is not None and stderr.isatty(),
            stdout_is_file=stdout is not None and _is_file(stdout.fileno()),
            environ=os.environ,
        )

    def colour(self, choice: str, *, terminal: bool) -> bool:
        """Tell whether to use colour, given ``--color`` and whether the text goes to a terminal."""
        if choice != "auto":
            return choice == "always"
        # https://no-color.org: present and not empty
        return terminal and not self.environ.get("NO_COLOR") and self.environ.get("TERM") != "dumb"

    def columns(self, output: str | None = None) -> int | None:
        """Return how wide the terminal is that text goes to, ``None`` for a pipe or a file.

        :param output: What ``--output`` names.
        """
        if not self.stdout_is_terminal or output not in (None, "-"):
            return None
        from shutil import get_terminal_size

        return get_terminal_size().columns

    def say(self, message: str, *more: str) -> None:
        """Print ``oomlog: message`` and further lines on standard error, escaped."""
        self.tell([f"oomlog: {escape(message)}", *map(escape, more)])

    def tell(self, lines: Iterable[str]) -> None:
        """Print lines, already escaped, on standard error."""
        try:
            self.stderr.write("".join(f"{line}\n" for line in lines))
            self.stderr.flush()
        except (OSError, ValueError):
            pass  # nobody can read messages; the data still counts


class _Closed(io.RawIOBase, BinaryIO):
    """Standard output of a process that was started without one: what is written there is lost."""

    def __init__(self) -> None:
        # Files are opened with the lowest free number, and a log must not be where others write to.
        os.open(os.devnull, os.O_RDONLY)

    def write(self, data: object, /) -> int:
        """Say so, as what is asked for would otherwise be missing in silence."""
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))


def _is_file(fd: int) -> bool:
    from stat import S_ISREG

    try:
        return S_ISREG(os.fstat(fd).st_mode)
    except OSError:
        return False
