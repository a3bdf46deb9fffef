"""How events, explanations and histories look in a notebook.

What is shown stays short and quick to make, however much was read: a table of kills ends after some rows, and
nothing is decoded or explained but what is shown.  Every text from a log is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from oomlog.explain.model import Explanation
from oomlog.jupyter.answers import explain_event
from oomlog.model import OomEvent

if TYPE_CHECKING:
    from oomlog.history.record import History
    from oomlog.report.document import Block

__all__ = ["event_html", "events_html", "explanation_html", "history_html", "html"]

_ROWS = 20
"""Events that a list shows."""
_TOP = 5
"""Rows of each table of a history."""


def html(blocks: Callable[[], Iterable[Block]]) -> str | None:
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

    return html(blocks)


def explanation_html(explanation: Explanation) -> str | None:
    """Return the whole page of an explanation, with the log lines that it rests on folded away."""
    from oomlog.report.explanation import explanation_blocks

    return html(lambda: map(_folded, explanation_blocks(explanation)))


def _folded(block: Block) -> Block:
    from oomlog.explain.phrases import say
    from oomlog.report.document import Items

    if not isinstance(block, Items):
        return block
    items = (
        replace(item, folded=say("report.evidence", "en", {"count": len(item.codes)}))
        if item.codes and all(code.quoted for code in item.codes)
        else item
        for item in block.items
    )
    return replace(block, items=tuple(items))


def events_html(events: Sequence[OomEvent]) -> str | None:
    """Return a table of the first events."""
    from oomlog.report.document import Paragraph

    def blocks() -> Iterable[Block]:
        yield Paragraph(_counted(events), strong=True)
        if events:
            yield _kills(events[:_ROWS])
        if len(events) > _ROWS:
            yield Paragraph(f"The first {_ROWS} events; all of them are in .kills and .events.", tone="note")

    return html(blocks)


def _counted(events: Sequence[OomEvent]) -> str:
    """Say how many events and kills there are."""
    from oomlog.report.summary import counted

    kills = sum(len(event.kills) for event in events)
    return f"{counted(len(events), 'event')}, {counted(kills, 'kill')}"


def history_html(history: History) -> str | None:
    """Return the page of a history, with the first rows of each table."""
    from oomlog.report.history_page import history_blocks

    return html(lambda: map(_without_hints, history_blocks(history, top=_TOP)))


# The page's sentences end with hints to options of the command, which a notebook does not have.
_HINT = re.compile(r"; (?:give )?--[a-z-]{1,30}[^;.]{0,60}(?=\.$)")


def _without_hints(block: Block) -> Block:
    from oomlog.report.document import Items, Paragraph

    if isinstance(block, Paragraph):
        return replace(block, text=_HINT.sub("", block.text))
    if isinstance(block, Items):
        return replace(
            block, items=tuple(replace(item, text=_HINT.sub("", item.text)) for item in block.items)
        )
    return block


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
