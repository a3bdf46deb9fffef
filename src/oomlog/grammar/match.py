"""Find the variant a line belongs to, quickly, and its fields.

Nearly all lines of a log are not about OOM, so most of the work is to say no.  A template that
begins with text is found by the line's first three letters, one that begins with a number by the
first digit, and any other by a text that it must contain.  The patterns themselves are compiled when
a line first gets that far.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from oomlog.grammar.diagnose import Diagnosis, diagnose
from oomlog.grammar.fields import FIELD_TYPES
from oomlog.grammar.model import Grammar, Variant
from oomlog.grammar.template import Field, Literal, Node

__all__ = ["Match", "Matcher"]

_HEAD = 3
_USEFUL = 7
_RUN = re.compile(r"[ \t]{2,}|\t")
_BLANK = " \t\r\n"
_NUMBERS = ("int", "pages", "kb", "bytes", "mib", "float")


class Match(NamedTuple):
    """A line that was recognised."""

    variant: Variant
    fields: dict[str, object]
    text: str

    @property
    def id(self) -> str:
        """Id of the variant."""
        return self.variant.id

    @property
    def section(self) -> str:
        """Section of the variant."""
        return self.variant.section


def _words(nodes: tuple[Node, ...]) -> list[str]:
    """Texts that every line of these parts contains as they are."""
    words: list[str] = []
    for node in nodes:
        if isinstance(node, Literal):
            # One blank is what the kernel prints; more may be a run of any length.
            words += _RUN.split(node.text)
        elif isinstance(node, Field) and FIELD_TYPES[node.type].contains:
            return [FIELD_TYPES[node.type].contains]
    return [word for word in words if word.strip()]


def _signatures(variants: list[Variant]) -> dict[str, list[Variant]]:
    """Group variants by a text that each line of the group must contain.

    Asking for a text costs the same however many variants share it, so texts that many have in
    common are preferred, long ones among them.
    """
    words = {variant: _words(variant.nodes) for variant in variants}
    shared = Counter(word for some in words.values() for word in set(some))
    groups: dict[str, list[Variant]] = {}
    for variant, some in words.items():
        useful = [word for word in some if len(word) >= _USEFUL] or some or [""]
        groups.setdefault(max(useful, key=lambda word: (shared[word], len(word))), []).append(variant)
    return groups


def _heads(nodes: tuple[Node, ...]) -> set[str] | None:
    """First letters a line of these parts can have, up to three; None: anything."""
    for index, node in enumerate(nodes):
        if isinstance(node, Literal):
            text = node.text.lstrip(_BLANK)
            if not text:
                continue
            word = text.replace("\t", " ").partition(" ")[0]
            # A short word may go on in the next part; then only its own letters are known.
            return {word[:_HEAD]}
        if isinstance(node, Field):
            kind = FIELD_TYPES[node.type]
            if kind.starts:
                return {start[:_HEAD] for start in kind.starts}
            return {*"0123456789", "-"} if node.type in _NUMBERS else None
        inside, outside = _heads(node.nodes + nodes[index + 1 :]), _heads(nodes[index + 1 :])
        return None if inside is None or outside is None else inside | outside
    return None


class Matcher:
    """Recognise lines with a grammar."""

    def __init__(self, grammar: Grammar) -> None:
        self.grammar = grammar
        self._by_head: dict[str, list[Variant]] = {}
        anywhere: list[Variant] = []
        self._after: dict[str, list[Variant]] = {}
        for variant in grammar.variants:
            if variant.only_after:
                for name in variant.only_after:
                    self._after.setdefault(name, []).append(variant)
                continue
            heads = _heads(variant.nodes)
            if heads is None:
                anywhere.append(variant)
            else:
                for head in heads:
                    self._by_head.setdefault(head, []).append(variant)
        # A word of one or two letters is found by those, so longer lines ask several lengths.
        self._lengths = tuple(sorted({len(head) for head in self._by_head}, reverse=True))
        self._texts = tuple(_signatures(anywhere).items())

    def candidates(self, text: str) -> list[Variant]:
        """Variants a line may belong to, judged by its first letters and the words it contains."""
        start = text.lstrip(_BLANK) if text[:1] in (" ", "\t") else text
        found: list[Variant] = []
        for length in self._lengths:
            some = self._by_head.get(start[:length])
            if some is not None:
                found += some
        for word, variants in self._texts:
            if word in text:
                found += variants
        return found

    def match(self, text: str, after: str | None = None) -> Match | None:
        """Recognise one line.

        :param after: Id of the line recognised directly before, which lets the generic shapes match
            that mean something only there (rows of a table, one statistic per line).
        """
        text = text.rstrip(_BLANK)
        for variant in self.candidates(text):
            found = variant.pattern.match(text)
            if found is not None:
                return Match(variant, _fields(variant, found.groups()), text)
        if after is not None:
            section = after.partition(".")[0]
            for variant in (*self._after.get(after, ()), *self._after.get(section, ())):
                found = variant.pattern.match(text)
                if found is not None:
                    return Match(variant, _fields(variant, found.groups()), text)
        return None

    def match_all(self, text: str) -> list[Match]:
        """Every variant that fits a line, ``only_after`` aside; more than one is a grammar mistake."""
        text = text.rstrip(_BLANK)
        found = ((variant, variant.pattern.match(text)) for variant in self.grammar.variants)
        return [Match(v, _fields(v, m.groups()), text) for v, m in found if m is not None]

    def diagnose(self, text: str, *, at_end: bool = True) -> Diagnosis | None:
        """Say how far the best variant gets in a line that none matches.

        None if the line looks like no variant at all.

        :param at_end: The end of the text may be a cut, so a field that touches it is not complete.
        """
        return best(diagnose(variant, text, at_end=at_end) for variant in self.lookalikes(text))

    def lookalikes(self, text: str) -> list[Variant]:
        """Variants whose first text occurs in the line, cut lines included."""
        return [v for v in self.grammar.variants if not v.only_after and _resembles(v, text)]


def best(results: Iterable[Diagnosis]) -> Diagnosis | None:
    """The diagnosis that got furthest; with equal reach the one with more fields."""
    return max(results, key=lambda one: (one.column, len(one.fields)), default=None)


def _resembles(variant: Variant, text: str) -> bool:
    lead = next((n.text for n in variant.nodes if isinstance(n, Literal) and len(n.text.strip()) > 3), "")
    if not lead:
        return False
    if isinstance(variant.nodes[0], Literal):
        return text.lstrip(_BLANK).startswith(lead.strip().split(" ")[0])
    return lead.strip() in text


def _fields(variant: Variant, groups: tuple[str | None, ...]) -> dict[str, object]:
    return {
        key: convert(value)
        for (key, convert), value in zip(variant.readers, groups, strict=True)
        if value is not None
    }
