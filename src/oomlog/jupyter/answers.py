"""What an event answers at a prompt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from oomlog.explain.case import Case
from oomlog.explain.model import Explanation, Ranked
from oomlog.explain.supposed import WhatIf, read_setting, whatif
from oomlog.model import OomEvent

if TYPE_CHECKING:
    from oomlog.report.document import Block

__all__ = ["Supposed", "explain_event", "whatif_event", "why_event"]


def explain_event(event: OomEvent, *, page_size_kb: int | None = None) -> Explanation:
    """Explain an event in the light of its siblings."""
    from oomlog.explain.api import explained

    return explained(event, page_size_kb=page_size_kb)


def why_event(event: OomEvent, who: str | int, *, lang: str = "en") -> tuple[str, ...]:
    """Say why a process was killed, or was not."""
    from oomlog.explain.api import why

    return why(event, who, event.siblings, lang=lang)


def whatif_event(event: OomEvent, *settings: str, limits: Mapping[str, int] | None = None) -> Supposed:
    """Recompute the choice with other settings."""
    case = Case(event, event.siblings, registry=event.registry)
    return Supposed(case, whatif(case, [read_setting(each) for each in settings], limits))


class Supposed:
    """The answer to a what-if: a sentence to read, a table in a notebook, and its parts.

    :param what: What was computed.
    """

    def __init__(self, case: Case, what: WhatIf) -> None:
        self._case = case
        self.what = what

    @property
    def victim(self) -> Ranked | None:
        """Who would have been killed; ``None`` when nobody would have been, or when it is not known."""
        return self.what.victim

    @property
    def ranking(self) -> tuple[Ranked, ...]:
        """All who could have been chosen, worst first."""
        return self.what.after

    def _blocks(self) -> list[Block]:
        from oomlog.report.whatif import whatif_blocks

        return list(whatif_blocks(self._case, self.what, {}, "en"))

    def __str__(self) -> str:
        from oomlog.report.document_text import document_text

        return document_text(self._blocks()[1:], colour=False).rstrip("\n")

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str | None:
        from oomlog.jupyter.shown import html

        return html(lambda: self._blocks()[1:])
