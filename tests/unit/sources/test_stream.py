"""Blocks with a look-ahead."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from oomlog.sources.stream import Stream


def test_looking_ahead_takes_nothing() -> None:
    """head() and grow() change nothing in what is read."""
    stream = Stream(iter([b"ab", b"cd", b"e"]))
    assert stream.head() == b"ab"
    assert stream.grow()
    assert stream.head() == b"abcd"
    assert list(stream) == [b"abcd", b"e"]
    assert stream.head() == b""


def test_bytes_are_taken_across_blocks() -> None:
    """exactly() joins, some() does not, unread() gives back."""
    stream = Stream(iter([b"abc", b"def"]))
    assert stream.exactly(4) == b"abcd"
    assert stream.some(10) == b"ef"
    stream.unread(1)
    assert stream.exactly(9) == b"f"
    assert stream.some() == b""


def test_an_error_waits_for_the_bytes_before_it() -> None:
    """What was looked at before the error is delivered first, then the error, each time."""

    def failing() -> Iterator[bytes]:
        yield b"ab"
        raise RuntimeError("disk")

    stream = Stream(failing())
    stream.head()
    assert not stream.grow()
    assert stream.failure is None
    assert stream.some() == b"ab"
    assert str(stream.failure) == "disk"
    for _ in range(2):
        with pytest.raises(RuntimeError, match="disk"):
            stream.some()


def test_runs_of_nul_are_passed_over() -> None:
    """Padding may be longer than a block."""
    stream = Stream(iter([b"\0" * 9000, b"\0\0", b"\0x\0"]))
    stream.skip_nuls()
    assert stream.some() == b"x\0"
