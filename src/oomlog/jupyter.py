"""Events at a prompt and in notebooks: what they answer, how they look, and their pictures.

What is shown stays short and quick to make, however much was read: a table of kills ends after some rows, and
nothing is decoded or explained but what is shown.  Every text from a log is escaped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from oomlog.errors import UsageError
from oomlog.explain.case import Case
from oomlog.explain.model import Explanation, Ranked
from oomlog.explain.supposed import WhatIf
from oomlog.explain.supposed import read_setting as _read_setting
from oomlog.explain.supposed import whatif as _whatif
from oomlog.model import OomEvent

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from oomlog.report.document import Block
    from oomlog.report.plots.theme import Theme

__all__ = [
    "EventPlots",
    "Picture",
    "Supposed",
    "event_html",
    "events_html",
    "explain_event",
    "explanation_html",
    "whatif_event",
    "why_event",
]

_ROWS = 20
"""Events that a list shows."""


def explain_event(event: OomEvent, *, page_size_kb: int | None = None) -> Explanation:
    """Explain an event in the light of its siblings."""
    from oomlog.explain.run import explain

    return explain(event, event.siblings, page_size_kb=page_size_kb, registry=event.registry)


def why_event(event: OomEvent, who: str | int, *, lang: str = "en") -> tuple[str, ...]:
    """Say why a process was killed, or was not."""
    from oomlog.explain.api import why

    return why(event, who, event.siblings, lang=lang)


def whatif_event(event: OomEvent, *settings: str, limits: Mapping[str, int] | None = None) -> Supposed:
    """Recompute the choice with other settings."""
    case = Case(event, event.siblings, registry=event.registry)
    return Supposed(case, _whatif(case, [_read_setting(each) for each in settings], limits))


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
        return _html(lambda: self._blocks()[1:])


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
        from oomlog.report.plots import save

        save(self.axes, path, theme=theme)

    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        from oomlog.report.plots import png_of

        data, width, height = png_of(self.axes)
        return data, {"width": width, "height": height}

    def __repr__(self) -> str:
        return f"<Picture: {self.axes.get_title(loc='left') or self.axes.get_title()}>"


class EventPlots:
    """The pictures of one event.

    Each method returns a :class:`Picture`, or draws into ``ax`` if that is given, and raises ``PictureError``
    where the report has nothing to draw.
    """

    def __init__(self, event: OomEvent) -> None:
        self._event = event

    def _drawn(self, name: str, data: object, ax: Axes | None, options: Mapping[str, Any]) -> Picture:
        try:
            from oomlog.report import plots
        except ModuleNotFoundError as error:
            if error.name != "matplotlib":
                raise
            raise UsageError("pictures need matplotlib: pip install 'oomlog[report]'") from None
        return Picture(getattr(plots, f"plot_{name}")(data, ax, **options))

    def ledger(self, ax: Axes | None = None, **options: Any) -> Picture:
        """Where the memory was: items that add up to all of it."""
        return self._drawn("ledger", explain_event(self._event), ax, options)

    def badness(self, ax: Axes | None = None, **options: Any) -> Picture:
        """Why this victim: the ranking, and what each number is made of."""
        return self._drawn("badness", explain_event(self._event), ax, options)

    def zones(self, ax: Axes | None = None, **options: Any) -> Picture:
        """Free memory of each zone against its watermarks."""
        return self._drawn("zones", self._event, ax, options)

    def tasks(self, ax: Axes | None = None, **options: Any) -> Picture:
        """The largest processes."""
        return self._drawn("tasks", self._event, ax, options)

    def __repr__(self) -> str:
        return "<pictures of an event: ledger() badness() zones() tasks()>"


def _html(blocks: Callable[[], Iterable[Block]]) -> str | None:
    """Return blocks as HTML; nothing without jinja2, so that the plain text is shown."""
    try:
        from oomlog.report.html import fragment
    except ModuleNotFoundError as error:
        if error.name not in ("jinja2", "markupsafe"):
            raise
        return None
    return fragment(blocks())


def event_html(event: OomEvent) -> str | None:
    """Return an event in short: the verdict, and who was killed."""
    from oomlog.explain.verdict import verdict
    from oomlog.report.document import Heading, Paragraph
    from oomlog.report.shorten import short_ids
    from oomlog.report.title import event_title

    def blocks() -> Iterable[Block]:
        yield Heading(event_title(event), 4)
        yield Paragraph(short_ids(verdict(explain_event(event))), strong=True)
        yield _kills([event])

    return _html(blocks)


def explanation_html(explanation: Explanation) -> str | None:
    """Return the whole page of an explanation."""
    from oomlog.report.explanation import explanation_blocks

    return _html(lambda: explanation_blocks(explanation))


def events_html(events: Sequence[OomEvent]) -> str | None:
    """Return a table of the first events."""
    from oomlog.report.document import Paragraph

    def blocks() -> Iterable[Block]:
        yield Paragraph(counted_events(events), strong=True)
        if events:
            yield _kills(events[:_ROWS])
        if len(events) > _ROWS:
            yield Paragraph(f"The first {_ROWS} events; all of them are in .kills and .events.", tone="note")

    return _html(blocks)


def counted_events(events: Sequence[OomEvent]) -> str:
    """Say how many events and kills there are."""
    from oomlog.report.summary import counted

    kills = sum(len(event.kills) for event in events)
    return f"{counted(len(events), 'event')}, {counted(kills, 'kill')}"


def _kills(events: Iterable[OomEvent]) -> Block:
    from oomlog.report.document import Table
    from oomlog.report.text import HEADINGS, NUMBERS, shortened, text_rows

    rows = [shortened(row) for event in events for row in text_rows(event, event.registry)]
    kept = [at for at in range(len(HEADINGS)) if any(row[at] != "-" for row in rows)]
    return Table(
        tuple(HEADINGS[at] for at in kept),
        [tuple(row[at] for at in kept) for row in rows],
        frozenset(place for place, at in enumerate(kept) if at in NUMBERS),
    )
