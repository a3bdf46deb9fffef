"""Draw templates as railroad diagrams, by way of pyparsing's ``create_diagram``.

Needs the extra ``diagram`` (railroad-diagrams and jinja2).  The diagrams show the composed pyparsing
grammar, which a test holds equal to the compiled patterns.
"""

from __future__ import annotations

import io
from collections.abc import Sequence

from oomlog.errors import UsageError
from oomlog.grammar.compile import compose
from oomlog.grammar.model import Variant

__all__ = ["diagram_html"]


def diagram_html(variants: Sequence[Variant], title: str) -> str:
    """One HTML page with a diagram of each variant.

    :raises UsageError: The extra ``diagram`` is not installed.
    """
    try:
        import railroad  # noqa: F401
    except ImportError:
        raise UsageError('diagrams need an extra: pip install "oomlog[diagram]"') from None
    import pyparsing as pp

    whole = pp.MatchFirst([compose(variant.nodes).set_name(variant.id) for variant in variants])
    out = io.StringIO()
    whole.set_name(title).create_diagram(out, vertical=len(variants) + 1, show_results_names=False)
    return out.getvalue()
