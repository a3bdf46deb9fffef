"""Read a line template into its parts.

BNF::

    template : element+
    element  : optional | field | literal
    optional : "[" element+ "]"
    field    : "{" name ":" type "}"
    literal  : ( "\\" any-of "[]{}\\" | any character except "[]{}\\" )+

This is the one place that parses with pyparsing at run time, so the import is inside the function:
a program whose grammar comes from the cache never pays for it.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import pyparsing as pp

__all__ = ["Field", "Literal", "Node", "Optional", "TemplateError", "fields_of", "parse_template"]


class Literal(NamedTuple):
    """Text that must stand in the line as it is; a run of blanks stands for one or more blanks."""

    text: str


class Field(NamedTuple):
    """A named value."""

    name: str
    type: str


class Optional(NamedTuple):
    """A part that the kernel prints or does not print as a whole."""

    nodes: tuple[Node, ...]


Node = Literal | Field | Optional


class TemplateError(ValueError):
    """A template does not follow the notation; ``column`` is 1-based."""

    def __init__(self, message: str, column: int) -> None:
        self.message = message
        self.column = column
        super().__init__(f"{message} (column {column})")


@functools.cache
def _grammar() -> pp.ParserElement:
    import pyparsing as pp

    # Blanks mean something here, so no element skips them; pyparsing's global switch stays alone.
    def exact(text: str) -> pp.ParserElement:
        return pp.Literal(text).leave_whitespace()

    def shape(pattern: str, name: str) -> pp.ParserElement:
        return pp.Regex(pattern).leave_whitespace().set_name(name)

    literal = shape(r"(?:\\[\[\]{}\\]|[^\[\]{}\\])+", "text")
    literal.add_parse_action(lambda t: Literal(re.sub(r"\\([\[\]{}\\])", r"\1", t[0])))
    name = shape(r"[a-z][a-z0-9_]*", "a field name in lower case")
    kind = shape(r"[a-z_]+", "a field type")
    field = exact("{") - name("name") - exact(":") - kind("type") - exact("}")
    field.set_name("{field:type}").add_parse_action(lambda t: Field(t["name"], t["type"]))
    element = pp.Forward().leave_whitespace()
    elements = element[1, ...].leave_whitespace()
    optional = exact("[").suppress() - elements - exact("]").suppress()
    optional.set_name("[optional part]").add_parse_action(lambda t: Optional(tuple(t)))
    element <<= optional | field | literal
    element.set_name("text, {field:type} or [optional part]")
    whole: pp.ParserElement = elements + pp.StringEnd().leave_whitespace()
    return whole.leave_whitespace().parse_with_tabs()


def parse_template(text: str) -> tuple[Node, ...]:
    """Read a template.

    >>> parse_template("order={order:int}[, x]")
    (Literal(text='order='), Field(name='order', type='int'), Optional(nodes=(Literal(text=', x'),)))

    :raises TemplateError: The text does not follow the notation.
    """
    import pyparsing as pp

    if not text:
        raise TemplateError("the template is empty", 1)
    try:
        return tuple(_grammar().parse_string(text))
    except pp.ParseBaseException as error:
        message = _STRAY.get(text[error.loc : error.loc + 1]) if "end of text" in error.msg else None
        raise TemplateError(message or f"{error.msg[:1].lower()}{error.msg[1:]}", error.loc + 1) from None


# What stops a template where pyparsing only knows that it should have ended.
_STRAY = {
    "]": "']' without '[' before it (write \\] for the character itself)",
    "}": "'}' without '{' before it (write \\} for the character itself)",
    "\\": "a backslash stands before [ ] { } or another backslash only",
}


def fields_of(nodes: tuple[Node, ...]) -> list[Field]:
    """All fields in the order of the template, those of optional parts included."""
    found: list[Field] = []
    for node in nodes:
        if isinstance(node, Field):
            found.append(node)
        elif isinstance(node, Optional):
            found += fields_of(node.nodes)
    return found
