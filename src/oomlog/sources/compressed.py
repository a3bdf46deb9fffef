"""gzip, xz, bzip2 and zstd streams -> the bytes in them.

Several members or frames in one file are read as one.  Of damaged data everything before the damage is
yielded, then SourceError is raised.  All four decoders are driven alike, by small pieces of stored
bytes: that bounds the memory one step can take without asking each library for it (the worst case is
zstd, about 32,000:1) and loses little at a damaged place.
"""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Protocol

from oomlog.errors import SourceError
from oomlog.sources.base import Limits
from oomlog.sources.magic import Kind, sniff
from oomlog.sources.stream import Stream

__all__ = ["Meter", "decompress", "gzip_mtime"]

_STEP = {Kind.GZIP: 8 << 10, Kind.XZ: 4 << 10, Kind.BZIP2: 4 << 10, Kind.ZSTD: 2 << 10}
_REPLAY = 1 << 20  # stored bytes kept to find out how far a damaged member can be read


class Decoder(Protocol):
    """What zlib, lzma, bz2 and zstandard have in common."""

    @property
    def eof(self) -> bool:
        """True after the last byte of the member."""

    @property
    def unused_data(self) -> bytes:
        """Bytes given that belong to what follows the member."""

    def decompress(self, data: bytes, /) -> bytes:
        """Return what ``data`` unpacks to."""


class Meter:
    """Counts stored and unpacked bytes and stops what grows beyond the limits."""

    __slots__ = ("limits", "name", "stored", "unpacked")

    def __init__(self, name: str, limits: Limits) -> None:
        self.name = name
        self.limits = limits
        self.stored = 0
        self.unpacked = 0

    def excess(self) -> SourceError | None:
        """Say which limit is passed, if one is."""
        limits = self.limits
        if self.unpacked > limits.max_bytes:
            reason = f"unpacks to more than {limits.max_bytes:,} bytes; the rest was not read"
        elif self.unpacked > limits.ratio_from and self.unpacked > limits.max_ratio * max(self.stored, 1):
            reason = (
                f"unpacks to more than {limits.max_ratio:,} times its size, which logs do not; not read on"
            )
        else:
            return None
        return SourceError(self.name, reason, hint="if the file is trusted, unpack it and give the result")


def gzip_mtime(head: bytes) -> datetime | None:
    """Return the time in a gzip header, or None when it is not set."""
    seconds = int.from_bytes(head[4:8], "little") if len(head) >= 8 else 0
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


def decompress(name: str, stored: Stream, kind: Kind, limits: Limits, size: int = 1 << 20) -> Iterator[bytes]:
    """Yield what ``stored`` unpacks to, in blocks of about ``size`` bytes, as soon as it is there."""
    parts: list[bytes] = []
    held = 0
    failure: SourceError | None = None
    try:
        for data in _unpacked(name, stored, kind, limits):
            parts.append(data)
            held += len(data)
            if held >= size or (held and stored.drained):
                yield b"".join(parts)
                parts, held = [], 0
    except SourceError as error:
        failure = error
    if held:
        yield b"".join(parts)
    if failure is not None:
        raise failure


def _unpacked(name: str, stored: Stream, kind: Kind, limits: Limits) -> Iterator[bytes]:
    fresh = _decoders(name, kind, limits)
    meter = Meter(name, limits)
    step = _STEP[kind]
    decoder, history, ended = fresh(), _History(), False
    while True:
        if ended:
            stored.skip_nuls()  # tapes and xz pad with NUL
            if sniff(stored).kind is kind:
                decoder, history, ended = fresh(), _History(), False
        piece = stored.some(step)
        if not piece:
            if ended:
                return
            raise _damaged(meter, f"the {kind.value} data ends early")
        if ended:
            raise _damaged(meter, f"what follows is not {kind.value} data")
        try:
            data = decoder.decompress(piece)
        except Exception as error:
            # zlib.error, LZMAError, OSError, EOFError, ZstdError: one class per library
            data = history.salvage(fresh(), piece)
            meter.unpacked += len(data)
            yield data
            raise _undecodable(meter, kind, error) from None
        history.add(piece)
        ended = decoder.eof
        unused = len(decoder.unused_data) if ended else 0
        stored.unread(unused)
        meter.stored += len(piece) - unused
        meter.unpacked += len(data)
        yield data
        if excess := meter.excess():
            raise excess


class _History:
    # The stored bytes of a member so far.  Decoders lose the output of the call that fails, so a short
    # member is decoded once more up to the bad byte: otherwise a wrong checksum at the end of a small
    # file would cost all of it.
    __slots__ = ("_parts", "_size")

    def __init__(self) -> None:
        self._parts: list[bytes] | None = []
        self._size = 0

    def add(self, piece: bytes) -> None:
        if self._parts is None:
            return
        self._size += len(piece)
        self._parts.append(piece)
        if self._size > _REPLAY:
            self._parts = None

    def salvage(self, decoder: Decoder, piece: bytes) -> bytes:
        if self._parts is None:
            return b""
        found: list[bytes] = []
        try:
            for part in self._parts:
                decoder.decompress(part)
            for start in range(len(piece)):
                found.append(decoder.decompress(piece[start : start + 1]))  # noqa: PERF401  must keep what it has
        except Exception:  # the error that brought us here
            pass
        return b"".join(found)


def _decoders(name: str, kind: Kind, limits: Limits) -> Callable[[], Decoder]:
    if kind is Kind.GZIP:
        return lambda: zlib.decompressobj(wbits=31)
    if kind is Kind.BZIP2:
        return bz2.BZ2Decompressor
    if kind is Kind.XZ:
        return lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=limits.max_memory)
    try:
        import zstandard  # only for .zst, it is the one decoder outside the standard library
    except ImportError:
        raise SourceError(
            name, "reading zstd needs a missing package", hint="pip install zstandard"
        ) from None
    factory = zstandard.ZstdDecompressor(max_window_size=limits.max_memory)
    return lambda: factory.decompressobj()


def _damaged(meter: Meter, why: str) -> SourceError:
    return SourceError(
        meter.name,
        f"damaged after {meter.unpacked:,} bytes of text: {why}",
        hint="copy it again from where it came; what is before the damage was read",
    )


def _undecodable(meter: Meter, kind: Kind, error: Exception) -> SourceError:
    if "memory" in str(error).lower():
        return SourceError(
            meter.name,
            f"was compressed with a window that needs more than {meter.limits.max_memory:,} bytes of memory",
            hint="unpack it first: " + ("zstd -d --long=31 FILE" if kind is Kind.ZSTD else "xz -d FILE"),
        )
    return _damaged(meter, f"the {kind.value} data is corrupt ({error})")
