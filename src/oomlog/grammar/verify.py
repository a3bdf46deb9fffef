"""Try out a grammar file: do its samples match, and match nothing else?

Loading only checks that a file is well formed; this is what the tests and ``oomlog grammar check``
add to it.
"""

from __future__ import annotations

from collections.abc import Iterator

from oomlog.grammar.diagnose import diagnose
from oomlog.grammar.files import SectionFile, VariantSource
from oomlog.grammar.freelist import FreeList
from oomlog.grammar.match import Matcher
from oomlog.grammar.model import Grammar
from oomlog.grammar.table import TableReader

__all__ = ["comparable", "verify"]


def comparable(value: object) -> object:
    """A value read from a line in the form a TOML file can state it."""
    if isinstance(value, FreeList):
        total = {} if value.total_kb is None else {"total_kb": value.total_kb}
        return {"blocks": tuple(tuple(block) for block in value.blocks), **total}
    return value


def verify(file: SectionFile, others: Grammar) -> Iterator[str]:
    """Yield what is wrong with a file's samples, one sentence each.

    :param others: The variants its samples must not be taken by; its own section's are replaced by
        the file's.
    """
    own = tuple(source.variant for source in file.variants)
    kept = tuple(variant for variant in others.variants if variant.section != file.section)
    matcher = Matcher(Grammar(own + kept, file.columns or others.columns))
    for source in file.variants:
        yield from _variant(source, matcher)
    for header in file.headers:
        reader = TableReader.from_header(header.line, matcher.grammar.columns)
        if reader is None:
            yield f"header since {header.since}: the line is no table header: {header.line}"
        elif (row := reader.row(header.row)) != header.expect:
            yield f"header since {header.since}: the row gives {row}, expected {header.expect}"


def _variant(source: VariantSource, matcher: Matcher) -> Iterator[str]:
    variant = source.variant
    for number, sample in enumerate(source.samples, start=1):
        name = f"{variant.id}, sample {number}"
        found = variant.read(sample.line)
        if found is None:
            diagnosis = diagnose(variant, sample.line)
            yield f"{name}: does not match; column {diagnosis.column}: expected {diagnosis.expected}"
            continue
        fields = {key: comparable(value) for key, value in found.items()}
        for key in dict.fromkeys((*sample.expect, *fields)):
            if sample.expect.get(key) != fields.get(key) or (key in sample.expect) != (key in fields):
                want, have = sample.expect.get(key, "nothing"), fields.get(key, "nothing")
                yield f"{name}: {key} is {have!r}, expected {want!r}"
        for match in matcher.match_all(sample.line):
            apart = variant.only_after or match.variant.only_after
            if match.variant is not variant and not apart:
                yield f"{name}: is also taken by {match.id}; make one of the two narrower"
    for line in source.unlike:
        if variant.read(line) is not None:
            yield f"{variant.id}: takes a line it must not take: {line}"
