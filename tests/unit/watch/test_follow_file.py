"""A file that grows, and the ways in which logs are rotated."""

from __future__ import annotations

import gzip
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from oomlog.errors import SourceError
from oomlog.watch.follow_file import FileFollower
from oomlog.watch.follower import Position


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "kern.log"


@pytest.fixture
def follow(log: Path, control: Any) -> Callable[..., Iterator[tuple[bytes, Position | None]]]:
    def run(
        *meanwhile: Callable[[], object], start: Position | None = None, from_start: bool = True,
        said: list[str] | None = None,
    ) -> Iterator[tuple[bytes, Position | None]]:  # fmt: skip
        control.stopped_by = None
        control.meanwhile = list(meanwhile)
        say = (said if said is not None else []).append
        follower = FileFollower(str(log), control, start=start, from_start=from_start, say=say)
        for block in follower.blocks():
            if block.marks:
                at, token = block.marks[-1]
                assert at == len(block.data)
                yield block.data, follower.position(token, 0)
            if control.stopping:
                return

    return run


def data_of(found: Any) -> bytes:
    return b"".join(data for data, _ in found)


def last(found: Any) -> Position:
    position = list(found)[-1][1]
    assert position is not None
    return position


def appending(path: Path, data: bytes) -> Callable[[], object]:
    def append() -> None:
        with path.open("ab") as file:
            file.write(data)

    return append


def test_whole_lines_are_handed_on(log: Path, follow: Any) -> None:
    """A line that is being written waits for its end."""
    log.write_bytes(b"one\ntw")
    assert data_of(follow(appending(log, b""))) == b"one\n"
    assert data_of(follow(appending(log, b"o\nthr"))) == b"one\ntwo\n"


def test_first_run_begins_at_the_end(log: Path, follow: Any) -> None:
    """Old lines are not told, but the line that is being written is, as a whole."""
    log.write_bytes(b"old\nne")
    assert data_of(follow(appending(log, b"w\n"), from_start=False)) == b"new\n"


def test_file_may_come_later(log: Path, follow: Any) -> None:
    """A log that is not there yet is waited for, and all of it is read."""
    said: list[str] = []
    assert data_of(follow(lambda: None, appending(log, b"one\n"), from_start=False, said=said)) == b"one\n"
    assert said == [f"{log}: not there yet; waiting for it"]


def test_renamed_file_is_read_to_its_end(log: Path, follow: Any) -> None:
    """What is written to a file after it was renamed is read before its successor."""
    log.write_bytes(b"one\n")
    old = log.with_name("kern.log.1")

    def rename() -> None:
        log.rename(old)
        log.touch()

    steps = (rename, appending(old, b"two\n"), appending(log, b"three\n"), lambda: None)
    assert data_of(follow(*steps)) == b"one\ntwo\nthree\n"


def test_several_rotations_between_two_looks(log: Path, follow: Any) -> None:
    """Files that came and were rotated away unseen are read, too."""
    log.write_bytes(b"one\n")

    def rotate_twice() -> None:
        for number, text in enumerate((b"two\n", b"three\n")):
            for each in (1, 0):
                name = log.with_name(f"kern.log.{each}") if each else log
                if name.exists():
                    name.rename(log.with_name(f"kern.log.{each + 1}"))
            log.write_bytes(text)
            import os

            for age, part in enumerate(("kern.log.2", "kern.log.1")):
                if log.with_name(part).exists():
                    os.utime(log.with_name(part), ns=(0, 1_000_000 * (10 * number + age + 1)))

    assert data_of(follow(rotate_twice, lambda: None)) == b"one\ntwo\nthree\n"


def test_truncated_file_is_read_from_its_start(log: Path, follow: Any) -> None:
    """A file that was emptied, or written anew, begins again."""
    log.write_bytes(b"first line\nsecond\n")
    assert data_of(follow(lambda: log.write_bytes(b"new\n"), lambda: None)) == b"first line\nsecond\nnew\n"
    log.write_bytes(b"one\n")
    # Also one that has become longer than what was read before anybody looked.
    assert data_of(follow(lambda: log.write_bytes(b"another one\n"), lambda: None)) == b"one\nanother one\n"


