"""Pictures of events and of their history.

Each function draws one picture and returns its axes; ``axes.figure`` is the figure, which no global state of
matplotlib knows.  What the log does not have is not drawn: a picture of nothing raises ``PictureError``.
"""

from oomlog.errors import PictureError
from oomlog.report.plots.badness import plot_badness
from oomlog.report.plots.ledger import plot_ledger
from oomlog.report.plots.output import png_of, save, svg_of
from oomlog.report.plots.tasks import plot_tasks
from oomlog.report.plots.theme import theme_css
from oomlog.report.plots.zones import plot_zones

__all__ = [
    "PictureError",
    "plot_badness",
    "plot_ledger",
    "plot_tasks",
    "plot_zones",
    "png_of",
    "save",
    "svg_of",
    "theme_css",
]
