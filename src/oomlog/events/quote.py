"""The lines of one report as text, for those who quote them as evidence.

Decoding a report keeps values, not lines, because most reports are never quoted; here its text is read once
more, when somebody asks.
"""

from __future__ import annotations

from collections.abc import Iterator

from oomlog.events.body import Body
from oomlog.lines.escapes import decode, undo_quoted_printable
from oomlog.lines.reader import expand

__all__ = ["report_lines"]


def report_lines(body: Body) -> Iterator[tuple[int, str]]:
    """Yield number and text of each kernel message of a report; a message of several lines is one."""
    data = undo_quoted_printable(body.data) if b"=3D" in body.data else body.data
    raw = [decode(line) for line in data.split(b"\n")]
    last = len(raw) - 1

    for index, text in enumerate(raw):
        if not text.strip():
            continue

        def neighbour(distance: int, index: int = index) -> str | None:
            at = index + distance
            return raw[at] if 0 <= at <= last else None

        for line in expand(text, body.first_no + index, neighbour=neighbour):
            other = line.caller is not None and body.caller is not None and line.caller != body.caller
            if not body.has(line) or other or not line.text.strip():
                continue
            if body.header_no is None or line.no >= body.header_no or _belongs(body, line.text):
                yield line.no, line.text


def _belongs(body: Body, text: str) -> bool:
    """Tell whether a line before the header is of this report; others may be of one that broke off."""
    match = body.matcher.match(text)
    return match is not None and match.section in ("sysrq", "ratelimit")
