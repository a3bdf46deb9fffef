"""The shape of a prefix: the same text with other digits.

All lines of one report carry prefixes that differ in their digits only, so one pattern made from the
header's prefix takes them off without asking which logger it was.
"""

from __future__ import annotations

import re
from functools import lru_cache

__all__ = ["shape_of", "shape_source"]

_DIGITS = re.compile(r"\d+")
_CALLER = re.compile(r"(\[ *[TC]\d+\] ?)\Z")


def shape_source(prefix: str) -> str:
    """Return a pattern for prefixes of the same shape; a printk caller id must be the very same."""
    caller = _CALLER.search(prefix)
    head = prefix[: caller.start()] if caller else prefix
    parts = []
    position = 0
    for digits in _DIGITS.finditer(head):
        parts.append(re.escape(head[position : digits.start()]))
        parts.append(f"[ 0-9]{{{len(digits[0])}}}")
        position = digits.end()
    parts.append(re.escape(head[position:]))
    return "".join(parts) + (re.escape(caller[0]) if caller else "")


@lru_cache(maxsize=256)
def shape_of(prefix: str) -> re.Pattern[str]:
    """Return the compiled shape of a prefix, anchored at the start of a line."""
    return re.compile(shape_source(prefix))
