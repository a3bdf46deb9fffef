"""The pictures of a report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from oomlog.errors import PictureError
from oomlog.model import OomEvent
from oomlog.report.document import Block, Figure
from oomlog.report.postmortem.model import Case, Postmortem

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["on_paper", "picture_style", "with_figures"]

_WIDE, _NARROW = 700.0, 340.0
_TREND_FROM = 3
"""Fewer kills of a victim are no trend."""

Drawing = Callable[..., "Axes"]


def with_figures(report: Postmortem) -> Postmortem:
    """Return the report with its pictures; what a log does not have is not drawn."""
    figures: dict[str, tuple[Figure, ...]] = {}
    if report.kind != "event":
        figures["summary"] = _figures(_summary(report), report.lang, "all")
    for case in report.cases:
        for section, drawings in _sections(case).items():
            figures[f"{case.number}.{section}"] = _figures(drawings, report.lang, f"e{case.number}-{section}")
    return replace(report, figures={key: found for key, found in figures.items() if found})


def _sections(case: Case) -> dict[str, list[Drawing]]:
    from oomlog.report.plots import plot_badness, plot_ledger, plot_zones

    explanation = case.explanation
    memory: list[Drawing] = [partial(plot_ledger, explanation)]
    if case.event.scope != "memcg":  # a cgroup's limit has nothing to do with zones
        memory.append(partial(plot_zones, explanation))
    return {"victim": [partial(plot_badness, explanation)], "memory": memory, "history": _history(case)}


def _history(case: Case) -> list[Drawing]:
    if len(case.same_victim) < _TREND_FROM:
        return []
    from oomlog import frame
    from oomlog.report.plots import plot_rss_trend

    events = {id(each.event): each.event for each in case.same_victim}
    return [partial(plot_rss_trend, frame.kills(events.values()), comm=case.event.kills[0].comm)]


def _summary(report: Postmortem) -> list[Drawing]:
    from oomlog import frame
    from oomlog.report.plots import plot_timeline

    events: list[OomEvent] = [case.event for case in report.cases]
    if report.incident is not None:
        events = [each.event for _, each in report.incident.explanations]
    return [partial(plot_timeline, frame.kills(events))]


def _figures(drawings: Iterable[Drawing], lang: str, prefix: str) -> tuple[Figure, ...]:
    from oomlog.report.plots import svg_of

    found = []
    for number, draw in enumerate(drawings):
        try:
            wide, narrow = (draw(lang=lang, width=width) for width in (_WIDE, _NARROW))
        except PictureError:
            continue
        found.append(
            Figure(
                svg_of(wide, id_prefix=f"{prefix}{number}-wide"),
                str(wide.get_label()),
                narrow=svg_of(narrow, id_prefix=f"{prefix}{number}-narrow"),
            )
        )
    return tuple(found)


def picture_style() -> str:
    """Return the rules that let pictures follow the page's theme."""
    from oomlog.report.plots import theme_css

    dark = theme_css("dark")
    return f"@media screen and (prefers-color-scheme: dark) {{\n{dark}\n}}\n"


def on_paper(blocks: Iterable[Block]) -> Iterator[Block]:
    """Yield the blocks for paper, which has one width."""
    for block in blocks:
        yield replace(block, narrow=None) if isinstance(block, Figure) else block
