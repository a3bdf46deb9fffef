"""The notebooks run from top to bottom, and are kept without their outputs."""

from __future__ import annotations

import json
import re
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
def test_runs(path: Path) -> None:
    """The cells run in order in a fresh kernel, in the project's folder, and show something."""
    nbclient, nbformat = pytest.importorskip("nbclient"), pytest.importorskip("nbformat")
    notebook = nbformat.read(path, as_version=4)
    client = nbclient.NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(ROOT)}}
    )
    client.execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    assert outputs
    assert [output["text"] for output in outputs if output.get("name") == "stderr"] == []


@each_notebook
def test_reads_the_samples_only(path: Path) -> None:
    """What a notebook reads is in the checkout."""
    source = "\n".join("".join(cell["source"]) for cell in code_cells(path))
    named = re.findall(r"\"(samples[^\"]*)\"", source)
    assert named
    for name in named:
        assert name == "samples" or any(ROOT.glob(name)), name


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
