"""Where memory was: the ledger as a stacked bar, and below it each item by itself at the place it has there.

What no line of the report counts is hatched.  Parts of an item lie below it, from where it begins, and are
not added to anything.  Several ledgers (nodes, zones, child cgroups) are rows of one picture.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from matplotlib.axes import Axes

from oomlog.errors import PictureError
from oomlog.explain.model import Explanation, Ledger, Values
from oomlog.explain.phrases import all_phrases, say
from oomlog.report.plots.fonts import shown, speakable
from oomlog.report.plots.scales import kb_ticks, share_text, tick_kb
from oomlog.report.plots.sheet import Caption, Key, Sheet
from oomlog.report.shorten import short_ids
from oomlog.units import human_kb

__all__ = ["plot_ledger"]

RESIDUE = "unaccounted"
_SMALL = 0.005
"""Share of the total below which items share one row."""
_PART = 0.02
"""Share of the total from which on a part of an item has a row."""
_ROWS = 16
_STACK_PX = 34
_COLOURS = {
    "anon": "blue",
    "anon_shmem": "blue",
    "lru": "blue",
    "shmem": "sky",
    "file": "green",
    "cache": "green",
    "swap_cache": "green",
    "unevictable": "purple",
    "hugetlb": "yellow",
    "reserved": "grey",
    "hwpoisoned": "grey",
    "balloon": "grey",
    "free": "empty",
    "free_pcp": "empty",
    "headroom": "empty",
    RESIDUE: "track",
}
_KERNEL = "orange"
_HATCH = {RESIDUE: "////"}
_LAST = (RESIDUE, "hwpoisoned", "balloon", "reserved", "free_pcp", "free", "headroom")
"""In this order behind everything that is in use."""
_UNUSED = ("free", "free_pcp", "headroom")


class _Piece(NamedTuple):
    id: str
    kb: int
    start: int
    parts: tuple[tuple[str, int], ...] = ()


def plot_ledger(
    data: Explanation | Ledger | Sequence[Ledger],
    ax: Axes | None = None,
    *,
    lang: str = "en",
    width: float = 700,
) -> Axes:
    """Draw where memory was.

    :param data: An explanation (its ledger), a ledger, or several (``explanation.parts``) to compare.
    :param ax: Where to draw; by default a figure of its own, ``axes.figure``.
    :param lang: ``en`` or ``ko``; where no font has Korean letters it is English.
    :param width: Pixels the figure is made for, 700 for a page and 340 for a phone.
    :return: The axes; its label says in words what it shows.
    :raise PictureError: The report has no numbers of memory.
    """
    lang = speakable(lang)
    if isinstance(data, Explanation):
        if data.ledger is None:
            raise PictureError("no ledger: the log has no memory numbers of this event")
        return _one(data.ledger, ax, lang, width)
    if isinstance(data, Ledger):
        return _one(data, ax, lang, width)
    several = [each for each in data if each.total_kb > 0]
    if not several:
        raise PictureError("no ledgers of nodes, zones or child cgroups: the log has no lines of them")
    return _several(several, ax, lang, width)


# -- one ledger ----------------------------------------------------------------------------------------


def _one(ledger: Ledger, ax: Axes | None, lang: str, width: float) -> Axes:
    if ledger.total_kb <= 0:
        raise PictureError("no ledger: its total is 0")
    pieces = list(_pieces(ledger))
    rows = _rows(pieces, ledger.total_kb)
    filled = max((piece.start + piece.kb for piece in pieces), default=0)
    contradicted = ledger.contradiction
    unknown = ledger.unknown_kb or 0
    labels = [_name("overlap" if row.id == RESIDUE and row.kb < 0 else row.id, lang) for row in rows]
    values = [human_kb(row.kb) for row in rows]
    if contradicted is None:
        values = [
            f"{size}, {share_text(row.kb / ledger.total_kb, lang)}"
            for size, row in zip(values, rows, strict=True)
        ]
    high = filled if contradicted is not None else max(filled, ledger.total_kb)
    notes = [say("plots.not_known", lang, {"kb": unknown})] if unknown > 0 else []
    if contradicted is not None:
        notes.append(say(contradicted[0], lang, contradicted[1]))
    sheet = Sheet(ax, width)
    sheet.scale(0, high, labels, values)
    count = len(rows) + sum(len(row.parts) for row in rows)
    top = sheet.open(_STACK_PX + 14 + count * sheet.row_px, Caption(_title(ledger, pieces, lang), notes))
    for piece in pieces:
        _bar(sheet, piece, piece.start, top, _STACK_PX, f"stack.{piece.id}")
    if unknown > 0:
        sheet.bar(filled, top, unknown, _STACK_PX, "none", "stack.unknown", outline=True)
    top += _STACK_PX + 8
    for row, label, value in zip(rows, labels, values, strict=True):
        y, height = sheet.row(top, label, value, muted=row.id in _UNUSED)
        _bar(sheet, row, row.start, y, height, f"item.{row.id}")
        top += sheet.row_px
        for part, kb in row.parts:
            y, height = sheet.row(top, f"└ {_name(part, lang)}", human_kb(kb), muted=True, indent=8)
            sheet.bar(row.start, y + height / 4, kb, height / 2, _colour(row.id), f"part.{part}")
            top += sheet.row_px
    places = kb_ticks(0, high, sheet.room)
    sheet.ticks(places, [tick_kb(place) for place in places])
    sheet.describe(f"{label}: {value}" for label, value in zip(labels, values, strict=True))
    return sheet.ax


def _pieces(ledger: Ledger) -> Iterator[_Piece]:
    """Yield the items in the order of the bar; each begins where the one before it ends."""
    found = [(item.id, item.kb) for item in ledger.items if item.within is None and item.kb]
    if ledger.unaccounted_kb:
        found.append((RESIDUE, ledger.unaccounted_kb))
    found.sort(key=lambda each: (_LAST.index(each[0]) + 1 if each[0] in _LAST else 0, -each[1]))
    # Counters moved while they were printed: the bar is longer than the total, and the residue leads back.
    found.sort(key=lambda each: each[1] < 0)
    start = 0
    for name, kb in found:
        parts = sorted(
            ((part.id, part.kb) for part in ledger.items if part.within == name and part.kb),
            key=lambda each: -each[1],
        )
        yield _Piece(name, kb, start, tuple(each for each in parts if each[1] >= _PART * ledger.total_kb))
        start += kb


def _rows(pieces: Sequence[_Piece], total_kb: int) -> list[_Piece]:
    """Return what has a row: the small ones together."""
    rows = [piece for piece in pieces if abs(piece.kb) >= _SMALL * total_kb or piece.id == RESIDUE]
    rows = sorted(sorted(rows, key=lambda each: -abs(each.kb))[:_ROWS], key=pieces.index)
    rest = [piece for piece in pieces if piece not in rows]
    return [*rows, _Piece("smaller", sum(piece.kb for piece in rest), 0)] if rest else rows


def _bar(sheet: Sheet, piece: _Piece, start: float, y: float, height: float, name: str) -> None:
    if piece.id != "smaller":
        hatch = _HATCH.get(piece.id)
        sheet.bar(start, y, piece.kb, height, _colour(piece.id), name, hatch=hatch, outline=hatch is not None)


def _colour(item: str) -> str:
    return _COLOURS.get(item, _KERNEL)


def _name(item: str, lang: str) -> str:
    key = f"plots.item_{item}"
    return say(key if key in all_phrases() else f"ledger.{item}", lang, {})


def _title(ledger: Ledger, pieces: Sequence[_Piece], lang: str) -> str:
    """Return the largest item, and how much was unused where that is more."""
    whole = _whole(ledger, lang)
    used = [piece for piece in pieces if piece.id not in _UNUSED and piece.kb > 0]
    unused = sum(piece.kb for piece in pieces if piece.id in _UNUSED)
    if ledger.contradiction is not None:
        most = max(used or pieces, key=lambda each: each.kb)
        return say("plots.ledger_contradicted", lang, {"name": _name(most.id, lang), "kb": most.kb})
    if not used and not unused and ledger.unaccounted_kb is None:
        return say("plots.ledger_unknown", lang, {"whole": whole})
    if not used:
        return say(
            "plots.ledger_unused", lang, {"whole": whole, "share": share_text(unused / ledger.total_kb, lang)}
        )
    most = max(used, key=lambda each: each.kb)
    key = "residue" if most.id == RESIDUE else "most"
    name = _name(most.id, lang)
    values = {"name": name, "whole": whole, "share": share_text(most.kb / ledger.total_kb, lang)}
    if unused > most.kb:
        key, values["unused"] = f"{key}_free", share_text(unused / ledger.total_kb, lang)
    return _sentence(f"plots.ledger_{key}", lang, values)


def _sentence(key: str, lang: str, values: Values) -> str:
    text = say(key, lang, values)
    return text[:1].upper() + text[1:] if lang == "en" else text


def _whole(ledger: Ledger, lang: str) -> str:
    limited = ledger.kb("headroom") is not None
    kind = ledger.of if ledger.of != "memcg" else "limit" if limited else "usage"
    part = shown(ledger.name or "")
    return say(f"plots.whole_{kind}", lang, {"kb": ledger.total_kb, "part": part})


# -- several -------------------------------------------------------------------------------------------


def _several(ledgers: Sequence[Ledger], ax: Axes | None, lang: str, width: float) -> Axes:
    rows = ledgers[:_ROWS]
    groups = rows[0].of == "memcg"
    labels = [_part_name(each, lang) for each in rows]
    values = [human_kb(each.total_kb) for each in rows]
    notes = [
        f"{label}: {say(each.contradiction[0], lang, each.contradiction[1])}"
        for each, label in zip(rows, labels, strict=True)
        if each.contradiction is not None
    ]
    if len(ledgers) > len(rows):
        notes.append(say("plots.more", lang, {"count": len(ledgers) - len(rows)}))
    if groups:
        notes.append(say("ledger.own_memory_only", lang, {}))
    pieces = [list(_pieces(each)) for each in rows]
    # Zones differ by a thousand times in size, so each is drawn as a whole; cgroups are compared by size.
    units = [1.0 if groups else each.total_kb / 100 for each in rows]
    high = max(
        max((p.start + p.kb for p in row), default=0) / unit for row, unit in zip(pieces, units, strict=True)
    )
    high = max(high, *(each.total_kb / unit for each, unit in zip(rows, units, strict=True)))
    sheet = Sheet(ax, width)
    sheet.scale(0, high, labels, values)
    axis = None if groups else say("plots.axis_share", lang, {})
    caption = Caption(_several_title(rows, labels, lang), notes, axis)
    top = sheet.open(len(rows) * sheet.row_px + 4, caption, _keys(pieces, lang))
    for number, (row, unit) in enumerate(zip(pieces, units, strict=True)):
        y, height = sheet.row(top, labels[number], values[number])
        for piece in row:
            hatch = _HATCH.get(piece.id)
            sheet.bar(
                piece.start / unit,
                y,
                piece.kb / unit,
                height,
                _colour(piece.id),
                f"{number}.{piece.id}",
                hatch=hatch,
                outline=hatch is not None,
            )
        top += sheet.row_px
    if groups:
        places = kb_ticks(0, high, sheet.room)
        sheet.ticks(places, [tick_kb(place) for place in places])
    else:
        sheet.ticks([0, 25, 50, 75, 100], ["0 %", "25 %", "50 %", "75 %", "100 %"])
    sheet.describe(f"{label}: {value}" for label, value in zip(labels, values, strict=True))
    return sheet.ax


def _part_name(ledger: Ledger, lang: str) -> str:
    name = shown(short_ids(ledger.name or ""))
    return say("plots.node", lang, {"part": name}) if ledger.of == "node" else name


def _keys(pieces: Sequence[Sequence[_Piece]], lang: str) -> list[Key]:
    """Return what colours mean, the kernel's items together."""
    names: dict[str, list[str]] = {}
    for piece in sorted((piece for row in pieces for piece in row), key=lambda each: -each.kb):
        colour = _colour(piece.id)
        group = {_KERNEL: "kernel", "grey": "reserved", "empty": "free"}.get(colour, piece.id)
        words = names.setdefault(colour, [])
        if (name := _name(group, lang)) not in words:
            words.append(name)
    # Behind what is in use, as in the bars.
    last = [_COLOURS[each] for each in (RESIDUE, "reserved", "free")]
    order = sorted(names, key=lambda colour: last.index(colour) + 1 if colour in last else 0)
    return [(each, " / ".join(names[each]), _HATCH[RESIDUE] if each == last[0] else None) for each in order]


def _several_title(rows: Sequence[Ledger], labels: Sequence[str], lang: str) -> str:
    named = list(zip(rows, labels, strict=True))
    if rows[0].of == "memcg":
        most, label = max(named, key=lambda each: each[0].total_kb)
        return say("plots.parts_most", lang, {"part": label, "kb": most.total_kb})
    free = [(each.kb("free"), each, label) for each, label in named if each.contradiction is None]
    known = [(kb / each.total_kb, label) for kb, each, label in free if kb is not None]
    if not known:
        return say("plots.parts", lang, {"count": len(rows)})
    share, label = min(known, key=lambda each: each[0])
    return say("plots.parts_least_free", lang, {"part": label, "share": share_text(share, lang)})
