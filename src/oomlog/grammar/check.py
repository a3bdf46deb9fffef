"""Refuse a grammar file that cannot be right, and say what to write instead.

These are the checks that need no matching: known keys, well-formed templates, names that exist.
That samples match, and match nothing else, is for the tests and ``oomlog grammar check``.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import Any, NoReturn

from oomlog.errors import GrammarError
from oomlog.grammar.compile import key_of
from oomlog.grammar.fields import FIELD_TYPES
from oomlog.grammar.files import Header, Sample, SectionFile, VariantSource
from oomlog.grammar.model import Column, Variant
from oomlog.grammar.template import Field, Node, Optional, TemplateError, fields_of, parse_template

__all__ = ["check_file", "check_together"]

_FILE_KEYS = ("section", "doc", "kernel", "variant", "column", "header")
_VARIANT_KEYS = (
    "id",
    "doc",
    "since",
    "until",
    "commit",
    "source",
    "line",
    "only_after",
    "required",
    "unlike",
    "sample",
)
_SAMPLE_KEYS = ("line", "expect", "note")
_COLUMN_KEYS = ("word", "key", "unit", "since", "until", "meaning")
_HEADER_KEYS = ("line", "row", "expect", "since", "until", "note")
_VERSION = re.compile(r"[1-9][0-9]?\.[0-9]{1,2}(\.[0-9]{1,3})?(-el[0-9]+)?|any|vendor|el[4-9]|el10")
_SECTION = re.compile(r"[a-z][a-z_]*")
_ID = re.compile(r"[a-z][a-z_]*\.[a-z][a-z0-9_]*")


class _Place:
    """Where in a file a check is, for the message."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.lines = text.splitlines()
        self.variant: str | None = None
        self.start = 0

    def enter(self, variant: str) -> None:
        self.variant = variant
        pattern = re.compile(rf"\s*id\s*=\s*[\"']{re.escape(variant)}[\"']")
        self.start = next((i for i, line in enumerate(self.lines) if pattern.match(line)), self.start)

    def line_of(self, key: str | None) -> int | None:
        if key:
            pattern = re.compile(rf"\s*{re.escape(key)}\s*=")
            for index in range(self.start, len(self.lines)):
                if pattern.match(self.lines[index]):
                    return index + 1
        return self.start + 1 if self.variant else None

    def fail(self, message: str, *, key: str | None = None, help: str | None = None) -> NoReturn:
        raise GrammarError(
            self.file, message, variant=self.variant, key=key, line=self.line_of(key), help=help
        )


def check_file(file: str, text: str, content: dict[str, Any]) -> SectionFile:
    """Check one file and give its parts."""
    place = _Place(file, text)
    _known(place, content, _FILE_KEYS)
    section = _string(place, content, "section")
    if not _SECTION.fullmatch(section):
        place.fail(f"{section!r} is no section name", key="section", help="use lower case letters and _")
    doc = _string(place, content, "doc")
    kernel = _string(place, content, "kernel")
    variants = tuple(_variant(place, section, one) for one in _tables(place, content, "variant"))
    place.variant, place.start = None, 0
    columns = tuple(_column(place, one) for one in _tables(place, content, "column"))
    headers = tuple(_header(place, one) for one in _tables(place, content, "header"))
    if not variants and not columns:
        place.fail(
            "the file has no [[variant]]", help="add a [[variant]] with id, since, source, line and a sample"
        )
    return SectionFile(file, section, doc, kernel, variants, columns, headers)


def check_together(files: list[SectionFile]) -> None:
    """Check what only all files together can show: unique ids, and names that exist."""
    ids: dict[str, str] = {}
    sections = {file.section for file in files}
    for file in files:
        for source in file.variants:
            variant = source.variant
            if variant.id in ids:
                where = "twice in this file" if ids[variant.id] == file.path else f"in {ids[variant.id]}, too"
                raise GrammarError(
                    file.path,
                    f"this id is used {where}",
                    variant=variant.id,
                    key="id",
                    help="every variant needs an id of its own",
                )
            ids[variant.id] = file.path
    for file in files:
        for source in file.variants:
            for name in source.variant.only_after:
                if name not in ids and name not in sections:
                    raise GrammarError(
                        file.path,
                        f"no variant or section is called {name!r}",
                        variant=source.variant.id,
                        key="only_after",
                        help=_similar(name, [*ids, *sections]),
                    )


def _variant(place: _Place, section: str, table: dict[str, Any]) -> VariantSource:
    place.variant = None
    id_ = _string(place, table, "id", of="[[variant]]")
    place.enter(id_)
    _known(place, table, _VARIANT_KEYS)
    if not _ID.fullmatch(id_) or not id_.startswith(section + "."):
        place.fail(f"{id_!r} does not fit this file", key="id", help=f'write id = "{section}.<name>"')
    for key in ("since", "until"):
        if (key == "since" or key in table) and not _VERSION.fullmatch(_string(place, table, key)):
            place.fail(
                f"{table[key]!r} is no kernel version", key=key, help='write "5.14", "el7" or "vendor"'
            )
    if "commit" not in table and "source" not in table:
        place.fail(
            "neither commit nor source is given",
            key="source",
            help='write source = "mm/oom_kill.c:dump_header()", or commit = \'<hash> ("<subject>")\'',
        )
    origin = _string(place, table, "commit" if "commit" in table else "source")
    template = _string(place, table, "line")
    nodes = _template(place, template)
    keys = [key_of(field) for field in fields_of(nodes)]
    required = _strings(place, table, "required")
    for name in required:
        if name not in keys:
            place.fail(f"the line has no field {name!r}", key="required", help=_similar(name, keys))
    samples = tuple(_sample(place, keys, one) for one in _tables(place, table, "sample"))
    if not samples:
        place.fail(
            "no sample", help="add [[variant.sample]] with line and expect, from a real log if possible"
        )
    variant = Variant(
        id_,
        template,
        nodes,
        since=table["since"],
        until=table.get("until", ""),
        only_after=_strings(place, table, "only_after"),
        required=required,
    )
    return VariantSource(variant, origin, samples, _strings(place, table, "unlike"), table.get("doc", ""))


