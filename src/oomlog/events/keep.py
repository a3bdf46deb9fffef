"""A report's own text: kept while it is short-lived, and read once more when it comes back from a store."""

from __future__ import annotations

from collections.abc import Mapping

from oomlog.lines.anchors import count_lines

__all__ = ["whole_text"]


def whole_text(body: bytes, number: int, raw: Mapping[int, bytes], start: int) -> bytes:
    """Join a report's body with the lines after it, each in its place; what lies between is left empty.

    :param number: Number of the body's first line.
    :param raw: Single lines by number; those inside the body are in it already.
    :param start: Number of the first line wanted.

    >>> whole_text(b"1\\n2\\n", 1, {2: b"2\\n", 5: b"5\\n"}, 2)
    b'2\\n\\n\\n5\\n'
    """
    parts = []
    if start < number + (lines := count_lines(body)):
        at = 0
        for _ in range(start - number):
            at = body.find(b"\n", at) + 1
        parts.append(body[at:])
        start = number + lines
    for no in sorted(raw):
        if no < start:
            continue
        parts += [b"\n" * (no - start), raw[no]]
        start = no + count_lines(raw[no])
    return b"".join(parts)
