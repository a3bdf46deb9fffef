"""The ring buffer: a place in it, another boot, and records that were overwritten."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from oomlog.watch import follow_kmsg
from oomlog.watch.follow_kmsg import KmsgFollower
from oomlog.watch.follower import Position


def records(*seqs: int) -> bytes:
    return b"".join(b"6,%d,%d,-;text %d\n SUBSYSTEM=net\n" % (seq, seq, seq) for seq in seqs)


def read(
    path: Path, control: Any, start: Position | None = None, **more: Any
) -> tuple[list[int], Position, KmsgFollower]:
    options = {"from_start": True, "boot": "b", "say": list.append, **more}
    said: list[str] = []
    options["say"] = said.append
    follower = KmsgFollower(str(path), control, start=start, **options)
    numbers: list[int] = []
    position: Position = {}
    for block in follower.blocks():
        numbers += [int(line.split(b",")[1]) for line in block.data.splitlines()]
        if block.marks:
            found = follower.position(block.marks[-1][1], 0)
            assert found is not None
            position = found
        if control.stopping:
            break
    return numbers, position, follower


def test_position_is_the_number_of_the_next_record(tmp_path: Path, control: Any) -> None:
    """Reading goes on with the record after the last one; lines with keys are left out."""
    path = tmp_path / "kmsg"
    path.write_bytes(records(5, 6, 7))
    numbers, position, _ = read(path, control)
    assert (numbers, position) == ([5, 6, 7], {"kind": "kmsg", "boot": "b", "seq": 8})
    path.write_bytes(records(6, 7, 8))
    control.stopped_by = None
    assert read(path, control, position)[0] == [8]


def test_another_boot_is_read_from_its_start(tmp_path: Path, control: Any) -> None:
    """Numbers begin anew with each boot, so the place of another one means nothing."""
    path = tmp_path / "kmsg"
    path.write_bytes(records(0, 1))
    start = {"kind": "kmsg", "boot": "earlier", "seq": 900}
    assert read(path, control, start, from_start=False)[0] == [0, 1]


def test_first_run_begins_at_the_end(tmp_path: Path, control: Any) -> None:
    """What was printed before is not told, and the place is known at once."""
    path = tmp_path / "kmsg"
    path.write_bytes(records(3, 4))
    numbers, position, _ = read(path, control, from_start=False)
    assert (numbers, position["seq"]) == ([], 5)


def test_overwritten_records_are_counted(
    tmp_path: Path, control: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """EPIPE means that the kernel was faster; reading goes on, and the gap is told."""
    path = tmp_path / "kmsg"
    path.write_bytes(b"")
    answers: list[bytes | int] = [records(1), errno.EPIPE, records(9), errno.EAGAIN]

    def answer(fd: int, size: int) -> bytes:
        step = answers.pop(0) if answers else errno.EAGAIN
        if isinstance(step, int):
            raise OSError(step, os.strerror(step))
        return step

    monkeypatch.setattr(follow_kmsg.os, "read", answer)
    numbers, _, follower = read(path, control)
    assert (numbers, follower.lost) == ([1, 9], 7)


def test_foreign_bytes_are_passed_over(tmp_path: Path, control: Any) -> None:
    """What is no record of the kernel's does no harm."""
    path = tmp_path / "kmsg"
    path.write_bytes(b"\xff\xfe;\n1;\n6,x,1,-;a\n" + records(2))
    assert read(path, control)[0] == [2]
