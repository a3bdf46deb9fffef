"""Pictures written: files, and elements of a page with a strict content policy."""

from __future__ import annotations

import gc
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import matplotlib
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.image import imread

import oomlog
from oomlog.explain.model import Ledger, LedgerItem
from oomlog.explain.run import explain_all
from oomlog.report.plots import plot_badness, plot_ledger, plot_tasks, save, svg_of, theme_css

SAMPLES = Path(__file__).resolve().parents[4] / "samples"
SVG = "{http://www.w3.org/2000/svg}"
LEDGER = Ledger("machine", None, 1000, (LedgerItem("anon", 700, None), LedgerItem("free", 100, None)), 200)
HOSTILE = [
    "<script>alert(1)</script>",
    "</svg><img src=x onerror=alert(1)>",
    '" onload="alert(1)',
    "$\\frac{1}{0}$",
    "$x",
    "a\nb\x1b[31m",
    "\u202egnp.exe",
    "\u05d0\u05d1\u05d2",
    "]]>&amp;<!--",
    "",
    "  ",
    "\U0001f4a9\ud800",
    "가나다",
]


def hostile() -> Ledger | list[Ledger]:
    return [Ledger("memcg", name, 10, (LedgerItem("anon", 10, None),), None) for name in HOSTILE]


@pytest.mark.parametrize("width", [340, 700])
def test_hostile_names_are_text(width):
    """Names from a log are shown, escaped, and change neither the picture's structure nor a page's."""
    svg = svg_of(plot_ledger(hostile(), width=width))
    root = ElementTree.fromstring(svg)
    tags = {element.tag.removeprefix(SVG) for element in root.iter()}
    assert tags <= {
        "svg",
        "title",
        "desc",
        "g",
        "path",
        "text",
        "tspan",
        "defs",
        "clipPath",
        "rect",
        "pattern",
        "use",
    }
    assert not any(name.startswith("on") for element in root.iter() for name in element.attrib)
    texts = "".join(root.itertext())
    assert "$x" in texts
    assert "\\u202e" in texts
    assert "\\u05d0" in texts
    assert "\x1b" not in texts
    assert "<script" not in svg
    if width == 700:
        assert "<script>alert(1)</script>" in texts


@pytest.mark.parametrize("name", ["v6.12-hostile-comm.kmsg", "v7.2-hostile-cgroup.kmsg"])
def test_hostile_logs_are_drawn(name):
    """Names of processes and cgroups that a real kernel printed."""
    for explanation in explain_all(oomlog.parse(SAMPLES / f"{name}.log")):
        for draw in (plot_badness, plot_tasks):
            ElementTree.fromstring(svg_of(draw(explanation)))


def test_an_element_needs_nothing_else():
    """No styles, scripts or references: a page with ``default-src 'none'`` shows it as it is."""
    svg = svg_of(plot_ledger(LEDGER))
    root = ElementTree.fromstring(svg)
    assert not re.search(r"<style|style=|<script|<!|<\?|xlink|<metadata|data:", svg)
    assert re.findall(r"https?://[^\"']*", svg) == ["http://www.w3.org/2000/svg"]
    ids = {element.get("id") for element in root.iter()} - {None}
    links = set(re.findall(r'(?:url\(|href=")#([^)"]+)', svg))
    assert links
    assert links <= ids


def test_pictures_of_a_page_do_not_share_ids():
    """Each id begins with the prefix, and occurs once."""
    both = [svg_of(plot_ledger(LEDGER), id_prefix=prefix) for prefix in ("a", "b")]
    ids = [re.findall(r' id="([^"]+)"', svg) for svg in both]
    assert all(each.startswith("a-") for each in ids[0])
    assert len(set(ids[0] + ids[1])) == len(ids[0] + ids[1])
    with pytest.raises(ValueError, match="only letters, digits"):
        svg_of(plot_ledger(LEDGER), id_prefix='a"b')


