"""What a source of log bytes is, and the bounds on reading it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from os import PathLike
from pathlib import Path
from typing import IO

from oomlog.sources.journal_query import LiveJournal

__all__ = ["Input", "Limits", "Source"]

# What open_sources() takes: a path, "-", text (a str with a newline), bytes, an open file,
# or this machine's journal.
Input = str | PathLike[str] | bytes | bytearray | memoryview | IO[bytes] | IO[str] | LiveJournal

MIB = 1 << 20
GIB = 1 << 30


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds against archives that unpack to far more than they should.

    Memory use does not grow with the input, so these bound time and temporary disk space.

    :param max_bytes: Unpacked bytes taken from one compressed input or one archive member.
    :param max_ratio: Unpacked bytes allowed per stored byte.  Kernel logs reach 10 to 50; a log that is
        one repeated line, a few hundred.
    :param ratio_from: Unpacked bytes below which the ratio is not looked at, so that a small file of
        zeros (a hole left by a crash) is not refused.
    :param max_memory: Bytes a decoder may use for its window.  Enough for ``xz -9`` and
        ``zstd --long=27``.
    :param spool_bytes: Members of a tar archive kept in a temporary file at one time, to put rotated
        logs in order.  A larger member is streamed in the order of the archive.
    """

    max_bytes: int = 64 * GIB
    max_ratio: int = 2000
    ratio_from: int = 64 * MIB
    max_memory: int = 256 * MIB
    spool_bytes: int = GIB


@dataclass(slots=True)
class Source:
    """The bytes of one log.

    :param name: Shown to the user: ``kern.log``, ``sos.tar.xz:var/log/messages``, ``<stdin>``.  May hold
        any character; whoever prints it escapes it.
    :param path: Set only for a regular file whose bytes are the log as it is (not compressed, no
        byte-order mark): it may be opened again and read at any offset.
    :param size: Bytes of the log, where known before reading.
    :param mtime: Last change of the file or archive member, UTC.  For gzip, what its header says.
    :param continues: True when this is the next newer part of the rotated set the previous source
        belongs to, so an event cut by the rotation goes on here.
    :param continued: True when the next newer part is meant to be read next.
    :param proven: Who wrote a line is certain: nobody but the kernel can write one that says so.
    :param first_line: Number of the first line; the logs in one journal are numbered on.
    """

    name: str
    path: Path | None
    size: int | None
    mtime: datetime | None
    read: Callable[[int], Iterator[bytes]] = field(repr=False)
    continues: bool = False
    continued: bool = False
    proven: bool = False
    first_line: int = 1

    def blocks(self, size: int = 1 << 20) -> Iterator[bytes]:
        """Yield the log in blocks of about ``size`` bytes, never empty ones.

        A pipe gives what is there, so blocks may be much smaller, and a block may end inside a line.

        :raise SourceError: When reading cannot go on; everything readable was yielded before.
        """
        return self.read(size)
