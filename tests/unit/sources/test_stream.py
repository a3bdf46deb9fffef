"""Blocks with a look-ahead."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from oomlog.sources.stream import Stream


def test_looking_ahead_takes_nothing() -> None:
    """head() and grow() change nothing in what is read."""
    stream = Stream(iter([b"ab", b"cd", b"e"]))
    assert b"ab" == stream.head()
    assert stream.grow()
    assert b"abcd" == stream.head()
    assert [b"abcd", b"e"] == list(stream)
    assert b"" == stream.head()


def test_bytes_are_taken_across_blocks() -> None:
    """exactly() joins, some() does not, unread() gives back."""
    stream = Stream(iter([b"abc", b"def"]))
    assert b"abcd" == stream.exactly(4)
    assert b"ef" == stream.some(10)
    stream.unread(1)
    assert b"f" == stream.exactly(9)
    assert b"" == stream.some()


def test_an_error_waits_for_the_bytes_before_it() -> None:
    """What was looked at before the error is delivered first, then the error, each time."""

    def failing() -> Iterator[bytes]:
        yield b"ab"
        raise RuntimeError("disk")

    stream = Stream(failing())
    stream.head()
    assert not stream.grow()
    assert stream.failure is None
    assert b"ab" == stream.some()
    assert "disk" == str(stream.failure)
    for _ in range(2):
        with pytest.raises(RuntimeError, match="disk"):
            stream.some()


def test_runs_of_nul_are_passed_over() -> None:
    """Padding may be longer than a block."""
    stream = Stream(iter([b"\0" * 9000, b"\0\0", b"\0x\0"]))
    stream.skip_nuls()
    assert b"x\0" == stream.some()
