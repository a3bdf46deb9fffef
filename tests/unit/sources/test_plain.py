"""Files, pipes, devices and open files."""

from __future__ import annotations

import errno
import io
import os
import socket
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from oomlog.errors import SourceError
from oomlog.sources import Source, open_sources
from oomlog.sources.plain import kmsg_records

LINE = b"Jan  1 00:00:00 host kernel: [  1.000000] Out of memory: Killed process 1 (java)\n"


def one(item: object, **kwargs: object) -> Source:
    (found,) = open_sources([item], **kwargs)  # type: ignore[list-item, arg-type]
    assert isinstance(found, Source), found
    return found


def refused(item: object, **kwargs: object) -> SourceError:
    (found,) = open_sources([item], **kwargs)  # type: ignore[list-item, arg-type]
    assert isinstance(found, SourceError), found
    return found


def test_a_plain_file_can_be_opened_again(tmp_path: Path) -> None:
    """path, size and time are known, and blocks() can be asked for again."""
    path = tmp_path / "kern.log"
    path.write_bytes(LINE * 3)
    os.utime(path, (1_767_225_600, 1_767_225_600))
    found = one(str(path))
    assert (str(path), path, 3 * len(LINE)) == (found.name, found.path, found.size)
    assert datetime(2026, 1, 1, tzinfo=UTC) == found.mtime
    assert not found.continues
    assert [LINE, LINE, LINE] == list(found.blocks(len(LINE))) == list(found.blocks(len(LINE)))


def test_an_empty_file_is_a_log_without_lines(tmp_path: Path) -> None:
    """No error and no block."""
    (tmp_path / "kern.log").touch()
    assert list(one(tmp_path / "kern.log").blocks()) == []


def test_a_missing_file_is_said_with_its_neighbour(tmp_path: Path) -> None:
    """The error names a file that is there and has nearly this name."""
    (tmp_path / "kern.log").touch()
    error = refused(tmp_path / "kern.lgo")
    assert error.reason == "no such file or folder"
    assert f"did you mean {tmp_path / 'kern.log'}?" == error.hint
    assert "ls" in (refused(tmp_path / "zzzzzz").hint or "")
    assert "there is no folder" in (refused(tmp_path / "no" / "kern.log").hint or "")
    assert "pattern" in (refused(tmp_path / "*.log").hint or "")


def test_an_unreadable_file_is_said_with_what_to_do(tmp_path: Path, unpriv: None) -> None:
    """sudo, or the group the distribution gives logs to."""
    (tmp_path / "kern.log").write_bytes(LINE)
    (tmp_path / "kern.log").chmod(0)
    error = refused(tmp_path / "kern.log")
    assert error.reason == "permission denied"
    assert "sudo" in (error.hint or "")
    assert "adm" in (error.hint or "")


def test_permission_denied_is_told_by_the_system_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same, also where the tests run as root."""

    def deny(*_: object, **__: object) -> int:
        raise PermissionError(errno.EACCES, "Permission denied")

    (tmp_path / "kern.log").write_bytes(LINE)
    monkeypatch.setattr("oomlog.sources.plain.os.open", deny)
    assert refused(tmp_path / "kern.log").reason == "permission denied"


@pytest.mark.parametrize("name", ["a\0b", "x" * 300, "loop"])
def test_impossible_names_are_said(name: str, tmp_path: Path) -> None:
    """A NUL, too long, a link to itself."""
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    assert refused(tmp_path / name).reason


def test_a_socket_is_refused(tmp_path: Path) -> None:
    """It cannot be read like a file."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s"))
        assert refused(tmp_path / "s").reason == "is a socket, not a log"


def test_a_device_error_comes_after_the_good_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """EIO in the middle of a file."""
    path = tmp_path / "kern.log"
    path.write_bytes(LINE * 100)
    blocks = one(path).blocks(len(LINE))
    assert next(blocks) == LINE

    def fail(*_: object) -> bytes:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr("oomlog.sources.plain.os.read", fail)
    with pytest.raises(
        SourceError, match=r"cannot be read after \d+ bytes: the disk or device reported an error"
    ):
        list(blocks)


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs /proc")
def test_a_file_that_fails_at_once_is_an_error_in_its_place() -> None:
    """/proc/self/mem has nothing at offset 0: a real EIO."""
    assert refused("/proc/self/mem").reason == "the disk or device reported an error"


