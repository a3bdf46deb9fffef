"""Names inside a sentence: any byte may be in one, and nobody shall take a name for a part of the sentence.

A plain name stands as it is.  One that could read as words of ours, like ``is fine. No``, is in quotes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["SHOWN", "marked", "named", "quoted"]

SHOWN = 3
"""So many names are told; the rest are dots."""
_PLAIN = re.compile(r"""[^\s"'`.,;:!?][^\s"]*(?<![.,;:!?])""")


def marked(name: str) -> str:
    r"""Return a name as it stands in a sentence: in quotes unless it is one word without an end.

    >>> marked("(sd-pam)"), marked("php-fpm8.2"), marked("is fine. No"), marked("dead."), marked('a"b')
    ('(sd-pam)', 'php-fpm8.2', '"is fine. No"', '"dead."', '"a\\"b"')
    """
    return name if _PLAIN.fullmatch(name) and name.isprintable() else quoted(name)


def quoted(name: str) -> str:
    """Return a name in quotes, which nothing inside of it ends."""
    escaped = name.replace("\\", "\\\\") if '"' in name or name.endswith("\\") else name
    return '"' + escaped.replace('"', '\\"') + '"'


def named(processes: Sequence[tuple[str | None, int]]) -> str:
    """Return names and pids as a list for a sentence.

    >>> named([("bash", 1), (None, 2), ("a b", 3)])
    'bash (1), pid 2, "a b" (3)'
    """
    shown = [f"pid {pid}" if comm is None else f"{marked(comm)} ({pid})" for comm, pid in processes[:SHOWN]]
    return ", ".join(shown) + (", ..." if len(processes) > SHOWN else "")
