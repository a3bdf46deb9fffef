"""Pictures written: PNG and SVG files, and SVG that is part of a page.

matplotlib's SVG is made for files of their own.  Here it becomes an element of a page with a strict content
policy: without style attributes and a style sheet (which would reach the whole page), without metadata and
references to anything outside, with ids that other pictures of the page do not have, and with a title and a
description.  Texts stay texts: they can be searched, copied and read aloud, and need no fonts of the writer.
"""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import TypeGuard
from xml.etree import ElementTree

import matplotlib
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from oomlog.report.plots.fonts import DPI
from oomlog.report.plots.theme import NEUTRAL, Theme, in_theme

__all__ = ["file_bytes", "png_of", "save", "svg_of"]

_SVG = "http://www.w3.org/2000/svg"
_LINK = "{http://www.w3.org/1999/xlink}href"
_FAMILY = (
    "'DejaVu Sans', Verdana, 'Noto Sans KR', 'Noto Sans CJK KR', 'Malgun Gothic', 'Apple SD Gothic Neo', "
    "sans-serif"
)
_DROPPED = ("metadata", "style")
# What matplotlib writes into styles and SVG has as attributes.
_PROPERTIES = frozenset(
    (
        "clip-path",
        "fill",
        "fill-opacity",
        "fill-rule",
        "font-size",
        "font-style",
        "font-weight",
        "opacity",
        "stroke",
        "stroke-dasharray",
        "stroke-dashoffset",
        "stroke-linecap",
        "stroke-linejoin",
        "stroke-miterlimit",
        "stroke-opacity",
        "stroke-width",
        "text-anchor",
    )
)


def save(
    picture: Axes | Figure, path: str | os.PathLike[str], *, theme: Theme = "light", scale: float = 2.0
) -> None:
    """Write a picture to a PNG or SVG file, by the name's ending; the same picture gives the same bytes.

    :param theme: ``light`` or ``dark``.
    :param scale: Dots of a PNG for each pixel the picture was made for.
    :raise ValueError: Neither ``.png`` nor ``.svg``, or no such theme.
    :raise OSError: The file cannot be written.
    """
    target = Path(path)
    form = target.suffix.lower()[1:]
    if form not in ("png", "svg"):
        raise ValueError(f"{target.name}: pictures are written as .png or .svg")
    target.write_bytes(file_bytes(picture, form, theme=theme, scale=scale))


def file_bytes(picture: Axes | Figure, form: str, *, theme: Theme = "light", scale: float = 2.0) -> bytes:
    """Return what ``save`` writes.

    :param form: ``png`` or ``svg``.
    """
    if form == "svg":
        return f"{_svg(picture, theme, 'oomlog', paper=True)}\n".encode()
    return png_of(picture, theme=theme, scale=scale)[0]


def png_of(picture: Axes | Figure, *, theme: Theme = "light", scale: float = 2.0) -> tuple[bytes, int, int]:
    """Return a picture as PNG, and the width and height in pixels that it was made for.

    :param scale: Dots for each of these pixels.
    """
    figure, out = _figure(picture), io.BytesIO()
    with in_theme(figure, theme):
        figure.savefig(
            out,
            format="png",
            dpi=DPI * scale,
            facecolor=_paper(figure, theme),
            metadata={"Software": None},
        )
    width, height = (round(float(each) * DPI) for each in figure.get_size_inches())
    return out.getvalue(), width, height


def svg_of(picture: Axes | Figure, *, theme: Theme = "light", id_prefix: str = "picture") -> str:
    """Return a picture as an ``<svg>`` element to put into an HTML page, with nothing behind it.

    It has no scripts, styles or references, so ``default-src 'none'`` lets it be.  Colours that a theme
    changes have classes for ``theme_css`` besides.

    :param id_prefix: Different for each picture of a page; letters, digits, ``-`` and ``_``.
    :raise ValueError: No such theme, or a prefix that is no id.
    """
    if not id_prefix.replace("-", "a").replace("_", "a").isalnum() or not id_prefix.isascii():
        raise ValueError(f"id_prefix {id_prefix!r}: only letters, digits, '-' and '_'")
    return _svg(picture, theme, id_prefix, paper=False)


