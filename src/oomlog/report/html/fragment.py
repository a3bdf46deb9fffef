"""Some blocks of a document as a piece of HTML, for a page that is not ours: a notebook."""

from __future__ import annotations

from collections.abc import Iterable

from oomlog.report.document import Block
from oomlog.report.html.template import Look, fill

__all__ = ["fragment"]

_TEMPLATE = "fragment.html"


def fragment(blocks: Iterable[Block], lang: str = "en") -> str:
    """Return the blocks as one element with a style of its own, which takes colours from the page around it.

    >>> from oomlog.report.document import Paragraph
    >>> "<p>&lt;b&gt;</p>" in fragment([Paragraph("<b>")])
    True
    """
    return fill(Look(), lang, {"blocks": list(blocks)}, name=_TEMPLATE)
