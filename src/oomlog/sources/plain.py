"""Files, pipes, devices and open file objects -> blocks of stored bytes, as they come.

Nothing here waits for a full block: a pipe's bytes are passed on when they are there.
"""

from __future__ import annotations

import errno
import io
import os
import select
import stat
from collections.abc import Callable, Generator
from datetime import UTC, datetime
from typing import IO

from oomlog.errors import SourceError
from oomlog.sources.encoding import encoded
from oomlog.sources.reasons import os_failure

__all__ = ["is_kmsg", "kmsg_records", "mtime_of", "read_file", "read_memory", "read_object"]

_FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY
_KMSG_DEVICE = (1, 11)  # /dev/kmsg, Documentation/admin-guide/devices.txt
_KMSG_RECORD = 64 << 10  # the kernel refuses (EINVAL) a buffer smaller than a record; those are < 8 KiB


def mtime_of(status: os.stat_result) -> datetime:
    """Return the time of last change, UTC."""
    try:
        return datetime.fromtimestamp(status.st_mtime, UTC)
    except (OverflowError, ValueError, OSError):  # a damaged file system may say any year
        return datetime.fromtimestamp(0, UTC)


def is_kmsg(status: os.stat_result) -> bool:
    """Tell whether this is the kernel's record device."""
    return (
        stat.S_ISCHR(status.st_mode) and (os.major(status.st_rdev), os.minor(status.st_rdev)) == _KMSG_DEVICE
    )


def read_file(
    name: str, path: str, size: int, *, expect: os.stat_result | None = None
) -> Generator[bytes, None, None]:
    """Yield the bytes of a file, pipe or device.

    :param expect: What the file was when it was found.  Another file under the same name is read, too,
        and then reported, because the one meant was not.
    """
    try:
        fd = os.open(path, _FLAGS)
    except OSError as error:
        raise os_failure(name, error) from None
    try:
        now = os.fstat(fd)
        if is_kmsg(now):
            os.set_blocking(fd, False)
            yield from kmsg_records(name, lambda: os.read(fd, _KMSG_RECORD), size)
            return
        done = 0
        try:
            while block := os.read(fd, size):
                done += len(block)
                yield block
            end = os.fstat(fd)
        except OSError as error:
            raise os_failure(name, error, after=done) from None
        if stat.S_ISREG(end.st_mode) and end.st_size < min(done, now.st_size):
            raise SourceError(
                name,
                f"was cut to {end.st_size:,} bytes while it was read (rotated with copytruncate?)",
                hint="run again, with the rotated file too",
            )
        if expect is not None and (expect.st_dev, expect.st_ino) != (now.st_dev, now.st_ino):
            raise SourceError(
                name,
                "was replaced by another file after it was found (rotated?)",
                hint="run again, with the rotated file too",
            )
    finally:
        os.close(fd)


def kmsg_records(name: str, read: Callable[[], bytes], size: int) -> Generator[bytes, None, None]:
    """Yield what ``/dev/kmsg`` holds now; it gives one record per call and never an end.

    :param read: Reads one record without waiting.
    """
    records: list[bytes] = []
    held = 0
    while True:
        try:
            record = read()
        except BlockingIOError:
            break  # the newest record was read
        except BrokenPipeError:
            continue  # the ring buffer overwrote the next record: the kernel goes on with the oldest left
        except OSError as error:
            if records:
                yield b"".join(records)
            raise os_failure(name, error) from None
        if not record:
            break
        records.append(record)
        held += len(record)
        if held >= size:
            yield b"".join(records)
            records, held = [], 0
    if records:
        yield b"".join(records)


def read_memory(data: bytes, size: int) -> Generator[bytes, None, None]:
    """Yield ``data`` in blocks."""
    for start in range(0, len(data), size):
        yield data[start : start + size]


def read_object(name: str, file: IO[bytes] | IO[str], size: int) -> Generator[bytes, None, None]:
    """Yield the rest of an open file object; it stays open, it is the caller's."""
    take = _reader(file)
    done = 0
    while True:
        try:
            block = take(size)
            if block is None:  # a non-blocking pipe with nothing in it yet
                select.select([file], [], [])
                continue
        except UnicodeDecodeError as error:
            raise SourceError(name, f"is not {error.encoding} text", hint='open it with mode "rb"') from None
        except OSError as error:
            if error.errno == errno.EAGAIN:
                select.select([file], [], [])
                continue
            raise os_failure(name, error, after=done) from None
        except ValueError:
            raise SourceError(name, "the file object is closed", hint="open it again") from None
        if not block:
            return
        data = encoded(block) if isinstance(block, str) else bytes(block)
        done += len(data)
        yield data


# read1() gives what is there; read() of a buffered pipe would wait for all of it.
def _reader(file: IO[bytes] | IO[str]) -> Callable[[int], bytes | str | None]:
    if isinstance(file, io.TextIOWrapper) and not _seekable(file):
        file = file.buffer
    read1: Callable[[int], bytes | None] | None = getattr(file, "read1", None)
    return read1 or file.read


def _seekable(file: IO[str]) -> bool:
    try:
        return file.seekable()
    except ValueError:
        return True  # closed: the read says so
