"""The pictures of a report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from oomlog.errors import PictureError
from oomlog.report.document import Block, Figure
from oomlog.report.postmortem.model import Case, Postmortem

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["on_paper", "picture_style", "with_figures"]

_WIDE, _NARROW = 700.0, 340.0


def with_figures(report: Postmortem) -> Postmortem:
    """Return the report with its pictures; what a log does not have is not drawn."""
    from oomlog.report.plots import plot_badness, plot_ledger, plot_zones

    figures: dict[str, tuple[Figure, ...]] = {}
    for case in report.cases:
        drawn: dict[str, tuple[Callable[..., Axes], ...]] = {
            "victim": (plot_badness,),
            "memory": (plot_ledger, *(() if case.event.scope == "memcg" else (plot_zones,))),
        }
        for section, plots in drawn.items():
            found = (
                _figure(plot, case, report.lang, f"e{case.number}-{plot.__name__.removeprefix('plot_')}")
                for plot in plots
            )
            figures[f"{case.number}.{section}"] = tuple(each for each in found if each is not None)
    return replace(report, figures={key: found for key, found in figures.items() if found})


def _figure(plot: Callable[..., Any], case: Case, lang: str, prefix: str) -> Figure | None:
    from oomlog.report.plots import svg_of

    def drawn() -> Iterator[Axes]:
        for width in (_WIDE, _NARROW):
            yield plot(case.explanation, lang=lang, width=width)

    try:
        wide, narrow = drawn()
    except PictureError:
        return None
    return Figure(
        svg_of(wide, id_prefix=f"{prefix}-wide"),
        str(wide.get_label()),
        narrow=svg_of(narrow, id_prefix=f"{prefix}-narrow"),
    )


def picture_style() -> str:
    """Return the rules that let pictures follow the page's theme."""
    from oomlog.report.plots import theme_css

    dark = theme_css("dark")
    return f"@media screen and (prefers-color-scheme: dark) {{\n{dark}\n}}\n"


def on_paper(blocks: Iterable[Block]) -> Iterator[Block]:
    """Yield the blocks for paper, which has one width."""
    for block in blocks:
        yield replace(block, narrow=None) if isinstance(block, Figure) else block
