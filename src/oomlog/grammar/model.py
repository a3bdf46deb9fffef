"""What a loaded grammar is made of: what matching needs and nothing else, so it fits the cache.

The parts of a grammar file that only tests, docs and tools need are in ``files.py``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cached_property
from typing import NamedTuple

from oomlog.grammar.compile import FLAGS, key_of, pattern_source
from oomlog.grammar.fields import FIELD_TYPES
from oomlog.grammar.template import Field, Node, Optional, fields_of

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

    def read(self, text: str) -> dict[str, object] | None:
        """Fields of a line, or None if it is not of this spelling.

        Blanks at the end and a carriage return do not count.
        """
        found = self.pattern.match(text.rstrip(" \t\r\n"))
        if found is None:
            return None
        return {
            key: convert(value)
            for (key, convert), value in zip(self.readers, found.groups(), strict=True)
            if value is not None
        }

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
