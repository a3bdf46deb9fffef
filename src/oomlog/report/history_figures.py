"""The pictures of a history, for its HTML page."""

from __future__ import annotations

from collections.abc import Iterator

from oomlog.errors import PictureError
from oomlog.history.record import History
from oomlog.report.document import Figure

__all__ = ["history_figures"]

_WIDE, _NARROW = 700.0, 340.0


def history_figures(history: History, lang: str = "en") -> Iterator[Figure]:
    """Yield each picture for wide and for narrow pages; what the logs do not have is not drawn."""
    from oomlog.report.plots import svg_of
    from oomlog.report.plots.panels import history_plots

    for name, draw in history_plots(history, lang=lang).items():
        try:
            wide, narrow = (draw(width=width) for width in (_WIDE, _NARROW))
        except PictureError:
            continue
        yield Figure(
            svg_of(wide, id_prefix=f"{name}-wide"),
            str(wide.get_label()),
            narrow=svg_of(narrow, id_prefix=f"{name}-narrow"),
        )
