"""Tests made from the grammar files: every variant keeps the promises written beside it.

Adding a variant or a column to ``grammars/*.toml`` adds its tests; nothing here names one.
"""

from __future__ import annotations

import re
import re._parser as sre  # to look at the structure of a pattern, not to match with it
from collections.abc import Iterator
from typing import Any

import pyparsing as pp
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from oomlog.grammar import Matcher, TableReader, Variant, read_files
from oomlog.grammar.check import frozen
from oomlog.grammar.compile import compose, is_plain, key_of, render
from oomlog.grammar.fields import FIELD_TYPES
from oomlog.grammar.files import Header, SectionFile, VariantSource
from oomlog.grammar.freelist import FreeBlocks, FreeList
from oomlog.grammar.model import Grammar
from oomlog.grammar.template import Field, Literal, Node, Optional

FILES: tuple[SectionFile, ...] = read_files()
SOURCES = [source for file in FILES for source in file.variants]
HEADERS = [header for file in FILES for header in file.headers]
COLUMNS = tuple(column for file in FILES for column in file.columns)
GRAMMAR = Grammar(tuple(source.variant for source in SOURCES), COLUMNS)
MATCHER = Matcher(GRAMMAR)

each_variant = pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.variant.id)
quick = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)


def plain(value: object) -> object:
    """A record value in the form TOML can hold."""
    if isinstance(value, FreeList):
        total = {} if value.total_kb is None else {"total_kb": value.total_kb}
        return {"blocks": tuple(tuple(block) for block in value.blocks), **total}
    return frozen(list(value)) if isinstance(value, tuple) else value


def only_after(variant: Variant) -> list[str | None]:
    """Ids that may come before a line of this variant."""
    return [name if "." in name else f"{name}.any" for name in variant.only_after] or [None]


# -- samples ------------------------------------------------------------------------------------------


@each_variant
def test_samples_match_as_expected(source: VariantSource) -> None:
    """Each sample line gives exactly the fields written beside it."""
    for sample in source.samples:
        fields = source.variant.read(sample.line)
        assert fields is not None, sample.line
        assert sample.expect == {key: plain(value) for key, value in fields.items()}


@each_variant
def test_matcher_finds_the_variant(source: VariantSource) -> None:
    """The quick search by first letters and contained words finds each sample's variant."""
    for sample in source.samples:
        for after in only_after(source.variant):
            match = MATCHER.match(sample.line, after)
            assert match is not None, sample.line
            assert source.variant.id == match.id


@each_variant
def test_no_line_fits_two_variants(source: VariantSource) -> None:
    """No other variant of any section takes a sample, so the order of variants never matters."""
    for sample in source.samples:
        others = {match.id for match in MATCHER.match_all(sample.line)} - {source.variant.id}
        generic = {other for other in others if GRAMMAR.by_id[other].only_after}
        if not source.variant.only_after:
            assert set() == others - generic, sample.line
        # Generic shapes are kept apart by what comes before them.
        for name in source.variant.only_after:
            assert not [other for other in generic if name in GRAMMAR.by_id[other].only_after]


@each_variant
def test_lines_it_must_not_match(source: VariantSource) -> None:
    """The lines listed under ``unlike`` are not taken."""
    for line in source.unlike:
        assert source.variant.read(line) is None, line


@each_variant
def test_every_optional_part_has_a_sample(source: VariantSource) -> None:
    """Every field of a template is read from at least one of its samples."""
    seen = {key for sample in source.samples for key in sample.expect}
    assert set(source.variant.keys) - seen <= _never_sampled(source), source.variant.id


def _never_sampled(source: VariantSource) -> set[str]:
    # Fields of an optional part may go unsampled only if the same part is sampled elsewhere.
    return {"message"} if source.variant.id.startswith("kill.killed") else set()


@each_variant
def test_blanks_at_the_end_do_not_count(source: VariantSource) -> None:
    """A trailing blank, tab or carriage return changes nothing."""
    for sample in source.samples:
        assert source.variant.read(sample.line) == source.variant.read(sample.line + " \t\r")


# -- rendering and the second implementation -----------------------------------------------------------

_WORD = st.text("abcXYZ019_.-@#", min_size=1, max_size=12)
_PATH = st.text("ab/._-@ 0,:=", max_size=20).map(lambda text: f"/{text}x")
_INTS = st.integers(-(10**19), 10**19)
_KEYS = st.sampled_from(["active_anon", "free_cma", "isolated_anon", "kernel_stack", "a_new_counter"])

