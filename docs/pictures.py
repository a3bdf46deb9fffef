"""Draw the pictures that the documents show: ``make pictures``."""

from __future__ import annotations

from pathlib import Path

import oomlog
from oomlog.explain.run import explain_all
from oomlog.report.plots import plot_ledger, save

__all__ = ["IMAGES", "draw"]

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / "docs" / "images"


def draw(folder: Path) -> None:
    """Write every picture into a folder."""
    explained = explain_all(oomlog.parse(ROOT / "samples" / "v7.2-global-hugetlb.dmesg.log"))
    save(plot_ledger(next(iter(explained))), folder / "ledger.svg")


if __name__ == "__main__":
    draw(IMAGES)
