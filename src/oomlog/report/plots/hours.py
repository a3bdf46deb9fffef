"""Kills by hour of the day and day of the week: what happens at night, on Mondays, or with each cron job."""

from __future__ import annotations

from datetime import tzinfo
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from oomlog.errors import PictureError
from oomlog.explain.model import Values
from oomlog.explain.phrases import say
from oomlog.history.record import History
from oomlog.report.plots.fonts import BODY, SMALL, speakable, text_width
from oomlog.report.plots.scales import share_text
from oomlog.report.plots.sheet import Caption, Sheet
from oomlog.report.plots.theme import COLOURS
from oomlog.report.plots.times import prepared, zone_text

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["plot_calendar"]

_DARK = 0.88
"""From this strength on a cell's number is white, which is where both colours can be read about as well."""
_FAINTEST = 0.12
_LEAST_DARKEST = 4


def plot_calendar(
    kills: DataFrame | History,
    ax: Axes | None = None,
    *,
    lang: str = "en",
    width: float = 700,
    tz: tzinfo | None = None,
) -> Axes:
    """Draw how many kills there were in each hour of the week, by the clock on the wall.

    :param kills: As ``oomlog.frame`` makes them, or a history.
    :param tz: The zone to show times in; by default each log's own.
    :raise PictureError: There are no kills, or none has a wall clock.

    The other parameters are those of ``plot_ledger``.
    """
    lang = speakable(lang)
    table = prepared(kills, tz)
    tz = kills.tz if isinstance(kills, History) else tz
    walls = table["wall"].dropna()
    if not len(walls):
        raise PictureError("no hours: the log has no wall clock, only seconds since boot")
    counts = np.zeros((7, 24), dtype=int)
    np.add.at(counts, (walls.dt.day_of_week.to_numpy(), walls.dt.hour.to_numpy()), 1)
    notes = [say("plots.calendar_zone", lang, {"zone": zone_text(table[table["wall"].notna()], tz, lang)})]
    if len(walls) < len(table):
        notes.append(say("plots.no_wall", lang, {"count": len(table) - len(walls)}))
    sheet = Sheet(ax, width)
    _draw(sheet, Caption(_title(counts, lang), notes), counts, lang)
    return sheet.ax


def _title(counts: NDArray[np.int_], lang: str) -> str:
    total, most = int(counts.sum()), int(counts.max())
    values: Values = {"total": total, "kills": most}
    day, hour = (int(each) for each in np.unravel_index(counts.argmax(), counts.shape))
    named = {"day": say(f"plots.weekday_{day}", lang, {}), "hour": f"{hour:02d}:00"}
    if total == 1:
        return say("plots.calendar_one", lang, named)
    if most == 1 or (counts == most).sum() > 1:
        hours = counts.sum(axis=0)
        hour = int(hours.argmax())
        if hours[hour] > 1 and (hours == hours[hour]).sum() == 1:
            share = share_text(int(hours[hour]) / total, lang)
            said: Values = {**values, "hour": f"{hour:02d}:00", "kills": int(hours[hour]), "share": share}
            return say("plots.calendar_hour", lang, said)
        return say("plots.calendar_even", lang, values)
    return say("plots.calendar_most", lang, {**values, **named})


def _draw(sheet: Sheet, caption: Caption, counts: NDArray[np.int_], lang: str) -> None:
    days = [say(f"plots.weekday_{day}", lang, {}) for day in range(7)]
    hours = [f"{hour:02d}" for hour in range(24)]
    # On narrow paper the hours go down.
    down, across = (hours, days) if sheet.narrow else (days, hours)
    table = counts.T if sheet.narrow else counts
    left = max(text_width(each, BODY) for each in down) + 8
    cell, row = (sheet.inner - left) / len(across), 17.0 if sheet.narrow else 27.0
    if sheet.narrow:
        across = [say(f"plots.weekday_short_{day}", lang, {}) for day in range(7)]
    top = sheet.open(len(down) * row + 20, caption, ticks=False)
    for place, name in enumerate(across):
        sheet.write(left + (place + 0.5) * cell, top + 8, name, colour="muted", ha="center", size=SMALL)
    top += 18
    # One kill or two are no dark hour, even where no other has more.
    most = max(int(table.max()), _LEAST_DARKEST)
    for y, name in enumerate(down):
        sheet.write(0, top + (y + 0.5) * row, name, colour="muted")
        for x in range(len(across)):
            _cell(sheet, left + x * cell, top + y * row, cell, row, int(table[y, x]), most)
    sheet.ax.set_xticks([])
    busy = [
        f"{days[day]} {hours[hour]}:00: {counts[day, hour]}"
        for day in range(7)
        for hour in range(24)
        if counts[day, hour]
    ]
    sheet.describe(busy)


def _cell(sheet: Sheet, x: float, y: float, width: float, height: float, count: int, most: int) -> None:
    strength = _FAINTEST + (1 - _FAINTEST) * count / most if count else 0.0
    sheet.bar(x, y, width, height, "track", f"cell.{x:.0f}.{y:.0f}")
    if not count:
        return
    face = Rectangle(
        (x, y),
        width,
        height,
        facecolor=COLOURS["blue"],
        alpha=strength,
        linewidth=0,
        gid=f"count.{count}",
        zorder=2.1,
    )
    sheet.ax.add_patch(face)
    text = f"{count:,}"
    if text_width(text, SMALL) <= width - 2:
        colour = "bright" if strength > _DARK else "ink"
        sheet.write(x + width / 2, y + height / 2, text, colour=colour, ha="center", size=SMALL)
