"""What a loaded grammar is made of: what matching needs and nothing else, so it fits the cache.

The parts of a grammar file that only tests, docs and tools need are in ``files.py``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cached_property
from typing import NamedTuple

from oomlog.grammar.compile import FLAGS, is_plain, key_of, pattern_source
from oomlog.grammar.fields import FIELD_TYPES
from oomlog.grammar.template import Field, Literal, Node, Optional, fields_of

__all__ = ["Column", "Grammar", "Variant"]


class Variant:
    """One spelling of one kind of line."""

    def __init__(
        self,
        id: str,
        template: str,
        nodes: tuple[Node, ...],
        *,
        since: str = "",
        until: str = "",
        only_after: tuple[str, ...] = (),
        required: tuple[str, ...] = (),
    ) -> None:
        self.id = id
        self.section = id.partition(".")[0]
        self.template = template
        self.nodes = nodes
        self.since = since
        self.until = until
        #: Variants or sections this one may directly follow; empty: anywhere.
        self.only_after = only_after
        #: Record keys without which a cut line is worth nothing.
        self.required = required

    def __repr__(self) -> str:
        return f"Variant({self.id!r})"

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """The fields in the order of the template."""
        return tuple(fields_of(self.nodes))

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The record keys in the order of the template."""
        return tuple(key_of(one) for one in self.fields)

    @cached_property
    def readers(self) -> tuple[tuple[str, Callable[[str], object]], ...]:
        """Record key and converter of each group of the pattern."""
        return tuple((key_of(one), FIELD_TYPES[one.type].convert) for one in self.fields)

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The compiled pattern; built when a line first looks like this variant."""
        return re.compile(pattern_source(self.nodes), FLAGS)

    @cached_property
    def plain_pattern(self) -> re.Pattern[str]:
        """A faster one that says the same of plain lines, which is nearly all."""
        return re.compile(pattern_source(self.nodes, plain=True), FLAGS)

    @cached_property
    def words(self) -> tuple[str, ...]:
        """Texts without blanks that every line of this spelling contains, the longest first."""
        texts = " ".join(node.text.replace("\t", " ") for node in self.nodes if isinstance(node, Literal))
        return tuple(sorted(set(texts.split()), key=len, reverse=True))

    def pattern_for(self, text: str, *, plain: bool) -> re.Pattern[str] | None:
        """The pattern to try on a line; None if the line cannot be of this spelling.

        Building a pattern takes a hundred times as long as trying it, and of all spellings of a line
        a log has only one: so none is built before a line has all of its words.
        """
        pattern: re.Pattern[str] | None = self.__dict__.get("plain_pattern" if plain else "pattern")
        if pattern is not None:
            return pattern
        for word in self.words:
            if word not in text:
                return None
        return self.plain_pattern if plain else self.pattern

    def read(self, text: str) -> dict[str, object] | None:
        """Fields of a line, or None if it is not of this spelling.

        Blanks at the end and a carriage return do not count.
        """
        text = text.rstrip(" \t\r\n")
        found = (self.plain_pattern if is_plain(text) else self.pattern).match(text)
        return None if found is None else self.convert(found.groups())

    def convert(self, groups: tuple[str | None, ...]) -> dict[str, object]:
        """Turn the groups of the pattern into a record; what did not match gives no key."""
        fields: dict[str, object] = {}
        for (key, read), value in zip(self.readers, groups, strict=True):
            if value is not None:
                fields[key] = read(value)
        return fields

    @cached_property
    def optional_keys(self) -> frozenset[str]:
        """Record keys that a matching line may lack."""
        inner = [one for node in self.nodes if isinstance(node, Optional) for one in fields_of(node.nodes)]
        return frozenset(key_of(one) for one in inner)


class Column(NamedTuple):
    """One known column of the process table."""

    word: str
    """What the kernel prints in the header."""
    key: str
    """The record key, unit included."""
    meaning: str
    since: str
    until: str = ""
    unit: str = ""


class Grammar:
    """All variants of all sections, and the known columns of the process table."""

    def __init__(self, variants: tuple[Variant, ...], columns: tuple[Column, ...]) -> None:
        self.variants = variants
        self.columns = columns

    @cached_property
    def by_id(self) -> dict[str, Variant]:
        """Variants by their id."""
        return {variant.id: variant for variant in self.variants}

    @property
    def sections(self) -> tuple[str, ...]:
        """Section names in the order of the files."""
        return tuple(dict.fromkeys(variant.section for variant in self.variants))
