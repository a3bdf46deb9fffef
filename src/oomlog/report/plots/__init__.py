"""Pictures of events and of their history.

Each function draws one picture and returns its axes; ``axes.figure`` is the figure, which no global state of
matplotlib knows.  What the log does not have is not drawn: a picture of nothing raises ``PictureError``.

The pictures of many kills need pandas, which is imported when one of them is first asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from oomlog.errors import PictureError
from oomlog.report.plots.badness import plot_badness
from oomlog.report.plots.ledger import plot_ledger
from oomlog.report.plots.output import png_of, save, svg_of
from oomlog.report.plots.tasks import plot_tasks
from oomlog.report.plots.theme import theme_css
from oomlog.report.plots.zones import plot_zones

if TYPE_CHECKING:
    from oomlog.report.plots.hours import plot_calendar
    from oomlog.report.plots.panels import plot_history
    from oomlog.report.plots.storms import plot_storms
    from oomlog.report.plots.timeline import plot_timeline
    from oomlog.report.plots.trend import plot_rss_trend

__all__ = [
    "PictureError",
    "plot_badness",
    "plot_calendar",
    "plot_history",
    "plot_ledger",
    "plot_rss_trend",
    "plot_storms",
    "plot_tasks",
    "plot_timeline",
    "plot_zones",
    "png_of",
    "save",
    "svg_of",
    "theme_css",
]

_MODULES = {
    "plot_calendar": "hours",
    "plot_history": "panels",
    "plot_rss_trend": "trend",
    "plot_storms": "storms",
    "plot_timeline": "timeline",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
