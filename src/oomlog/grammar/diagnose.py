"""Say how far a line follows a variant, and which of its fields can be trusted.

For lines that were cut (by a logger's limit, a full disk, a rotated file) or damaged.  A field is
complete when what follows it began as the template says, or when it closes itself (``12kB``); a
number that touches the cut is not, because digits may be missing.
"""

from __future__ import annotations

import functools
import re
from typing import NamedTuple

from oomlog.grammar.compile import FLAGS, follow, key_of, literal_regex
from oomlog.grammar.fields import FIELD_TYPES, FieldType, field_regex
from oomlog.grammar.model import Variant
from oomlog.grammar.template import Field, Literal, Node

__all__ = ["Diagnosis", "diagnose"]

# What follows a name must have begun with this many characters: the ")" after a comm alone may be
# part of the comm, as in "(sd-pam)".
_EVIDENCE = 2
# The kernel prints no leading zeros, so nothing is missing from one.
_ZEROS = {("0", "int"), ("0", "pages"), ("0", "bytes")}
# Fifteen bytes, each of which may be printed as four characters.
_LONGEST_COMM = 60


class Diagnosis(NamedTuple):
    """How far one variant got in one line."""

    variant: Variant
    fields: dict[str, object]
    """The complete fields."""
    column: int
    """Where the line stops following the template, from 1."""
    expected: str
    """What the template has there: ``order:int``, ``", order="`` or ``end of line``."""

    @property
    def usable(self) -> bool:
        """Whether there are fields, and all those a cut line of this variant must have."""
        return bool(self.fields) and all(key in self.fields for key in self.variant.required)


def diagnose(variant: Variant, text: str, *, at_end: bool = True) -> Diagnosis:
    """Follow a variant through a line as far as it goes.

    :param at_end: The end of the text may be a cut, so a field that touches it is not complete.
    """
    walk = _Walk(text.rstrip("\r\n"), at_end)
    walk.run(variant.nodes, (), 0, {})
    return Diagnosis(variant, walk.fields, walk.at + 1, walk.expected)


