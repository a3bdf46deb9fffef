"""Text that is not UTF-8."""

from __future__ import annotations

import pytest

from oomlog.errors import SourceError
from oomlog.sources import Source, open_sources

TEXT = "kernel: Out of memory: Killed process 1 (jävä 🐧)\r\n" * 50


def read(data: bytes, size: int = 1 << 20) -> bytes:
    (found,) = open_sources(data)
    assert isinstance(found, Source)
    return b"".join(found.blocks(size))


@pytest.mark.parametrize("size", [1, 7, 1 << 20])
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("mark", ["\ufeff", ""])
def test_utf16_becomes_utf8(encoding: str, mark: str, size: int) -> None:
    """With a byte-order mark or without, and cut anywhere."""
    assert TEXT.encode() == read((mark + TEXT).encode(encoding), size)


def test_a_utf8_mark_is_dropped() -> None:
    """It is not part of the first line."""
    assert read(b"\xef\xbb\xbfabc\n") == b"abc\n"


def test_a_damaged_utf16_file_is_read() -> None:
    """A missing last byte or a half surrogate costs one character."""
    data = ("\ufeff" + TEXT).encode("utf-16-le")
    assert read(data[:-1]).startswith(TEXT.encode()[:-1])
    assert "a\ufffdb\n".encode() == read(b"\xff\xfea\0\x00\xd8b\0\n\0")


def test_holes_pass_through() -> None:
    """NUL bytes left by a crash stay, at the beginning, too."""
    for data in (b"\0" * 9000 + b"a\n", b"a\n" + b"\0" * 9000 + b"b\n", b"\0" * 700, b"a\0b\n"):
        assert data == read(data)


def test_broken_utf8_and_latin1_pass_through() -> None:
    """Decoding is not this layer's work."""
    data = b"caf\xe9 \xff\xc3\n" * 100
    assert data == read(data)


def test_converted_text_has_no_path() -> None:
    """Offsets in the file would not be offsets in the text."""
    (found,) = open_sources(b"\xef\xbb\xbfabc\n")
    assert isinstance(found, Source)
    assert found.size is None


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\x7fELF\2\1\1" + b"\0" * 200, "ELF"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 99, "PNG"),
        (b"\x04\x22\x4d\x18" + b"\0" * 99, "lz4"),
        (bytes(range(256)) * 8, "binary data"),
    ],
)
def test_what_is_not_a_log_is_named(data: bytes, words: str) -> None:
    """The error says what it is instead."""
    (found,) = open_sources(data)
    assert isinstance(found, SourceError)
    assert words in found.reason


def test_a_store_among_logs_is_told_how_to_look_at_it() -> None:
    """Who forgets --db is reminded of it."""
    (found,) = open_sources(b"SQLite format 3\0" + b"\0" * 99)
    assert isinstance(found, SourceError)
    assert "oomlog history --db FILE" in str(found)
