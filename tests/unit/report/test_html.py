"""A document as a page: nothing from a log is markup, and the page allows only what oomlog put into it."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from html.parser import HTMLParser
from pathlib import Path

import pytest

from oomlog.errors import SourceError
from oomlog.report.document import Code, Facts, Figure, Fold, Heading, Item, Items, Paragraph, Table
from oomlog.report.html import Look, render

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)></style>{{7*7}}\x1b\u202e"
SHOWN = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)></style>{{7*7}}\\x1b\\u202e"
BLOCKS = {
    "heading": Heading(HOSTILE),
    "paragraph": Paragraph(HOSTILE),
    "table": Table((HOSTILE,), [(HOSTILE,)], caption=HOSTILE, keys=[(1,)]),
    "table without caption": Table((HOSTILE,), [(HOSTILE,)]),
    "facts": Facts(((HOSTILE, HOSTILE),)),
    "code": Code(HOSTILE, HOSTILE),
    "items": Items((Item(HOSTILE, (Code(HOSTILE), Code(HOSTILE, HOSTILE, quoted=True)), HOSTILE),)),
    "typed": Items((Item(f"`{HOSTILE}`", marked=True),)),
    "fold": Fold(HOSTILE, (Paragraph(HOSTILE),)),
    "figure": Figure("<svg></svg>", HOSTILE, caption=HOSTILE),
}
THEMES = ("light", "dark")
TEXTS = ("ink", "faint", "link", "accent", "certain", "likely", "possible")


class Page(HTMLParser):
    """What a page has: elements with their attributes, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.inline: dict[str, list[str]] = {"style": [], "script": []}
        self._open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attributes)))
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        inside = self._open[-1] if self._open else ""
        if inside in self.inline:
            self.inline[inside].append(data)
        else:
            self.text += data

    def policy(self) -> dict[str, str]:
        content = next(a["content"] for _, a in self.elements if a.get("http-equiv") is not None)
        assert content is not None
        return dict(rule.split(" ", 1) for rule in content.split("; "))


@pytest.mark.parametrize("block", BLOCKS.values(), ids=BLOCKS)
def test_names_are_shown_and_do_nothing(block):
    """In every kind of block a name with markup is shown literally, and makes no element or attribute."""
    page = Page(render([block], title="t"))
    harmless = Page(render([block], title=HOSTILE))
    for each in (page, harmless):
        assert len(each.inline["script"]) == 1
        assert not [tag for tag, _ in each.elements if tag == "img"]
        assert not [a for _, a in each.elements if any(name.startswith("on") for name in a)]
    shown = page.text + "".join(str(a.get("aria-label")) for _, a in page.elements)
    assert SHOWN in shown
    assert "49" not in page.text
    assert "\x1b" not in shown
    assert "\u202e" not in shown


def test_the_policy_allows_exactly_the_inline_parts():
    """The policy has the hashes of the style sheet and the script in the page, and allows no others."""
    page = Page(render([Paragraph("x")], title="t"))
    for name, texts in page.inline.items():
        hashes = [b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in texts]
        assert page.policy()[f"{name}-src"] == " ".join(f"'sha256-{digest}'" for digest in hashes)
    assert page.policy()["default-src"] == "'none'"
    assert "unsafe" not in str(page.policy())


def test_nothing_is_fetched_and_no_style_is_written_into_elements():
    """The page names no address, and has no style attribute that its policy would refuse."""
    text = render(BLOCKS.values(), title="t")
    page = Page(text)
    assert not [a for _, a in page.elements if "style" in a or "src" in a]
    assert all(str(a["href"]).startswith("#") for _, a in page.elements if "href" in a)
    assert "url(" not in page.inline["style"][0]
    assert "@import" not in page.inline["style"][0]


def test_headings_are_in_order_with_ids_of_their_own():
    """There is one heading of level 1, no level is left out, and no id is taken twice."""
    blocks = [Heading("a", 1), Heading("b", id="x"), Heading("c", 3), Heading("d", id="x"), Heading("e")]
    page = Page(render(blocks, title="t"))
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert levels == [1, 2, 3, 2, 2]
    ids = [a["id"] for _, a in page.elements if "id" in a]
    assert len(set(ids)) == len(ids)
    assert {str(a["href"])[1:] for _, a in page.elements if "href" in a} <= set(ids)


