"""Keep reports of several machines apart where one log has lines of all of them, mixed."""

from __future__ import annotations

import re

from oomlog.lines.escapes import decode
from oomlog.lines.reader import expand

__all__ = ["lines_of_host"]


def lines_of_host(data: bytes, host: str | None, prefix: str | None) -> bytes:
    """Blank the lines of a report's text that name another machine; they keep their numbers.

    :param host: The machine that the report's own lines name, ``None`` if they name none.
    :param prefix: What stands before the text of one of them, ``None`` where a record carried it.
    """
    if host is None or not data or _all_name(data, host, prefix):
        return data
    lines = data.split(b"\n")
    kept = [b"" if _names_another(line, host) else line for line in lines]
    return b"\n".join(kept) if kept != lines else data


def _all_name(data: bytes, host: str, prefix: str | None) -> bool:
    """Tell at a glance whether each line names the machine, as in nearly all logs."""
    name = host.encode("utf-8", "surrogateescape")
    column = -1 if prefix is None else prefix.find(f"{host} ")
    if prefix is None or column < 0:
        # As a word: "web1" is in "web10", too.
        word = re.compile(rb"(?<![\w.-])" + re.escape(name) + rb"(?![\w.-])")
        return len(word.findall(data)) >= data.count(b"\n")
    before = len(prefix[:column].encode("utf-8", "surrogateescape"))
    elsewhere = re.compile(rb"\n(?!.{%d}%b |\Z)" % (before, re.escape(name)))
    return elsewhere.search(b"\n" + data) is None


def _names_another(line: bytes, host: str) -> bool:
    found = expand(decode(line), 1)
    return bool(found) and found[0].host is not None and found[0].host != host
