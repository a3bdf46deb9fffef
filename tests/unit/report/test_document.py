"""One document, as text and as Markdown."""

from __future__ import annotations

import pytest

from oomlog.report.document import Code, Facts, Figure, Fold, Heading, Item, Items, Paragraph, Table
from oomlog.report.document_markdown import document_markdown, markdown_text
from oomlog.report.document_text import document_text, width_of

HOSTILE = "\x1b[31mx\n# y | <script>`@all`"


def test_text_wraps_and_never_cuts_a_word():
    """A path longer than a line stays whole, so that it can be copied."""
    path = "/a" * 60
    text = document_text([Paragraph(f"one two {path} three")], width=20)
    assert text == f"one two\n{path}\nthree\n"


def test_text_columns_line_up_with_korean():
    """Letters of double width take two columns."""
    text = document_text([Table(("항목", "SIZE"), [("free", "1"), ("가", "22")], frozenset({1}))])
    assert text == "항목  SIZE\nfree     1\n가      22\n"
    assert width_of("가a") == 3


def test_text_marks_only_with_colour():
    """Without colour no escape sequence is in the text."""
    blocks = [
        Heading("x", 1),
        Paragraph("y", strong=True),
        Table(("a",), [("b",)], strong_rows=frozenset({0})),
    ]
    assert "\x1b" not in document_text(blocks)
    assert "\x1b[1;31mb" in document_text(blocks, colour=True)


@pytest.mark.parametrize(
    "block",
    [
        Heading(HOSTILE),
        Paragraph(HOSTILE),
        Table((HOSTILE,), [(HOSTILE,)]),
        Code(HOSTILE, HOSTILE),
        Items((Item(HOSTILE, (Code(HOSTILE),), HOSTILE),)),
        Facts(((HOSTILE, HOSTILE),)),
        Figure("<svg></svg>", HOSTILE),
        Fold(HOSTILE, (Paragraph(HOSTILE),)),
    ],
    ids=lambda block: type(block).__name__,
)
def test_names_stay_text(block):
    """No block lets a name reach the terminal, or become structure in Markdown."""
    assert "\x1b" not in document_text([block])
    markdown = document_markdown([block])
    assert "\x1b" not in markdown
    if not isinstance(block, Code):
        outside = markdown.split("```")[0]
        assert "<script>" not in outside
        assert "\n# y" not in markdown


def test_a_code_block_cannot_be_left():
    """The fence is longer than any in the text."""
    markdown = document_markdown([Code("a ```` b\n```\n<script>")])
    assert markdown == "`````\na ```` b\n```\n<script>\n`````\n"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("[a](javascript:b)", "&#91;a&#93;(javascript:b)"),
        ("https://evil", "https&#58;//evil"),
        ("www.evil", "www&#46;evil"),
        ("fix #1 @a !2", "fix #<!-- -->1 @<!-- -->a !<!-- -->2"),
        ("- a", "&#45; a"),
        ("1. a", "1&#46; a"),
        ("123456789) a", "123456789&#41; a"),
        ("1.", "1&#46;"),
        ("86.6 %", "86.6 %"),
        ("a_b*c*", "a&#95;b&#42;c&#42;"),
        ("a | b", "a &#124; b"),
        ("$x$ :smile:", "&#36;x&#36; &#58;smile:"),
    ],
)
def test_markdown_says_names_literally(text, shown):
    """Links, references, lists, tables, mathematics and emoji stay the characters they are."""
    assert markdown_text(text) == shown


def test_text_keeps_a_number_with_its_unit():
    """A line never ends between a number and its unit."""
    text = document_text([Paragraph("it used 12.5 MiB, 80 % of it")], width=12)
    assert text == "it used\n12.5 MiB,\n80 % of it\n"


def test_text_cuts_quoted_lines_but_not_commands():
    """A quoted line stands behind its number and ends after 200 columns; what is copied is never cut."""
    long = "x" * 300
    text = document_text([Code(f"{long}\nshort", "line 7:", quoted=True), Code(long)])
    assert text == f"line 7: {'x' * 199}\u2026\n        short\n\n    {long}\n"


def test_what_is_folded_is_markdown_again():
    """Between the tags of a fold stands Markdown, parted from them by blank lines."""
    markdown = document_markdown([Fold("<b>raw", (Paragraph("a"), Code("b")))])
    assert markdown == ("<details><summary>&lt;b&gt;raw</summary>\n\na\n\n```\nb\n```\n\n</details>\n")


def test_text_shows_facts_in_columns_and_folds_opened():
    """Text has no folds and no pictures: it shows what is in the one, and the other's caption."""
    blocks = [
        Facts((("Host", "web1"), ("커널", "6.1"))),
        Fold("raw", (Paragraph("a"),)),
        Figure("<svg/>", "b"),
    ]
    assert document_text(blocks) == "Host  web1\n커널  6.1\n\nraw\n\na\n\nb\n"
