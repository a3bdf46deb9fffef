"""Follow the kernel's ring buffer through /dev/kmsg.

Each read() gives one record: ``prio,seq,usec,flag;text`` and lines with keys, which say nothing about OOM.
A reader that is too slow gets EPIPE and goes on with the oldest record there is; the gap in the sequence
numbers says how many are lost.  Mirrors devkmsg_read() in kernel/printk/printk.c.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

from oomlog.sources.plain import is_kmsg
from oomlog.sources.reasons import os_failure
from oomlog.watch.control import Control
from oomlog.watch.follower import NOTHING, TICK_S, Block, Position, Say, Token

__all__ = ["KmsgFollower"]

# A record has at most CONSOLE_EXT_LOG_MAX (8 KiB) bytes, PRINTK_MESSAGE_MAX (2 KiB) since 6.4.
_READ = 1 << 16
_BATCH = 1 << 16
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class KmsgFollower:
    """Reads records from a device, or from anything that gives their bytes (a pipe, a file).

    :param start: Where the last run ended; a position of another boot means the beginning.
    :param from_start: Without a position, begin with the oldest record there is, not with the next one.
    :param boot: Id of this boot; otherwise it is asked for.
    """

    def __init__(
        self,
        path: str,
        control: Control,
        *,
        start: Position | None,
        from_start: bool,
        say: Say,
        boot: str | None = None,
    ) -> None:
        self.name = path
        self.lost = 0
        self.proven = _is_kmsg(path)
        self._control = control
        self._say = say
        self._boot = _boot_id() if boot is None else boot
        self._expected: int | None = None
        self._skip_to: int | None = None
        self._from_end = start is None and not from_start
        if start is not None and start.get("boot") == self._boot:
            self._skip_to = self._expected = int(start.get("seq", 0))

    def position(self, token: Token, into: int) -> Position | None:
        """Return the number of the record that begins at the mark."""
        return {"kind": "kmsg", "boot": self._boot, "seq": token if isinstance(token, int) else 0}

    def blocks(self) -> Iterator[Block]:
        """Yield records."""
        try:
            fd = os.open(self.name, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            raise os_failure(self.name, error) from error
        try:
            if self._from_end:
                # Read, not skipped with lseek(): the number of the last record is where to go on.
                while data := self._next(fd):
                    self._block(data)
            yield Block(b"", [(0, self._expected or 0)])
            yield from self._read(fd)
        finally:
            os.close(fd)

    def _read(self, fd: int) -> Iterator[Block]:
        rest = b""
        while True:
            parts, size = [rest], len(rest)
            data: bytes | None = rest
            while size < _BATCH:
                data = self._next(fd)
                if not data:
                    break
                parts.append(data)
                size += len(data)
            rest = b"".join(parts)
            cut = rest.rfind(b"\n") + 1
            block = self._block(rest[:cut])
            rest = rest[cut:]
            if block is not None:
                yield block
            if not data:
                yield NOTHING
                # At the end of a file, and of a pipe that nobody writes to, there is "something" at once.
                self._control.wait(TICK_S, [fd] if data is None else ())

    # Returns None where there is nothing yet, and no bytes at an end.
    def _next(self, fd: int) -> bytes | None:
        while True:
            try:
                return os.read(fd, _READ)
            except BlockingIOError:
                return None
            except OSError as error:
                if error.errno != errno.EPIPE:
                    raise os_failure(self.name, error) from error
                # Overrun: the next read gives the oldest record, whose number tells how many are lost.

    def _block(self, data: bytes) -> Block | None:
        lines: list[bytes] = []
        marks: list[tuple[int, Token]] = []
        offset, expected, skip_to = 0, self._expected, self._skip_to
        for line in data.splitlines(keepends=True):
            if line.startswith(b" "):
                continue
            try:
                seq = int(line[: line.index(b";")].split(b",", 2)[1])
            except (ValueError, IndexError):
                continue
            if skip_to is not None and seq < skip_to:
                continue
            skip_to = None
            if expected is not None and seq > expected:
                self._lose(seq - expected)
            expected = seq + 1
            marks.append((offset, seq))
            lines.append(line)
            offset += len(line)
        self._expected, self._skip_to = expected, skip_to
        if not lines or expected is None:
            return None
        marks.append((offset, expected))
        return Block(b"".join(lines), marks)

    def _lose(self, count: int) -> None:
        self.lost += count
        self._say(f"{self.name}: {count:,} records were overwritten before they could be read")


def _boot_id() -> str:
    try:
        return _BOOT_ID.read_text().strip()
    except OSError:
        return ""


def _is_kmsg(path: str) -> bool:
    try:
        return is_kmsg(os.stat(path))  # noqa: PTH116 - whatever the path is
    except (OSError, ValueError):
        return False
