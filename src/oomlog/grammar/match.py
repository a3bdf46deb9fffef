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

from oomlog.grammar.compile import is_plain
from oomlog.grammar.diagnose import Diagnosis, diagnose
from oomlog.grammar.fields import FIELD_TYPES
from oomlog.grammar.model import Grammar, Variant
from oomlog.grammar.template import Field, Literal, Node

__all__ = ["Match", "Matcher"]

_HEAD = 3
_USEFUL = 7
_RUN = re.compile(r"[ \t]{2,}|\t")
_BLANK = " \t\r\n"
_INDENT = (" ", "\t")
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
    texts = list(groups)
    for index, one in enumerate(texts):
        for other in texts[index + 1 :]:
            if one in groups and other in groups and len(common := _common(one, other)) >= _USEFUL:
                both = groups.pop(one) + groups.pop(other)  # the common text may be one of the two
                groups.setdefault(common, []).extend(both)
    return groups


def _shared_word(variants: list[Variant]) -> str:
    """The longest word that lines of all these variants contain; nothing if there is none."""
    words = set(variants[0].words).intersection(*(variant.words for variant in variants[1:]))
    return max(words, key=len, default="")


def _common(one: str, other: str) -> str:
    """The longest text that is part of both."""
    longest = ""
    for start in range(len(one)):
        while one[start : start + len(longest) + 1] in other and start + len(longest) < len(one):
            longest = one[start : start + len(longest) + 1]
    return longest


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
        heads: dict[str, list[Variant]] = {}
        after: dict[str, list[Variant]] = {}
        anywhere: list[Variant] = []
        for variant in grammar.variants:
            found = _heads(variant.nodes)
            for name in variant.only_after:
                after.setdefault(name, []).append(variant)
            if variant.only_after:
                continue
            if found is None:
                anywhere.append(variant)
            for head in found or ():
                # Whatever is too short for three letters is found by its first.
                heads.setdefault(head if len(head) == _HEAD else head[:1], []).append(variant)
        self._heads = {head: tuple(variants) for head, variants in heads.items()}
        # What all lines that begin alike have in common: "pages" for those that begin with a digit.
        self._gates = {head: _shared_word(variants) for head, variants in heads.items()}
        self._after = {name: tuple(variants) for name, variants in after.items()}
        self._texts = {text: tuple(variants) for text, variants in _signatures(anywhere).items()}
        self._signatures = tuple(self._texts)

    def candidates(self, text: str) -> list[Variant]:
        """Variants a line may belong to, judged by its first letters and the words it contains."""
        start = text.lstrip(_BLANK)
        found = [*self._heads.get(start[:_HEAD], ()), *self._heads.get(start[:1], ())]
        for word in self._signatures:
            if word in text:
                found += self._texts[word]
        return found

    def match(self, text: str, after: str | None = None) -> Match | None:
        """Recognise one line.

        :param after: Id of the line recognised directly before, which lets the generic shapes match
            that mean something only there (rows of a table, one statistic per line).
        """
        text = text.rstrip(_BLANK)
        start = text.lstrip(_BLANK) if text[:1] in _INDENT else text
        heads = self._heads
        for head in (start[:_HEAD], start[:1]):
            if head in heads and self._gates[head] in text:
                match = _first(heads, head, text)
                if match is not None:
                    return match
        for word in self._signatures:
            if word in text and (match := _first(self._texts, word, text)) is not None:
                return match
        if after is not None:
            for name in (after, after.partition(".")[0]):
                if name in self._after and (match := _first(self._after, name, text)) is not None:
                    return match
        return None

    def match_all(self, text: str) -> list[Match]:
        """Every variant that fits a line, ``only_after`` aside; more than one is a grammar mistake."""
        found = ((variant, variant.read(text)) for variant in self.grammar.variants)
        return [Match(variant, fields, text) for variant, fields in found if fields is not None]

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
    """The diagnosis that got furthest; with equal reach one of use, then the one with more fields."""
    return max(results, key=lambda one: (one.column, one.usable, len(one.fields)), default=None)


def _resembles(variant: Variant, text: str) -> bool:
    lead = next((n.text for n in variant.nodes if isinstance(n, Literal) and len(n.text.strip()) > 3), "")
    if not lead:
        return False
    if isinstance(variant.nodes[0], Literal):
        return text.lstrip(_BLANK).startswith(lead.strip().split(" ")[0])
    return lead.strip() in text


def _first(table: dict[str, tuple[Variant, ...]], key: str, text: str) -> Match | None:
    """The variant of one group that fits; it is asked first the next time.

    A log comes from one kernel, so the spelling found last is nearly always the right one.  Order
    never matters otherwise: no line fits two variants.
    """
    variants = table[key]
    plain = is_plain(text)
    for variant in variants:
        pattern = variant.pattern_for(text, plain=plain)
        found = None if pattern is None else pattern.match(text)
        if found is not None:
            if variant is not variants[0]:
                table[key] = (variant, *(other for other in variants if other is not variant))
            return Match(variant, variant.convert(found.groups()), text)
    return None