def test_it_says_what_it_shows():
    """Title and description are there for those who do not see it."""
    root = ElementTree.fromstring(svg_of(plot_ledger(LEDGER), id_prefix="x"))
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == "x-title x-desc"
    assert root.findtext(f"{SVG}title") == "Anonymous memory: 70.0 % of 1000 KiB of RAM"
    said = root.findtext(f"{SVG}desc")
    assert "anonymous memory: 700 KiB, 70.0 %" in said
    assert "counted in no line: 200 KiB, 20.0 %" in said


def test_the_same_picture_has_the_same_bytes(tmp_path):
    """In files and elements, also in another process."""
    for name in ("a.svg", "b.svg", "a.png", "b.png"):
        save(plot_ledger(LEDGER), tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    code = (
        "from oomlog.explain.model import Ledger, LedgerItem\n"
        "from oomlog.report.plots import plot_ledger, svg_of\n"
        f"print(svg_of(plot_ledger({LEDGER!r})))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == svg_of(plot_ledger(LEDGER)) + "\n"


def test_files_have_a_background_and_elements_have_none(tmp_path):
    """A file is seen anywhere, an element on its page."""
    ax = plot_ledger(LEDGER)
    save(ax, tmp_path / "a.png", theme="dark")
    assert to_hex(imread(tmp_path / "a.png")[0, 0]) == "#16181d"
    save(ax, tmp_path / "a.svg", theme="dark")
    assert "#16181d" in (tmp_path / "a.svg").read_text()
    assert "#ffffff" not in (tmp_path / "a.svg").read_text()
    with pytest.raises(ValueError, match=r"a\.pdf: pictures are written as \.png or \.svg"):
        save(ax, tmp_path / "a.pdf")


def test_a_theme_is_taken_off_again():
    """Writing a picture in dark does not change the picture."""
    ax = plot_ledger(LEDGER)
    light = svg_of(ax)
    dark = svg_of(ax, theme="dark")
    assert dark != light
    assert svg_of(ax) == light
    with pytest.raises(ValueError, match="there is no theme 'blue'"):
        svg_of(ax, theme="blue")


def test_a_page_can_put_a_theme_on():
    """Every colour that a theme changes has a class, which the rules know."""
    svg, css = svg_of(plot_ledger(LEDGER)), theme_css("dark")
    for element in ElementTree.fromstring(svg).iter():
        classes = (element.get("class") or "").split()
        for kind in ("fill", "stroke"):
            if element.get(kind) == "#1a1a1a":
                assert f"oomlog-{kind}-ink" in classes
    for name in set(re.findall(r"oomlog-(?:fill|stroke)-\w+", svg)):
        assert f".{name}{{" in css


def test_a_given_axes_is_drawn_into():
    """Several pictures can share one figure."""
    figure = Figure(figsize=(12, 4))
    left, right = figure.subplots(1, 2)
    assert plot_ledger(LEDGER, left) is left
    assert plot_ledger(LEDGER, right) is right
    ElementTree.fromstring(svg_of(figure))


def test_no_state_of_matplotlib_is_touched():
    """Neither its settings nor pyplot's figures; a picture that is dropped is gone."""
    before = dict(matplotlib.rcParams)
    svg_of(plot_ledger(LEDGER))
    assert dict(matplotlib.rcParams) == before
    gc.collect()
    assert not [each for each in gc.get_objects() if isinstance(each, Figure)]
    code = "import sys, oomlog.report.plots; print('matplotlib.pyplot' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_settings_of_the_user_do_not_matter():
    """A style that somebody chose for other figures does not change what is written."""
    plain = svg_of(plot_ledger(LEDGER))
    with matplotlib.rc_context(
        {"svg.fonttype": "path", "font.size": 30, "text.color": "red", "axes.grid": True, "text.usetex": True}
    ):
        assert svg_of(plot_ledger(LEDGER)) == plain
