"""Bursts of kills, the largest first: how the kills of each followed on each other."""

from __future__ import annotations

from datetime import tzinfo
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes

from oomlog.errors import PictureError
from oomlog.explain.phrases import say
from oomlog.history.incidents import GAP_S, STORM_KILLS, incident_numbers, incidents
from oomlog.history.record import History
from oomlog.report.plots.fonts import shown, speakable
from oomlog.report.plots.sheet import Caption, Sheet
from oomlog.report.plots.timeline import draw_counts
from oomlog.report.plots.times import Axis, axis_of, length_text, length_ticks, moment_text

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["plot_storms"]

_SHOWN = 8
_BIN_PX = 5


def plot_storms(
    kills: DataFrame | History,
    ax: Axes | None = None,
    *,
    lang: str = "en",
    width: float = 700,
    gap_s: float | None = None,
    tz: tzinfo | None = None,
    limit: int = _SHOWN,
) -> Axes:
    """Draw the incidents with at least three kills, on whatever hosts these were.

    :param kills: As ``oomlog.frame`` makes them, or a history.
    :param gap_s: The longest pause within an incident in seconds; by default the history's, or five minutes.
    :param tz: The zone to show times in, and the one of times that print none.
    :param limit: How many are shown.
    :raise PictureError: There are no kills, none has any time, or there was no such incident.

    The other parameters are those of ``plot_ledger``.
    """
    lang = speakable(lang)
    if gap_s is None:
        gap_s = kills.gap_s if isinstance(kills, History) else GAP_S
    axis = axis_of(kills, lang, tz)
    table = axis.kills.assign(incident=incident_numbers(axis.kills, gap_s))
    found = incidents(axis.kills, gap_s)
    storms = found[found["storm"]]
    if not len(storms):
        pause = length_text(gap_s, "en")
        raise PictureError(f"no bursts: nowhere did {STORM_KILLS} kills follow on each other within {pause}")
    storms = storms.sort_values(["kills", "incident"], ascending=[False, True])
    rows = [
        (row, table["x"][table["incident"] == row["incident"]].to_numpy()) for _, row in storms.iterrows()
    ]
    notes = [say("plots.storm_gap", lang, {"gap": length_text(gap_s, lang), "count": STORM_KILLS})]
    if len(rows) > limit:
        notes.append(say("plots.more_storms", lang, {"count": len(rows) - limit}))
    alone = len(table) - int(storms["kills"].sum())
    if alone:
        notes.append(say("plots.not_in_storm", lang, {"count": alone}))
    if axis.left_out:
        notes.append(say("plots.other_clocks", lang, {"count": axis.left_out}))
    return _draw(axis, rows[:limit], notes, ax, lang, width)


def _draw(
    axis: Axis, rows: list[tuple[Any, Any]], notes: list[str], ax: Axes | None, lang: str, width: float
) -> Axes:
    first, xs = rows[0]
    longest = max(float(xs.max() - xs.min()) for _, xs in rows)
    # A clock of whole seconds tells no shorter time than one.
    high = max(longest * 1.02, 0.01) if longest else 1.0
    labels = [moment_text(axis, float(xs.min())) for _, xs in rows]
    values = [_value(row, lang) for row, _ in rows]
    title = say(
        "plots.storm_largest",
        lang,
        {
            "kills": int(first["kills"]),
            "span": length_text(float(xs.max() - xs.min()) or 1.0, lang),
            "hosts": _hosts(first, lang),
            "start": labels[0],
        },
    )
    sheet = Sheet(ax, width)
    sheet.scale(0, high, labels, values)
    bins = max(int(sheet.room // _BIN_PX), 1)
    most = max(int(np.histogram(xs - xs.min(), bins, (0, high))[0].max()) for _, xs in rows)
    y = sheet.open(len(rows) * sheet.row_px + 4, Caption(title, notes, say("plots.storm_axis", lang, {})))
    for number, ((_, xs), label, value) in enumerate(zip(rows, labels, values, strict=True)):
        bar, height = sheet.row(y, label, value)
        draw_counts(sheet, xs - xs.min(), (0, high), bins, most, (bar, height), f"{number}")
        y += sheet.row_px
    places = length_ticks(high, sheet.room)
    sheet.ticks(places, [length_text(place, lang) if place else "0" for place in places])
    sheet.describe(f"{label}: {value}" for label, value in zip(labels, values, strict=True))
    return sheet.ax


def _hosts(row: Any, lang: str) -> str:
    if int(row["hosts"]) > 1:
        return say("plots.on_hosts", lang, {"count": int(row["hosts"])})
    return "" if int(row["hosts"]) == 0 else say("plots.on_host", lang, {"host": shown(str(row["host"]))})


def _value(row: Any, lang: str) -> str:
    values: dict[str, int | str] = {"count": int(row["kills"]), "victims": int(row["victims"]), "victim": ""}
    if int(row["victims"]):
        values["victim"] = shown(str(row["victim"]))
    key = "one" if values["victims"] == 1 else "none" if not values["victims"] else "many"
    return say(f"plots.storm_{key}", lang, values)
