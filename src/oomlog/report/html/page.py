"""Blocks of a document to a page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from markupsafe import Markup

from oomlog.report.document import Block, Heading
from oomlog.report.html.template import Look, fill

__all__ = ["render"]

_CONTENTS_FROM = 3
"""A page with fewer sections needs no table of contents."""


def render(
    blocks: Iterable[Block],
    *,
    title: str,
    lang: str = "en",
    look: Look | None = None,
    style: str = "",
    values: dict[str, Any] | None = None,
) -> str:
    """Return a document as one HTML file.

    A heading of level 1 among the first blocks is the page's; without one, the title is.

    :param title: Of the page, also in the browser's tab.
    :param style: Rules of oomlog's own to add to the style sheet.
    :param values: More for the templates of one's own.
    :raise SourceError: The user's template cannot be used.
    """
    found = list(blocks)
    if not any(isinstance(block, Heading) and block.level == 1 for block in found[:1]):
        found.insert(0, Heading(title, 1))
    found = _with_ids(found)
    sections = [block for block in found if isinstance(block, Heading) and block.level == 2]
    given = {
        **(values or {}),
        "title": title,
        "more_style": Markup(style),
        "heading": found[0],
        "blocks": found[1:],
        "sections": sections if len(sections) >= _CONTENTS_FROM else [],
    }
    return fill(look or Look(), lang, given)


def _with_ids(blocks: list[Block]) -> list[Block]:
    """Give each heading an id of its own; never made from a text of the log."""
    taken: set[str] = set()
    found: list[Block] = []
    for number, block in enumerate(blocks):
        if isinstance(block, Heading):
            id = block.id or f"s{number}"
            while id in taken:
                id += "-"
            taken.add(id)
            block = replace(block, id=id)
        found.append(block)
    return found
