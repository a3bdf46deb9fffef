"""All processes of a report in one table that can be sorted and filtered."""

from __future__ import annotations

from oomlog.explain.model import Explanation, Ranked
from oomlog.explain.phrases import say
from oomlog.explain.ranking import processes_of
from oomlog.report.document import Table
from oomlog.report.escape import name_cell
from oomlog.units import human_kb

__all__ = ["process_table"]

_ROWS = 1000
_NAMES = ("pid", "comm", "uid", "rss", "swap", "pgtables", "oom_score_adj", "badness", "oom_score")
_KB = frozenset({"rss", "swap", "pgtables"})


def process_table(explanation: Explanation, lang: str) -> tuple[Table, int] | None:
    """Return the table, largest resident set first, and how many rows were left out.

    ``None`` where the report has no task table.
    """
    page_kb = explanation.victim.page_size_kb.value
    processes = processes_of(explanation.event, page_kb)
    if not processes:
        return None
    choice = explanation.victim
    ranked = {each.pid: each for each in (*choice.ranking, *choice.immune)}
    killed = {kill.pid for kill in explanation.event.kills}
    ordered = sorted(processes, key=lambda each: -(each.rss_pages or 0))
    shown = [each for at, each in enumerate(ordered) if at < _ROWS or each.pid in killed]
    permille = choice.formula == "permille"
    keys: list[tuple[float | None, ...]] = []
    rows: list[tuple[str, ...]] = []
    for each in shown:
        own: Ranked | None = ranked.get(each.pid)
        numbers: dict[str, int | None] = {
            "pid": each.pid,
            "comm": None,
            "uid": each.uid,
            "rss": None if each.rss_pages is None else each.rss_pages * page_kb,
            "swap": None if each.swap_pages is None else each.swap_pages * page_kb,
            "pgtables": None if each.pgtables_pages is None else each.pgtables_pages * page_kb,
            "oom_score_adj": each.oom_score_adj,
            "badness": None if own is None else own.badness,
            "oom_score": None if own is None else own.oom_score,
        }
        cells = {
            name: "" if value is None else _cell(name, value, page_kb, permille)
            for name, value in numbers.items()
        }
        cells["comm"] = name_cell(each.comm)
        if each.pid in killed:
            cells["comm"] += f" ({say('page.killed', lang, {})})"
        keys.append(tuple(numbers.values()))
        rows.append(tuple(cells.values()))
    kept = [
        at for at, name in enumerate(_NAMES) if any(row[at] for row in rows) and not _is_zero(name, keys, at)
    ]
    table = Table(
        tuple(say(f"page.{_NAMES[at]}", lang, {}) for at in kept),
        [tuple(row[at] for at in kept) for row in rows],
        frozenset(place for place, at in enumerate(kept) if _NAMES[at] != "comm"),
        frozenset(number for number, each in enumerate(shown) if each.pid in killed),
        caption=say("report.processes_caption", lang, {"count": len(processes)}),
        keys=[tuple(row[at] for at in kept) for row in keys],
    )
    return table, len(processes) - len(shown)


def _is_zero(name: str, keys: list[tuple[float | None, ...]], at: int) -> bool:
    return name == "swap" and not any(row[at] for row in keys)


def _cell(name: str, value: int, page_kb: int, permille: bool) -> str:
    if name in _KB:
        return human_kb(value)
    if name == "badness":
        return f"{value} ‰" if permille else human_kb(value * page_kb)
    return str(value)
