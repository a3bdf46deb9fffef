"""Texts in pictures: fonts that have the letters, widths in pixels, lines that fit.

Labels are measured with DejaVu Sans, which comes with matplotlib and is wider than what viewers put in its
place, so what fits here fits there.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache

from matplotlib import font_manager
from matplotlib.font_manager import FontProperties, get_font
from matplotlib.textpath import text_to_path

from oomlog.report.escape import cell

__all__ = ["BODY", "DPI", "SMALL", "TITLE", "families", "fit", "shown", "speakable", "text_width", "wrapped"]

DPI = 100
"""Pixels of the page an inch has: a figure 7 inches wide is drawn for 700 pixels."""
BODY = 9.0
SMALL = 8.0
TITLE = 11.0
_LATIN = "DejaVu Sans"
_HINTED = 1.05
"""Letters on whole pixels are so much wider, at most."""
_BREAKS = re.compile(r" (?![%‰×]|[KMGTP]?iB\b)")
"""Where a line may end: not between a number and its unit."""
_HANGUL = (
    "Noto Sans CJK KR",
    "Noto Sans KR",
    "Noto Sans CJK JP",
    "NanumGothic",
    "NanumBarunGothic",
    "Malgun Gothic",
    "Apple SD Gothic Neo",
    "AppleGothic",
    "Baekmuk Gulim",
    "UnDotum",
)


@cache
def _hangul() -> str | None:
    have = {font.name for font in font_manager.fontManager.ttflist}
    return next((name for name in _HANGUL if name in have), None)


def families() -> list[str]:
    """Return the fonts of all texts: a letter that the first does not have is taken from the second."""
    found = _hangul()
    return [_LATIN] if found is None else [_LATIN, found]


def speakable(lang: str) -> str:
    """Return the language that can be drawn here: English when there is no Korean font."""
    return "en" if lang == "ko" and _hangul() is None else lang


@cache
def _letters() -> frozenset[int]:
    """Return all characters that there are glyphs for."""
    found: set[int] = set()
    for family in families():
        for weight in ("normal", "bold"):
            path = font_manager.findfont(FontProperties(family=[family], weight=weight))
            found.update(get_font(path).get_charmap())
    return frozenset(found)


def shown(text: str) -> str:
    r"""Return a text from a log as it can be drawn: in order from left to right, every character visible.

    Beside what ``cell`` escapes, these are letters that are written from right to left, which would turn a
    pid behind them around, and those that no font here has.

    >>> print(shown("a\nb"), shown("\u05d0"), shown("$x^2$"))
    a\x0ab \u05d0 $x^2$
    """
    text = cell(text)
    if text.isascii():
        return text
    have = _letters()
    return "".join(
        char
        if ord(char) in have and unicodedata.bidirectional(char) not in ("R", "AL", "AN")
        else (f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}")
        for char in text
    )


@lru_cache(maxsize=4096)
def text_width(text: str, size: float = BODY, *, bold: bool = False) -> float:
    """Return how wide a text is, in pixels."""
    font = FontProperties(family=families(), size=size, weight="bold" if bold else "normal")
    return text_to_path.get_text_width_height_descent(text, font, False)[0] * DPI / 72 * _HINTED


def fit(text: str, width: float, size: float = BODY, *, bold: bool = False, end: bool = False) -> str:
    """Return the text, without some of its middle where it does not fit.

    :param width: Pixels that there are.
    :param end: Keep the end only, where paths differ.

    >>> fit("/system.slice/docker.service", 130, end=True)
    '…ce/docker.service'
    """
    if text_width(text, size, bold=bold) <= width:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if text_width(_cut(text, middle, end), size, bold=bold) <= width:
            low = middle
        else:
            high = middle - 1
    return _cut(text, low, end)


def _cut(text: str, length: int, end: bool) -> str:
    if end:
        return f"…{text[len(text) - length :]}" if length else "…"
    # Names of a series differ at their ends, and behind a task's name stands its pid.
    tail = length // 3
    return f"{text[: length - tail]}…{text[len(text) - tail :]}"


def wrapped(text: str, width: float, size: float, *, bold: bool = False, lines: int = 3) -> list[str]:
    """Return the text in lines that fit; what is too long for the last one is cut."""
    found = [""]
    for word in _BREAKS.split(text):
        longer = f"{found[-1]} {word}".lstrip()
        if not found[-1] or text_width(longer, size, bold=bold) <= width:
            found[-1] = longer
        else:
            found.append(word)
    if len(found) > lines:
        found = [*found[: lines - 1], " ".join(found[lines - 1 :])]
    return [fit(each, width, size, bold=bold) for each in found]
