"""Which files of a folder are logs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from oomlog.errors import SourceError
from oomlog.sources.discover import is_log_name, walk


@pytest.mark.parametrize(
    "name",
    [
        "kern.log", "kern.log.1", "kern.log.12.gz", "messages", "messages-20260101.xz", "syslog.2.zst",
        "dmesg", "dmesg.0", "vmcore-dmesg.txt", "KERN.LOG", "app/stdout.log", "journalctl_--no-pager",
        "sosreport-x/sos_commands/kernel/dmesg_-T",
        "sosreport-x/sos_commands/logs/journalctl_--no-pager_--boot",
        "host/var/log/anything-at-all",
        "ttyS0-console", "serial0.txt", "var/log/warn-20260101.bz2", "host1-console.txt", "node_journal.txt",
    ],
)  # fmt: skip
def test_log_names_are_found(name: str) -> None:
    """The usual names of kernel logs, rotated and compressed ones included."""
    assert is_log_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "system.journal", "var/log/journal/1/system.journal", "system@00.journal~", "var/log/wtmp",
        "var/log/wtmp-20260101", "var/log/lastlog", "var/log/sa/sa01", "etc/rsyslog.conf", "syslog.conf",
        "messages.py",
        "jconsole.1.gz", "serialver.1.gz", "kernel.spec.html",
        "notes.txt", ".kern.log", "", "var/log/", "proc/meminfo",
    ],
)  # fmt: skip
def test_other_names_are_not(name: str) -> None:
    """Binary logs, programs and configuration are left out."""
    assert not is_log_name(name)


def make(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"x\n")


def test_a_folder_is_listed_in_a_fixed_order(tmp_path: Path) -> None:
    """Files of a folder first, then its subfolders, each by name."""
    make(tmp_path, "b/kern.log", "a/z/dmesg", "a/messages", "syslog", "kern.log", "README")
    found = [Path(str(name)).relative_to(tmp_path).as_posix() for name in walk(str(tmp_path))]
    assert found == ["kern.log", "syslog", "a/messages", "a/z/dmesg", "b/kern.log"]


def test_diagnostic_archives_in_a_folder_are_found(tmp_path: Path) -> None:
    """A folder of cases: the archives, not their checksums."""
    make(tmp_path, "sosreport-h-2026.tar.xz", "sosreport-h-2026.tar.xz.sha256", "scc_h.txz", "backup.tar.gz")
    assert [str(tmp_path / "scc_h.txz"), str(tmp_path / "sosreport-h-2026.tar.xz")] == list(
        walk(str(tmp_path))
    )


def test_loops_of_links_end(tmp_path: Path) -> None:
    """Links to folders are not followed, links in a circle and broken ones are passed over."""
    make(tmp_path, "a/kern.log")
    (tmp_path / "a" / "up").symlink_to(tmp_path)
    (tmp_path / "loop.log").symlink_to(tmp_path / "loop.log")
    (tmp_path / "gone.log").symlink_to(tmp_path / "nothing")
    (tmp_path / "dmesg").symlink_to(tmp_path / "a" / "kern.log")
    assert [str(tmp_path / "dmesg"), str(tmp_path / "a/kern.log")] == list(walk(str(tmp_path)))


def test_hidden_files_and_pipes_are_passed_over(tmp_path: Path) -> None:
    """.git, editor files, and what would block."""
    make(tmp_path, ".git/kern.log", ".kern.log")
    os.mkfifo(tmp_path / "fifo.log")
    assert list(walk(str(tmp_path))) == []


def test_an_unlistable_folder_is_said(tmp_path: Path, unpriv: None) -> None:
    """The folders beside it are read."""
    make(tmp_path, "a/kern.log", "b/kern.log")
    (tmp_path / "a").chmod(0)
    try:
        first, second = walk(str(tmp_path))
    finally:
        (tmp_path / "a").chmod(0o755)
    assert isinstance(first, SourceError)
    assert first.reason == "permission denied"
    assert str(tmp_path / "b/kern.log") == second


def test_a_very_deep_folder_is_walked(tmp_path: Path) -> None:
    """Depth costs no recursion."""
    folder = tmp_path.joinpath(*"d" * 1200)
    here = os.open(tmp_path, os.O_RDONLY)
    try:
        for _ in range(1200):
            os.mkdir("d", dir_fd=here)
            below = os.open("d", os.O_RDONLY, dir_fd=here)
            os.close(here)
            here = below
    finally:
        os.close(here)
    (tmp_path / "stay").touch()
    (folder / "kern.log").write_bytes(b"x\n")
    found = list(walk(str(tmp_path)))
    (folder / "kern.log").unlink()
    os.removedirs(folder)  # pytest's own removal is recursive and does not come down here
    assert [str(folder / "kern.log")] == found
