"""The colours of pictures: people who lack a kind of cone tell them apart, on light and on dark paper."""

from __future__ import annotations

import io
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

import oomlog
from oomlog.report.plots import plot_tasks, png_of
from oomlog.report.plots.theme import COLOURS, NEUTRAL

SAMPLES = Path(__file__).resolve().parents[4] / "samples"
# Machado, Oliveira and Fernandes, "A Physiologically-based Model for Simulation of Color Vision Deficiency"
# (2009), severity 1.0, for linear RGB.
EYES = {
    "all cones": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
}
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
WHITE = np.array([0.9505, 1.0, 1.089])
DATA = ("blue", "sky", "green", "yellow", "orange", "red", "purple", "grey")


def lab(colour: str, eye: str) -> np.ndarray:
    """Return a colour as an eye sees it, in CIE L*a*b*."""
    rgb = np.array(to_rgb(colour))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    xyz = TO_XYZ @ np.clip(np.array(EYES[eye]) @ linear, 0, 1) / WHITE
    x, y, z = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("theme", NEUTRAL)
@pytest.mark.parametrize("eye", EYES)
def test_colours_of_data_differ(theme, eye):
    """No two of them are nearer than 14 (2 can just be told apart), nor is one to the paper."""
    seen = {name: lab(COLOURS[name], eye) for name in DATA}
    seen |= {name: lab(NEUTRAL[theme][name], eye) for name in ("empty", "paper")}
    near = {(a, b): float(np.linalg.norm(seen[a] - seen[b])) for a, b in combinations(seen, 2)}
    assert min(near.values()) >= 14, min(near, key=near.__getitem__)


@pytest.mark.parametrize(("ground", "theme"), [("black", "dark"), ("#202020", "dark"), ("white", "light")])
def test_somebodys_dark_figure_has_light_words(ground, theme):
    """A picture in axes of a figure with a dark style can be read there."""
    ax = Figure(figsize=(8, 4), facecolor=ground).add_subplot()
    event = next(iter(oomlog.parse(SAMPLES / "v6.12-memcg-v2-docker.dmesg.log")))
    plot_tasks(event, ax=ax)
    written = Image.open(io.BytesIO(png_of(ax)[0])).convert("RGB").getpixel((0, 0))
    assert written == tuple(round(255 * each) for each in to_rgb(ground))
    colours = {text.get_color() for text in ax.findobj(Text) if text.get_text()}
    assert {to_hex(each) for each in colours} == {NEUTRAL[theme][role] for role in ("ink", "muted")}
