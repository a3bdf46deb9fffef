"""Which files of a folder are logs."""

from __future__ import annotations

from pathlib import Path

import pytest

from oomlog.errors import SourceError
from oomlog.sources.discover import is_log_name, walk


@pytest.mark.parametrize(
    "name",
    [
        "kern.log", "kern.log.1", "kern.log.12.gz", "messages", "messages-20260101.xz", "syslog.2.zst",
        "dmesg", "dmesg.0", "vmcore-dmesg.txt", "KERN.LOG", "app/stdout.log", "journalctl_--no-pager",
        "sosreport-x/sos_commands/kernel/dmesg_-T", "sosreport-x/sos_commands/logs/journalctl_--no-pager_--boot",
        "host/var/log/anything-at-all", "var/log/warn-20260101.bz2", "host1-console.txt", "node_journal.txt",
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
        "messages.py", "kernel.spec.html", "notes.txt", ".kern.log", "", "var/log/", "proc/meminfo",
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
    assert ["kern.log", "syslog", "a/messages", "a/z/dmesg", "b/kern.log"] == found


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
    import os

    make(tmp_path, ".git/kern.log", ".kern.log")
    os.mkfifo(tmp_path / "fifo.log")
    assert [] == list(walk(str(tmp_path)))


def test_an_unlistable_folder_is_said(tmp_path: Path, unpriv: None) -> None:
    """The folders beside it are read."""
    make(tmp_path, "a/kern.log", "b/kern.log")
    (tmp_path / "a").chmod(0)
    try:
        first, second = walk(str(tmp_path))
    finally:
        (tmp_path / "a").chmod(0o755)
    assert isinstance(first, SourceError)
    assert "permission denied" == first.reason
    assert str(tmp_path / "b/kern.log") == second


def test_a_very_deep_folder_is_walked(tmp_path: Path) -> None:
    """Depth costs no recursion."""
    folder = tmp_path.joinpath(*"d" * 1200)
    import os

    here = os.open(tmp_path, os.O_RDONLY)
    try:
        for _ in range(1200):
            os.mkdir("d", dir_fd=here)  # noqa: PTH102  relative to a descriptor
            below = os.open("d", os.O_RDONLY, dir_fd=here)
            os.close(here)
            here = below
    finally:
        os.close(here)
    (folder / "kern.log").write_bytes(b"x\n")
    assert [str(folder / "kern.log")] == list(walk(str(tmp_path)))