def test_a_file_that_vanished_is_an_error(tmp_path: Path) -> None:
    """Between the look at it and the reading."""
    path = tmp_path / "kern.log"
    path.write_bytes(LINE)
    found = one(path)
    path.unlink()
    with pytest.raises(SourceError, match="no such file"):
        list(found.blocks())


def test_a_file_cut_while_read_is_an_error_after_its_data(tmp_path: Path) -> None:
    """copytruncate: what was read stays, and that something is missing is said."""
    path = tmp_path / "kern.log"
    path.write_bytes(LINE * 10)
    blocks = one(path).blocks(len(LINE))
    assert next(blocks) == LINE
    os.truncate(path, 3)
    with pytest.raises(SourceError, match="copytruncate"):
        list(blocks)


def test_a_file_replaced_before_it_is_read_is_said(tmp_path: Path) -> None:
    """The new file's bytes are yielded; those of the one that was found are not there any more."""
    path = tmp_path / "kern.log"
    path.write_bytes(b"old\n")
    found = one(path)
    path.rename(tmp_path / "kern.log.1")
    path.write_bytes(b"new\n")
    blocks = found.blocks()
    assert next(blocks) == b"new\n"
    with pytest.raises(SourceError, match="replaced"):
        next(blocks)


def test_a_file_replaced_while_read_is_read_to_its_end(tmp_path: Path) -> None:
    """An open file stays what it was."""
    path = tmp_path / "kern.log"
    path.write_bytes(LINE * 2)
    blocks = one(path).blocks(len(LINE))
    next(blocks)
    path.rename(tmp_path / "kern.log.1")
    path.write_bytes(b"new\n")
    assert list(blocks) == [LINE]


def test_a_growing_file_is_read_to_where_it_is(tmp_path: Path) -> None:
    """Lines added meanwhile are read, and are no error."""
    path = tmp_path / "kern.log"
    path.write_bytes(LINE)
    blocks = one(path).blocks()
    next(blocks)
    with path.open("ab") as file:
        file.write(b"more\n")
    assert list(blocks) == [b"more\n"]


def test_a_fifo_is_read(tmp_path: Path) -> None:
    """mkfifo, and what shells make of <(command)."""
    os.mkfifo(tmp_path / "fifo")
    writer = threading.Thread(target=(tmp_path / "fifo").write_bytes, args=(LINE * 1000,))
    writer.start()
    found = one(tmp_path / "fifo")
    assert b"".join(found.blocks()) == LINE * 1000
    writer.join()
    assert (found.path, found.size, found.mtime) == (None, None, None)


@pytest.mark.parametrize(
    "wrap", [lambda fd: os.fdopen(fd, "rb"), lambda fd: os.fdopen(fd), lambda fd: os.fdopen(fd, "rb", 0)]
)
def test_a_live_pipe_shows_what_is_there(wrap: Callable[[int], io.IOBase]) -> None:
    """A line is yielded before the pipe has more, for binary, text and unbuffered files."""
    read_end, write_end = os.pipe()
    with wrap(read_end) as file:
        os.write(write_end, b"one\n")
        blocks = one(file).blocks()
        assert next(blocks) == b"one\n"
        os.write(write_end, b"two\n")
        assert next(blocks) == b"two\n"
        os.close(write_end)
        assert list(blocks) == []
        assert not file.closed


def test_a_pipe_that_does_not_block_is_waited_for() -> None:
    """Node.js and ssh leave standard input in that mode."""
    read_end, write_end = os.pipe()
    os.set_blocking(read_end, False)
    with os.fdopen(read_end, "rb", 0) as file:
        writer = threading.Timer(0.05, lambda: (os.write(write_end, LINE), os.close(write_end)))
        writer.start()
        assert b"".join(one(file).blocks()) == LINE
        writer.join()