STRATEGIES: dict[str, st.SearchStrategy[Any]] = {
    "int": _INTS,
    "kb": _INTS,
    "pages": _INTS,
    "bytes": _INTS,
    "mib": _INTS,
    "hex": st.integers(0, 2**63).map(hex),
    "hidden": st.tuples(st.integers(0, 2**20).map(hex), st.integers(1, 9)).map(lambda v: v[0] + "*" * v[1]),
    "float": st.integers(0, 10**6).map(lambda n: n / 100),
    "comm": st.text(st.characters(codec="utf-8", exclude_characters="\\"), max_size=15)
    | st.text("ab )(,=:'", max_size=15)
    | st.sampled_from(["\\x0aOut of memory:", "tmux: server", "(sd-pam)", "\nOut of memory:", "a\\b", ""]),
    "flags": st.lists(st.text("GFP_ABC0x", min_size=1, max_size=9), max_size=4).map(tuple),
    "nodelist": st.sampled_from(["(null)", "0", "0-1", "0,2-3", "1-2,4"]),
    "zone": st.sampled_from(["DMA", "DMA32", "Normal", "HighMem", "Movable", "Device"]),
    "release": st.sampled_from(["2.6.18", "5.14.0-427.13.1.el9_4.x86_64", "6.11.0-rc6+"]),
    "word": _WORD,
    "taint": st.sampled_from(
        ["Not tainted", "Tainted: P", "Tainted: G        W  OE", "Tainted: G    B  ------------ T"]
    ),
    "cgroup": _PATH,
    "text": st.text("abc XYZ_.-", max_size=20).map(lambda text: f"a{text}z"),
    "yesno": st.booleans(),
    "numbers": st.lists(_INTS, min_size=1, max_size=6).map(tuple),
    "pairs": st.dictionaries(_KEYS.map(lambda key: f"{key}_kb"), st.integers(0, 10**12), min_size=1)
    | st.just({"free_kb": 1, "all_unreclaimable": True, "pages_scanned": 3}),
    "zone_pairs": st.dictionaries(_KEYS.map(lambda key: f"{key}_kb"), st.integers(0, 10**12)).map(
        lambda more: {"free_kb": 8, **more}
    ),
    "page_pairs": st.dictionaries(_KEYS.map(lambda key: f"{key}_pages"), st.integers(0, 10**12)).map(
        lambda more: {"free_pages": 8, **more}
    ),
    "freelist": st.lists(
        st.builds(FreeBlocks, st.integers(0, 10**6), st.just(4), st.sampled_from(["", "U", "UME"])),
        min_size=1,
        max_size=4,
    ).flatmap(lambda blocks: st.builds(FreeList, st.just(tuple(blocks)), st.none() | st.integers(0, 10**9))),
    "emptylist": st.just(FreeList((), None)),
}


def test_every_field_type_can_be_generated() -> None:
    """No field type escapes the round-trip test."""
    assert set(FIELD_TYPES) == set(STRATEGIES)


@st.composite
def records(draw: st.DrawFn, variant: Variant) -> dict[str, object]:
    """Fields of one line, optional parts there or not; at most one text is hostile."""
    fields: dict[str, object] = {}
    hostile = draw(st.sampled_from([field for field in variant.fields if field.type == "comm"] or [None]))

    def add(nodes: tuple[Node, ...]) -> None:
        for node in nodes:
            if isinstance(node, Optional):
                if draw(st.booleans()):
                    add(node.nodes)
            elif isinstance(node, Field):
                tame = node.type == "comm" and node != hostile
                fields[key_of(node)] = draw(_WORD if tame else STRATEGIES[node.type])

    add(variant.nodes)
    return fields


@each_variant
def test_what_is_printed_can_be_read(source: VariantSource) -> None:
    """parse(render(fields)) == fields, for hostile names, too."""
    variant = source.variant

    @quick
    @given(records(variant))
    def check(fields: dict[str, object]) -> None:
        line = render(variant.nodes, fields)
        # Blanks at the end of a line never count, so a name that ends the line must not end in one.
        assume(line == line.rstrip(" \t\r\n"))
        assert fields == variant.read(line)

    check()


@each_variant
def test_pyparsing_grammar_reads_the_same(source: VariantSource) -> None:
    """The composed pyparsing grammar takes the same lines as the compiled pattern, with the same fields."""
    variant = source.variant
    grammar = compose(variant.nodes)

    @quick
    @given(mutated(variant, [sample.line for sample in source.samples]))
    def check(line: str) -> None:
        assert by_pyparsing(grammar, line) == variant.read(line)

    check()


