"""The shape of a prefix: the same text with other digits.

All lines of one report carry prefixes that differ in their digits only, so one pattern made from the
header's prefix takes them off without asking which logger it was.
"""

from __future__ import annotations

import re
from functools import lru_cache

__all__ = ["marker_of", "shape_of", "shape_source"]

# A number may have grown into the blanks before it: "[   12.3]", "Nov  9".
_DIGITS = re.compile(r"(?<=\[) *0+|(?<= ) 0|0+")
_CALLER = re.compile(r"(\[ *[TC]\d+\] ?)\Z")
_TO_ZERO = str.maketrans("123456789", "000000000")


def _normal(prefix: str) -> str:
    """Return the prefix with every digit a zero, except in a printk caller id, which must stay the same."""
    caller = _CALLER.search(prefix) if prefix[-3:].rstrip().endswith("]") else None
    if caller is None:
        return prefix.translate(_TO_ZERO)
    return prefix[: caller.start()].translate(_TO_ZERO) + caller[0]


@lru_cache(maxsize=256)
def _source(normal: str) -> str:
    caller = _CALLER.search(normal)
    head = normal[: caller.start()] if caller else normal
    parts = []
    position = 0
    for digits in _DIGITS.finditer(head):
        parts.append(re.escape(head[position : digits.start()]))
        width = len(digits[0])
        grows = digits[0][0] == " " or (digits.start() and head[digits.start() - 1] in " [")
        parts.append(f"[ 0-9]{{{width - 1}}}+[0-9]" if grows else f"[0-9]{{{width}}}+")
        position = digits.end()
    parts.append(re.escape(head[position:]))
    return "".join(parts) + (re.escape(caller[0]) if caller else "")


@lru_cache(maxsize=256)
def _shape(normal: str) -> re.Pattern[str]:
    return re.compile(_source(normal))


@lru_cache(maxsize=256)
def _marker(normal: str) -> re.Pattern[str]:
    return re.compile(f"^{_source(normal)}", re.MULTILINE)


def shape_source(prefix: str) -> str:
    """Return a pattern for prefixes of the same shape; a printk caller id must be the very same."""
    return _source(_normal(prefix))


def shape_of(prefix: str) -> re.Pattern[str]:
    """Return the compiled shape of a prefix, to be matched at the start of a line."""
    return _shape(_normal(prefix))


def marker_of(prefix: str) -> re.Pattern[str]:
    """Return the same for a text of many lines: finds the prefix of each line that has one of that shape."""
    return _marker(_normal(prefix))
