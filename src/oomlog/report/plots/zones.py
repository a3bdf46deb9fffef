"""Free memory of each zone against its watermarks, on a logarithmic scale: zones differ by a thousand times.

The OOM killer is called when no zone that the allocation may use has more than its high watermark and what
lowmem_reserve keeps for allocations that can use no other zone (__alloc_pages_may_oom(), mm/page_alloc.c).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from matplotlib.axes import Axes

from oomlog.errors import PictureError
from oomlog.explain.mem_info import zones
from oomlog.explain.model import Explanation, Values
from oomlog.explain.page_size import page_size
from oomlog.explain.phrases import say
from oomlog.model import OomEvent
from oomlog.report.plots.fonts import shown, speakable
from oomlog.report.plots.scales import log_ticks, tick_kb
from oomlog.report.plots.sheet import Caption, Key, Sheet
from oomlog.report.plots.theme import COLOURS
from oomlog.units import human_kb

__all__ = ["plot_zones"]

_SHOWN = 16
_MARKS = ("min", "low", "high")


class _Zone(NamedTuple):
    name: str
    free: int
    min: int | None
    low: int | None
    high: int | None
    reserve: int | None
    """The most that lowmem_reserve keeps from any allocation, in kB."""
    managed: int | None


def plot_zones(
    data: Explanation | OomEvent, ax: Axes | None = None, *, lang: str = "en", width: float = 700
) -> Axes:
    """Draw each zone's free memory beside its watermarks.

    :raise PictureError: The log has no lines of zones.

    The parameters are those of ``plot_ledger``.
    """
    lang = speakable(lang)
    event = data.event if isinstance(data, Explanation) else data
    page_kb = data.victim.page_size_kb.value if isinstance(data, Explanation) else page_size(event).value
    several = len({zone.get("node") for zone in zones(event)}) > 1
    every = [found for zone in zones(event) if (found := _zone(zone, page_kb, several)) is not None]
    if not every:
        raise PictureError("no zones: the log has no lines of free memory by zone for this event")
    rows = every
    if len(every) > _SHOWN:
        tightest = sorted(every, key=lambda each: each.free / max(each.min or 1, 1))[:_SHOWN]
        rows = [each for each in every if each in tightest]
    notes = [say("plots.more", lang, {"count": len(every) - len(rows)})] if len(every) > len(rows) else []
    sheet = Sheet(ax, width)
    _draw(sheet, Caption(_title(every, lang), notes, say("plots.axis_log", lang, {})), rows, lang)
    return sheet.ax


def _zone(zone: Mapping[str, Any], page_kb: int, several: bool) -> _Zone | None:
    def kb(key: str) -> int | None:
        found = zone.get(key)
        return found if isinstance(found, int) else None

    free = kb("free_kb")
    if free is None:
        return None
    reserve = zone.get("lowmem_reserve_pages")
    pages = [each for each in reserve if isinstance(each, int)] if isinstance(reserve, list | tuple) else []
    name = shown(str(zone.get("zone")))
    return _Zone(
        f"Node {zone.get('node')} {name}" if several else name,
        free,
        kb("min_kb"),
        kb("low_kb"),
        kb("high_kb"),
        max(pages) * page_kb if pages else None,
        kb("managed_kb"),
    )


def _title(rows: Sequence[_Zone], lang: str) -> str:
    """Return which zones were below their min watermark, or how far the tightest was above."""
    known = [each for each in rows if each.min]
    if not known:
        return say("plots.zones_no_marks", lang, {})
    below = [each for each in known if each.min is not None and each.free < each.min]
    tightest = min(known, key=lambda each: each.free / (each.min or 1))
    values: Values = {
        "zone": tightest.name,
        **_free_and_min(tightest.free, tightest.min or 0),
    }
    if len(below) == 1:
        return say("plots.zones_one_below", lang, values)
    if below:
        return say("plots.zones_below", lang, {**values, "count": len(below), "of": len(known)})
    if all(each.high is not None and each.free > each.high for each in known):
        return say("plots.zones_all_above", lang, values)
    return say("plots.zones_none_below", lang, values)


def _draw(sheet: Sheet, caption: Caption, rows: Sequence[_Zone], lang: str) -> None:
    reserve = any(each.reserve for each in rows)
    used = {_colour(each) for each in rows}
    keys: list[Key] = [
        (colour, say(f"plots.free_{colour}", lang, {}), None)
        for colour in ("blue", "orange", "red")
        if colour in used
    ]
    keys.append(("ink", say("plots.marks", lang, {}), None))
    if reserve:
        keys.append(("none", say("plots.lowmem_reserve", lang, {}), "////"))
    labels = [each.name for each in rows]
    values = [_value(each, lang) for each in rows]
    sizes = [
        size
        for each in rows
        for size in (each.free, each.min, each.low, each.high, each.managed)
        if size is not None and size > 0
    ]
    sizes += [(each.high or 0) + each.reserve for each in rows if each.reserve]
    low, high = max(min(sizes, default=1) / 2, 1), max(sizes, default=2) * 1.2
    row_px = sheet.row_px + 5
    sheet.scale(math.log2(low), math.log2(high), labels, values)
    top = sheet.open(len(rows) * row_px + 4, caption, keys)
    for number, (each, label, value) in enumerate(zip(rows, labels, values, strict=True)):
        bold = each.min is not None and each.free < each.min
        y, height = sheet.row(top, label, value, bold=bold)
        _bars(sheet, each, number, y, height, low)
        top += row_px
    places = log_ticks(low, high, sheet.room)
    sheet.ticks([math.log2(place) for place in places], [tick_kb(place) for place in places])
    sheet.describe(f"{label}: {value}" for label, value in zip(labels, values, strict=True))


def _bars(sheet: Sheet, zone: _Zone, number: int, y: float, height: float, low: float) -> None:
    start = math.log2(low)

    def at(kb: float) -> float:
        return max(math.log2(kb), start) if kb > 0 else start

    if zone.managed:
        sheet.bar(start, y, at(zone.managed) - start, height, "track", f"{number}.managed")
    sheet.bar(start, y + 3, at(zone.free) - start, height - 6, _colour(zone), f"{number}.free")
    if zone.reserve and zone.high is not None:
        end = at(zone.high + zone.reserve)
        sheet.bar(
            at(zone.high),
            y,
            end - at(zone.high),
            height,
            "none",
            f"{number}.reserve",
            hatch="////",
            outline=False,
        )
    for mark in _MARKS:
        kb = getattr(zone, mark)
        if kb:
            over = 1 if sheet.narrow else {"min": 4, "low": 1, "high": 4}[mark]
            sheet.ax.plot(
                [at(kb), at(kb)],
                [y - over, y + height + over],
                color=COLOURS["ink"],
                linewidth={"min": 2.4, "low": 1.0, "high": 1.4}[mark],
                solid_capstyle="butt",
                gid=f"{number}.{mark}",
                zorder=3,
            )


def _colour(zone: _Zone) -> str:
    if zone.min is not None and zone.free < zone.min:
        return "red"
    return "orange" if zone.high is not None and zone.free <= zone.high else "blue"


def _value(zone: _Zone, lang: str) -> str:
    if zone.min is None:
        return human_kb(zone.free)
    key = "plots.zone_below" if zone.free < zone.min else "plots.zone_above"
    return say(key, lang, _free_and_min(zone.free, zone.min))


def _free_and_min(free: int, least: int) -> dict[str, str]:
    """Return both sizes, in full where they would look the same."""
    if free != least and human_kb(free) == human_kb(least):
        return {"free": f"{free:,} KiB", "min": f"{least:,} KiB"}
    return {"free": human_kb(free), "min": human_kb(least)}
