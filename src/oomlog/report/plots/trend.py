"""What victims had when they were killed, over time: one strip for each victim, with its limit and trend.

The trend is the median of the slopes of all pairs of kills (Theil and Sen), which a few odd kills do not
move.  It is drawn where three of four pairs agree on its direction.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from oomlog.errors import PictureError
from oomlog.explain.model import Values
from oomlog.explain.phrases import say
from oomlog.history.trend import MIN_POINTS, MIN_SPAN_S, theil_sen
from oomlog.report.plots.fonts import SMALL, fit, shown, speakable
from oomlog.report.plots.scales import kb_ticks, tick_kb
from oomlog.report.plots.sheet import Caption, Key, Sheet
from oomlog.report.plots.theme import COLOURS
from oomlog.report.plots.times import Axis, axis_of, length_text, ticks_of
from oomlog.report.shorten import short_ids
from oomlog.units import human_kb

if TYPE_CHECKING:
    from pandas import DataFrame

    from oomlog.history.record import History

__all__ = ["plot_rss_trend"]

_SHOWN = 3
_STRIP_PX = 96.0
_HEAD_PX = 25.0
_FOOT_PX = 16.0
_SCALE_PX = 64.0


class _Strip(NamedTuple):
    name: str
    at: NDArray[np.float64]
    rss: NDArray[np.float64]
    limits: NDArray[np.float64]
    """NaN where no limit was hit, or none is known."""
    per_day: float | None
    """The slope in kB a day, where it has a direction."""
    unknown: Literal["few", "close"] | None
    """Why no trend can be told: too few kills, or all within too short a time."""


def plot_rss_trend(
    kills: DataFrame | History,
    ax: Axes | None = None,
    *,
    lang: str = "en",
    width: float = 700,
    comm: str | None = None,
    tz: tzinfo | None = None,
    limit: int = _SHOWN,
) -> Axes:
    """Draw the resident memory of victims at their kills, those first that were killed most often.

    :param kills: As ``oomlog.frame`` makes them, or a history.
    :param comm: Only victims of this name.
    :param tz: The zone to show times in, and the one of times that print none.
    :param limit: How many victims are shown, each of one place on one host.
    :raise PictureError: There are no such kills, or none has a time and its memory.

    The other parameters are those of ``plot_ledger``.
    """
    lang = speakable(lang)
    axis = axis_of(kills, lang, tz)
    table = axis.kills
    if comm is not None:
        table = table[(table["comm"] == comm).fillna(False).astype(bool)]
    table = table.dropna(subset=["rss_kb"])
    if not len(table):
        raise PictureError("no memory at kills: no such kill has both a time and its RSS in the log")
    group = table.groupby(["comm", "where", "host"], dropna=False, sort=True)
    sizes = group.size().to_numpy()
    code = group.ngroup().to_numpy()
    largest = group["rss_kb"].max().to_numpy(dtype=float)
    # Among those killed equally often, the largest tells most.
    order = np.lexsort((-largest, -sizes))
    strips = [_strip(table[code == each], table) for each in order[:limit]]
    hidden = len(sizes) - len(strips)
    notes = [say("plots.more_victims", lang, {"count": hidden})] if hidden else []
    if axis.left_out:
        notes.append(say("plots.other_clocks", lang, {"count": axis.left_out}))
    return _draw(axis, strips, notes, ax, lang, width)


def _strip(own: Any, table: Any) -> _Strip:
    own = own.sort_values(["x", "rss_kb"])
    first = own.iloc[0]
    name = str(first["comm"]) if own["comm"].notna().all() else "?"
    parts = [shown(name)]
    # What all have in common need not be said.
    parts += [
        shown(short_ids(str(first[column])))
        for column in ("where", "host")
        if table[column].nunique() > 1 and own[column].notna().all()
    ]
    at = own["x"].to_numpy(dtype=float)
    rss = own["rss_kb"].to_numpy(dtype=float)
    unknown: Literal["few", "close"] | None = None
    if len(at) < MIN_POINTS:
        unknown = "few"
    elif at[-1] - at[0] < MIN_SPAN_S:
        unknown = "close"
    slope = theil_sen(at, rss) if unknown is None else None
    per_day = None if slope is None or slope.direction == "steady" else slope.slope * 86400
    limits = own["limit_kb"].to_numpy(dtype=float, na_value=np.nan)
    return _Strip(", ".join(parts), at, rss, limits, per_day, unknown)


def _title(strip: _Strip, lang: str, others: bool = False) -> str:
    values: Values = {
        "who": strip.name,
        "count": len(strip.at),
        "low_kb": int(strip.rss.min()),
        "high_kb": int(strip.rss.max()),
        "per_day": human_kb(abs(round(strip.per_day or 0))),
        "span": length_text(max(float(strip.at[-1] - strip.at[0]), 1.0), lang),
    }
    if len(strip.at) == 1:
        return say("plots.trend_nobody_twice" if others else "plots.trend_one", lang, values)
    if strip.per_day is not None:
        return say("plots.trend_up" if strip.per_day > 0 else "plots.trend_down", lang, values)
    return say(f"plots.trend_{strip.unknown or 'steady'}", lang, values)


def _draw(
    axis: Axis, strips: Sequence[_Strip], notes: Sequence[str], ax: Axes | None, lang: str, width: float
) -> Axes:
    low = min(float(each.at[0]) for each in strips)
    high = max(float(each.at[-1]) for each in strips)
    edge = max((high - low) * 0.03, 1.0)
    # The words of the scale stand at the left, before the first kill.
    low, high = low - max((high - low) * _SCALE_PX / width, 1.0), high + edge
    limited = any(not np.isnan(each.limits).all() for each in strips)
    sloped = any(each.per_day is not None for each in strips)
    keys: list[Key] = [("blue", say("plots.rss_at_kill", lang, {}), None)]
    if sloped:
        keys.append(("red", say("plots.trend_line", lang, {}), None))
    if limited:
        keys.append(("ink", say("plots.limit_line", lang, {}), None))
    sheet = Sheet(ax, width)
    sheet.scale(low, high, [], [])
    places, marks, common = ticks_of(axis, low, high, sheet.room)
    below = ", ".join(each for each in (axis.zone, common) if each)
    step = _HEAD_PX + _STRIP_PX + _FOOT_PX
    top = sheet.open(
        len(strips) * step, Caption(_title(strips[0], lang, len(strips) > 1), notes, below), keys
    )
    for number, strip in enumerate(strips):
        _draw_strip(sheet, strip, number, top, lang)
        top += step
    sheet.ticks(places, marks)
    sheet.describe(_title(strip, lang) for strip in strips[1:])
    return sheet.ax


def _draw_strip(sheet: Sheet, strip: _Strip, number: int, top: float, lang: str) -> None:
    kills = say("plots.kills" if len(strip.at) > 1 else "plots.kill", lang, {"count": len(strip.at)})
    sheet.write(sheet.low, top + 9, fit(strip.name, sheet.inner * 0.7, bold=True), bold=True)
    sheet.write(sheet.high, top + 9, kills, colour="muted", ha="right")
    top += _HEAD_PX
    known = strip.limits[~np.isnan(strip.limits)]
    highest = max(float(strip.rss.max()), float(known.max()) if len(known) else 0.0, 1.0) * 1.2
    bottom = top + _STRIP_PX

    def at(kb: Any) -> Any:
        return bottom - _STRIP_PX * np.asarray(kb, dtype=float) / highest

    # Not up to the top, where the name stands.
    for kb in kb_ticks(0, highest * 0.94, 2.3 * _STRIP_PX):
        y = float(at(kb))
        sheet.ax.plot([sheet.low, sheet.high], [y, y], color=COLOURS["grid"], linewidth=0.7, zorder=0)
        sheet.write(sheet.low, y - 7, tick_kb(kb), colour="muted", size=SMALL)
    for kb in np.unique(known):
        when = strip.at[strip.limits == kb]
        # A limit is known when it was hit, and drawn from the first to the last time.
        reach = (sheet.high - sheet.low) * 0.012
        sheet.ax.plot(
            [when[0] - reach, when[-1] + reach],
            [float(at(kb))] * 2,
            color=COLOURS["ink"],
            linewidth=1.6,
            gid=f"{number}.limit.{kb:.0f}",
            zorder=2,
        )
    if strip.per_day is not None:
        slope = strip.per_day / 86400
        middle = float(np.median(strip.rss - slope * strip.at))
        ends = np.array([strip.at[0], strip.at[-1]])
        sheet.ax.plot(
            ends,
            at(slope * ends + middle),
            color=COLOURS["red"],
            linewidth=2.0,
            gid=f"{number}.trend",
            zorder=3,
        )
    sheet.ax.plot(
        strip.at,
        at(strip.rss),
        linestyle="none",
        marker="o",
        markersize=4.5,
        markerfacecolor=COLOURS["blue"],
        markeredgecolor=COLOURS["paper"],
        markeredgewidth=0.5,
        gid=f"{number}.rss",
        zorder=4,
    )