def _figure(picture: Axes | Figure) -> Figure:
    if isinstance(picture, Figure):
        return picture
    figure = picture.get_figure(root=True)
    if figure is None:
        raise ValueError("these axes were removed from their figure")
    return figure


def _paper(figure: Figure, theme: Theme) -> str:
    """Return the colour behind a picture; a figure of somebody's own that is not white keeps its own."""
    own = to_hex(figure.get_facecolor())
    return NEUTRAL[theme]["paper"] if own == NEUTRAL["light"]["paper"] else own


def _svg(picture: Axes | Figure, theme: Theme, prefix: str, *, paper: bool) -> str:
    figure = _figure(picture)
    out = io.BytesIO()
    # The settings are put back at once; text stays text, and ids are the same each time.
    with (
        in_theme(figure, theme),
        matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "oomlog", "svg.id": None}),
    ):
        figure.savefig(
            out,
            format="svg",
            facecolor=_paper(figure, theme) if paper else "none",
            metadata={"Date": None, "Creator": None, "Format": None, "Type": None},
        )
    root = ElementTree.fromstring(out.getvalue())
    _clean(root, {colour: role for role, colour in NEUTRAL[theme].items()})
    _rename_ids(root, prefix)
    axes = picture if isinstance(picture, Axes) else next(iter(figure.axes), None)
    _introduce(root, axes, prefix)
    width, height = (round(float(each) * DPI) for each in figure.get_size_inches())
    root.attrib = {
        "xmlns": _SVG,
        "viewBox": root.attrib["viewBox"],
        "width": str(width),
        "height": str(height),
        "role": "img",
        "aria-labelledby": f"{prefix}-title {prefix}-desc",
        "stroke-linejoin": "round",
        "stroke-linecap": "butt",
        "font-family": _FAMILY,
    }
    return ElementTree.tostring(root, encoding="unicode")


def _clean(element: ElementTree.Element, roles: dict[str, str]) -> None:
    """Turn styles into attributes, and drop what a page needs no more."""
    element.tag = element.tag.removeprefix(f"{{{_SVG}}}")
    style = element.attrib.pop("style", "")
    for each in style.split(";"):
        name, _, value = (part.strip() for part in each.partition(":"))
        if name in _PROPERTIES:
            element.set(name, value)
    link = element.attrib.pop(_LINK, None)
    if link is not None:
        element.set("href", link)
    classes = [
        f"oomlog-{kind}-{roles[colour]}"
        for kind in ("fill", "stroke")
        if (colour := element.get(kind, "")) in roles
    ]
    if classes:
        element.set("class", " ".join(classes))
    for child in [*element]:
        if _is_tag(child.tag) and child.tag.rpartition("}")[2] in _DROPPED:
            element.remove(child)
        else:
            _clean(child, roles)
    for child in [*element]:
        if child.tag == "defs" and not len(child):
            element.remove(child)
    if element.tag not in ("text", "tspan") and not (element.text or "").strip():
        element.text = None
    element.tail = None if not (element.tail or "").strip() else element.tail


def _is_tag(tag: object) -> TypeGuard[str]:
    return isinstance(tag, str)


def _rename_ids(root: ElementTree.Element, prefix: str) -> None:
    """Keep only ids that something refers to, by new names."""
    used: dict[str, str] = {}
    for element in root.iter():
        for name, value in element.attrib.items():
            if name == "href" and value.startswith("#"):
                found = value[1:]
            elif value.startswith("url(#"):
                found = value[5:-1]
            else:
                continue
            used.setdefault(found, f"{prefix}-{len(used)}")
            element.set(name, f"#{used[found]}" if name == "href" else f"url(#{used[found]})")
    for element in root.iter():
        old = element.attrib.pop("id", None)
        if old in used:
            element.set("id", used[old])


def _introduce(root: ElementTree.Element, axes: Axes | None, prefix: str) -> None:
    title = "" if axes is None else " ".join(axes.get_title(loc="left").split("\n"))
    label = "" if axes is None else str(axes.get_label())
    for place, (name, text) in enumerate((("title", title), ("desc", label))):
        element = ElementTree.Element(name, {"id": f"{prefix}-{name}"})
        element.text = text
        root.insert(place, element)
