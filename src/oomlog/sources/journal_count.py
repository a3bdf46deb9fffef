"""How many records of the kernel a journal file itself counts.

libsystemd leaves out what it cannot follow, mostly without a word.  The file keeps, for each value of a
field, the number of records that have it; what was read can be held against that of ``_TRANSPORT=kernel``.
The format is described in systemd's docs/JOURNAL_FILE_FORMAT.md.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator

__all__ = ["kernel_records"]

_FIELDS_AT = 216
"""Where the number of fields is, in a header that is long enough (since systemd 187)."""
_SIZE_AT = 88
_COMPACT = 1 << 4
_OBJECT = struct.Struct("<BxxxxxxxQ")  # its type and size
_DATA, _FIELD = 1, 2
_BUCKET = 16
_LARGEST_TABLE = 1 << 24
_MOST_VALUES = 1 << 16
"""journald's transports are seven; a program that writes journals may have more, but not so many."""


class _BrokenError(Exception):
    """The file does not hold together."""


def kernel_records(path: str) -> int | None:
    """Return how many records of the kernel the file counts, ``None`` when it is too damaged to tell.

    :raise OSError: The file cannot be read.
    """
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return _count(fd)
    except _BrokenError:
        return None
    finally:
        os.close(fd)


def _count(fd: int) -> int:
    head = _read(fd, 0, 208)
    (flags,) = struct.unpack_from("<I", head, 12)
    (header_size,) = struct.unpack_from("<Q", head, _SIZE_AT)
    table_at, table_size = struct.unpack_from("<QQ", head, 120)
    (entries,) = struct.unpack_from("<Q", head, 152)
    payload_at = 72 if flags & _COMPACT else 64
    seen, transport = 0, None
    for at, name in _fields(fd, table_at, table_size):
        seen += 1
        if name == b"_TRANSPORT":
            transport = at
    if header_size >= _FIELDS_AT + 8 and seen != _number(fd, _FIELDS_AT):
        raise _BrokenError
    if transport is None:
        return 0
    at = _number(fd, transport + 32)
    for _ in range(_MOST_VALUES):
        if not at:
            return 0
        size = _object(fd, at, _DATA)
        if _read(fd, at + payload_at, min(size - payload_at, 32)) == b"_TRANSPORT=kernel":
            count = _number(fd, at + 56)
            if count > entries or (not count and _number(fd, at + 40)):
                raise _BrokenError
            return count
        at = _number(fd, at + 32)
    raise _BrokenError


def _fields(fd: int, table_at: int, table_size: int) -> Iterator[tuple[int, bytes]]:
    """Yield the place and the name of each field."""
    if table_size > _LARGEST_TABLE:
        raise _BrokenError
    table = _read(fd, table_at, table_size)
    left = _MOST_VALUES
    for bucket in range(0, table_size - _BUCKET + 1, _BUCKET):
        (at,) = struct.unpack_from("<Q", table, bucket)
        while at:
            left -= 1
            if not left:
                raise _BrokenError
            size = _object(fd, at, _FIELD)
            yield at, _read(fd, at + 40, min(size - 40, 256))
            at = _number(fd, at + 24)


def _object(fd: int, at: int, kind: int) -> int:
    """Return the size of the object there, which must be one of its kind."""
    found, size = _OBJECT.unpack(_read(fd, at, _OBJECT.size))
    if found != kind or not 41 <= size <= 1 << 32:
        raise _BrokenError
    return int(size)


def _number(fd: int, at: int) -> int:
    return int.from_bytes(_read(fd, at, 8), "little")


def _read(fd: int, at: int, size: int) -> bytes:
    if not 0 <= at < 1 << 62 or size < 0:
        raise _BrokenError
    found = os.pread(fd, size, at)
    if len(found) < size:
        raise _BrokenError
    return found
