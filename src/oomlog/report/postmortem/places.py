"""Where something stands: the log's name is said where there are several."""

from __future__ import annotations

from collections.abc import Iterable

from oomlog.explain.phrases import say

__all__ = ["Places"]


class Places:
    """The places of one table.

    :param sources: The logs of all its rows.
    """

    def __init__(self, sources: Iterable[str], lang: str) -> None:
        self._one = len(set(sources)) == 1
        self._lang = lang

    def where(self, source: str, line: int) -> str:
        """Return the place of a line."""
        return say("page.line", self._lang, {"line": line}) if self._one else f"{source}:{line}"
