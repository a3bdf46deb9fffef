r"""Text from logs and file names, made safe to print.

Anybody who can start a process chooses its name, and with it bytes of the log.  What could move the
cursor, reorder or hide text, or forge a line or a column is shown as ``\xNN``, ``\uNNNN`` or
``\UNNNNNNNN``.  A backslash stays as it is, because cgroup names are full of them (``a\x2db.slice``): the
exact bytes are in the JSON formats.
"""

from __future__ import annotations

import re

from oomlog.frame.text import FORMULA, INVISIBLE

__all__ = ["cell", "clip", "escape", "name_cell", "sheet_cell", "without_surrogates"]

_SURROGATE = re.compile("[\ud800-\udfff]")
_BLANKS = re.compile("(?<= ) |^ | $")


def escape(text: str) -> str:
    r"""Return ``text`` with every character that is not plainly visible (other than a blank) escaped.

    >>> print(escape("a\x1b[31m\u202eb"))
    a\x1b[31m\u202eb
    """
    if text.isascii():
        if text.isprintable():
            return text
    elif text.isprintable() and INVISIBLE.search(text) is None:
        return text
    return "".join(
        char if char.isprintable() and INVISIBLE.match(char) is None else _shown(char) for char in text
    )


def _shown(char: str) -> str:
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:  # a byte of a file name that is not UTF-8 (surrogateescape)
        code -= 0xDC00
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def cell(text: str) -> str:
    r"""Escape ``text`` for a column of a table: also what would look like the gap between two columns.

    >>> print(cell("a  b "), cell(""))
    a \x20b\x20 ""
    """
    text = escape(text)
    if "  " in text or text[:1] == " " or text[-1:] == " ":
        text = _BLANKS.sub(r"\\x20", text)
    return text or '""'


def name_cell(name: str | None) -> str:
    """Return a name from a log for a column of a table, nothing where there is none."""
    return "" if name is None else cell(name)


def sheet_cell(text: str) -> str:
    """Escape ``text`` for a spreadsheet: a text that would be read as a formula gets a ``'`` in front.

    >>> sheet_cell("=1+1"), sheet_cell("java")
    ("'=1+1", 'java')
    """
    text = escape(text)
    return f"'{text}" if text.lstrip().startswith(FORMULA) else text


def clip(text: str, width: int) -> str:
    """Escape ``text`` and cut it to ``width`` characters; ``...`` at the end says that it was cut.

    >>> clip("Killed process 1", 9)
    'Killed...'
    """
    shown = escape(text[: width + 1])
    return shown if len(shown) <= width else f"{shown[: width - 3]}..."


def without_surrogates(text: str) -> str:
    r"""Escape only what UTF-8 cannot hold, for formats that keep every other character as it is.

    >>> print(without_surrogates("kern\udcff.log"))
    kern\xff.log
    """
    return text if text.isascii() else _SURROGATE.sub(lambda found: _shown(found[0]), text)
