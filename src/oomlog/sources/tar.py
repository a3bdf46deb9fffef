"""A tar stream -> its members, read once from front to back.

Of the standard library only the header parser is used: tarfile takes a damaged header for the end of
the archive, and reads extension headers of any claimed size into memory.
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from oomlog.errors import SourceError
from oomlog.sources.stream import Stream

__all__ = ["Member", "members"]

_BLOCK = tarfile.BLOCKSIZE
_MAX_EXTENSION = 1 << 20  # a long name or a set of pax records is a few hundred bytes


@dataclass(slots=True)
class Member:
    """One entry of an archive; its bytes can be had until the next one is asked for."""

    name: str
    size: int
    mtime: datetime | None
    regular: bool
    stream: Stream
    left: int

    def data(self) -> Iterator[bytes]:
        """Take the member's bytes; fewer than its size when the archive is cut."""
        while self.left > 0 and (block := self.stream.some(self.left)):
            self.left -= len(block)
            yield block


def members(name: str, stream: Stream) -> Iterator[Member]:
    """Yield the members of the archive ``name``, skipping what the caller leaves unread.

    :raise SourceError: At the end, when something was damaged or cut.
    """
    extension: dict[str, str] = {}
    damage = ""
    last = "the start"
    while True:
        header = stream.exactly(_BLOCK)
        if len(header) == _BLOCK and not any(header):
            break  # the end mark
        if len(header) < _BLOCK:
            damage = damage or f"it ends early, after {last}"
            break
        try:
            info = tarfile.TarInfo.frombuf(header, "utf-8", "surrogateescape")
        except (tarfile.TarError, ValueError):
            # Go on at the next block that is a header; what is passed over was the damaged member.
            damage = damage or f"a header is unreadable after {last}"
            extension = {}
            continue
        if info.type in _EXTENSIONS:
            if not 0 <= info.size <= _MAX_EXTENSION:
                damage = f"an extension header after {last} claims {info.size:,} bytes"
                break
            extension |= _extension(info, stream.exactly(info.size))
            _skip(stream, -info.size % _BLOCK)
            continue
        if info.type == tarfile.GNUTYPE_SPARSE:  # the holes are left out of what is read
            more = header[482]
            while more and (block := stream.exactly(_BLOCK)):
                more = block[504] if len(block) == _BLOCK else 0
        member = _member(info, extension, stream)
        extension = {}
        if member.size < 0:
            damage = damage or f"{member.name} has a negative size"
            continue
        last = member.name
        yield member
        rest, member.left = member.left, 0
        if _skip(stream, rest):
            damage = damage or f"it ends early, inside {last}"
            break
        _skip(stream, -member.size % _BLOCK)
    if damage:
        raise SourceError(name, f"the archive is damaged: {damage}", hint="what could be read of it was read")


_EXTENSIONS = frozenset(
    {
        tarfile.GNUTYPE_LONGNAME,
        tarfile.GNUTYPE_LONGLINK,
        tarfile.XHDTYPE,
        tarfile.XGLTYPE,
        tarfile.SOLARIS_XHDTYPE,
    }
)


def _member(info: tarfile.TarInfo, extension: dict[str, str], stream: Stream) -> Member:
    size, seconds = info.size, float(info.mtime)
    try:
        size = int(extension.get("size", size))
        seconds = float(extension.get("mtime", seconds))
    except ValueError:
        pass  # a damaged pax record; the header's own value stands
    try:
        mtime = datetime.fromtimestamp(seconds, UTC) if seconds > 0 else None
    except (OverflowError, ValueError, OSError):
        mtime = None
    name = extension.get("GNU.sparse.name") or extension.get("path") or info.name
    # Only these have data behind the header; a hard link may name the size of its target.
    has_data = info.isreg() or info.type not in tarfile.SUPPORTED_TYPES
    return Member(name, size if has_data else 0, mtime, info.isreg(), stream, size if has_data else 0)


def _extension(info: tarfile.TarInfo, body: bytes) -> dict[str, str]:
    if info.type == tarfile.GNUTYPE_LONGNAME:
        return {"path": body.partition(b"\0")[0].decode("utf-8", "surrogateescape")}
    if info.type not in (tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE):
        return {}
    # "27 mtime=1767225600.123456\n": the length counts itself
    records: dict[str, str] = {}
    while body:
        digits, _, _ = body.partition(b" ")
        length = int(digits) if digits.isdigit() and len(digits) < 8 else 0
        key, equals, value = body[len(digits) + 1 : length - 1].partition(b"=")
        if not length or not equals:
            break
        records[key.decode("utf-8", "surrogateescape")] = value.decode("utf-8", "surrogateescape")
        body = body[length:]
    return records


def _skip(stream: Stream, count: int) -> int:
    for block in stream.next_bytes(count):
        count -= len(block)
    return count
