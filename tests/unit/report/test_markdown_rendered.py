"""Markdown of reports as a CommonMark parser reads it: hostile names are text, and folds hold Markdown."""

from __future__ import annotations

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from oomlog.report.document import Code, Facts, Figure, Fold, Heading, Item, Items, Paragraph, Table
from oomlog.report.document_markdown import document_markdown
from oomlog.report.postmortem.api import report

NAMES = (
    "<script>alert(1)",
    "</details><b>x",
    "[x](javascript:a)",
    "![i](//e/x.png)",
    "`code` ``` ~~~",
    "| a | b |",
    "# heading",
    "- item",
    "1. item",
    "> quote",
    "**bold** _em_",
    "<https://evil>",
    "&lt;img&gt; &#x41;",
    "a\\\nb",
    "***",
    "    indented",
    " blanks ",
    "[ref]: /url",
)


def tokens_of(markdown: str) -> list[Token]:
    parsed = MarkdownIt("commonmark", {"html": True}).enable("table").parse(markdown)
    return [inner for token in parsed for inner in (token, *(token.children or ()))]


def kinds(markdown: str) -> list[str]:
    """Return what a page consists of, leaving out texts and what is escaped in them."""
    ignored = {"text", "html_inline", "softbreak", "text_special"}
    return [token.type for token in tokens_of(markdown) if token.type not in ignored]


def blocks(name: str) -> list:
    return [
        Heading(name),
        Paragraph(name),
        Paragraph(name, strong=True),
        Table((name, "b"), [(name, name)], strong_rows=frozenset({0}), caption=name),
        Facts(((name, name),)),
        Items((Item(name, (Code(name, name, quoted=True),), name, folded=name), Item(name)), numbered=True),
        Figure("<svg></svg>", name),
        Fold(name, (Paragraph(name), Code(name))),
    ]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("at", range(8), ids=[type(block).__name__ for block in blocks("x")])
def test_a_name_changes_no_structure(name: str, at: int) -> None:
    """Whatever the name, the page has the elements that it has with a plain one."""
    found = document_markdown([blocks(name)[at]])
    assert kinds(found) == kinds(document_markdown([blocks("plain")[at]]))
    inline = [token.content for token in tokens_of(found) if token.type == "html_inline"]
    assert set(inline) <= {"<!-- -->"}
    raw = "".join(token.content for token in tokens_of(found) if token.type == "html_block")
    assert "<script" not in raw
    assert "<b>" not in raw
    assert raw.count("</details>") <= 1


def test_what_is_typed_is_code() -> None:
    """What stands between oomlog's own backticks is one piece of code, whatever is in it."""
    markdown = document_markdown([Items((Item("see `a|b <i> *c*` first", marked=True),))])
    assert [token.content for token in tokens_of(markdown) if token.type == "code_inline"] == ["a|b <i> *c*"]


def test_what_is_folded_is_read_as_markdown() -> None:
    """Lists, tables and code inside of a fold are those, not text in HTML."""
    found = kinds(document_markdown([Fold("x", (Table(("a",), [("b",)]), Code("c"), Items((Item("d"),))))]))
    for kind in ("table_open", "fence", "bullet_list_open"):
        assert kind in found


def test_a_whole_report_has_no_markup_from_its_log() -> None:
    """Of a log full of markup, the report has no links, pictures or tags but those of its folds."""
    log = "".join(
        f"[   {10 + at}.0] Out of memory: Killed process {at} ({name[:15]}) total-vm:8kB, anon-rss:4kB, "
        "file-rss:0kB, shmem-rss:0kB\n"
        for at, name in enumerate(NAMES)
        if "\n" not in name
    )
    found = tokens_of(report(log, event="all").markdown())
    assert not [token for token in found if token.type in ("link_open", "image")]
    # What the glossary says is typed is its own, and the same in every report.
    typed = {token.content for token in found if token.type == "code_inline"}
    assert not [each for each in typed for name in NAMES if name.strip("`") in each]
    html = {token.content.strip() for token in found if token.type.startswith("html")}
    assert {each for each in html if not each.startswith("<details><summary>")} <= {"</details>", "<!-- -->"}
