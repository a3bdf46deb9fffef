"""Events and histories at a prompt and in notebooks: what they answer, how they look, and their pictures.

>>> import oomlog
>>> event = oomlog.read("kern.log")[0]      # doctest: +SKIP
>>> event.explain()                         # doctest: +SKIP
>>> event.plot.ledger()                     # doctest: +SKIP
"""

from oomlog.jupyter.answers import Supposed, explain_event, whatif_event, why_event
from oomlog.jupyter.pictures import EventPlots, HistoryPlots, Picture
from oomlog.jupyter.shown import event_html, events_html, explanation_html, history_html

__all__ = [
    "EventPlots",
    "HistoryPlots",
    "Picture",
    "Supposed",
    "event_html",
    "events_html",
    "explain_event",
    "explanation_html",
    "history_html",
    "whatif_event",
    "why_event",
]
