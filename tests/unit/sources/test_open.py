"""Many inputs, in order."""

from __future__ import annotations

import io
import resource
from pathlib import Path

import pytest

from oomlog.errors import SourceError
from oomlog.sources import Source, open_sources


def make(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"{name}\n")


def names(root: Path, *inputs: object) -> list[str]:
    found = open_sources(inputs)  # type: ignore[arg-type]
    return [str(s.name).replace(f"{root}/", "") for s in found if isinstance(s, Source)]


def test_one_input_need_not_be_in_a_list(tmp_path: Path) -> None:
    """A path, bytes, text or an open file alone."""
    make(tmp_path, "kern.log")
    for item in (
        tmp_path / "kern.log",
        str(tmp_path / "kern.log"),
        b"kern.log\n",
        "kern.log\n",
        io.BytesIO(b"kern.log\n"),
    ):
        (found,) = open_sources(item)
        assert isinstance(found, Source)
        assert b"".join(found.blocks()) == b"kern.log\n"


def test_a_string_with_a_newline_is_text_and_a_path_is_a_path(tmp_path: Path) -> None:
    """A file may have a newline in its name: Path says so."""
    make(tmp_path, "a\nb")
    text, file = open_sources([f"{tmp_path}/a\nb", tmp_path / "a\nb"])
    assert isinstance(text, Source)
    assert isinstance(file, Source)
    assert ("<text>", f"{tmp_path}/a\nb".encode()) == (text.name, b"".join(text.blocks()))
    assert b"".join(file.blocks()) == b"a\nb\n"


def test_text_decoded_with_surrogates_gets_its_bytes_back() -> None:
    """As subprocess and open(errors="surrogateescape") give it; another lone surrogate is no crash."""
    (found,) = open_sources(b"caf\xe9\n".decode("utf-8", "surrogateescape"))
    assert isinstance(found, Source)
    assert b"".join(found.blocks()) == b"caf\xe9\n"
    (found,) = open_sources("\ud800\n")
    assert isinstance(found, Source)
    assert b"".join(found.blocks()).endswith(b"\n")


def test_inputs_keep_their_order_and_sets_are_sorted(tmp_path: Path) -> None:
    """A rotated set stands where its first-named member stood."""
    make(tmp_path, "z.log", "kern.log", "kern.log.1", "kern.log.2", "a.log")
    inputs = [tmp_path / name for name in ("z.log", "kern.log", "a.log", "kern.log.2", "kern.log.1")]
    assert names(tmp_path, *inputs) == ["z.log", "kern.log.2", "kern.log.1", "kern.log", "a.log"]


def test_a_part_continues_only_what_was_read(tmp_path: Path) -> None:
    """After a part that could not be read nothing goes on."""
    make(tmp_path, "kern.log", "kern.log.2", "kern.log.3")
    inputs = [tmp_path / name for name in ("kern.log", "kern.log.1", "kern.log.2", "kern.log.3")]
    found = list(open_sources(inputs))
    assert [s.continues if isinstance(s, Source) else None for s in found] == [False, True, None, False]
    assert [s.continued if isinstance(s, Source) else None for s in found] == [True, True, None, False]


def test_sets_are_put_together_across_ways_to_write_a_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """./kern.log.1 and kern.log lie in one folder."""
    make(tmp_path, "kern.log", "kern.log.1")
    monkeypatch.chdir(tmp_path)
    assert names(tmp_path, "kern.log", "./kern.log.1") == ["./kern.log.1", "kern.log"]


def test_a_file_reached_twice_is_read_once(tmp_path: Path) -> None:
    """Named twice, linked, or in a folder that is named, too."""
    make(tmp_path, "kern.log")
    (tmp_path / "link.log").symlink_to("kern.log")
    assert names(tmp_path, tmp_path / "kern.log", tmp_path, tmp_path / "link.log") == ["kern.log"]


def test_a_bad_input_is_an_error_in_its_place(tmp_path: Path) -> None:
    """The others are read."""
    make(tmp_path, "a.log", "b.log")
    first, error, last = open_sources([tmp_path / "a.log", tmp_path / "missing.log", tmp_path / "b.log"])
    assert isinstance(first, Source)
    assert isinstance(error, SourceError)
    assert isinstance(last, Source)


def test_a_folder_is_searched(tmp_path: Path) -> None:
    """Logs are read, binary files with a log's name are passed over, rotated sets are in order."""
    make(tmp_path, "kern.log", "kern.log.1", "sub/messages", "README")
    (tmp_path / "core.log").write_bytes(b"\x7fELF" + b"\0" * 100)
    assert names(tmp_path, tmp_path) == ["kern.log.1", "kern.log", "sub/messages"]


def test_a_folder_without_logs_is_said(tmp_path: Path) -> None:
    """Empty, with other files, with binary files only."""
    for folder in ("empty", "other", "binary"):
        (tmp_path / folder).mkdir()
    make(tmp_path, "other/README")
    (tmp_path / "binary/core.log").write_bytes(b"\x7fELF" + b"\0" * 100)
    found = list(open_sources([tmp_path / folder for folder in ("empty", "other", "binary")]))
    assert [e.reason for e in found if isinstance(e, SourceError)] == ["holds no file named like a log"] * 3


def test_journal_files_are_said_only_where_nothing_else_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the package that reads them is missing, the error shows the way in."""
    monkeypatch.setattr("oomlog.sources.journal.available", lambda: False)
    (tmp_path / "journal").mkdir()
    (tmp_path / "journal/system.journal").write_bytes(b"LPKSHHRH" + b"\0" * 200)
    (error,) = open_sources([tmp_path / "journal"])
    assert isinstance(error, SourceError)
    assert error.reason.startswith("is not a log but a systemd journal")
    for way in ("pip install 'oomlog[journal]'", "libsystemd-dev pkg-config", "journalctl --file"):
        assert way in (error.hint or "")
    (error,) = open_sources([tmp_path / "journal/system.journal"])
    assert isinstance(error, SourceError)
    assert error.reason.startswith("is not a log but a systemd journal")
    make(tmp_path, "kern.log")
    assert names(tmp_path, tmp_path) == ["kern.log"]


def test_explicit_files_need_no_log_name(tmp_path: Path) -> None:
    """Only in folders and archives names are asked."""
    make(tmp_path, "whatever.bin")
    assert names(tmp_path, tmp_path / "whatever.bin") == ["whatever.bin"]


def test_standard_input_is_read_once() -> None:
    """The second '-' is an error, not an empty log."""
    first, second = open_sources(["-", "-"], stdin=io.BytesIO(b"x\n"))
    assert isinstance(first, Source)
    assert isinstance(second, SourceError)
    assert second.reason == "was named twice and can be read once"


def test_files_are_opened_one_at_a_time(tmp_path: Path) -> None:
    """A thousand logs need no thousand open files, also when all sources are collected first."""
    make(tmp_path, *(f"log{i}.log" for i in range(1100)))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(200, hard), hard))
    try:
        assert len(names(tmp_path, tmp_path)) == 1100
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_nothing_in_nothing_out() -> None:
    """No input is no error here; the command line says what it needs."""
    assert list(open_sources([])) == []
