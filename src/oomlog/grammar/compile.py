"""Turn the parts of a template into one compiled pattern, a pyparsing grammar, or a line of text.

All parts are atomic: a part takes what it can and never gives anything back, exactly as in a
pyparsing ``And``.  That keeps matching linear on hostile lines, and it makes the compiled pattern
and the composed pyparsing grammar accept the same lines with the same fields (a test proves it).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from oomlog.grammar.fields import FIELD_TYPES, field_regex
from oomlog.grammar.template import Field, Literal, Node, Optional, fields_of

if TYPE_CHECKING:
    import pyparsing as pp

__all__ = ["FLAGS", "compose", "follow", "is_plain", "key_of", "literal_regex", "pattern_source", "render"]

#: "." also matches a newline: a comm may hold one.
FLAGS = re.DOTALL

# A run of blanks in a template.  The upper bound keeps a scan linear on a line of blanks only.
_BLANKS = r"[ \t]{1,64}+"
_EXACT = ("comm", "longest")


def is_plain(line: str) -> bool:
    """Whether a line has none of what makes matching slow: escapes, tabs, runs of blanks."""
    return "\\" not in line and "  " not in line and "\t" not in line


def key_of(field: Field) -> str:
    """The record key of a field: its name and the unit of its type."""
    return field.name + FIELD_TYPES[field.type].suffix


def literal_regex(text: str, following: Node | None = None, *, plain: bool = False) -> str:
    """Build the expression for literal text.

    :param following: The part after it.  Before a comm or a path a run of blanks is taken as
        written: a name may itself begin with a blank.
    :param plain: The line has no tab and nowhere two blanks in a row.
    """
    blanks = " " if plain else _BLANKS
    exact = isinstance(following, Field) and FIELD_TYPES[following.type].reach in _EXACT
    pieces: list[str] = []
    words = text.replace("\t", " ").split(" ")
    for index, word in enumerate(words):
        if word or index in (0, len(words) - 1):
            pieces.append(re.escape(word))
    source = blanks.join(pieces)
    if exact and text[-1:] in (" ", "\t"):
        written = len(text) - len(text.rstrip(" \t"))
        return source.removesuffix(blanks) + (" " * written if plain else f"[ \\t]{{{written}}}")
    return source


def follow(rest: tuple[Node, ...], *, plain: bool = False) -> list[str]:
    """What may stand after a field, as lookahead expressions; the longer road first."""
    if not rest:
        return [r"\Z"]
    node, after = rest[0], rest[1:]
    if isinstance(node, Literal):
        text = literal_regex(node.text, after[0] if after else None, plain=plain)
        return [text + _group(follow(after, plain=plain))]
    if isinstance(node, Field):
        return [FIELD_TYPES[node.type].first]
    alternatives = follow(node.nodes + after, plain=plain)
    return alternatives + [one for one in follow(after, plain=plain) if one not in alternatives]


def _group(alternatives: list[str]) -> str:
    return alternatives[0] if len(alternatives) == 1 else "(?:" + "|".join(alternatives) + ")"


def _regex(nodes: tuple[Node, ...], rest: tuple[Node, ...], plain: bool) -> str:
    out: list[str] = []
    for index, node in enumerate(nodes):
        after = nodes[index + 1 :] + rest
        if isinstance(node, Literal):
            out.append(literal_regex(node.text, after[0] if after else None, plain=plain))
        elif isinstance(node, Field):
            out.append(field_regex(FIELD_TYPES[node.type], follow(after, plain=plain), plain=plain))
        else:
            out.append(f"(?>(?:{_regex(node.nodes, after, plain)})?)")
    return "".join(out)


def pattern_source(nodes: tuple[Node, ...], *, plain: bool = False) -> str:
    """The whole line as one expression; its groups are the fields in the order of the template.

    :param plain: For lines that ``is_plain`` says yes to, where it does the same and is faster.
    """
    return _regex(nodes, (), plain) + r"\Z"


def compose(nodes: tuple[Node, ...], rest: tuple[Node, ...] = ()) -> pp.ParserElement:
    """Build the same line as a pyparsing grammar, one named element per part.

    Results are named by record key.  Used for diagrams and to check the compiled pattern.
    """
    import pyparsing as pp

    parts: list[pp.ParserElement] = []
    for index, node in enumerate(nodes):
        after = nodes[index + 1 :] + rest
        if isinstance(node, Literal):
            source = literal_regex(node.text, after[0] if after else None)
            parts.append(pp.Regex(source, flags=FLAGS).set_name(f'"{node.text}"').suppress())
        elif isinstance(node, Field):
            parts.append(_field_element(node, follow(after)))
        else:
            parts.append(pp.Opt(compose(node.nodes, after)))
    whole = pp.And(parts) if len(parts) != 1 else parts[0]
    return whole.leave_whitespace(recursive=True).parse_with_tabs()


def _field_element(field: Field, following: list[str]) -> pp.ParserElement:
    import pyparsing as pp

    kind = FIELD_TYPES[field.type]
    source = re.compile(field_regex(kind, following), FLAGS)
    element = pp.Regex(source, as_match=True)

    def convert(tokens: pp.ParseResults) -> list[object]:
        # In a list of its own, so that a tuple or a dict stays one result.
        return [kind.convert(tokens[0][1])]

    element.add_parse_action(convert)
    return element.set_name(f"{field.name}:{field.type}")(key_of(field))


def render(nodes: tuple[Node, ...], fields: Mapping[str, object]) -> str:
    """Print a line from a record; an optional part is printed when all its fields are given.

    An optional part without fields of its own is left out.
    """
    out: list[str] = []
    for node in nodes:
        if isinstance(node, Literal):
            out.append(node.text)
        elif isinstance(node, Field):
            kind = FIELD_TYPES[node.type]
            out.append(kind.render(fields[key_of(node)]) + _unit(kind.tail))
        elif _wanted(node, fields):
            out.append(render(node.nodes, fields))
    return "".join(out)


def _wanted(node: Optional, fields: Mapping[str, object]) -> bool:
    inner = [one for one in node.nodes if isinstance(one, Field)]
    if inner:
        return all(key_of(field) in fields for field in inner)
    return any(key_of(field) in fields for field in fields_of(node.nodes))


def _unit(tail: str) -> str:
    return {"": "", r" ?[kK]B": "kB", r" ?MiB": " MiB"}[tail]