def test_copy_of_a_truncated_file_gives_its_last_lines(log: Path, follow: Any) -> None:
    """logrotate's copytruncate: what was added before the cut is in the copy."""
    log.write_bytes(b"one\n")

    def copytruncate() -> None:
        appending(log, b"two\n")()
        shutil.copy(log, log.with_name("kern.log.1"))
        log.write_bytes(b"3\n")

    assert data_of(follow(copytruncate, lambda: None)) == b"one\ntwo\n3\n"


@pytest.mark.parametrize("packed", [False, True])
def test_rotation_between_two_runs(log: Path, follow: Any, packed: bool) -> None:
    """The next run goes on in the part that was read last, plain or compressed, and then in the new file."""
    log.write_bytes(b"one\ntwo\n")
    position = last(follow())
    appending(log, b"three\n")()
    if packed:
        log.with_name("kern.log.1.gz").write_bytes(gzip.compress(log.read_bytes()))
        log.unlink()
    else:
        log.rename(log.with_name("kern.log.1"))
    log.write_bytes(b"four\n")
    log.with_name("kern.log.conf").write_bytes(b"no log\n")
    said: list[str] = []
    found = list(follow(start=position, said=said))
    assert (data_of(found), said) == (b"three\nfour\n", [])
    assert found[-1][1] is not None and found[-1][1]["line"] == 2


def test_position_goes_on_inside_the_file(log: Path, follow: Any) -> None:
    """Lines are neither repeated nor left out, and their numbers go on."""
    log.write_bytes(b"one\ntwo\n")
    position = last(follow())
    assert (position["offset"], position["line"]) == (8, 3)
    appending(log, b"three\n")()
    (start, _), (data, after) = follow(start=position)
    assert (start, data) == (b"", b"three\n")
    assert after is not None and (after["offset"], after["line"]) == (14, 4)


def test_lost_place_is_told(log: Path, follow: Any) -> None:
    """When the part that was read last is gone, that is said, and the new file is read."""
    log.write_bytes(b"one\n")
    position = last(follow())
    log.unlink()
    log.write_bytes(b"two\n")
    said: list[str] = []
    assert data_of(follow(start=position, said=said)) == b"two\n"
    assert "lines may be lost" in said[0]


def test_file_that_comes_back_is_the_same(log: Path, follow: Any) -> None:
    """A log whose disk is mounted late goes on where it was, instead of being told all over."""
    log.write_bytes(b"one\n")
    position = last(follow())
    away = log.rename(log.with_name("elsewhere"))

    def mount() -> None:
        appending(away, b"two\n")()
        away.rename(log)

    assert data_of(follow(lambda: None, mount, lambda: None, start=position)) == b"two\n"


def test_folder_and_pipe_are_refused(tmp_path: Path, control: Any) -> None:
    """What is no regular file is said to be none, and nothing hangs."""
    os.mkfifo(tmp_path / "pipe")
    for path, said in (
        (tmp_path, "is a folder; name the log in it"),
        (tmp_path / "pipe", "is no regular file; pipe it in"),
    ):
        with pytest.raises(SourceError, match=said):
            list(FileFollower(str(path), control, start=None, from_start=True, say=print).blocks())


@pytest.mark.parametrize(
    ("begins", "said"),
    [
        (gzip.compress(b"a log\n"), "is compressed (gzip)"),
        (b"PK\x03\x04rest", "is an archive"),
        (b"LPKSHHRH" + bytes(100), "is a systemd journal file"),
        (b"SQLite format 3\0", "is not a log but an SQLite database"),
    ],
)
def test_what_is_no_text_is_not_followed(log, follow, begins, said):
    """Its lines could never be read, so waiting for more of them would be in vain."""
    log.write_bytes(begins)
    with pytest.raises(SourceError) as caught:
        list(follow())
    assert caught.value.reason.startswith(said)
    assert caught.value.hint
