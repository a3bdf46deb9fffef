"""Bytes of any usual encoding -> bytes that are UTF-8 or at least ASCII-compatible.

UTF-16 (captures made on Windows, some hypervisors) is rewritten as UTF-8, a UTF-8 byte-order mark is
dropped; everything else, NUL bytes and broken UTF-8 included, passes through untouched.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from itertools import chain

from oomlog.sources.stream import Stream

__all__ = ["encoded", "marked_encoding", "to_utf8"]

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def marked_encoding(head: bytes) -> str | None:
    """Name the encoding to convert from, or None when the bytes are taken as they are."""
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    # UTF-16 without a mark: ASCII in every second byte, NUL in the others.  A hole has NUL in both.
    even, odd = head[0:512:2], head[1:512:2]
    if len(odd) >= 32:
        if odd.count(0) > 0.9 * len(odd) and even.count(0) < 0.1 * len(even):
            return "utf-16-le"
        if even.count(0) > 0.9 * len(even) and odd.count(0) < 0.1 * len(odd):
            return "utf-16-be"
    return None


def encoded(text: str) -> bytes:
    """Return the bytes ``text`` was decoded from; lone surrogates stand for bytes that were no UTF-8."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # some other lone surrogate, which no decoder makes
        return text.encode("utf-8", "surrogatepass")


def to_utf8(stream: Stream, encoding: str | None) -> Iterator[bytes]:
    """Yield the blocks of ``stream``, converted from what marked_encoding() found."""
    if encoding is None:
        return stream
    mark = {name: mark for mark, name in _MARKS}[encoding]
    return _converted(stream, mark, encoding)


def _converted(stream: Stream, mark: bytes, encoding: str) -> Iterator[bytes]:
    start = stream.exactly(len(mark))
    blocks = stream if start == mark else chain([start], stream)
    if encoding == "utf-8-sig":
        yield from blocks
        return
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    for block in blocks:
        if text := decoder.decode(block):
            yield text.encode("utf-8")
    if text := decoder.decode(b"", final=True):
        yield text.encode("utf-8")