def _template(place: _Place, template: str) -> tuple[Node, ...]:
    try:
        nodes = parse_template(template)
    except TemplateError as error:
        caret = " " * (error.column - 1) + "^"
        place.fail(f"{error.message} at column {error.column}\n  {template}\n  {caret}", key="line")
    names: set[str] = set()
    for field in fields_of(nodes):
        if field.type not in FIELD_TYPES:
            place.fail(
                f"{field.type!r} is no field type",
                key="line",
                help=_similar(field.type, FIELD_TYPES) or f"the types are {', '.join(FIELD_TYPES)}",
            )
        if key_of(field) in names:
            place.fail(
                f"the field {field.name!r} is used twice", key="line", help="give each field its own name"
            )
        names.add(key_of(field))
    _check_ends(place, nodes, ())
    return nodes


def _check_ends(place: _Place, nodes: tuple[Node, ...], rest: tuple[Node, ...]) -> None:
    for index, node in enumerate(nodes):
        after = nodes[index + 1 :] + rest
        if isinstance(node, Optional):
            _check_ends(place, node.nodes, after)
        elif isinstance(node, Field):
            kind = FIELD_TYPES[node.type]
            if kind.last and after:
                place.fail(
                    f"{{{node.name}:{node.type}}} takes the rest of the line, but something follows it",
                    key="line",
                    help="move it to the end",
                )
            if kind.reach != "fixed" and after and isinstance(after[0], Field):
                place.fail(
                    f"nothing says where {{{node.name}:{node.type}}} ends",
                    key="line",
                    help=f"put literal text between it and {{{after[0].name}:{after[0].type}}}",
                )


def _sample(place: _Place, keys: list[str], table: dict[str, Any]) -> Sample:
    _known(place, table, _SAMPLE_KEYS)
    line = _string(place, table, "line", of="[[variant.sample]]")
    expect = table.get("expect")
    if not isinstance(expect, dict):
        place.fail(
            "a sample does not say what to expect", key="expect", help="write expect = { pid = 1, ... }"
        )
    for name in expect:
        if name not in keys:
            place.fail(f"the line has no field {name!r}", key="expect", help=_similar(name, keys))
    return Sample(line, {key: frozen(value) for key, value in expect.items()}, table.get("note", ""))


def frozen(value: object) -> object:
    """A TOML value in the form records use: tuples instead of lists, None for ``false`` totals."""
    if isinstance(value, list):
        return tuple(frozen(one) for one in value)
    if isinstance(value, dict):
        return {key: frozen(one) for key, one in value.items()}
    return value


def _column(place: _Place, table: dict[str, Any]) -> Column:
    _known(place, table, _COLUMN_KEYS)
    return Column(
        word=_string(place, table, "word", of="[[column]]"),
        key=_string(place, table, "key", of="[[column]]"),
        meaning=_string(place, table, "meaning", of="[[column]]"),
        since=_string(place, table, "since"),
        until=table.get("until", ""),
        unit=table.get("unit", ""),
    )


def _header(place: _Place, table: dict[str, Any]) -> Header:
    _known(place, table, _HEADER_KEYS)
    expect = table.get("expect")
    if not isinstance(expect, dict):
        place.fail(
            "a header does not say what to expect", key="expect", help="write expect = { pid = 1, ... }"
        )
    return Header(
        line=_string(place, table, "line", of="[[header]]"),
        row=_string(place, table, "row", of="[[header]]"),
        expect=expect,
        since=_string(place, table, "since"),
        until=table.get("until", ""),
        note=table.get("note", ""),
    )


def _known(place: _Place, table: dict[str, Any], known: tuple[str, ...]) -> None:
    for key in table:
        if key not in known:
            place.fail(
                f"unknown key {key!r}",
                key=key,
                help=_similar(key, known) or f"the keys are {', '.join(known)}",
            )


def _string(place: _Place, table: dict[str, Any], key: str, *, of: str = "the file") -> str:
    if key not in table:
        where = "" if place.variant or of == "the file" else f"{of}: "
        place.fail(f"{where}{key!r} is missing", help=f'add {key} = "..."')
    value = table[key]
    if not isinstance(value, str) or (not value and key != "line"):
        place.fail("must be text", key=key, help=f'write {key} = "..."')
    return value


def _strings(place: _Place, table: dict[str, Any], key: str) -> tuple[str, ...]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        place.fail("must be a list of texts", key=key, help=f'write {key} = ["..."]')
    return tuple(value)


def _tables(place: _Place, table: dict[str, Any], key: str) -> list[dict[str, Any]]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        place.fail("must be a list of tables", key=key, help=f"write [[{key}]]")
    return value


def _similar(name: str, known: Iterable[str]) -> str | None:
    close = difflib.get_close_matches(name, list(known), 1)
    return f"did you mean {close[0]!r}?" if close else None
