"""Who the kernel could choose: badness with its terms stacked, the victim marked, the immune hatched.

Terms that raise badness lie to the right of zero, those that lower it to the left; a line marks the sum,
which is what the kernel compares.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from matplotlib.axes import Axes

from oomlog.errors import PictureError
from oomlog.explain.model import Explanation, Ranked, VictimChoice
from oomlog.explain.phrases import say
from oomlog.report.plots.fonts import shown, speakable
from oomlog.report.plots.scales import kb_ticks, tick_kb
from oomlog.report.plots.sheet import Caption, Key, Sheet
from oomlog.report.plots.theme import COLOURS
from oomlog.units import human_kb

__all__ = ["plot_badness"]

_SHOWN = 10
_IMMUNE = 3
_TERMS = {"rss": "blue", "swap": "orange", "pgtables": "yellow", "adj": "purple", "root": "grey"}
_HATCH = {"swap": "////"}  # without colour it looks like oom_score_adj


class _Row(NamedTuple):
    ranked: Ranked
    terms: dict[str, float]
    """In kB, or in thousandths of totalpages."""
    mark: float | None
    value: str


def plot_badness(
    data: Explanation | VictimChoice,
    ax: Axes | None = None,
    *,
    lang: str = "en",
    width: float = 700,
    limit: int = _SHOWN,
) -> Axes:
    """Draw the ranking that the kernel chose from.

    :param limit: How many of the ranking are shown; those who were killed always are.
    :raise PictureError: There is no task table, or badness cannot be computed from it.

    The other parameters are those of ``plot_ledger``.
    """
    lang = speakable(lang)
    choice = data.victim if isinstance(data, Explanation) else data
    killed = {choice.victim_pid} - {None}
    if isinstance(data, Explanation):
        killed = {kill.pid for kill in data.event.kills}
    if not choice.ranking:
        raise PictureError("no ranking: the log has no task table that badness can be computed from")
    able = [
        each
        for place, each in enumerate(choice.ranking)
        if place < limit or each.pid in killed or each.pid == choice.victim_pid
    ]
    spared = [each for each in choice.immune if _used(each) or each.pid in killed][:_IMMUNE]
    rows = [_row(each, choice, each.pid in killed, lang) for each in (*able, *spared)]
    caption = Caption(_title(choice, killed, lang), _notes(choice, able, spared, lang), _axis(choice, lang))
    sheet = Sheet(ax, width)
    _draw(sheet, caption, rows, choice, killed, lang)
    return sheet.ax


def _row(each: Ranked, choice: VictimChoice, killed: bool, lang: str) -> _Row:
    page_kb, total = choice.page_size_kb.value, choice.totalpages
    thousandths = choice.formula == "permille" and total is not None
    unit = 1000 / max(total.value, 1) if thousandths and total is not None else page_kb
    terms = {"rss": each.rss_pages or 0, "swap": each.swap_pages or 0}
    if each.terms is not None:
        terms["pgtables"] = each.terms.pgtables_pages
        if each.immune is None:
            terms |= {"adj": each.terms.adj_pages, "root": each.terms.root_pages}
    mark: float | None = None
    if each.immune is not None:
        value = say(f"plots.immune_{each.immune}", lang, {})
    elif each.badness is None:
        value = say("plots.badness_open", lang, {})
    elif choice.formula == "permille":
        mark, value = each.badness if thousandths else None, f"{each.badness} ‰"
    else:
        mark, value = each.badness * page_kb, human_kb(each.badness * page_kb)
    if killed:
        value = say("plots.killed", lang, {"value": value})
    return _Row(each, {name: pages * unit for name, pages in terms.items() if pages}, mark, value)


def _used(each: Ranked) -> int:
    return (each.rss_pages or 0) + (each.swap_pages or 0)


def _draw(
    sheet: Sheet,
    caption: Caption,
    rows: Sequence[_Row],
    choice: VictimChoice,
    killed: set[int | None],
    lang: str,
) -> None:
    used = {name for row in rows for name in row.terms}
    keys: list[Key] = [
        (colour, say(f"plots.term_{name}", lang, {}), _HATCH.get(name))
        for name, colour in _TERMS.items()
        if name in used
    ]
    if any(row.ranked.immune is not None for row in rows):
        keys.append(("none", say("plots.immune", lang, {}), "xxx"))
    if any(row.mark is not None for row in rows):
        keys.append(("ink", say("plots.badness_sum", lang, {}), None))
    labels = [_who(row.ranked) for row in rows]
    values = [row.value for row in rows]
    low = min((sum(x for x in row.terms.values() if x < 0) for row in rows), default=0.0)
    high = max((sum(x for x in row.terms.values() if x > 0) for row in rows), default=0.0)
    high = max(high, *(row.mark or 0.0 for row in rows), 1.0)
    sheet.scale(min(low, 0.0), high, labels, values)
    top = sheet.open(len(rows) * sheet.row_px + 4, caption, keys)
    for row, label, value in zip(rows, labels, values, strict=True):
        pid = row.ranked.pid
        y, height = sheet.row(top, label, value, bold=pid in killed, muted=row.ranked.immune is not None)
        right = left = 0.0
        for name in _TERMS:
            size = row.terms.get(name, 0.0)
            if size > 0:
                sheet.bar(right, y, size, height, _TERMS[name], f"{pid}.{name}", hatch=_HATCH.get(name))
                right += size
            elif size < 0:
                left += size
                sheet.bar(left, y, -size, height, _TERMS[name], f"{pid}.{name}")
        if row.ranked.immune is not None and right:
            sheet.bar(0, y, right, height, "none", f"{pid}.immune", hatch="xxx", outline=True)
        if pid in killed:
            sheet.bar(left, y, right - left, height, "none", f"{pid}.victim", outline=True)
        if row.mark is not None:
            sheet.ax.plot(
                [row.mark, row.mark],
                [y - 3, y + height + 3],
                color=COLOURS["ink"],
                linewidth=2.2,
                solid_capstyle="butt",
                gid=f"{pid}.badness",
                zorder=3,
            )
        top += sheet.row_px
    if choice.formula == "permille":
        places = [
            place for place in (-1000.0, -500.0, 0.0, 250.0, 500.0, 750.0, 1000.0) if low <= place <= high
        ]
        sheet.ticks(places, [f"{place:.0f} ‰" for place in places])
    else:
        places = kb_ticks(min(low, 0.0), high, sheet.room)
        sheet.ticks(places, [tick_kb(place) for place in places])
    sheet.describe(f"{label}: {value}" for label, value in zip(labels, values, strict=True))


def _who(each: Ranked) -> str:
    return f"pid {each.pid}" if each.comm is None else f"{shown(each.comm)} ({each.pid})"


def _axis(choice: VictimChoice, lang: str) -> str:
    return say("plots.axis_permille" if choice.formula == "permille" else "plots.axis_badness", lang, {})


def _notes(choice: VictimChoice, able: Sequence[Ranked], spared: Sequence[Ranked], lang: str) -> list[str]:
    notes = []
    hidden = len(choice.ranking) - len(able)
    if hidden:
        notes.append(say("plots.more_ranked", lang, {"count": hidden}))
    hidden = len(choice.immune) - len(spared)
    if hidden:
        notes.append(say("plots.more_immune", lang, {"count": hidden}))
    if choice.totalpages is None:
        notes.append(say("page.totalpages_open", lang, {}))
    elif not choice.totalpages.exact:
        notes.append(say("plots.totalpages_inexact", lang, {}))
    return notes


def _title(choice: VictimChoice, killed: set[int | None], lang: str) -> str:
    """Return who was chosen, and whether that is who has the highest badness."""
    victim = next((each for each in (*choice.ranking, *choice.immune) if each.pid == choice.victim_pid), None)
    first = choice.predicted
    values = {
        "victim": None if victim is None else _who(victim),
        "first": None if first is None else _who(first),
    }
    if choice.victim_pid is None:
        return say("plots.badness_nobody" if first is not None else "plots.badness_only", lang, values)
    if victim is None:
        values["victim"] = f"pid {choice.victim_pid}"
        return say(
            "plots.badness_unlisted" if first is None else "plots.badness_unlisted_first", lang, values
        )
    if first is None or choice.agrees is None:
        return say("plots.badness_victim", lang, values)
    if first.pid != victim.pid:
        child = choice.reason == "sacrificed_child"
        return say("plots.badness_child" if child else "plots.badness_other", lang, values)
    tied = sum(each.badness == first.badness for each in choice.ranking) - 1
    if tied and first.badness is not None:
        return say("plots.badness_tied", lang, {**values, "count": tied})
    margin = _margin(choice, first)
    if margin is None:
        return say("plots.badness_first", lang, values)
    return say("plots.badness_ahead", lang, {**values, "margin_kb": margin * choice.page_size_kb.value})


def _margin(choice: VictimChoice, first: Ranked) -> int | None:
    """Return how far the first was ahead in pages, where that does not hang on what is only guessed."""
    margin, total = choice.margin_pages, choice.totalpages
    if margin is None or margin <= 0 or choice.formula == "permille":
        return None
    second = next(each for each in choice.ranking if each.pid != first.pid)
    sure = (total is not None and total.exact) or first.oom_score_adj == second.oom_score_adj
    return margin if sure else None
