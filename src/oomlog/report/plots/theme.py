"""Colours of the pictures: by role, for light and for dark paper.

Data has the colours of Okabe and Ito, which people with any colour vision can tell apart and which stand out
from white and from black alike, so only paper, ink and what lies between change with the theme.  In print
without colour, places, labels and hatches tell the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

from matplotlib.axes import Axes
from matplotlib.collections import Collection
from matplotlib.colors import to_hex, to_rgba
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.text import Text

__all__ = ["COLOURS", "NEUTRAL", "Theme", "in_theme", "suit_figure", "theme_css"]

Theme = Literal["light", "dark"]

NEUTRAL: dict[str, dict[str, str]] = {
    "light": {
        "paper": "#ffffff",
        "ink": "#1a1a1a",
        "muted": "#595959",
        "grid": "#dcdcdc",
        "track": "#efefef",
        "empty": "#c9c9c9",
    },
    "dark": {
        "paper": "#16181d",
        "ink": "#f2f2f2",
        "muted": "#b4b4b4",
        "grid": "#3a3d44",
        "track": "#262930",
        "empty": "#434750",
    },
}
"""Roles that change with the theme; each colour stands for one role only."""

COLOURS: dict[str, str] = {
    **NEUTRAL["light"],
    "blue": "#0072b2",
    "sky": "#56b4e9",
    "green": "#009e73",
    "yellow": "#f0e442",
    "orange": "#e69f00",
    "red": "#d55e00",
    "purple": "#cc79a7",
    "grey": "#6b6b6b",
    "bright": "#fefefe",
}
"""What pictures are drawn with; a theme is put on when they are written."""


@contextmanager
def in_theme(figure: Figure, theme: Theme) -> Iterator[None]:
    """Let a figure have the colours of a theme for a while.

    :raise ValueError: There is no such theme.
    """
    if theme not in NEUTRAL:
        raise ValueError(f"there is no theme {theme!r}; take 'light' or 'dark'")
    undo: list[Callable[[], object]] = []
    try:
        if theme != "light":
            undo = _repaint(figure, theme)
        yield
    finally:
        for step in reversed(undo):
            step()


def suit_figure(ax: Axes) -> None:
    """Give what was drawn into somebody's axes the colours of dark paper where their figure is dark."""
    figure = ax.get_figure(root=True)
    red, green, blue, alpha = to_rgba("none" if figure is None else figure.get_facecolor())
    if alpha > 0.5 and 0.2126 * red + 0.7152 * green + 0.0722 * blue < 0.3:
        _repaint(ax, "dark")


def _repaint(root: Figure | Axes, theme: Theme) -> list[Callable[[], object]]:
    swap = {NEUTRAL["light"][role]: colour for role, colour in NEUTRAL[theme].items()}
    undo: list[Callable[[], object]] = []
    for artist in root.findobj():
        for name in _colour_names(artist):
            _recolour(artist, name, swap, undo)
    return undo


def _colour_names(artist: object) -> tuple[str, ...]:
    if isinstance(artist, Text):
        return ("color",)
    if isinstance(artist, Line2D):
        return ("color", "markerfacecolor", "markeredgecolor")
    if isinstance(artist, Patch | Collection):
        return ("facecolor", "edgecolor")
    return ()


def _recolour(artist: Any, name: str, swap: dict[str, str], undo: list[Callable[[], object]]) -> None:
    old, put = getattr(artist, f"get_{name}")(), getattr(artist, f"set_{name}")
    if isinstance(artist, Collection):
        new: Any = [_swapped(each, swap) for each in old]
    else:
        new = _swapped(old, swap)
    put(new)
    undo.append(lambda: put(old))


def _swapped(colour: Any, swap: dict[str, str]) -> Any:
    if isinstance(colour, str) and colour in ("none", "auto"):
        return colour
    red, green, blue, alpha = to_rgba(colour)
    found = swap.get(to_hex((red, green, blue)))
    return colour if found is None else to_rgba(found, alpha)


def theme_css(theme: Theme) -> str:
    """Return the rules of a style sheet that put a theme on pictures which are part of a page.

    What changes with the theme has classes in ``svg_of``'s pictures, so one picture serves both: these rules
    belong into ``@media (prefers-color-scheme: dark)``.

    >>> theme_css("dark").splitlines()[1]
    '.oomlog-fill-ink{fill:#f2f2f2}.oomlog-stroke-ink{stroke:#f2f2f2}'
    """
    return "\n".join(
        f".oomlog-fill-{role}{{fill:{colour}}}.oomlog-stroke-{role}{{stroke:{colour}}}"
        for role, colour in NEUTRAL[theme].items()
    )
