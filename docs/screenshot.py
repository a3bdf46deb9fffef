"""Photograph the report that the documents show, in a headless Chromium: ``make pictures``."""

from __future__ import annotations

import base64
import io
import sys
import tempfile
from pathlib import Path

from PIL import Image
from PIL.PngImagePlugin import PngInfo

import oomlog
from oomlog.report.postmortem.api import Report

__all__ = ["LOG", "photograph", "told"]

ROOT = Path(__file__).resolve().parents[1]
LOG = "samples/v7.2-global-hugetlb.dmesg.log"
WIDTH, HEIGHT = 1040, 1335


def told(report: Report) -> str:
    """Return the words that a picture of a report carries with it, by which a test sees that it is old."""
    page = report.json()
    return f"{page['title']}. {page['verdict']}"


def photograph(target: Path) -> None:
    """Write the upper part of a report as a picture."""
    sys.path.insert(0, str(ROOT / "tests" / "browser"))
    from browser import chromium, emulate

    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder, "report.html")
        report = oomlog.report(LOG)
        report.save(page)
        with chromium(Path(folder, "profile")) as driver:
            emulate(driver, width=WIDTH)
            driver.get(page.as_uri())
            shown = {"x": 0, "y": 0, "width": WIDTH, "height": HEIGHT, "scale": 1}
            taken = driver.execute_cdp_cmd(
                "Page.captureScreenshot", {"format": "png", "captureBeyondViewport": True, "clip": shown}
            )
    words = PngInfo()
    words.add_itxt("Description", told(report))
    with Image.open(io.BytesIO(base64.b64decode(taken["data"]))) as picture:
        picture.save(target, optimize=True, pnginfo=words)


if __name__ == "__main__":
    photograph(ROOT / "docs" / "images" / "report.png")