@each_variant
def test_fast_pattern_says_the_same(source: VariantSource) -> None:
    """The pattern for plain lines agrees with the exact one on such lines."""
    variant = source.variant

    @quick
    @given(mutated(variant, [sample.line for sample in source.samples]))
    def check(line: str) -> None:
        text = re.sub(r"[ \t]+", " ", line.replace("\\", "/")).rstrip(" \t\r\n")
        assert is_plain(text)
        exact, fast = variant.pattern.match(text), variant.plain_pattern.match(text)
        assert (exact and exact.groups()) == (fast and fast.groups())

    check()


@st.composite
def mutated(draw: st.DrawFn, variant: Variant, lines: list[str]) -> str:
    """A rendered line or a sample, as it is or cut, doubled, or with characters changed."""
    line = draw(st.sampled_from(lines) | records(variant).map(lambda fields: render(variant.nodes, fields)))
    kind = draw(st.sampled_from(["as it is", "cut", "insert", "delete", "double"]))
    at = draw(st.integers(0, len(line)))
    size = draw(st.integers(1, 9))
    if kind == "cut":
        return line[:at]
    if kind == "insert":
        return line[:at] + draw(st.text(" \t()[],:=kB0-\\xa", min_size=1, max_size=4)) + line[at:]
    if kind == "delete":
        return line[:at] + line[at + size :]
    if kind == "double":
        return line[: at + size] + line[at:]
    return line


def by_pyparsing(grammar: pp.ParserElement, line: str) -> dict[str, object] | None:
    """Fields of a line by the composed grammar."""
    try:
        found = (grammar + pp.StringEnd().leave_whitespace()).leave_whitespace().parse_with_tabs()
        return dict(found.parse_string(line.rstrip(" \t\r\n")).items())
    except pp.ParseException:
        return None


# -- structure ------------------------------------------------------------------------------------------


@each_variant
def test_patterns_are_bounded_and_give_nothing_back(source: VariantSource) -> None:
    """No repeat is unbounded, none is inside another outside an atomic group: hostile lines stay cheap."""
    for pattern in (source.variant.pattern, source.variant.plain_pattern):
        for op, arguments in _repeats(sre.parse(pattern.pattern, pattern.flags)):
            assert arguments[1] is not sre.MAXREPEAT, f"{op} without an upper bound"


def _repeats(parsed: Any) -> Iterator[tuple[Any, Any]]:
    for op, arguments in parsed:
        if op in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT):
            yield op, arguments
        yield from _inside(arguments)


def _inside(arguments: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(arguments, sre.SubPattern):
        yield from _repeats(arguments)
    elif isinstance(arguments, tuple | list):
        for one in arguments:
            yield from _inside(one)


@each_variant
def test_top_level_is_atomic(source: VariantSource) -> None:
    """Every part that could match in two ways is wrapped, so a part never gives back what it took."""
    for pattern in (source.variant.pattern, source.variant.plain_pattern):
        assert list(_loose(sre.parse(pattern.pattern, pattern.flags))) == []


def _loose(parsed: Any) -> Iterator[Any]:
    for op, arguments in parsed:
        if op is sre.SUBPATTERN:
            yield from _loose(arguments[-1])
        elif op is sre.MAX_REPEAT:
            # An optional character ("-" before a number, " " before kB) cannot match in two ways, and a
            # fixed number of characters neither.
            if arguments[:2] != (0, 1) and arguments[0] != arguments[1]:
                yield op, arguments
        elif op in (sre.MIN_REPEAT, sre.BRANCH):
            yield op, arguments


HOSTILE = [
    "a" * 10_000,
    " " * 10_000,
    ")" * 10_000,
    ",task=" * 2_000,
    ": " * 5_000,
    "\\x0a" * 2_500,
    "1 " * 5_000,
]


@each_variant
def test_hostile_lines_end(source: VariantSource) -> None:
    """A long line made to be difficult is answered, whatever the answer is."""
    first = source.variant.nodes[0]
    lead = first.text if isinstance(first, Literal) else ""
    for text in HOSTILE:
        source.variant.read(lead + text)


# -- the process table -----------------------------------------------------------------------------------


@pytest.mark.parametrize("header", HEADERS, ids=lambda header: f"{header.since}-{header.until}")
def test_headers_of_the_process_table(header: Header) -> None:
    """The row below each known header is read by that header."""
    reader = TableReader.from_header(header.line, COLUMNS)
    assert reader is not None
    assert header.expect == reader.row(header.row)


def test_every_column_is_in_a_header() -> None:
    """No column without a sample header, and no sample header of known columns twice."""
    words = {word for header in HEADERS for word in re.sub(r"\[ *pid *\]", "pid", header.line).split()}
    assert {column.word for column in COLUMNS} <= words
    assert len(HEADERS) == len({header.line for header in HEADERS})
