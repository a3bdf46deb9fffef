"""Ids of containers cut to the digits that people use: docker ps and kubectl show as many."""

from __future__ import annotations

import re

__all__ = ["short_ids"]

_CONTAINER_ID = re.compile(r"(?<![0-9a-f])([0-9a-f]{12})[0-9a-f]{52}(?![0-9a-f])")


def short_ids(text: str) -> str:
    """Return the text with each 64-digit id of a container as its first 12 digits and an ellipsis.

    >>> short_ids("/docker/" + "0123456789ab" + "f" * 52 + "/init")
    '/docker/0123456789ab…/init'
    """
    return _CONTAINER_ID.sub("\\1\u2026", text)
