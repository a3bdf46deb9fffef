"""Reading pictures back: bars and lines by the names that they are drawn with."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.text import Text


def bars(ax: Axes, prefix: str = "") -> dict[str, Rectangle]:
    """Return the named bars whose name begins with ``prefix``, by the rest of the name."""
    return {
        patch.get_gid().removeprefix(prefix): patch
        for patch in ax.patches
        if (patch.get_gid() or "").startswith(prefix) and patch.get_gid()
    }


def lines(ax: Axes) -> dict[str, float]:
    """Return where the named vertical lines are."""
    return {line.get_gid(): float(line.get_xdata()[0]) for line in ax.lines if line.get_gid()}


def texts(ax: Axes) -> list[str]:
    """Return every text of the figure."""
    return [text.get_text() for text in ax.figure.findobj(Text) if text.get_text()]


def title(ax: Axes) -> str:
    """Return the title as one line."""
    return ax.get_title(loc="left").replace("\n", " ")
