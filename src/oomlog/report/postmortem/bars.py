"""Pictures of a report in letters, for Markdown: seen wherever the text is pasted, without a file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from oomlog.explain.model import Explanation
from oomlog.explain.phrases import PERCENT, all_phrases, say
from oomlog.model import OomEvent
from oomlog.report.document import Block, Code
from oomlog.report.document_text import width_of
from oomlog.report.escape import clip
from oomlog.report.explanation import ledger_rows
from oomlog.report.postmortem.model import Case, Postmortem
from oomlog.report.postmortem.once import in_order
from oomlog.report.postmortem.spans import clock, span
from oomlog.units import human_kb

__all__ = ["with_bars"]

_CELLS = 30
"""Letters of the longest bar."""
_EIGHTHS = " ▏▎▍▌▋▊▉"
_LABEL = 40
_MOST = 12
_TREND_FROM = 3
_TIMES = 24
"""Bars of a timeline at most."""
_DAY_S = 86_400
_STEPS_S = (
    1, 5, 10, 30, 60, 300, 600, 1800, 3600, 3 * 3600, 6 * 3600, 12 * 3600,
    *(days * _DAY_S for days in (1, 2, 7, 14, 30, 60, 180, 365, 3650, 36_500)),
)  # fmt: skip


class _Bar(NamedTuple):
    label: str
    length: float
    value: str


def with_bars(report: Postmortem) -> Postmortem:
    """Return the report with bars in the places of its pictures."""
    found: dict[str, Sequence[Block]] = {}
    if report.kind != "event":
        found["summary"] = list(_timeline(report))
    for case in report.cases:
        sections = {
            "memory": list(_memory(case.explanation, report.lang)),
            "victim": list(_victim(case.explanation, report.lang)),
            "history": list(_history(case)),
        }
        for section, bars in sections.items():
            if len(bars) > 1:
                found[f"{case.number}.{section}"] = [Code("\n".join(_drawn(bars)), language="text")]
    return replace(report, figures=found)


def _memory(explanation: Explanation, lang: str) -> Iterator[_Bar]:
    ledger = explanation.ledger
    if ledger is None or not ledger.items_kb:
        return
    rows = ledger_rows(ledger)
    for name, kb in rows if ledger.contradiction else rows[:-1]:  # the total is all of the bars together
        share = "" if ledger.contradiction else f", {kb * 100 / ledger.total_kb:.1f}{PERCENT[lang]}"
        short = f"plots.item_{name}"
        label = say(short if short in all_phrases() else f"ledger.{name}", lang, {})
        yield _Bar(label, kb, f"{human_kb(kb)}{share}")


def _victim(explanation: Explanation, lang: str) -> Iterator[_Bar]:
    choice = explanation.victim
    killed = {kill.pid for kill in explanation.event.kills}
    for each in choice.ranking[:_MOST]:
        if each.badness is None:
            return
        value = (
            f"{each.badness} ‰"
            if choice.formula == "permille"
            else human_kb(each.badness * choice.page_size_kb.value)
        )
        mark = f", {say('page.killed', lang, {})}" if each.pid in killed else ""
        yield _Bar(f"{each.comm or ''} ({each.pid})", each.badness, f"{value}{mark}")


def _history(case: Case) -> Iterator[_Bar]:
    if len(case.same_victim) < _TREND_FROM:
        return
    for each in case.same_victim:
        event, kill = each.event, each.kill
        if kill.rss_kb is not None:
            when = clock(kill.time or event.time, event.uptime_s if kill.uptime_s is None else kill.uptime_s)
            yield _Bar(f"#{each.number} {when}", kill.rss_kb, human_kb(kill.rss_kb))


def _timeline(report: Postmortem) -> Iterator[Block]:
    """Yield how many processes were killed in each of the equal parts of the time of all events."""
    events: list[OomEvent] = [case.event for case in report.cases]
    if report.incident is not None:
        events = [each.event for _, each in report.incident.explanations]
    at, origin = _moments(events)
    if not at:
        return
    first, last = min(at), max(at)
    step = next((each for each in _STEPS_S if last // each - first // each < _TIMES), None)
    if step is None or first // step == last // step:
        return
    counts = Counter(int(each // step) for each in at)
    bars = []
    for number in range(min(counts), max(counts) + 1):
        start = number * step
        when = clock(None, start) if origin is None else clock(origin + timedelta(seconds=start), None)
        value = say("history.count", report.lang, {"kills": counts[number]})
        bars.append(_Bar(when, counts[number], value))
    title = say("report.kills_in_each", report.lang, {"span": span(step, report.lang)})
    yield Code("\n".join(_drawn(bars)), title, language="text")


def _moments(events: Sequence[OomEvent]) -> tuple[list[float], datetime | None]:
    """Return when each process was killed in seconds, and since when: a midnight, or ``None`` for the boot.

    Nothing is returned where the events have no clock in common.
    """
    _, in_time = in_order(events, lambda event: event)
    if not in_time:
        return [], None
    kills = [(event, kill) for event in events for kill in event.kills]
    times = [kill.time or event.time for event, kill in kills]
    if known := [each for each in times if each is not None]:
        if len(known) < len(times) or len({each.tzinfo is None for each in known}) > 1:
            return [], None
        origin = min(known).replace(hour=0, minute=0, second=0, microsecond=0)
        return [(each - origin).total_seconds() for each in known], origin
    uptimes = [event.uptime_s if kill.uptime_s is None else kill.uptime_s for event, kill in kills]
    return [each for each in uptimes if each is not None], None


def _drawn(bars: Sequence[_Bar]) -> Iterator[str]:
    """Yield a line a bar; a length below zero has none, and its value says so."""
    longest = max(max(bar.length for bar in bars), 1)
    labels = [clip(bar.label.replace("\n", " "), _LABEL) for bar in bars]
    wide = max(map(width_of, labels))
    for bar, label in zip(bars, labels, strict=True):
        eighths = round(max(bar.length, 0) / longest * _CELLS * 8)
        if bar.length > 0:
            eighths = max(eighths, 1)  # something is not nothing
        drawn = "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()
        yield f"{label}{' ' * (wide - width_of(label))}  {drawn:<{_CELLS}}  {bar.value}"
