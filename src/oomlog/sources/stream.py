"""Blocks of bytes with a look-ahead, so that a format can be told from its first bytes.

An error met while looking ahead is kept and raised when the bytes before it are used up.
"""

from __future__ import annotations

from collections.abc import Iterator

__all__ = ["Stream"]

_HEAD = 8 << 10


class Stream:
    """An iterator of blocks that can also be peeked at and read by the byte."""

    __slots__ = ("_block", "_blocks", "_error", "_pos")

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self._block = b""
        self._pos = 0
        self._error: Exception | None = None

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        block = self.some()
        if not block:
            raise StopIteration
        return block

    @property
    def drained(self) -> bool:
        """True when the next byte has to be waited for."""
        return self._pos >= len(self._block)

    @property
    def failure(self) -> Exception | None:
        """The error met, once there is nothing left to read before it."""
        return self._error if self.drained else None

    def head(self) -> bytes:
        """Return up to 8 KiB of what comes next, without taking it; empty at the end."""
        if self.drained:
            self.grow()
        return self._block[self._pos : self._pos + _HEAD]

    def grow(self) -> bool:
        """Wait for one more block behind what is held; False at the end or at an error."""
        if self._error is not None:
            return False
        try:
            block = next(self._blocks, b"")
        except Exception as error:  # raised again by some(), after the bytes before it
            self._error = error
            return False
        self._block = self._block[self._pos :] + block if not self.drained else block
        self._pos = 0
        return bool(block)

    def some(self, size: int | None = None) -> bytes:
        """Take what is there, at most ``size`` bytes; empty only at the end."""
        if self.drained and not self.grow():
            if self._error is not None:
                raise self._error
            return b""
        start = self._pos
        self._pos = len(self._block) if size is None else min(start + size, len(self._block))
        return self._block[start : self._pos] if start or size is not None else self._block

    def unread(self, count: int) -> None:
        """Give back the last ``count`` bytes of what some() just returned."""
        self._pos -= count

    def exactly(self, count: int) -> bytes:
        """Take ``count`` bytes; fewer only at the end."""
        parts = list(self.next_bytes(count))
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def next_bytes(self, count: int) -> Iterator[bytes]:
        """Take ``count`` bytes in blocks; fewer only at the end."""
        while count > 0:
            block = self.some(count)
            if not block:
                return
            count -= len(block)
            yield block

    def skip_nuls(self) -> None:
        """Pass over a run of NUL bytes."""
        while head := self.head():
            rest = head.lstrip(b"\0")
            self._pos += len(head) - len(rest)
            if rest:
                return
