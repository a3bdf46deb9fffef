"""Stored bytes -> the text in them, through up to three layers of compression and the encoding."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from oomlog.errors import SourceError
from oomlog.sources.base import Limits, Source
from oomlog.sources.compressed import decompress, gzip_mtime
from oomlog.sources.encoding import marked_encoding, to_utf8
from oomlog.sources.magic import ARCHIVES, COMPRESSED, Kind, Nature, sniff
from oomlog.sources.stream import Stream

__all__ = ["Content", "Opener", "examine", "refusal", "stream_source", "text_source"]

# Opens the stored bytes from their start, in blocks of about the given size.
Opener = Callable[[int], Generator[bytes, None, None]]

_LAYERS = 3


@dataclass(slots=True)
class Content:
    """What was found under the compression, ready to be read on."""

    stream: Stream
    nature: Nature
    compressed: bool
    encoding: str | None
    mtime: datetime | None

    @property
    def as_is(self) -> bool:
        """True when the stored bytes are the log's bytes."""
        return not self.compressed and self.encoding is None


def examine(name: str, stored: Iterator[bytes], limits: Limits, size: int = 1 << 20) -> Content:
    """Look through the compression of ``stored``.  What is wrong with it shows when it is read."""
    stream = Stream(stored)
    nature, mtime, layers = sniff(stream), None, 0
    while nature.kind in COMPRESSED and layers < _LAYERS:
        if nature.kind is Kind.GZIP:
            mtime = mtime or gzip_mtime(stream.head())
        stream = Stream(decompress(name, stream, nature.kind, limits, size))
        nature = sniff(stream)
        layers += 1
    return Content(stream, nature, layers > 0, marked_encoding(stream.head()), mtime)


def refusal(name: str, nature: Nature) -> SourceError | None:
    """Say why bytes of this nature are not read as a log, or None when they are."""
    if nature.kind in COMPRESSED:
        return SourceError(name, f"is compressed more than {_LAYERS} times", hint="unpack it first")
    if nature.kind in ARCHIVES:
        return SourceError(
            name, "is an archive inside an archive, which is not read", hint="unpack the outer one first"
        )
    if nature.kind is Kind.JOURNAL:  # inside something that journals are not looked for in
        return SourceError(name, "is not a log but a systemd journal file", hint="unpack it first")
    if nature.kind is Kind.BINARY:
        return SourceError(name, f"is not a log but {nature.what}", hint=nature.hint)
    return None


def text_source(
    name: str,
    content: Content,
    opener: Opener,
    limits: Limits,
    *,
    path: Path | None = None,
    size: int | None = None,
    mtime: datetime | None = None,
) -> Source:
    """Make the source for a log that can be opened again, already looked at as ``content``."""
    as_is, encoding = content.as_is, content.encoding

    def read(block_size: int) -> Iterator[bytes]:
        # What is compressed grows: smaller stored blocks keep the unpacked ones near the size asked for.
        stored = opener(block_size if as_is else max(block_size >> 2, 1))
        return to_utf8(examine(name, stored, limits, block_size).stream, encoding)

    return Source(name, path if as_is else None, size if as_is else None, content.mtime or mtime, read)


def stream_source(
    name: str, content: Content, *, size: int | None = None, mtime: datetime | None = None
) -> Source:
    """Make the source for a log that is passing by: its blocks can be had once."""
    waiting = [content.stream]

    def read(_: int) -> Iterator[bytes]:
        if not waiting:
            raise SourceError(
                name, "was read already and cannot be opened again", hint="save it to a file first"
            )
        yield from to_utf8(waiting.pop(), content.encoding)

    return Source(name, None, size if content.as_is else None, content.mtime or mtime, read)
