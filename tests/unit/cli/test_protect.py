"""``oomlog protect --apply`` against a copy of a machine, as only that may be written to."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import pytest

from oomlog.cli.context import Context
from oomlog.cli.main import main
from oomlog.errors import OomlogError
from oomlog.live.apply import apply
from oomlog.live.processes import Process

WEB = Path(__file__).parent.parent.parent / "cli" / "machines" / "web"


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """Return a machine on which oomlog may do everything."""
    root = shutil.copytree(WEB, tmp_path / "web")
    (root / "proc/self/status").write_text("CapEff:\t000001ffffffffff\n")
    return root


def run(root: Path, *args: str) -> tuple[int, str, str]:
    stdout, stderr = io.BytesIO(), io.StringIO()
    status = main(["protect", *args], Context(stdin=None, stdout=stdout, stderr=stderr, root=root))
    return status, stdout.getvalue().decode(), stderr.getvalue()


def adj(root: Path, pid: int) -> str:
    return (root / f"proc/{pid}/oom_score_adj").read_text().strip()


def test_apply_sets_each_process_and_says_so(machine: Path) -> None:
    """All processes of the name are set, the values are told, and the drop-in is still only printed."""
    status, stdout, stderr = run(machine, "nginx", "--apply")
    assert status == 0
    assert (adj(machine, 812), adj(machine, 813), adj(machine, 900)) == ("-500", "-500", "0")
    assert "nginx[813]: oom_score_adj was 0 and is now -500" in stderr
    assert "choom" not in stdout
    assert "OOMScoreAdjust=-500" in stdout
    assert not (machine / "etc").exists()


def test_nothing_is_written_without_apply(machine: Path) -> None:
    """Without --apply every file stays as it is."""
    before = {path: path.read_bytes() for path in machine.rglob("*") if path.is_file()}
    assert run(machine, "java")[0] == 0
    assert {path: path.read_bytes() for path in machine.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("refused", [{813}, {812, 813}])
def test_what_was_not_set_is_not_told_as_done(
    machine: Path, monkeypatch: pytest.MonkeyPatch, refused: set[int]
) -> None:
    """When the kernel takes no value, that is the whole answer; when it takes some, the others are named."""

    def picky(process: Process, adj: int, root: Path) -> int | None:
        if process.pid in refused:
            raise OomlogError(f"process {process.pid}: the kernel refuses")
        return apply(process, adj, root)

    monkeypatch.setattr("oomlog.cli.commands.protect.apply", picky)
    status, stdout, stderr = run(machine, "nginx", "--apply")
    assert status == 2
    assert stderr.count("the kernel refuses") == len(refused)
    assert ("OOMScoreAdjust" in stdout) == (len(refused) == 1)
    assert adj(machine, 813) == "0"


def test_one_that_cannot_be_read_is_told(machine: Path) -> None:
    """A process that is left out is counted."""
    (machine / "proc/812/oom_score_adj").unlink()
    status, stdout, _ = run(machine, "nginx")
    assert status == 0
    assert "# left out, as they cannot be read from here: 1" in stdout


def test_apply_is_for_this_machine(machine: Path) -> None:
    """Another tree is only read."""
    status, stdout, stderr = run(machine, "nginx", "--apply", "--root", str(machine))
    assert (status, stdout) == (2, "")
    assert "--apply sets values of this machine" in stderr