class _Walk:
    """One pass over the parts; remembers the furthest place where they stopped fitting."""

    def __init__(self, text: str, at_end: bool) -> None:
        self.text = text
        # Blanks at the end belong to no field, but they show that a number before them is whole.
        self.end = len(text.rstrip(" \t"))
        self.at_end = at_end
        self.at = -1
        self.expected = ""
        self.fields: dict[str, object] = {}

    def stop(self, at: int, expected: str, fields: dict[str, object]) -> None:
        if at > self.at or (at == self.at and len(fields) > len(self.fields)):
            self.at, self.expected, self.fields = at, expected, dict(fields)

    def run(
        self, nodes: tuple[Node, ...], rest: tuple[Node, ...], at: int, fields: dict[str, object]
    ) -> int | None:
        """Follow parts from ``at``: the position behind them, or None where they stop fitting."""
        for index, node in enumerate(nodes):
            after = nodes[index + 1 :] + rest
            if isinstance(node, Literal):
                end, whole = _literal(node.text, after[0] if after else None, self.text, at)
                if not whole:
                    self.stop(end, f'"{node.text}"', fields)
                    return None
                at = end
            elif isinstance(node, Field):
                end = self.field(node, after, at, fields)
                if end < 0:
                    self.stop(at, f"{node.name}:{node.type}", fields)
                    return None
                at = end
            else:
                inner = dict(fields)
                reached = self.run(node.nodes, after, at, inner)
                if reached is not None:
                    at = reached
                    fields.update(inner)
        if not rest:
            # Blanks at the end never count; anything else is more than the template has.
            self.stop(at, "end of line", fields)
        return at

    def field(self, node: Field, after: tuple[Node, ...], at: int, fields: dict[str, object]) -> int:
        """Read one field and keep it if it is complete; the position behind it, or -1."""
        kind = FIELD_TYPES[node.type]
        found = _pattern(node.type, tuple(follow(after))).match(self.text, at, self.end)
        if found is not None:
            end = found.end()
            if kind.closed or (found[1], kind.name) in _ZEROS or self.complete(kind, after, end):
                fields[key_of(node)] = kind.convert(found[1])
            return end
        if kind.reach == "fixed":
            return -1
        # What follows is not there as a whole; the longest beginning of it shows where the field ends.
        for size in range(max(map(len, _next_texts(after)), default=0), _EVIDENCE - 1, -1):
            for text in _next_texts(after):
                end = self.search(kind, text[:size], at) if size <= len(text) else -1
                if end >= 0:
                    fields[key_of(node)] = kind.convert(self.text[at:end])
                    return end
        return -1

    def search(self, kind: FieldType, text: str, at: int) -> int:
        """Where ``text`` ends a field that begins at ``at``; -1 if nowhere."""
        if kind.reach == "shortest":
            end = self.text.find(text, at)
        else:
            limit = at + _LONGEST_COMM if kind.reach == "comm" else len(self.text)
            end = self.text.rfind(text, at, limit + len(text))
        return end if end >= 0 and _whole(kind.name).fullmatch(self.text, at, end) else -1

    def complete(self, kind: FieldType, after: tuple[Node, ...], end: int) -> bool:
        """Whether a field that ends here is complete, although the line may have been cut."""
        if not self.at_end:
            return end == self.end or self.continues(after, end)
        if kind.loose:
            return end + _EVIDENCE <= self.end and self.continues(after, end, _EVIDENCE)
        if end < len(self.text) and self.text[end] in " \t":
            return True  # a blank belongs to no number, whatever was glued on after it
        return end < self.end and self.continues(after, end)

    def continues(self, after: tuple[Node, ...], at: int, size: int = 1) -> bool:
        """Whether the text at ``at`` goes on like something that may follow, for ``size`` characters."""
        for index, node in enumerate(after):
            if isinstance(node, Literal):
                end, whole = _literal(node.text, None, self.text, at)
                return end - at >= size or (whole and end > at and self.continues(after[index + 1 :], end))
            if isinstance(node, Field):
                return re.compile(FIELD_TYPES[node.type].first, FLAGS).match(self.text, at) is not None
            if self.continues(node.nodes + after[index + 1 :], at, size):
                return True
        return False


@functools.lru_cache(maxsize=512)
def _pattern(kind: str, following: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(field_regex(FIELD_TYPES[kind], list(following)), FLAGS)


@functools.lru_cache(maxsize=64)
def _whole(kind: str) -> re.Pattern[str]:
    # The field alone, whatever follows.
    return re.compile(field_regex(FIELD_TYPES[kind], [""]), FLAGS)


@functools.lru_cache(maxsize=512)
def _literal_pattern(text: str, following: Node | None) -> re.Pattern[str]:
    return re.compile(literal_regex(text, following), FLAGS)


def _literal(text: str, following: Node | None, line: str, at: int) -> tuple[int, bool]:
    """How far literal text goes on in the line, and whether all of it is there."""
    found = _literal_pattern(text, following).match(line, at)
    if found is not None:
        return found.end(), True
    for index, char in enumerate(text):
        if char in " \t":
            if at >= len(line) or line[at] not in " \t":
                return at, False
            if index + 1 == len(text) or text[index + 1] not in " \t":
                while at < len(line) and line[at] in " \t":
                    at += 1
        elif line.startswith(char, at):
            at += 1
        else:
            return at, False
    return at, False


def _next_texts(after: tuple[Node, ...]) -> list[str]:
    """Literal texts that may come directly next."""
    texts: list[str] = []
    for index, node in enumerate(after):
        if isinstance(node, Literal):
            return [*texts, node.text]
        if isinstance(node, Field):
            return texts
        texts += _next_texts(node.nodes + after[index + 1 :])
    return texts
