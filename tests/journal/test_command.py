"""The command line on journals."""

from __future__ import annotations

import io
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from journal_files import MISSING, Machine, write_journal

from oomlog.cli.context import Context
from oomlog.cli.main import main

pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"needs {', '.join(MISSING)}")

ZONE = timezone(timedelta(hours=2))


def run(root: Path, *args: str) -> tuple[int, str, str]:
    stdout, stderr = io.BytesIO(), io.StringIO()
    context = Context(
        stdin=None,
        stdout=stdout,
        stderr=stderr,
        stdin_is_terminal=False,
        stdout_is_terminal=False,
        stderr_is_terminal=False,
        environ={},
        now=datetime(2025, 11, 22, 14, 0, tzinfo=ZONE),
        root=root,
    )
    status = main(list(args), context)
    return status, stdout.getvalue().decode(), stderr.getvalue()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A machine with a kill at 10:00 UTC in one boot and at 11:00 UTC in the next."""
    first, second = Machine(boot=1), Machine(boot=2)
    second.real_us += 3_600_000_000
    first.kill(41, "early")
    second.kill(42, "late")
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/machine-id").write_text(first.machine + "\n")
    folder = tmp_path / "var/log/journal" / first.machine
    write_journal(folder / "system.journal", [*first.records, *second.records])
    return tmp_path


def test_the_journal_of_the_machine_is_read(root: Path) -> None:
    """Without a name it is this machine's; WHERE is the record's place in it."""
    status, stdout, stderr = run(root, "parse", "--journal")
    assert (status, stderr) == (0, "")
    assert "early[41]" in stdout
    assert "journal:3" in stdout
    assert "journal:7" in stdout
    assert "2 events, 2 kills in 1 file" in stdout


def test_times_mean_the_zone_of_this_machine(root: Path) -> None:
    """As journalctl takes them; with --tz that zone, and with one of their own that."""
    for since in ("12:30", "2025-11-22T10:30:00Z", "-90min"):
        _, stdout, _ = run(root, "parse", "--journal", "--since", since)
        assert "late[42]" in stdout
        assert "early[41]" not in stdout
    _, stdout, _ = run(root, "parse", "--journal", "--since", "10:30", "--tz", "UTC")
    assert "early[41]" not in stdout
    _, stdout, _ = run(root, "parse", "--journal", "--until", "12:30")
    assert "late[42]" not in stdout


def test_a_boot_may_begin_with_a_dash(root: Path) -> None:
    """--boot -1 is not two options."""
    _, stdout, _ = run(root, "parse", "--journal", str(root / "var/log/journal"), "--boot", "-1")
    assert "early[41]" in stdout
    assert "late[42]" not in stdout


def test_all_commands_about_logs_read_journals(root: Path) -> None:
    """With the same options; events are numbered as all of them are."""
    folder = str(root / "var/log/journal")
    assert "late" in run(root, "explain", "--journal", "--event", "last")[1]
    assert "late" in run(root, "explain", "--journal", "--since", "12:30")[1]
    assert "#2" in run(root, "explain", "--journal", folder, "--since", "12:30")[1]
    assert "#1" in run(root, "why", "--journal", "early")[1]
    assert "#2" in run(root, "why", "--journal", folder, "late", "--boot", "all")[1]
    assert run(root, "whatif", "--journal", "--boot", "2", "--spare", "late")[0] == 0


def test_jobs_do_not_help(root: Path) -> None:
    """A journal is read in its own order, and that is said."""
    status, stdout, stderr = run(root, "parse", "--journal", "-f", "ndjson", "--jobs", "2")
    assert (status, stdout.count("\n")) == (0, 2)
    assert "--jobs is not used with --journal" in stderr
    assert stdout.count('"trusted":true') == 2
