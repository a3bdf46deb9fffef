"""Where a log went that was rotated: its older parts, plain or compressed, told by how they begin."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from time import sleep

from oomlog.errors import OomlogError
from oomlog.sources import Source, open_sources

__all__ = ["HEAD", "Part", "begins_so", "digest", "head_of", "older_parts", "read_from"]

HEAD = 256
"""So many bytes from its start tell a log from others."""
_LOOKS = 20
# kern.log.1, kern.log.2.gz, messages-20240501, kern.log.old; not kern.log.conf or kern.log-errors
_OLDER = re.compile(r"[.-](?:\d[\d.T_-]*|old|bak|0)(?:\.(?:gz|xz|zst|bz2|lz4|lzma))?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Part:
    """One older part of a log, open: its name may be another file's at any time."""

    fd: int
    name: str
    mtime_ns: int
    inode: int

    @property
    def path(self) -> Path:
        """A name that stays."""
        return Path(f"/proc/self/fd/{self.fd}")


def digest(head: bytes) -> str:
    """Return what stands for the first bytes of a log in a stored position.

    >>> digest(b"abc")
    '3:ba7816bf8f01cfea'
    """
    return f"{len(head)}:{sha256(head).hexdigest()[:16]}"


def begins_so(known: str, head: bytes) -> bool:
    """Tell whether a log that begins with ``head`` is the one of which ``known`` was stored."""
    length = known.partition(":")[0]
    if not length.isascii() or not length.isdigit() or int(length) > len(head):
        return False
    return digest(head[: int(length)]) == known


@contextmanager
def older_parts(path: Path) -> Iterator[list[Part]]:
    """Give the older parts of a log in the folder it is in, the oldest first."""
    parts = _look(path)
    try:
        for _ in range(_LOOKS):
            # While a set is being renamed, a look at the folder may miss some of it.
            again = _look(path)
            same = {part.inode for part in parts} == {part.inode for part in again}
            _close(parts)
            parts = again
            if same:
                break
            sleep(0.01)
        yield parts
    finally:
        _close(parts)


def _look(path: Path) -> list[Part]:
    found: dict[int, Part] = {}
    with suppress(OSError):
        for each in path.parent.iterdir():
            if not each.name.startswith(path.name) or not _OLDER.fullmatch(each.name[len(path.name) :]):
                continue
            with suppress(OSError):
                fd = os.open(each, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
                status = os.fstat(fd)
                if not stat.S_ISREG(status.st_mode) or status.st_ino in found:
                    os.close(fd)
                    continue
                found[status.st_ino] = Part(fd, str(each), status.st_mtime_ns, status.st_ino)
    return sorted(found.values(), key=lambda part: (part.mtime_ns, part.name))


def _close(parts: list[Part]) -> None:
    for part in parts:
        os.close(part.fd)


def _source(path: Path) -> Source | None:
    try:
        source = next(iter(open_sources([path])), None)
    except (OomlogError, OSError):
        return None
    return source if isinstance(source, Source) else None


def head_of(path: Path) -> bytes:
    """Return the first bytes of a part, unpacked."""
    source, head = _source(path), b""
    if source is not None:
        with suppress(OomlogError, OSError):
            for block in source.blocks(1 << 16):
                head += block
                if len(head) >= HEAD:
                    break
    return head[:HEAD]


def read_from(path: Path, offset: int) -> Iterator[bytes]:
    """Yield the bytes of a part from ``offset`` on, unpacked; whole lines, but for the last one.

    :raise SourceError: When it cannot be read to its end.
    """
    source = _source(path)
    if source is None:
        return
    rest, skip = b"", offset
    with closing(_closable(source)) as blocks:
        for block in blocks:
            if skip >= len(block):
                skip -= len(block)
                continue
            rest, skip = rest + block[skip:], 0
            cut = rest.rfind(b"\n") + 1
            if cut:
                yield rest[:cut]
                rest = rest[cut:]
    if rest:
        yield rest


def _closable(source: Source) -> Generator[bytes, None, None]:
    yield from source.blocks()