def test_a_title_stands_in_for_a_missing_heading():
    """Blocks without a heading of level 1 get the title as theirs."""
    assert '<h1 id="s0">kills</h1>' in render([Paragraph("x")], title="kills")


def test_what_is_typed_looks_so_only_where_it_is_our_own():
    """Backticks of a name from a log stay what they are, and so does one that stands alone."""
    ours, theirs, alone = Item("a `b` c", marked=True), Item("a `b` c"), Item("a `b c", marked=True)
    page = render([Items((ours, theirs, alone))], title="t")
    assert "<p>a <code>b</code> c</p>" in page
    assert "<p>a `b` c</p>" in page
    assert "<p>a `b c</p>" in page


def test_code_is_kept_to_the_blank():
    """Lines and blanks of code are as they were."""
    assert "<code>  a\n\n    b  c</code>" in render([Code("  a\n\n    b  c\n")], title="t")


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_the_page_says_its_language(lang):
    """The page's own words and its ``lang`` agree."""
    text = render([Paragraph("x")], title="t", lang=lang)
    assert f'<html lang="{lang}">' in text
    assert ("본문으로 건너뛰기" in text) == (lang == "ko")


def colours(theme: str) -> dict[str, str]:
    style = Page(render([], title="t")).inline["style"][0]
    blocks = re.findall(r":root \{(.*?)\}", style, re.S)
    return dict(re.findall(r"--([a-z]+): (#[0-9a-f]{6})", blocks[THEMES.index(theme)]))


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("ground", ["ground", "panel", "mark"])
@pytest.mark.parametrize("text", TEXTS)
def test_texts_can_be_read(theme, ground, text):
    """Each colour of text has the contrast of WCAG AA on each ground, light and dark."""
    found = colours(theme)
    high, low = sorted((luminance(found[text]), luminance(found[ground])), reverse=True)
    assert (high + 0.05) / (low + 0.05) >= 4.5


def test_a_template_can_replace_blocks(tmp_path: Path):
    """A file that extends oomlog's page changes its blocks; what it writes in them is escaped as well."""
    own = tmp_path / "own.html"
    own.write_text(
        '{% extends "oomlog/page.html" %}{% block footer %}<p>{{ owner }}</p>{% endblock %}'
        "{% block style %}{% call inline_style() %}p { color: red }{% endcall %}{% endblock %}"
    )
    text = render([Paragraph("x")], title="t", look=Look(own), values={"owner": HOSTILE})
    page = Page(text)
    assert page.inline["style"] == ["p { color: red }"]
    assert SHOWN in page.text
    digest = b64encode(hashlib.sha256(b"p { color: red }").digest()).decode()
    assert page.policy()["style-src"] == f"'sha256-{digest}'"


def test_a_folder_can_replace_any_template(tmp_path: Path):
    """In a folder only what is to be different needs to be there."""
    (tmp_path / "style.css").write_text("p { margin: 0 }")
    page = Page(render([Paragraph("x")], title="t", look=Look(tmp_path)))
    assert page.inline["style"] == ["p { margin: 0 }"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{% block x %}", "no usable template in line 1"),
        ("{{ nothing_of_this_name }}", "nothing_of_this_name"),
        ('{% extends "other.html" %}', "there is no template other.html"),
    ],
)
def test_a_template_that_cannot_be_used_says_why(tmp_path: Path, text: str, said: str):
    """The error names the file, what is wrong with it, and where to read on."""
    own = tmp_path / "own.html"
    own.write_text(text)
    with pytest.raises(SourceError, match=said) as found:
        render([], title="t", look=Look(own))
    assert str(found.value).startswith(str(own))
    assert "docs/report.md" in str(found.value)


def test_a_template_can_draw_blocks_and_use_values(tmp_path: Path):
    """In the block ``body`` of a file of one's own, ``draw.all`` draws blocks, and values are at hand."""
    own = tmp_path / "own.html"
    own.write_text(
        '{% extends "oomlog/page.html" %}{% block body %}'
        "<p>{{ title }} {{ sections|length }} {{ report.kind }}</p>{{ draw.all(blocks) }}{% endblock %}"
    )
    blocks = [Heading("h", 1), Heading("a"), Heading("b"), Heading("c"), Paragraph(HOSTILE)]
    page = Page(render(blocks, title="t", look=Look(own), values={"report": {"kind": "event"}}))
    assert "t 3 event" in page.text
    assert SHOWN in page.text
