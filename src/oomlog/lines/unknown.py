"""Prefixes of no known logger, told by what repeats: a report's lines all have the same one.

A line of a report that cannot be mistaken shows where its prefix ends; a neighbour that begins alike (digits
may differ) has the same.  Kill lines prove nothing here, because other programs repeat them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from oomlog.lines.shape import shape_of

__all__ = ["unknown_prefix"]

_NEAR = (1, -1, 2, -2)  # a trigger and its stack header, a kill and the last rows
_PLAIN = re.compile(
    r"(?P<prefix>.{0,64}?)(?:Mem-Info:\s*\Z|CPU: \d{1,5} (?:UID: \d{1,10} )?P[Ii][Dd]: \d{1,10} Comm: "
    r"|Pid: \d{1,10}, comm: |Tasks state \(memory values in pages\):|\[ *pid *\] +uid +tgid "
    r"|\[ *\d{1,10}\](?: +\d{1,20}){4,9} +-?\d{1,4} \S|oom-kill:constraint=CONSTRAINT_)"
)


def unknown_prefix(raw: str, neighbour: Callable[[int], str | None]) -> str:
    """Return the prefix that a line shares with a line of a report near it; empty if there is none."""
    first = raw[:1]
    if not first or first.isspace():
        return ""
    digit = first.isdigit()
    alike = False
    for distance in _NEAR:
        if distance == 2 and not alike:
            break  # of lines with a prefix the next ones begin alike
        other = neighbour(distance)
        if not other or (other[0] != first and not (digit and other[0].isdigit())):
            continue
        alike = True
        prefix = _prefix_of(other)
        if prefix == "":
            return ""
        if prefix is not None and shape_of(prefix).match(raw) is not None:
            return raw[: len(prefix)]
    return ""


@lru_cache(maxsize=64)
def _prefix_of(raw: str) -> str | None:
    """Return what stands before the text of a line that can only be a report's; ``None`` for other lines."""
    found = _PLAIN.match(raw)
    if found is None:
        return None
    prefix = found["prefix"]
    return prefix if prefix.strip(" \t>|\"'`") else ""