def test_a_pipe_named_by_path_is_read() -> None:
    """/dev/fd/N, as in <(zcat kern.log.gz)."""
    read_end, write_end = os.pipe()
    os.write(write_end, LINE)
    os.close(write_end)
    try:
        assert b"".join(one(f"/dev/fd/{read_end}").blocks()) == LINE
    finally:
        os.close(read_end)


def test_dev_null_is_empty() -> None:
    """A character device with an end."""
    assert list(one("/dev/null").blocks()) == []


def test_a_source_that_passed_by_is_not_there_twice() -> None:
    """Asking again is an error, not an empty log."""
    found = one(io.BytesIO(LINE))
    assert b"".join(found.blocks()) == LINE
    with pytest.raises(SourceError, match="cannot be opened again"):
        list(found.blocks())


@pytest.mark.parametrize("file", [io.BytesIO(LINE), io.StringIO(LINE.decode())])
def test_standard_input_can_be_given(file: io.BytesIO) -> None:
    """What stands for it may be binary or text; its name is <stdin>."""
    found = one("-", stdin=file)
    assert (found.name, list(found.blocks())) == ("<stdin>", [LINE])


def test_standard_input_may_be_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """oomlog - <&-"""
    monkeypatch.setattr("sys.stdin", None)
    assert refused("-").reason == "there is no standard input"


def test_open_files_are_read_from_where_they_are(tmp_path: Path) -> None:
    """Binary and text files, and they stay open."""
    path = tmp_path / "kern.log"
    path.write_bytes(b"one\ntwo\n")
    with path.open("rb") as binary, path.open() as text:
        assert binary.readline() == b"one\n"
        assert text.readline() == "one\n"
        assert (str(path), b"two\n") == ((found := one(binary)).name, b"".join(found.blocks()))
        assert b"".join(one(text).blocks()) == b"two\n"
        assert not binary.closed
    assert refused(binary).reason == "the file object is closed"
    assert refused(text).reason == "the file object is closed"


def test_a_text_file_of_the_wrong_encoding_is_said(tmp_path: Path) -> None:
    """The caller chose the encoding, so the caller is told."""
    path = tmp_path / "kern.log"
    path.write_bytes(b"caf\xe9\n")
    with path.open(encoding="utf-8") as text:
        assert refused(text).reason == "is not utf-8 text"


def test_kmsg_is_read_until_nothing_is_there() -> None:
    """Records are joined; overwritten ones are passed over."""
    answers: list[bytes | OSError] = [
        b"6,1,0,-;a\n",
        BrokenPipeError(),
        b"6,9,0,-;b\n",
        BlockingIOError(),
        b"never",
    ]

    def read() -> bytes:
        answer = answers.pop(0)
        if isinstance(answer, OSError):
            raise answer
        return answer

    assert list(kmsg_records("/dev/kmsg", read, 1 << 20)) == [b"6,1,0,-;a\n6,9,0,-;b\n"]


def test_kmsg_errors_come_after_the_records() -> None:
    """What was read is yielded first."""
    answers = [b"6,1,0,-;a\n", b"6,2,0,-;b\n"]

    def read() -> bytes:
        if answers:
            return answers.pop(0)
        raise OSError(errno.EIO, "")

    records = kmsg_records("/dev/kmsg", read, 5)
    assert [next(records), next(records)] == [b"6,1,0,-;a\n", b"6,2,0,-;b\n"]
    with pytest.raises(SourceError):
        next(records)


@pytest.mark.skipif(not os.access("/dev/kmsg", os.R_OK), reason="needs a readable /dev/kmsg")
def test_the_real_kmsg_ends() -> None:
    """/dev/kmsg itself never ends; reading it does."""
    for found in open_sources(["/dev/kmsg"]):
        if isinstance(found, Source):
            for block in found.blocks():
                assert block.endswith(b"\n")
