"""Follow a file that grows and is rotated: by a new file of its name, or by being cut and written anew.

The file is looked at four times a second, which works on every file system.  Only whole lines are handed on.
A renamed file is read until its successor has a first line, as its writer needs a moment to change over.
A place in it is stored with how the file begins, so that it is found again under another name.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import NamedTuple

from oomlog.errors import SourceError
from oomlog.sources.magic import ARCHIVES, Kind, nature_of
from oomlog.sources.reasons import os_failure
from oomlog.watch.control import Control
from oomlog.watch.follower import NOTHING, TICK_S, Block, Position, Say, Token
from oomlog.watch.rotated import HEAD, Part, begins_so, digest, head_of, older_parts, read_from

__all__ = ["FileFollower"]

_READ = 1 << 18
_BEGINNING = 8 << 10
_READ_ONCE = "read what is in it with 'oomlog parse', or name the log that grows"
_LONGEST = 1 << 20
"""A line that is longer is handed on in pieces; the parser reports it."""


class _Spot(NamedTuple):
    """A place in one file, and the lines after it."""

    head: str
    inode: int
    offset: int
    line: int
    data: bytes


class _Log:
    """One file, open."""

    def __init__(self, fd: int, offset: int = 0, line: int = 1) -> None:
        self.fd = fd
        self.offset = offset
        self.line = line
        self.fresh = True
        self.rest = b""
        self.head = os.pread(fd, min(HEAD, offset), 0) if offset else b""
        status = os.fstat(fd)
        self.id = status.st_dev, status.st_ino

    def read(self) -> Block | None:
        """Return the next lines, ``None`` when there are none yet."""
        while True:
            data = os.pread(self.fd, _READ, self.offset + len(self.rest))
            self.rest += data
            cut = self.rest.rfind(b"\n") + 1
            if cut or len(self.rest) >= _LONGEST:
                return self.take(cut or len(self.rest))
            if not data:
                return None

    def take(self, size: int) -> Block:
        """Return the first ``size`` bytes that were read as a block."""
        data, self.rest = self.rest[:size], self.rest[size:]
        # Only what was handed on: the rest may yet be taken back.
        self.head += data[: HEAD - len(self.head)]
        first = self.offset, self.line
        self.offset += len(data)
        self.line += data.count(b"\n")
        fresh, self.fresh = self.fresh, False
        return lines_as_block(
            (digest(self.head), self.id[1]), data, first, (self.offset, self.line), fresh=fresh
        )

    @property
    def rewritten(self) -> bool:
        """Tell whether the file is not what it was: shorter, or beginning otherwise."""
        if os.fstat(self.fd).st_size < self.offset + len(self.rest):
            return True
        return os.pread(self.fd, len(self.head), 0) != self.head


def lines_as_block(
    which: tuple[str, int], data: bytes, first: tuple[int, int], after: tuple[int, int], *, fresh: bool
) -> Block:
    """Return lines as a block.

    :param which: How the file begins, and its inode.
    :param first: Offset in the file and number of the first line; ``after`` likewise.
    """
    marks = [(0, _Spot(*which, *first, data)), (len(data), _Spot(*which, *after, b""))]
    return Block(data, marks, first[1], fresh)


class FileFollower:
    """Reads one file by its name, whatever file that is.

    :param start: Where the last run ended.
    :param from_start: Without a position, begin with the first line, not with the next one.
    """

    def __init__(
        self, path: str, control: Control, *, start: Position | None, from_start: bool, say: Say
    ) -> None:
        self.name = path
        self.lost = 0
        self.proven = False
        self._path = Path(path)
        self._control = control
        self._start = start
        self._from_start = from_start
        self._say = say
        self._missing = False

    def position(self, token: Token, into: int) -> Position | None:
        """Return the offset, the number of the line there, and how the file begins."""
        if not isinstance(token, _Spot):
            return None
        return {
            "kind": "file",
            "head": token.head,
            "inode": token.inode,
            "offset": token.offset + into,
            "line": token.line + token.data[:into].count(b"\n"),
        }

    def blocks(self) -> Iterator[Block]:
        """Yield lines of the file, and of those that followed it in its name."""
        log: _Log | None = None
        try:
            if self._start is not None:
                while True:
                    log = self._open()
                    found = yield from self._resume(self._start, log)
                    if found is not None:
                        break
                    # Its folder may not be mounted yet.
                    yield NOTHING
                    self._control.wait(TICK_S)
                log = found[0]
            elif not self._from_start and (log := self._open()) is not None:
                self._to_end(log)
            if log is not None:
                # Where to go on if nothing comes before the end of this run.
                yield log.take(0)
            while True:
                if log is None and (log := self._open()) is None:
                    yield NOTHING
                    self._control.wait(TICK_S)
                    continue
                block = self._read(log)
                if block is not None:
                    yield block
                    continue
                if (successor := self._successor(log)) is not None:
                    log = yield from self._change(log, successor)
                    continue
                yield NOTHING
                self._control.wait(TICK_S)
        finally:
            if log is not None:
                os.close(log.fd)

    def _open(self) -> _Log | None:
        try:
            # Not to hang on a named pipe that nobody writes to.
            fd = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except FileNotFoundError:
            if not self._missing:
                self._missing = True
                self._say(f"{self.name}: not there yet; waiting for it")
            return None
        except (OSError, ValueError) as error:
            raise _failure(self.name, error) from error
        mode = os.fstat(fd).st_mode
        if not stat.S_ISREG(mode):
            os.close(fd)
            if stat.S_ISDIR(mode):
                raise SourceError(self.name, "is a folder", hint="name the log in it that grows")
            raise SourceError(
                self.name, "is no regular file", hint=f"pipe it in: oomlog watch - < {self.name}"
            )
        self._missing = False
        if (refused := _refusal(self.name, fd)) is not None:
            os.close(fd)
            raise refused
        return _Log(fd)

    # The end of a file that somebody is writing to may lie inside a line, whose head is not asked for.
    def _to_end(self, log: _Log) -> None:
        offset, size = 0, os.fstat(log.fd).st_size
        while offset < size and (data := os.pread(log.fd, min(_READ, size - offset), offset)):
            if cut := data.rfind(b"\n") + 1:
                log.offset = offset + cut
            log.line += data.count(b"\n")
            offset += len(data)
        log.head = os.pread(log.fd, min(HEAD, log.offset), 0)

    def _read(self, log: _Log) -> Block | None:
        try:
            before = log.offset, log.line, log.head, log.rest, log.fresh
            found = log.read()
            if found is not None and log.rewritten:
                # What was read may be of another file already.
                log.offset, log.line, log.head, log.rest, log.fresh = before
                return None
        except OSError as error:
            raise _failure(self.name, error) from error
        return found

    def _successor(self, log: _Log) -> _Log | None:
        """Return the file that goes on where this one ends, when it has begun to."""
        try:
            if log.rewritten:
                return _Log(os.dup(log.fd))
            status = self._path.stat()
        except OSError:
            return None
        if (status.st_dev, status.st_ino) == log.id or not status.st_size:
            return None
        return self._open()

    def _change(self, log: _Log, successor: _Log) -> Generator[Block, None, _Log]:
        """Read what is left of a file, and the parts between it and its successor."""
        if not log.rewritten:
            while (found := self._read(log)) is not None:
                yield found
            if log.rest:
                yield log.take(len(log.rest))
        # What was added before a file was cut and written anew is in its copy, if one was made.
        if log.head:
            which = digest(log.head), log.id[1]
            yield from self._older(which, log.offset, log.line, without=successor)
        os.close(log.fd)
        return successor

    def _resume(
        self, position: Position, log: _Log | None
    ) -> Generator[Block, None, tuple[_Log | None] | None]:
        """Go to where the last run ended, in whatever file that is by now.

        :param log: The file that has the name now.
        :return: The file to go on with; no answer while nothing is there.
        """
        head, inode = str(position.get("head")), int(position.get("inode", 0))
        offset, line = int(position.get("offset", 0)), int(position.get("line", 1))
        goes_on = (
            log is not None
            and begins_so(head, os.pread(log.fd, HEAD, 0))
            and os.fstat(log.fd).st_size >= offset
        )
        if log is not None and goes_on and log.id[1] == inode:
            return (_moved(log, offset, line),)
        found = yield from self._older((head, inode), offset, line, without=log)
        if found:
            return (log,)
        if log is None:
            return None
        if goes_on:
            return (_moved(log, offset, line),)
        if offset:
            self._say(f"{self.name}: was rotated, and the part that was read last is gone; lines may be lost")
        return (log,)

    def _older(
        self, which: tuple[str, int], offset: int, line: int, *, without: _Log | None
    ) -> Generator[Block, None, bool]:
        """Read on in the older part that is ``which``, and all after it; tell whether it is there."""
        with older_parts(self._path) as parts:
            # One that is being read already may just have become an older part.
            parts = [part for part in parts if without is None or part.inode != without.id[1]]
            alike = [number for number, part in enumerate(parts) if begins_so(which[0], head_of(part.path))]
            if not alike:
                return False
            same = next((number for number in alike if parts[number].inode == which[1]), alike[-1])
            for part in parts[same:]:
                yield from self._stored(part, offset, line)
                offset, line = 0, 1
            return True

    def _stored(self, part: Part, offset: int, line: int) -> Iterator[Block]:
        which, fresh = (digest(head_of(part.path)), part.inode), True
        try:
            for data in read_from(part.path, offset):
                after = offset + len(data), line + data.count(b"\n")
                yield lines_as_block(which, data, (offset, line), after, fresh=fresh)
                (offset, line), fresh = after, False
        except SourceError as error:
            self._say(f"{part.name}: {error.reason}")


def _moved(log: _Log, offset: int, line: int) -> _Log:
    log.offset, log.line = offset, line
    log.head = os.pread(log.fd, min(HEAD, offset), 0)
    return log


def _refusal(name: str, fd: int) -> SourceError | None:
    """Say why a file is not followed whose first bytes are no text's: it would be read in vain."""
    nature = nature_of(os.pread(fd, _BEGINNING, 0))
    if nature.kind is Kind.JOURNAL:
        return SourceError(
            name, "is a systemd journal file", hint="follow it with: oomlog watch --journal DIR"
        )
    if nature.kind is Kind.BINARY:
        return SourceError(name, f"is not a log but {nature.what}", hint=nature.hint)
    if nature.kind is not Kind.TEXT:
        what = "an archive" if nature.kind in ARCHIVES else f"compressed ({nature.kind.value})"
        return SourceError(name, f"is {what}, to which no log is written", hint=_READ_ONCE)
    return None


def _failure(name: str, error: Exception) -> SourceError:
    if isinstance(error, OSError):
        return os_failure(name, error)
    return SourceError(name, "is not a possible file name")
