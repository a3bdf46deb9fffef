"""A temporary file many archive members share; in memory while it is small, gone when nobody needs it."""

from __future__ import annotations

import tempfile
import threading
import weakref
from collections.abc import Generator

__all__ = ["Spool"]

_IN_MEMORY = 16 << 20


class Spool:
    """Bytes put down once and read back any number of times."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115  closed with the last reader
        self._lock = threading.Lock()
        self.size = 0
        weakref.finalize(self, self._file.close)

    def put(self, block: bytes) -> None:
        """Add ``block`` at the end."""
        with self._lock:
            self._file.seek(self.size)
            self._file.write(block)
            self.size += len(block)

    def read(self, start: int, length: int, size: int) -> Generator[bytes, None, None]:
        """Yield the bytes of a place in blocks."""
        end = start + length
        while start < end:
            with self._lock:
                self._file.seek(start)
                block = self._file.read(min(size, end - start))
            if not block:
                return
            start += len(block)
            yield block
