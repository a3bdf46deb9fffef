"""Undo what loggers do to the bytes of a message.

Bytes that are not UTF-8 become ``\\xNN``, the kernel's and dmesg's own way of showing them, so that every
text can be printed and stored.
"""

from __future__ import annotations

import quopri
import re

__all__ = ["decode", "strip_ansi", "undo_kmsg", "undo_quoted_printable", "undo_rsyslog"]

_ANSI = re.compile(r"\x1b(?:\[[0-9;?]{0,32}[ -/]{0,4}[@-~]|[@-Z\\-_])")
_RSYSLOG = re.compile(r"#([0-3][0-7]{2})")
_KMSG = re.compile(r"\\x([0-9a-f]{2})")


def decode(data: bytes) -> str:
    """Turn the bytes of one line into text, without NUL padding or a carriage return at its end."""
    if data.endswith(b"\r"):
        data = data.rstrip(b"\r")
    if b"\0" in data:
        data = data.strip(b"\0")
    return data.decode("utf-8", "backslashreplace")


def strip_ansi(text: str) -> str:
    """Remove terminal control sequences (``dmesg --color``, serial consoles)."""
    return _ANSI.sub("", text)


def undo_rsyslog(text: str) -> str:
    """Undo rsyslog's ``#012`` for control characters (newline, tab, escape ...)."""

    def character(match: re.Match[str]) -> str:
        code = int(match[1], 8)
        return chr(code) if code < 0x20 or code == 0x7F else match[0]

    return _RSYSLOG.sub(character, text)


def undo_kmsg(text: str) -> str:
    """Undo ``/dev/kmsg``'s ``\\xNN``, which it uses byte by byte for everything but printable ASCII."""
    if "\\x" not in text:
        return text
    raw = _KMSG.sub(lambda m: chr(int(m[1], 16)), text)
    try:
        return raw.encode("latin-1").decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:  # not kmsg's own escaping after all: it never prints such characters
        return text


def undo_quoted_printable(data: bytes) -> bytes:
    """Undo the transfer encoding of a mail as stored (``=3D``, soft line breaks)."""
    return quopri.decodestring(data)
