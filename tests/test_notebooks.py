"""The notebooks run from top to bottom, and are kept without their outputs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def code_cells(path: Path) -> list[dict[str, Any]]:
    return [cell for cell in json.loads(path.read_text("utf-8"))["cells"] if cell["cell_type"] == "code"]


def test_there_are_notebooks() -> None:
    """The tests below look at something."""
    assert NOTEBOOKS


@each_notebook
def test_runs(path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The cells run in order in a fresh namespace, in the project's folder, and show something."""
    monkeypatch.chdir(ROOT)
    names: dict[str, Any] = {"__name__": "__main__"}
    for number, cell in enumerate(code_cells(path), start=1):
        exec(compile("".join(cell["source"]), f"{path.name}, code cell {number}", "exec"), names)
    assert capsys.readouterr().out


@each_notebook
def test_is_stripped(path: Path) -> None:
    """No cell keeps an output or a count of its runs."""
    for cell in code_cells(path):
        assert cell["outputs"] == []
        assert cell["execution_count"] is None


@each_notebook
def test_uses_only_the_public_api(path: Path) -> None:
    """Cells import oomlog itself, none of its modules."""
    source = "\n".join("".join(cell["source"]) for cell in code_cells(path))
    assert "import oomlog" in source
    assert "oomlog." not in "".join(line for line in source.splitlines() if "import" in line)
