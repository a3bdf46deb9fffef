"""Make a first draft of a variant from a line that nothing matches.

The draft is right about what it saw (its sample matches it) and a guess about everything else: which
words are fields, and what they are called.  A person has to look at it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from oomlog.grammar.match import Matcher
from oomlog.grammar.model import Variant
from oomlog.grammar.template import parse_template

__all__ = ["Unknown", "draft", "drafts", "unknown_lines"]

# Lines of a report that are no one's business: frames of a stack, registers, rows of the task table.
_NOISE = re.compile(
    r"\s*(?:\?? ?\S+\+0x[0-9a-f]+/0x[0-9a-f]+|\[<?[0-9a-f]{8,16}>?\]|\(?\[<[0-9a-f]+>\]|"
    r"R[A-Z0-9]{1,2}P?: |Code: |EIP: |"
    r"[A-Z]{2,3}: ?[0-9a-f]{4,16}\b|\[ *\d+\] +-?\d+ +\d+ |\[ *pid *\]|(?:[0-9a-f]{8,16} ?)+$|</?[A-Z]+>$|$)"
)
_NEAR = 12
# Sections whose lines say nothing about where a report is.
_OUTSIDE = ("boot", "userspace", "related", "ratelimit", "sysrq")

_VALUE = re.compile(
    r"(?P<key>(?<![0-9A-Za-z'])[A-Za-z_][A-Za-z_-]*)?(?P<join>[:=]\s?|\s)?(?<![0-9A-Za-z_.-])"
    r"(?P<value>0x[0-9a-fA-F]{1,16}|-?[0-9]{1,20}\s?[kK]B|-?[0-9]{1,20})(?![0-9A-Za-z_.])"
)
_SPECIAL = re.compile(r"([\[\]{}\\])")


class Unknown(NamedTuple):
    """A line inside a report that nothing matches."""

    number: int
    """Line number, from 1."""
    text: str
    section: str
    """Section of the recognised line before it; a guess at where it belongs."""
    release: str
    """Kernel release the report states, or nothing."""


def unknown_lines(matcher: Matcher, texts: Sequence[str]) -> Iterator[Unknown]:
    """Lines with recognised lines of a report close by on both sides, each wording once.

    :param texts: The messages, without the logger's prefix.
    """
    ids: list[str] = []
    known: list[bool] = []
    release = ""
    releases: list[str] = []
    after: str | None = None
    for text in texts:
        match = matcher.match(text, after)
        after = match.id if match else None
        known.append(match is not None)
        ids.append(match.id if match and match.section not in _OUTSIDE else "")
        if match and "kernel_release" in match.fields:
            release = str(match.fields["kernel_release"])
        releases.append(release)
    seen: set[str] = set()
    for index, text in enumerate(texts):
        before = next((one for one in reversed(ids[max(0, index - _NEAR) : index]) if one), "")
        behind = any(ids[index + 1 : index + 1 + _NEAR])
        if known[index] or not before or not behind or _NOISE.match(text):
            continue
        wording = re.sub(r"[0-9]+", "0", text)
        if wording not in seen:
            seen.add(wording)
            yield Unknown(index + 1, text.rstrip("\r"), before.partition(".")[0], releases[index])


def draft(unknown: Unknown) -> str:
    """A ``[[variant]]`` with one sample, as TOML."""
    template = _template(unknown.text)
    variant = Variant("new.line", template, parse_template(template))
    fields = variant.read(unknown.text) or {}
    name = re.sub(r"[^a-z0-9]+", "_", re.sub(r"\{[^}]*\}", "", template).lower()).strip("_")[:24].strip("_")
    release = re.match(r"[0-9]+\.[0-9]+", unknown.release)
    expect = ", ".join(f"{key} = {_toml(value)}" for key, value in fields.items())
    return "".join(
        f"{line}\n"
        for line in (
            "[[variant]]",
            f'id = "{unknown.section}.{name or "new"}"',
            f'since = "{release[0] if release else "vendor"}"',
            'source = "where the kernel prints it, like mm/oom_kill.c:dump_header()"',
            f"line = {_toml(template)}",
            "",
            "[[variant.sample]]",
            f"line = {_toml(unknown.text)}",
            f"expect = {{ {expect} }}" if expect else "expect = {}",
        )
    )


def _template(text: str) -> str:
    pieces: list[str] = []
    used: set[str] = set()
    at = 0
    for found in _VALUE.finditer(text):
        start, end = found.span("value")
        value = found["value"]
        kind = "hex" if value.startswith("0x") else "kb" if value[-1] in "bB" else "int"
        pieces.append(_SPECIAL.sub(r"\\\1", text[at:start]))
        pieces.append(f"{{{_name(found['key'], used)}:{kind}}}")
        at = end
    pieces.append(_SPECIAL.sub(r"\\\1", text[at:].rstrip(" \t\r\n")))
    return "".join(pieces)


def _name(key: str | None, used: set[str]) -> str:
    stem = re.sub(r"[^a-z0-9_]", "_", (key or "value").lower()).strip("_")
    stem = stem if stem[:1].isalpha() else "value"
    name = next(name for name in _numbered(stem) if name not in used)
    used.add(name)
    return name


def _numbered(stem: str) -> Iterator[str]:
    yield stem
    number = 2
    while True:
        yield f"{stem}_{number}"
        number += 1


def _toml(value: object) -> str:
    if not isinstance(value, str):
        return str(value)
    if "'" not in value and value.isprintable():
        return f"'{value}'"
    return '"' + "".join(_basic(char) for char in value) + '"'


def _basic(char: str) -> str:
    if char in '"\\':
        return f"\\{char}"
    if char.isprintable():
        return char
    # A byte that is no UTF-8 was decoded to a lone surrogate, which TOML cannot hold.
    return "\\ufffd" if 0xD800 <= ord(char) <= 0xDFFF else f"\\U{ord(char):08x}"


def drafts(
    matcher: Matcher, texts: Sequence[str], numbers: Iterable[int] = ()
) -> Iterator[tuple[Unknown, str]]:
    """Drafts for the lines with these numbers, or for every unknown line of a report."""
    wanted = set(numbers)
    if wanted:
        found: Iterable[Unknown] = (
            Unknown(number, texts[number - 1], _nearest(matcher, texts, number), "")
            for number in sorted(wanted)
            if texts[number - 1].strip()
        )
    else:
        found = unknown_lines(matcher, texts)
    for unknown in found:
        yield unknown, draft(unknown)


def _nearest(matcher: Matcher, texts: Sequence[str], number: int) -> str:
    for text in reversed(texts[max(0, number - 1 - _NEAR) : number - 1]):
        match = matcher.match(text)
        if match is not None:
            return match.section
    return "invoked"
