"""What many kills look like together: several pictures, one below the other, as one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta, timezone, tzinfo
from functools import partial

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from oomlog.errors import PictureError
from oomlog.history.record import History
from oomlog.report.plots.fonts import DPI
from oomlog.report.plots.hours import plot_calendar
from oomlog.report.plots.storms import plot_storms
from oomlog.report.plots.theme import COLOURS
from oomlog.report.plots.timeline import plot_timeline
from oomlog.report.plots.trend import plot_rss_trend

__all__ = ["history_plots", "plot_history"]

_GAP_PX = 24
_OFTEN = 3
"""Sizes of a victim are worth a picture from so many kills on."""
Draw = Callable[..., Axes]
"""Draws onto the axes given, or on paper of a ``width``."""


def history_plots(history: History, *, lang: str = "en") -> dict[str, Draw]:
    """Return by name what draws each of these pictures, onto axes or paper of its own.

    Times are in the history's zone, else in that of the logs where they print only one, else in UTC.
    """
    tz = history.tz or _only_zone(history)
    kills = history.kills
    often = kills.groupby(["host", "where", "comm"], dropna=False).size()
    found: dict[str, Draw] = {
        "timeline": partial(plot_timeline, kills, lang=lang, tz=tz),
        "calendar": partial(plot_calendar, kills, lang=lang, tz=history.tz),
        "storms": partial(plot_storms, kills, lang=lang, gap_s=history.gap_s, tz=tz),
    }
    if len(often) and often.max() >= _OFTEN:
        found["trend"] = partial(plot_rss_trend, kills, lang=lang, tz=tz)
    return found


def plot_history(history: History, *, lang: str = "en", width: float = 700) -> Figure:
    """Draw when kills were, at what hours, in which storms, and how large the victims were.

    :param width: Pixels; the height follows from what there is to show.
    :raise PictureError: There is nothing that any of these could show.

    A picture that has nothing to show is left out.
    """
    # Each is drawn alone first, which tells how much room it needs.
    alone: list[tuple[Draw, Figure, Axes]] = []
    reasons = []
    for draw in history_plots(history, lang=lang).values():
        try:
            axes = draw(width=width)
        except PictureError as error:
            reasons.append(str(error))
            continue
        figure = axes.get_figure(root=True)
        assert figure is not None
        alone.append((draw, figure, axes))
    if not alone:
        raise PictureError(reasons[0])
    heights = [figure.get_figheight() * DPI + _GAP_PX for _, figure, _ in alone]
    whole = sum(heights) - _GAP_PX
    sheet = Figure(figsize=(width / DPI, whole / DPI), dpi=DPI, facecolor=COLOURS["paper"])
    top = whole
    for (draw, figure, axes), height in zip(alone, heights, strict=True):
        left, bottom, wide, high = axes.get_position().bounds
        own = figure.get_figheight() * DPI
        box = (left, (top - own + bottom * own) / whole, wide, high * own / whole)
        draw(sheet.add_axes(box))
        top -= height
    return sheet


def _only_zone(history: History) -> tzinfo | None:
    zones = history.zones
    if len(zones) != 1 or zones[0] in (None, "UTC"):
        return None
    hours, minutes = str(zones[0]).split(":")
    offset = timedelta(hours=abs(int(hours)), minutes=int(minutes))
    return timezone(-offset if hours.startswith("-") else offset)
