"""Pictures of an event and of a history, as a notebook shows them."""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING, Any

from oomlog.errors import UsageError
from oomlog.jupyter.answers import explain_event
from oomlog.model import OomEvent

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from oomlog.history.record import History
    from oomlog.report.plots.theme import Theme

__all__ = ["EventPlots", "HistoryPlots", "Picture"]


def _plots() -> ModuleType:
    try:
        from oomlog.report import plots
    except ModuleNotFoundError as error:
        if error.name != "matplotlib":
            raise
        raise UsageError("pictures need matplotlib: pip install 'oomlog[report]'") from None
    return plots


class Picture:
    """A picture that a notebook shows; ``axes`` and ``figure`` are matplotlib's, to go on with."""

    def __init__(self, axes: Axes) -> None:
        self.axes = axes

    @property
    def figure(self) -> Figure:
        """The figure the axes are on."""
        figure = self.axes.get_figure(root=True)
        assert figure is not None  # these axes were just made
        return figure

    def save(self, path: str, *, theme: Theme = "light") -> None:
        """Write it to a ``.png`` or ``.svg`` file.

        :param theme: ``light`` or ``dark``.
        :raise ValueError: Another ending, or another theme.
        """
        _plots().save(self.axes, path, theme=theme)

    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        data, width, height = _plots().png_of(self.axes)
        return data, {"width": width, "height": height}

    def __repr__(self) -> str:
        title = self.axes.get_title(loc="left") or self.axes.get_title()
        return f"<Picture: {' '.join(title.split())}>"


class EventPlots:
    """The pictures of one event.

    Each method returns a :class:`Picture`, drawn into ``ax`` if that is given; the other options are those of
    the function of its name in ``oomlog.report.plots``.  ``PictureError`` is raised where the report has
    nothing to draw.
    """

    def __init__(self, event: OomEvent) -> None:
        self._event = event

    def ledger(self, ax: Axes | None = None, **options: Any) -> Picture:
        """Draw where the memory was: items that add up to all of it."""
        return Picture(_plots().plot_ledger(explain_event(self._event), ax, **options))

    def badness(self, ax: Axes | None = None, **options: Any) -> Picture:
        """Draw why this victim: the ranking, and what each number is made of."""
        return Picture(_plots().plot_badness(explain_event(self._event), ax, **options))

    def zones(self, ax: Axes | None = None, **options: Any) -> Picture:
        """Draw the free memory of each zone against its watermarks."""
        return Picture(_plots().plot_zones(self._event, ax, **options))

    def tasks(self, ax: Axes | None = None, **options: Any) -> Picture:
        """Draw the largest processes."""
        return Picture(_plots().plot_tasks(self._event, ax, **options))

    def __repr__(self) -> str:
        return "<pictures of an event: ledger() badness() zones() tasks()>"


class HistoryPlots:
    """The pictures of many kills, with the options of their functions in ``oomlog.report.plots``."""

    def __init__(self, history: History) -> None:
        self._history = history

    def timeline(self, ax: Axes | None = None, **options: Any) -> Picture:
        """Draw the kills over time, in a row for each host or place."""
        return Picture(_plots().plot_timeline(self._history, ax, **options))

    def calendar(self, ax: Axes | None = None, **options: Any) -> Picture:
        """Draw how many kills there were in each hour of the week."""
        return Picture(_plots().plot_calendar(self._history, ax, **options))

    def rss_trend(self, ax: Axes | None = None, **options: Any) -> Picture:
        """Draw how large victims were each time they were killed."""
        return Picture(_plots().plot_rss_trend(self._history, ax, **options))

    def storms(self, ax: Axes | None = None, **options: Any) -> Picture:
        """Draw the bursts of kills."""
        return Picture(_plots().plot_storms(self._history, ax, **options))

    def __repr__(self) -> str:
        return "<pictures of a history: timeline() calendar() rss_trend() storms()>"
