"""Pictures of every sample and of the real logs: they can be drawn, and show what the event has."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

import oomlog
from oomlog.errors import PictureError
from oomlog.explain.mem_info import zones
from oomlog.explain.run import explain_all
from oomlog.report.plots import plot_badness, plot_ledger, plot_tasks, plot_zones, svg_of

SAMPLES = Path(__file__).resolve().parents[1] / "samples"
ENTRIES: list[dict[str, Any]] = tomllib.loads((SAMPLES / "index.toml").read_text("utf-8"))["sample"]
SHARED = Path(os.environ.get("OOMLOG_CORPUS") or SAMPLES.parents[1] / "shared" / "corpus")
CORPUS = sorted(SHARED.glob("*.log"))
EVENTS = 2
"""Of one log; those of a series look alike."""


def log_of(entry: dict[str, Any]) -> Path:
    files = entry["files"]
    return SAMPLES / files.get("kmsg", files.get("dmesg", files.get("console")))


def check_texts(figure: Figure) -> None:
    """Find every text inside of its figure."""
    figure.draw_without_rendering()
    for text in figure.findobj(Text):
        if text.get_text():
            box = text.get_window_extent()
            assert -1 <= box.x0 <= box.x1 <= figure.bbox.x1 + 1, text
            assert -1 <= box.y0 <= box.y1 <= figure.bbox.y1 + 1, text


def check(log: Path) -> None:
    found = list(explain_all(oomlog.parse(log, on_error=lambda _: None)))
    for number, each in enumerate(found[:EVENTS]):
        pictures = {
            plot_ledger: each.ledger is not None,
            plot_badness: bool(each.victim.ranking),
            plot_zones: any(isinstance(zone.get("free_kb"), int) for zone in zones(each.event)),
            plot_tasks: bool(each.event.tasks) and "rss_pages" in each.event.tasks.columns,
        }
        for draw, there in pictures.items():
            # The languages and widths take turns, so that all are tried and none takes long.
            lang, width = ("en", "ko")[number % 2], (700, 340)[(number + len(log.name)) % 2]
            if not there:
                with pytest.raises(PictureError):
                    draw(each, lang=lang, width=width)
            else:
                ax = draw(each, lang=lang, width=width)
                root = ElementTree.fromstring(svg_of(ax))
                assert "?" not in "".join(root.itertext())
                check_texts(ax.figure)
        if each.parts:
            svg_of(plot_ledger(each.parts))


@pytest.mark.parametrize("entry", ENTRIES, ids=[entry["name"] for entry in ENTRIES])
def test_samples_can_be_drawn(entry):
    """Each picture for which the event has the numbers; the others raise and say what is missing.

    Texts are inside of their pictures, whatever names, languages and widths there are.
    """
    check(log_of(entry))


@pytest.mark.parametrize("log", CORPUS, ids=[log.stem for log in CORPUS])
def test_real_logs_can_be_drawn(log):
    """Damaged, cut and foreign reports, too."""
    check(log)


def test_the_corpus_is_there():
    """Without it the logs of real machines are not tried, which shows as a skip."""
    if not CORPUS:
        pytest.skip(f"no corpus at {SHARED}; set OOMLOG_CORPUS")
