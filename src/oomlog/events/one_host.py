"""Keep reports of several machines apart where one log has lines of all of them, mixed."""

from __future__ import annotations

import re

from oomlog.lines.escapes import decode
from oomlog.lines.reader import expand

__all__ = ["lines_of_host"]


def lines_of_host(data: bytes, host: str | None) -> bytes:
    """Blank the lines of a report's text that name another machine; they keep their numbers.

    :param host: The machine that the report's own lines name, ``None`` if they name none.
    """
    if host is None or not data:
        return data
    # As a word: "web1" is in "web10", too.
    name = re.compile(rb"(?<![\w.-])" + re.escape(host.encode("utf-8", "surrogateescape")) + rb"(?![\w.-])")
    if len(name.findall(data)) >= data.count(b"\n"):
        return data  # each line has it, as in nearly all logs
    lines = data.split(b"\n")
    kept = [line if name.search(line) or not _names_another(line, host) else b"" for line in lines]
    return b"\n".join(kept) if kept != lines else data


def _names_another(line: bytes, host: str) -> bool:
    found = expand(decode(line), 1)
    return bool(found) and found[0].host is not None and found[0].host != host
