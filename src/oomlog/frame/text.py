r"""Text that every format can hold, and back.

Text of a log line is UTF-8, but names of files and records of journals may hold a surrogate: half a
character, or (from U+DC80 on) a byte that is not UTF-8.  Arrow, Parquet and SQLite refuse it, so in tables it
is spelled as Python does, ``\udcff``.  Backslashes that stand before such a spelling by themselves are
doubled, so nothing is lost.  No other text is changed: backslashes are common in the names of cgroups.

A CSV has to be safe in a terminal and a spreadsheet too.  There all characters that are not plainly visible,
line breaks included, are spelled the same way (``\u000a``, ``\U000e0001``), and a text that a spreadsheet
would take for a formula, or that begins with ``'``, gets a ``'`` in front.
"""

from __future__ import annotations

import re

__all__ = ["FORMULA", "INVISIBLE", "original", "sheet_original", "sheet_text", "storable"]

INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
"""Drawn as nothing though Unicode calls them letters or marks: fillers, joiners, variation selectors."""
FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a formula begins with, in the wide forms that East Asian spreadsheets take for the same too."""

# A run of backslashes is looked at once, from its start.
_RUN = r"(?<!\\)(?P<own>\\*+)"
_HALF = "ud[89a-f][0-9a-f]{2}"
_OTHER = "u(?!d[89a-f])[0-9a-f]{4}|U00(?:0[0-9a-f]|10)[0-9a-f]{4}"
_TO_STORE = re.compile(f"{_RUN}(?:(?P<char>[\ud800-\udfff])|(?={_HALF}))")
_STORED = re.compile(rf"(?<!\\)(?P<own>\\++)(?P<code>{_HALF})")
_TO_SHEET = re.compile(f"{_RUN}(?:(?={_OTHER})|(?P<char>.))", re.DOTALL)
_SHEET = re.compile(rf"(?<!\\)(?P<own>\\++)(?P<code>{_OTHER})")


def storable(text: str) -> str:
    r"""Return the text as tables hold it: surrogates spelled.

    >>> print(storable("kern\udcff.log"), storable("a\\x2db.slice"), storable("\\udcff"))
    kern\udcff.log a\x2db.slice \\udcff
    """
    return text if text.isascii() and "\\ud" not in text else _TO_STORE.sub(_spell, text)


def original(text: str) -> str:
    r"""Return what ``storable()`` was given.

    >>> original(storable("kern\udcff.log")) == "kern\udcff.log"
    True
    """
    return text if "\\ud" not in text else _STORED.sub(_read, text)


def sheet_text(text: str) -> str:
    r"""Return a text of a table as a cell that no terminal and no spreadsheet acts upon.

    >>> print(sheet_text("=1+1"), sheet_text("a\x1b[31m\nb"), sheet_text("a\\x2db.slice"))
    '=1+1 a\u001b[31m\u000ab a\x2db.slice
    """
    if not (text.isascii() and text.isprintable() and "\\u" not in text and "\\U" not in text):
        text = _TO_SHEET.sub(_spell_unseen, text)
    return f"'{text}" if text[:1] == "'" or text.lstrip().startswith(FORMULA) else text


def sheet_original(cell: str) -> str:
    r"""Return what ``sheet_text()`` was given.

    >>> sheet_original("'=1+1"), sheet_original("a\\u000ab")
    ('=1+1', 'a\nb')
    """
    cell = cell.removeprefix("'")
    return cell if "\\" not in cell else _SHEET.sub(_read, cell)


def _spell(found: re.Match[str]) -> str:
    own, char = found["own"] * 2, found["char"]
    if not char:
        return own
    code = ord(char)
    return f"{own}\\u{code:04x}" if code < 0x10000 else f"{own}\\U{code:08x}"


def _spell_unseen(found: re.Match[str]) -> str:
    char = found["char"]
    if char and char.isprintable() and INVISIBLE.match(char) is None:
        return found[0]
    return _spell(found)


def _read(found: re.Match[str]) -> str:
    own, spelled = divmod(len(found["own"]), 2)
    return "\\" * own + (chr(int(found["code"][1:], 16)) if spelled else found["code"])
