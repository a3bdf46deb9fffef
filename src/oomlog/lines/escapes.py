"""Undo what loggers do to the bytes of a message.

Bytes that are not UTF-8 become ``\\xNN``, the kernel's and dmesg's own way of showing them, so that every
text can be printed and stored.
"""

from __future__ import annotations

import quopri
import re
from html import unescape

__all__ = [
    "decode",
    "ends_in_tag",
    "has",
    "strip_ansi",
    "undo_html",
    "undo_kmsg",
    "undo_markdown",
    "undo_quoted_printable",
    "undo_rsyslog",
]

_ANSI = re.compile(r"\x1b(?:\[[0-9;?]{0,32}[ -/]{0,4}[@-~]|[@-Z\\-_])")
_TAG = re.compile(
    r"</?(?:a|b|blockquote|br|code|div|em|font|i|li|p|pre|samp|span|strong|td|tr|tt)(?: [^<>]{0,300})?/?>",
    re.IGNORECASE,
)
_LAST_TAG = re.compile(r"(?:<br ?/?>|</(?:code|div|li|p|pre|span|td)>)[ \t]*\Z", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:[gl]t|amp|quot|nbsp|#x?[0-9a-f]{1,6});", re.IGNORECASE)
_RSYSLOG = re.compile(r"#([0-3][0-7]{2})")
_KMSG = re.compile(r"\\x([0-9a-f]{2})")
_MARKDOWN = re.compile(r"\\([!-/:-@\[-`{-~])")
# What no task's name can be, as it stands before any name or is longer than one.
_FROM_MARKDOWN = re.compile(
    r"[^(\\]{0,160}(?:\\[<>*-][^(\\]{0,16}){0,4}\\\[ *(?:\d[\d.]*|pid) *\\\]"
    r"|.* invoked oom-killer: gfp\\_mask"
    r"|.*(?:constraint=CONSTRAINT|oom\\_score)\\_"
    r"|[^(\\]{0,160}active\\_anon:\d"
)
# Markdown escapes these wherever they stand.
_BARE = re.compile(r"(?<!\\)[\[\]_]")


def decode(data: bytes) -> str:
    """Turn the bytes of one line into text, without NUL padding or a carriage return at its end."""
    if data.endswith(b"\r"):
        data = data.rstrip(b"\r")
    if b"\0" in data:
        data = data.strip(b"\0")
    return data.decode("utf-8", "backslashreplace")


def has(text: str, rare: str) -> bool:
    """Tell whether a long text has a short one in it, whose first character is rare.

    Looking for one character is a hundred times faster than for two.
    """
    return rare[0] in text and rare in text


def strip_ansi(text: str) -> str:
    """Remove terminal control sequences (``dmesg --color``, serial consoles)."""
    return _ANSI.sub("", text)


def ends_in_tag(text: str) -> bool:
    """Tell whether a line ends as one of an HTML page."""
    return text.rstrip(" \t").endswith(">") and _LAST_TAG.search(text[-64:]) is not None


def undo_html(text: str) -> str:
    """Remove the tags that pages put around quoted logs, and resolve entities; other ``<`` stay."""
    if "<" in text:
        text = _TAG.sub("", text)
    return _ENTITY.sub(lambda found: unescape(found[0]), text) if "&" in text else text


def undo_markdown(text: str) -> str:
    """Undo the backslashes of a page that was converted to Markdown (``\\[ 12.3\\] gfp\\_mask``)."""
    if _FROM_MARKDOWN.match(text) is not None and _BARE.search(text) is None:
        return _MARKDOWN.sub(r"\1", text)
    return text


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
