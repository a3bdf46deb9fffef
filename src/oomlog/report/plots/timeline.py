"""Kills over time, a row for each host, place or victim: how many in each stretch of time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING, Literal

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from oomlog.explain.model import Values
from oomlog.explain.phrases import say
from oomlog.report.plots.fonts import shown, speakable
from oomlog.report.plots.sheet import Caption, Sheet
from oomlog.report.plots.theme import COLOURS
from oomlog.report.plots.times import Axis, axis_of, length_text, moment_text, ticks_of
from oomlog.report.shorten import short_ids

if TYPE_CHECKING:
    from pandas import DataFrame

    from oomlog.history.record import History

__all__ = ["By", "draw_counts", "plot_timeline"]

By = Literal["host", "where", "comm"]
_ROWS = 12
_BIN_PX = 5
_LEAST_PX = 3.0


def plot_timeline(
    kills: DataFrame | History,
    ax: Axes | None = None,
    *,
    lang: str = "en",
    width: float = 700,
    by: By | None = None,
    tz: tzinfo | None = None,
) -> Axes:
    """Draw kills over time.

    :param kills: As ``oomlog.frame`` makes them, or a history.
    :param by: What has a row: ``host``, ``where`` (pod, container, unit or cgroup) or ``comm``; by default
        the first of which there are several, and which most kills have.
    :param tz: The zone to show times in, and the one of times that print none.
    :raise PictureError: There are no kills, or none has any time.

    The other parameters are those of ``plot_ledger``.
    """
    lang = speakable(lang)
    axis = axis_of(kills, lang, tz)
    table = axis.kills
    by = by or _usual(table)
    names = table[by].fillna("").astype(str)
    counts = names.value_counts()
    # Kills whose name is not known come last, however many they are.
    order = sorted(counts.index, key=lambda name: (not name, -counts[name], name))
    shown_ones, rest = order[:_ROWS], order[_ROWS:]
    if len(rest) == 1:
        shown_ones, rest = order, []
    rows = [(_name(name, by, lang), table["x"][names == name].to_numpy()) for name in shown_ones]
    if rest:
        others = say("plots.others", lang, {"count": len(rest)})
        rows.append((others, table["x"][names.isin(rest)].to_numpy()))
    return _draw(axis, rows, len(order), ax, lang, width)


def _usual(table: DataFrame) -> By:
    """Return the first column with several values that most kills have, else the victims' names."""
    several: tuple[By, ...] = ("host", "where")
    for each in several:
        if table[each].nunique() > 1 and table[each].notna().mean() > 0.5:
            return each
    return "comm"


def _name(name: str, by: By, lang: str) -> str:
    return shown(short_ids(name)) if name else say(f"plots.no_{by}", lang, {})


def _draw(
    axis: Axis,
    rows: Sequence[tuple[str, NDArray[np.float64]]],
    names: int,
    ax: Axes | None,
    lang: str,
    width: float,
) -> Axes:
    low, high = float(axis.kills["x"].min()), float(axis.kills["x"].max())
    edge = max((high - low) * 0.01, 1.0)
    low, high = low - edge, high + edge
    values = [f"{len(xs):,}" for _, xs in rows]
    labels = [name for name, _ in rows]
    top_name, top = rows[0]
    said: Values = {
        "who": top_name,
        "kills": len(top),
        "total": len(axis.kills),
        "first": moment_text(axis, axis.kills["x"].min()),
        "last": moment_text(axis, axis.kills["x"].max()),
    }
    key = "one" if len(axis.kills) == 1 else "only" if names == 1 else "top"
    if key == "top" and len(rows[1][1]) == len(top):
        key = "tie"
    sheet = Sheet(ax, width)
    sheet.scale(low, high, labels, values)
    bins = max(int(sheet.room // _BIN_PX), 1)
    most = max(int(np.histogram(xs, bins, (low, high))[0].max()) for _, xs in rows)
    places, marks, common = ticks_of(axis, low, high, sheet.room)
    notes = [say("plots.tallest", lang, {"count": most, "span": length_text((high - low) / bins, lang)})]
    if axis.left_out:
        notes.append(say("plots.other_clocks", lang, {"count": axis.left_out}))
    below = ", ".join(each for each in (axis.zone, common) if each)
    y = sheet.open(
        len(rows) * sheet.row_px + 4, Caption(say(f"plots.timeline_{key}", lang, said), notes, below)
    )
    for number, ((label, xs), value) in enumerate(zip(rows, values, strict=True)):
        bar, height = sheet.row(y, label, value)
        draw_counts(sheet, xs, (low, high), bins, most, (bar, height), f"{number}")
        y += sheet.row_px
    sheet.ticks(places, marks)
    sheet.describe(f"{label}: {value}" for label, value in zip(labels, values, strict=True))
    return sheet.ax


def draw_counts(
    sheet: Sheet,
    xs: NDArray[np.float64],
    span: tuple[float, float],
    bins: int,
    most: int,
    place: tuple[float, float],
    name: str,
) -> None:
    """Draw how many ``xs`` are in each of the bins, as bars that stand on one line.

    :param most: The count whose bar is as high as the row.
    :param place: Top and height of the row's bars.
    """
    counts, edges = np.histogram(xs, bins, span)
    y, height = place
    size = edges[1] - edges[0]
    sheet.ax.plot(span, [y + height] * 2, color=COLOURS["empty"], linewidth=0.7, zorder=1)
    for place_of, count in zip(edges[:-1], counts, strict=True):
        if count:
            tall = max(height * float(count) / most, _LEAST_PX)
            sheet.bar(
                float(place_of), y + height - tall, float(size), tall, "red", f"{name}.{count}@{place_of:.0f}"
            )
