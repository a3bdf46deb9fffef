"""What one asks an event for at a prompt or in a notebook.

The answers are made in ``oomlog.jupyter``, where the libraries for them may be imported: these methods look
to the right, and only when they are called.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from oomlog.containers.registry import Registry
    from oomlog.explain.model import Explanation
    from oomlog.jupyter import EventPlots, Supposed
    from oomlog.model import OomEvent

__all__ = ["AskedEvent"]


class AskedEvent:
    """The questions; an event is one that can be asked."""

    __slots__ = ("registry", "siblings")

    siblings: Sequence[OomEvent]
    """All events of the same reading, this one among them; empty unless ``oomlog.read()`` read it."""
    registry: Registry | None
    """Names of containers, as they were given to ``oomlog.read()``."""

    def explain(self, *, page_size_kb: int | None = None) -> Explanation:
        """Explain it in the light of ``siblings``: why this victim, where memory was, what to do."""
        from oomlog import jupyter

        return jupyter.explain_event(cast("OomEvent", self), page_size_kb=page_size_kb)

    def why(self, who: str | int, *, lang: str = "en") -> tuple[str, ...]:
        """Say why a process was killed, or was not.

        :param who: A pid or a task's name; one answer for each process of that name.
        """
        from oomlog import jupyter

        return jupyter.why_event(cast("OomEvent", self), who, lang=lang)

    def whatif(self, *settings: str, limits: Mapping[str, int] | None = None) -> Supposed:
        """Recompute the choice with other settings, such as ``"java:oom_score_adj=-500"``.

        :param limits: New limits of cgroups in kB, by path.
        :raise ValueError: A setting cannot be read.
        """
        from oomlog import jupyter

        return jupyter.whatif_event(cast("OomEvent", self), *settings, limits=limits)

    @property
    def plot(self) -> EventPlots:
        """Return its pictures: ``event.plot.ledger()`` ..."""
        from oomlog import jupyter

        return jupyter.EventPlots(cast("OomEvent", self))

    def _repr_html_(self) -> str | None:
        from oomlog import jupyter

        return jupyter.event_html(cast("OomEvent", self))
