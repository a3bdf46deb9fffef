"""The picture of zones: free memory and watermarks are where the log says."""

from __future__ import annotations

import math
from pathlib import Path
from types import SimpleNamespace

import pytest
from drawn import bars, lines, texts, title

import oomlog
from oomlog.errors import PictureError
from oomlog.report.plots import plot_zones

SAMPLES = Path(__file__).resolve().parents[4] / "samples"


def first(name: str) -> oomlog.OomEvent:
    return next(iter(oomlog.parse(SAMPLES / f"{name}.log")))


def with_zones(monkeypatch: pytest.MonkeyPatch, *zones: dict[str, object]) -> object:
    monkeypatch.setattr("oomlog.report.plots.zones.page_size", lambda _: SimpleNamespace(value=4))
    return SimpleNamespace(mem_info={"zones": zones})


@pytest.mark.parametrize("name", ["v6.12-global-two-nodes.kmsg", "v5.10-global-lowmem.kmsg"])
def test_marks_are_at_the_watermarks(name):
    """On a logarithmic scale, so that DMA can be read beside Normal."""
    event = first(name)
    ax = plot_zones(event)
    for number, zone in enumerate(event.mem_info["zones"]):
        row = bars(ax, f"{number}.")
        assert row["free"].get_x() + row["free"].get_width() == pytest.approx(math.log2(zone["free_kb"]))
        for mark in ("min", "low", "high"):
            if zone[f"{mark}_kb"]:
                assert lines(ax)[f"{number}.{mark}"] == pytest.approx(math.log2(zone[f"{mark}_kb"]))
        reserve = max(zone["lowmem_reserve_pages"]) * 4
        if reserve:
            end = row["reserve"].get_x() + row["reserve"].get_width()
            assert end == pytest.approx(math.log2(zone["high_kb"] + reserve))
        else:
            assert "reserve" not in row


@pytest.mark.parametrize(
    ("free", "said"),
    [
        ((50, 5000), "DMA was below its min watermark: 50 KiB free, min 100 KiB"),
        ((50, 10), "2 of 2 zones were below their min watermark, Normal the furthest"),
        ((120, 5000), "No zone was below its min watermark; DMA was the closest: 120 KiB free, min 100 KiB"),
        ((200, 9000), "Every zone had more free than its high watermark; DMA was the closest to its min"),
    ],
)
def test_the_title_says_which_zones_were_short(free, said, monkeypatch):
    """By the watermarks that were printed."""
    zones = [
        {"zone": name, "free_kb": kb, "min_kb": least, "low_kb": least * 5 // 4, "high_kb": least * 3 // 2}
        for name, kb, least in zip(("DMA", "Normal"), free, (100, 1000), strict=True)
    ]
    assert title(plot_zones(with_zones(monkeypatch, *zones))) == said


def test_sizes_that_differ_look_different(monkeypatch):
    """Where three digits of both would be the same, all are shown."""
    zone = {"node": 0, "zone": "Normal", "free_kb": 44_640, "min_kb": 44_652, "high_kb": 60_000}
    ax = plot_zones(with_zones(monkeypatch, zone))
    assert title(ax) == "Normal was below its min watermark: 44,640 KiB free, min 44,652 KiB"
    assert "44,640 KiB < min 44,652 KiB" in texts(ax)


def test_what_was_not_printed_is_not_drawn(monkeypatch):
    """A zone without watermarks has no marks; one without free memory no row; none at all is an error."""
    ax = plot_zones(with_zones(monkeypatch, {"zone": "DMA", "free_kb": 7}, {"zone": "Normal", "min_kb": 5}))
    assert lines(ax) == {}
    assert set(bars(ax)) == {"0.free"}
    assert title(ax) == "Free memory by zone; the log does not show the watermarks"
    with pytest.raises(PictureError, match="no zones: the log has no lines"):
        plot_zones(first("v6.12-memcg-v2-kubernetes.kmsg"))


def test_a_zone_with_nothing_free_is_at_the_edge(monkeypatch):
    """A logarithm of zero there is not."""
    ax = plot_zones(with_zones(monkeypatch, {"zone": "DMA", "free_kb": 0, "min_kb": 64, "high_kb": 96}))
    assert bars(ax)["0.free"].get_width() == 0
