"""Where the data goes: standard output, or a file that appears when it is complete."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, Self

from oomlog.cli.failures import cannot_write
from oomlog.errors import OomlogError

__all__ = ["FileOutput", "Output", "same_file"]

_BUFFER = 1 << 18


class Output:
    """Collects writes into large ones.

    :param live: Somebody waits for each event: ``event_done()`` hands over at once.
    :param before_write: Called before anything is handed over (to take a progress bar off the terminal).
    """

    name = "standard output"

    def __init__(
        self, file: IO[bytes], *, live: bool = False, before_write: Callable[[], None] | None = None
    ) -> None:
        self.file = file
        self.live = live
        self._before_write = before_write
        self._parts: list[bytes] = []
        self._size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        """Make the output final, or give it up when an exception ends it."""
        try:
            if kind is None:
                self.finish()
        except BaseException:
            self.abandon()
            raise
        if kind is not None:
            self.abandon()

    def write(self, data: bytes) -> None:
        """Take some bytes."""
        self._parts.append(data)
        self._size += len(data)
        if self._size >= _BUFFER:
            self.flush()

    def event_done(self) -> None:
        """Note that an event is complete."""
        if self.live:
            self.flush()

    def flush(self) -> None:
        """Hand over everything taken so far.

        :raise BrokenPipeError: When nobody reads any more.
        :raise OomlogError: When it cannot be written.
        """
        if not self._parts:
            return
        data = b"".join(self._parts)
        self._parts = []
        self._size = 0
        if self._before_write is not None:
            self._before_write()
        try:
            self._hand_over(memoryview(data))
            self.file.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise cannot_write(self.name, error) from error

    # A large write() to a pipe whose reader goes away in its middle reports what went through instead of
    # failing (Python 3.11); only the next one raises.
    def _hand_over(self, data: memoryview) -> None:
        while data:
            written = self.file.write(data[:_BUFFER])
            data = data[written:]

    def finish(self) -> None:
        """Make what was written final."""
        self.flush()

    def abandon(self) -> None:
        """Give up; nothing incomplete stays."""
        self._parts = []


class FileOutput(Output):
    """A file that replaces an older one of its name only when everything is written.

    What is no regular file (``/dev/null``, a named pipe) is written directly.

    :raise OomlogError: When it cannot be created.
    """

    def __init__(self, path: str) -> None:
        if not path:
            raise OomlogError("the name of the file to write is empty; name one, or - for standard output")
        self.name = path
        self._target = Path(os.path.realpath(path))
        self._temporary: Path | None = None
        try:
            super().__init__(self._open())
        except OSError as error:
            raise cannot_write(path, error) from error
        except ValueError:
            raise OomlogError(f"{path}: is not a possible file name") from None

    def _open(self) -> IO[bytes]:
        target = self._target
        try:
            mode = target.stat().st_mode
        except FileNotFoundError:
            mode = None
        if mode is not None and stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, "is a folder")
        if mode is not None and not stat.S_ISREG(mode):
            return target.open("wb")
        if mode is not None and not os.access(target, os.W_OK):
            raise PermissionError(errno.EACCES, "no permission to replace it")
        # Beside the target, as a rename must not leave the file system; the name is nobody else's guess.
        self._temporary = target.with_name(f".{target.name[:200]}.{os.urandom(6).hex()}.tmp")
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        file = os.fdopen(os.open(self._temporary, flags, 0o666), "wb")
        if mode is not None:
            os.fchmod(file.fileno(), stat.S_IMODE(mode))
        return file

    def finish(self) -> None:
        """Put the file in its place."""
        self.flush()
        try:
            self.file.close()
            if self._temporary is not None:
                self._temporary.replace(self._target)
                self._temporary = None
        except OSError as error:
            raise cannot_write(self.name, error) from error

    def abandon(self) -> None:
        """Remove what was written so far."""
        super().abandon()
        with suppress(OSError):  # what could not be written before cannot be now
            self.file.close()
        if self._temporary is not None:
            self._temporary.unlink(missing_ok=True)
            self._temporary = None


def same_file(path: str, other: str) -> bool:
    """Tell whether both names lead to one existing regular file."""
    try:
        one, two = Path(path).stat(), Path(other).stat()
    except (OSError, ValueError):
        return False
    return stat.S_ISREG(one.st_mode) and (one.st_dev, one.st_ino) == (two.st_dev, two.st_ino)
