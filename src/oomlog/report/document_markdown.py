"""A document as Markdown (CommonMark with GitHub's tables) that no name from a log can break out of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from oomlog.report.document import (
    Block,
    Code,
    Facts,
    Figure,
    Fold,
    Heading,
    Item,
    Items,
    Paragraph,
    Table,
)
from oomlog.report.escape import escape

__all__ = ["document_markdown", "markdown_text"]

# What means something to CommonMark, GitHub or GitLab at any place in a line: emphasis, code, links and their
# bare forms, HTML, tables, mathematics, emoji; at the start of a line, lists, headings and indented code; and
# blanks at an end, beside which nothing can be strong.
_SPECIAL = re.compile(
    r"[\\`*_{}\[\]<>|~&$@#!]|:(?=//)|:(?=[\w+-]{1,40}:)|(?<=www)\.|\A[-+= ]| \Z"
    # A list's number has nine digits at most, and a blank or nothing after the dot: 86.6 is none.
    + "".join(rf"|(?<=\A\d{{{digits}}})[.)](?=\s|\Z)" for digits in range(1, 10))
)
_FENCE = re.compile(r"`{3,}")


def markdown_text(text: str) -> str:
    r"""Escape a text from a log for Markdown.

    >>> markdown_text("<b>@all [x](y)")
    '&lt;b&gt;@<!-- -->all &#91;x&#93;(y)'
    >>> markdown_text("java (pid 7), 1.5 GiB")
    'java (pid 7), 1.5 GiB'
    """
    return _SPECIAL.sub(_harmless, escape(text))


# References to people and issues are looked for in the finished page, where an entity is the character again;
# a comment parts them.
_NAMED = {"<": "&lt;", ">": "&gt;", "&": "&amp;", "@": "@<!-- -->", "#": "#<!-- -->", "!": "!<!-- -->"}


def _harmless(found: re.Match[str]) -> str:
    char = found[0]
    return _NAMED.get(char, f"&#{ord(char)};")


def document_markdown(blocks: Iterable[Block]) -> str:
    """Return the document as Markdown."""
    parts = ["\n".join(_block(block)) for block in blocks]
    return "\n\n".join(parts) + ("\n" if parts else "")


def _block(block: Block) -> Iterator[str]:
    match block:
        case Heading(text, level):
            yield f"{'#' * level} {markdown_text(text)}"
        case Paragraph(text, strong):
            yield f"**{markdown_text(text)}**" if strong else markdown_text(text)
        case Table():
            yield from _table(block)
        case Code():
            yield from _code(block, "")
        case Items(items, numbered):
            for number, item in enumerate(items, 1):
                yield from _item(item, f"{number}. " if numbered else "- ")
        case Facts(rows):
            for name, value in rows:
                yield f"- **{markdown_text(name)}**: {markdown_text(value)}"
        case Figure():
            yield f"*{markdown_text(block.caption or block.alt)}*"
        case Fold(title, blocks):
            yield from _fold(title, blocks)


# A blank line ends CommonMark's HTML block, so that what stands between the tags is Markdown again; what the
# title escapes for Markdown is escaped for HTML as well.
def _fold(title: str, blocks: tuple[Block, ...]) -> Iterator[str]:
    yield f"<details><summary>{markdown_text(title)}</summary>"
    for block in blocks:
        yield ""
        yield from _block(block)
    yield ""
    yield "</details>"


def _item(item: Item, mark: str) -> Iterator[str]:
    label = "" if item.label is None else f"**{markdown_text(item.label)}** "
    # Without a backtick in it, and on one line, nothing ends a code span early.
    text = "".join(f"`{escape(part)}`" if typed else markdown_text(part) for part, typed in item.parts())
    yield f"{mark}{label}{text}"
    indent = " " * len(mark)
    folded = item.codes and item.folded is not None
    if folded:
        yield ""
        yield f"{indent}<details><summary>{markdown_text(item.folded or '')}</summary>"
    for code in item.codes:
        yield ""
        yield from _code(code, indent)
    if folded:
        yield ""
        yield f"{indent}</details>"


def _code(code: Code, indent: str) -> Iterator[str]:
    if code.title is not None:
        yield f"{indent}{markdown_text(code.title)}"
        yield ""
    lines = [escape(line) for line in code.text.rstrip("\n").split("\n")]
    longest = max((len(run[0]) for line in lines for run in _FENCE.finditer(line)), default=2)
    fence = "`" * max(3, longest + 1)
    yield f"{indent}{fence}{code.language}"
    for line in lines:
        yield f"{indent}{line}".rstrip()
    yield f"{indent}{fence}"


def _table(table: Table) -> Iterator[str]:
    yield f"| {' | '.join(map(markdown_text, table.head))} |"
    marks = ("---:" if index in table.numbers else "---" for index in range(len(table.head)))
    yield f"| {' | '.join(marks)} |"
    for number, row in enumerate(table.rows):
        cells = [markdown_text(text) for text in row]
        if number in table.strong_rows:
            cells = [f"**{text}**" if text else text for text in cells]
        yield f"| {' | '.join(cells)} |"
