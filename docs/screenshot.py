"""Photograph the report that README.md shows, in a headless Chromium: ``make pictures``."""

from __future__ import annotations

import base64
import sys
import tempfile
from pathlib import Path

import oomlog

__all__ = ["photograph"]

ROOT = Path(__file__).resolve().parents[1]
LOG = "samples/v7.2-global-hugetlb.dmesg.log"
WIDTH, HEIGHT = 1040, 1480


def photograph(target: Path) -> None:
    """Write the upper part of a report as a picture."""
    sys.path.insert(0, str(ROOT / "tests" / "browser"))
    from browser import chromium, emulate

    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder, "report.html")
        oomlog.report(LOG).save(page)
        with chromium(Path(folder, "profile")) as driver:
            emulate(driver, width=WIDTH)
            driver.get(page.as_uri())
            shown = {"x": 0, "y": 0, "width": WIDTH, "height": HEIGHT, "scale": 1}
            taken = driver.execute_cdp_cmd(
                "Page.captureScreenshot", {"format": "png", "captureBeyondViewport": True, "clip": shown}
            )
    target.write_bytes(base64.b64decode(taken["data"]))


if __name__ == "__main__":
    photograph(ROOT / "docs" / "images" / "report.png")
