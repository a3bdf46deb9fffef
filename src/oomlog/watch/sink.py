"""Where events are written: appended to a file, each of them once even if the watch is killed meanwhile.

Before a regular file is written to, its size and what is coming are stored.  The next run sees from the
size whether that was written in full, in part (which is taken back) or not at all.  Into a pipe or a
terminal nobody can look, so that what was being written when the watch was killed is written again.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

from oomlog.errors import OomlogError
from oomlog.watch.state import Writing

__all__ = ["Sink"]


class Sink:
    """Takes whole events.

    :param path: File to append to; otherwise ``fd`` is written to.
    :raise OomlogError: The file cannot be opened.
    """

    def __init__(self, path: str | None, fd: int = 1) -> None:
        self._path = path
        self._fd = fd
        self.name = "standard output" if path is None else path
        if path is not None:
            self._fd = self._open(path)

    def _open(self, path: str) -> int:
        try:
            return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except (OSError, ValueError) as error:
            raise self._failure(error) from error

    def _failure(self, error: Exception) -> OomlogError:
        why = error.strerror if isinstance(error, OSError) else "is not a possible file name"
        return OomlogError(f"{self.name}: cannot be written: {(why or str(error)).lower()}")

    @property
    def empty(self) -> bool:
        """Tell whether this is where the output begins."""
        status = self._file()
        return status is None or status.st_size == 0

    def _file(self) -> os.stat_result | None:
        with suppress(OSError):
            status = os.fstat(self._fd)
            return status if stat.S_ISREG(status.st_mode) else None
        return None

    def plan(self, keys: tuple[str, ...], data: bytes) -> Writing | None:
        """Return what to store before ``data`` is written; ``None`` where that would not help."""
        status = self._file()
        return None if status is None else Writing(keys, status.st_ino, status.st_size, len(data))

    def was_written(self, plan: Writing) -> bool:
        """Tell whether the last run wrote what it planned to; a part of it is taken back."""
        status = self._file()
        if status is None or status.st_ino != plan.inode or status.st_size <= plan.size:
            return False
        if status.st_size < plan.size + plan.length:
            with suppress(OSError):
                os.ftruncate(self._fd, plan.size)
            return False
        return True

    def write(self, data: bytes) -> None:
        """Write, and see to it that it is on the disk.

        :raise BrokenPipeError: Nobody reads any more.
        :raise OomlogError: It cannot be written.
        """
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[os.write(self._fd, rest) :]
            if self._file() is not None:
                os.fdatasync(self._fd)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise self._failure(error) from error

    def reopen(self) -> None:
        """Open the file anew, after it was rotated."""
        if self._path is not None and Path(self._path).parent.exists():
            fd = self._open(self._path)
            os.close(self._fd)
            self._fd = fd

    def close(self) -> None:
        """Close the file."""
        if self._path is not None:
            os.close(self._fd)
