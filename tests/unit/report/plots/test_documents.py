"""The pictures of the documents."""

from __future__ import annotations

import runpy
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parents[4]


def said(path: Path) -> list[str]:
    """Return all texts of an SVG."""
    return [text for text in ElementTree.parse(path).getroot().itertext() if text.strip()]


def test_pictures_of_documents_are_what_the_code_draws(tmp_path):
    """The same files saying the same, and none larger than a page should load; see ``make pictures``."""
    names = runpy.run_path(str(ROOT / "docs" / "pictures.py"))
    names["draw"](tmp_path)
    drawn = sorted(path.name for path in tmp_path.iterdir())
    assert set(drawn) <= {path.name for path in names["IMAGES"].iterdir()}
    for name in drawn:
        assert said(tmp_path / name) == said(names["IMAGES"] / name)
        assert (names["IMAGES"] / name).stat().st_size < 60_000
