"""Who had the memory: processes by name with their resident sets, largest first.

A page that several processes map is in the resident set of each of them, so the bars do not add up to memory
in use; the picture says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from matplotlib.axes import Axes

from oomlog.errors import PictureError
from oomlog.explain.model import Explanation
from oomlog.explain.page_size import page_size
from oomlog.explain.phrases import say
from oomlog.explain.processes import Group, groups_of, rss_note
from oomlog.model import OomEvent
from oomlog.report.plots.fonts import shown, speakable
from oomlog.report.plots.scales import kb_ticks, share_text, tick_kb
from oomlog.report.plots.sheet import Caption, Key, Sheet
from oomlog.units import human_kb

__all__ = ["plot_tasks"]

_SHOWN = 12


def plot_tasks(
    data: Explanation | OomEvent,
    ax: Axes | None = None,
    *,
    lang: str = "en",
    width: float = 700,
    limit: int = _SHOWN,
) -> Axes:
    """Draw the resident sets of the task table, the processes of one name together.

    :param limit: How many names are shown.
    :raise PictureError: The log has no task table for this event, or none with RSS in it.

    The other parameters are those of ``plot_ledger``.
    """
    lang = speakable(lang)
    event = data.event if isinstance(data, Explanation) else data
    page_kb = data.victim.page_size_kb.value if isinstance(data, Explanation) else page_size(event).value
    found = groups_of(event, page_kb)
    known = [each for each in found if each.rss_kb is not None]
    if not known:
        raise PictureError("no processes: the log has no task table with RSS for this event")
    killed = Counter(kill.comm for kill in event.kills)
    groups = known[:limit]
    notes = []
    remark = rss_note(event, page_kb)
    if len(known) > len(groups):
        rest = known[limit:]
        count, rest_kb = sum(each.count for each in rest), sum(each.rss_kb or 0 for each in rest)
        notes.append(say("plots.more_tasks", lang, {"count": count, "kb": rest_kb}))
    if len(known) < len(found):
        notes.append(say("plots.tasks_unread", lang, {"count": len(found) - len(known)}))
    if remark is not None:
        notes.append(say(remark[0], lang, remark[1]))
    sheet = Sheet(ax, width)
    _draw(sheet, Caption(_title(known, lang), notes, say("plots.axis_rss", lang, {})), groups, killed, lang)
    return sheet.ax


def _title(groups: Sequence[Group], lang: str) -> str:
    first = groups[0]
    total = sum(each.rss_kb or 0 for each in groups)
    values = {"who": _who(first), "kb": first.rss_kb, "count": first.count}
    if len(groups) == 1 or not total:
        return say("plots.tasks_only", lang, values)
    share = share_text((first.rss_kb or 0) / total, lang)
    return say("plots.tasks_first", lang, {**values, "share": share})


def _draw(
    sheet: Sheet, caption: Caption, groups: Sequence[Group], killed: Counter[str | None], lang: str
) -> None:
    split = all(each.rss_anon_kb is not None for each in groups)
    swap = any(each.swap_kb for each in groups)
    keys: list[Key] = [("blue", say("plots.rss_anon" if split else "plots.term_rss", lang, {}), None)]
    if split:
        keys.append(("green", say("plots.rss_shared", lang, {}), None))
    if swap:
        keys.append(("orange", say("plots.term_swap", lang, {}), "////"))
    labels = [_who(each) for each in groups]
    values = [human_kb(each.rss_kb) for each in groups]
    values = [
        _marked(value, each, killed[each.comm], lang) for each, value in zip(groups, values, strict=True)
    ]
    high = max(max((each.rss_kb or 0) + (each.swap_kb or 0) for each in groups), 1)
    sheet.scale(0, high, labels, values)
    top = sheet.open(len(groups) * sheet.row_px + 4, caption, keys)
    for number, (each, label, value) in enumerate(zip(groups, labels, values, strict=True)):
        y, height = sheet.row(top, label, value, bold=each.comm in killed)
        rss = each.rss_kb or 0
        anon = each.rss_anon_kb if split and each.rss_anon_kb is not None else rss
        sheet.bar(0, y, anon, height, "blue", f"{number}.{'anon' if split else 'rss'}")
        if rss > anon:
            sheet.bar(anon, y, rss - anon, height, "green", f"{number}.shared")
        if each.swap_kb:
            sheet.bar(rss, y, each.swap_kb, height, "orange", f"{number}.swap", hatch="////")
        top += sheet.row_px
    places = kb_ticks(0, high, sheet.room)
    sheet.ticks(places, [tick_kb(place) for place in places])
    sheet.describe(f"{label}: {value}" for label, value in zip(labels, values, strict=True))


def _marked(value: str, group: Group, killed: int, lang: str) -> str:
    if not killed:
        return value
    key = "plots.killed" if group.count == 1 else "plots.some_killed"
    return say(key, lang, {"value": value, "count": killed})


def _who(group: Group) -> str:
    name = "?" if group.comm is None else shown(group.comm)
    return f"{name} ×{group.count}" if group.count > 1 else name
