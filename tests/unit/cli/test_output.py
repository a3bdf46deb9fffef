"""Where the data goes."""

from __future__ import annotations

import errno
import io
import os
from pathlib import Path
from typing import Any

import pytest

from oomlog.cli.output import FileOutput, Output
from oomlog.errors import OomlogError


class Pipe(io.BytesIO):
    """Takes at most so many bytes at once, and fails when it has enough."""

    def __init__(self, most: int, enough: int) -> None:
        super().__init__()
        self.most = most
        self.enough = enough
        self.largest = 0

    def write(self, data: Any) -> int:
        self.largest = max(self.largest, len(data))
        if self.tell() >= self.enough:
            raise BrokenPipeError
        return super().write(data[: self.most])


def test_large_data_is_written_in_parts() -> None:
    """However much is handed over, one write has 256 KiB at most, and nothing is lost or repeated."""
    data = bytes(range(256)) * 5000
    pipe = Pipe(100_000, len(data) + 1)
    with Output(pipe) as output:
        output.write(data)
    assert pipe.getvalue() == data
    assert pipe.largest == 256 << 10


def test_write_that_takes_less_is_followed_by_another() -> None:
    """A reader that goes away in the middle of one write is noticed, though that write reports success."""
    with pytest.raises(BrokenPipeError), Output(Pipe(65536, 65536)) as output:
        output.write(bytes(200_000))


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "no room left on the disk; "),
        (errno.EROFS, "the file system is read-only; "),
        (errno.EIO, "the disk or device reported an error; "),
        (errno.EBUSY, "device or resource busy"),
    ],
)
def test_reasons(number: int, words: str) -> None:
    """What the system says about an output is worded like everything else, in lower case."""

    class Broken(io.BytesIO):
        def write(self, data: Any) -> int:
            raise OSError(number, os.strerror(number))

    message = f"^standard output: cannot be written: {words}"
    with pytest.raises(OomlogError, match=message), Output(Broken()) as output:
        output.write(b"x")


def test_device_that_is_full_says_so() -> None:
    """A device that takes nothing is an error in plain words, also while it is given up."""
    message = "^/dev/full: cannot be written: no room left on the disk"
    with pytest.raises(OomlogError, match=message), FileOutput("/dev/full") as output:
        output.write(b"x")


def test_failed_file_leaves_nothing(tmp_path: Path) -> None:
    """An output that is given up leaves no file behind."""
    with pytest.raises(ZeroDivisionError), FileOutput(str(tmp_path / "out")) as output:
        output.write(b"x" * (1 << 20))
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []
