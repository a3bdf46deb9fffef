"""Pictures of a report in letters, for Markdown: seen wherever the text is pasted, without a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from oomlog.explain.model import Explanation
from oomlog.explain.phrases import PERCENT, all_phrases, say
from oomlog.report.document import Block, Code
from oomlog.report.document_text import width_of
from oomlog.report.escape import clip
from oomlog.report.explanation import ledger_rows
from oomlog.report.postmortem.model import Case, Postmortem
from oomlog.report.postmortem.spans import clock
from oomlog.units import human_kb

__all__ = ["with_bars"]

_CELLS = 30
"""Letters of the longest bar."""
_EIGHTHS = " ▏▎▍▌▋▊▉"
_LABEL = 40
_MOST = 12
_TREND_FROM = 3


class _Bar(NamedTuple):
    label: str
    length: float
    value: str


def with_bars(report: Postmortem) -> Postmortem:
    """Return the report with bars in the places of its pictures."""
    found: dict[str, Sequence[Block]] = {}
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
