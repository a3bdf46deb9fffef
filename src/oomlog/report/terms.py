"""Entries of the glossary, written as text, Markdown or JSON.

The texts are oomlog's own and need no escaping; only a word that the user typed and the glossary does
not know is escaped before it is echoed.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from oomlog.explain.terms import Entry, Language, entries, load, lookup, split, suggest
from oomlog.report.escape import escape

__all__ = ["Form", "explain_terms", "terms_json", "terms_markdown", "terms_text"]

Form = Literal["text", "markdown", "json"]

_SCHEMA = "oomlog.terms/1"
_WIDTH = 88
_FEW = 8
"""More names than this are only counted in the text form."""
_LABELS = {
    "en": {
        "read": "In a report",
        "normal": "Normal",
        "names": "Also",
        "fields": "Fields",
        "lines": "Lines",
        "related": "See also",
        "kernel": "Kernel",
        "unknown": "unknown term: {word}",
        "meant": "{unknown}; did you mean {words}?",
        "list": "{unknown}; 'oomlog explain --all' shows all terms",
    },
    "ko": {
        "read": "해석",
        "normal": "정상 값",
        "names": "다른 이름",
        "fields": "필드",
        "lines": "라인",
        "related": "관련 항목",
        "kernel": "커널 소스",
        "unknown": "모르는 용어: {word}",
        "meant": "{unknown} (비슷한 용어: {words})",
        "list": "{unknown} (전체 목록: oomlog explain --all --lang ko)",
    },
}


def explain_terms(
    words: Sequence[str] | None, *, lang: Language, form: Form = "text", width: int = _WIDTH
) -> tuple[str, list[str]]:
    """Explain words, or everything for ``None``; return the text and a message for each unknown word.

    :param width: Columns of the text form; Markdown and JSON are not wrapped.
    """
    found: dict[Entry, None] = {}
    unknown: list[str] = []
    if words is None:
        found.update(dict.fromkeys(entries()))
    for word in words or ():
        members = lookup(word)
        parts = (word,) if members else split(word)
        for part in parts:
            members = lookup(part)
            found.update(dict.fromkeys(members))
            if not members:
                unknown.append(_unknown(part, lang))
    if form == "json":
        return terms_json(found, lang), unknown
    if form == "markdown":
        return terms_markdown(found, lang), unknown
    return terms_text(found, lang, width), unknown


def terms_text(entries: Iterable[Entry], lang: Language, width: int = _WIDTH) -> str:
    """Write entries as text of at most ``width`` columns, a blank line between two of them."""
    labels = _LABELS[lang]
    blocks = []
    for entry in entries:
        lines = [f"{entry.term}  ({', '.join(_facts(entry, lang))})"]
        for label, text in _paragraphs(entry, lang):
            lines += _wrap(f"{labels[label]}: {text}" if label else text, width, "  ")
        for label, names in _notes(entry):
            some = names if len(names) <= _FEW else (*names[:_FEW], f"... (+{len(names) - _FEW})")
            lines += _wrap(f"{labels[label]}: {', '.join(some)}", width, "  ")
        blocks.append("\n".join(lines) + "\n")
    return "\n".join(blocks)


def terms_markdown(entries: Iterable[Entry], lang: Language) -> str:
    """Write entries as Markdown, one chapter per topic."""
    labels = _LABELS[lang]
    lines: list[str] = []
    topic = None
    for entry in entries:
        if entry.topic != topic:
            topic = entry.topic
            lines += [f"## {_title(entry, lang)}", ""]
        facts = ", ".join(_facts(entry, lang)[1:])
        lines += [f"### `{entry.term}`" + (f" ({facts})" if facts else ""), ""]
        for label, text in _paragraphs(entry, lang):
            lines += [f"**{labels[label]}:** {text}" if label else text, ""]
        notes = [
            f"- {labels[label]}: " + ", ".join(f"`{name}`" for name in names)
            for label, names in _notes(entry)
        ]
        lines += [*notes, ""] if notes else []
    return "\n".join(lines)


def terms_json(entries: Iterable[Entry], lang: Language) -> str:
    """Write entries as one JSON document in a language; what an entry does not say is null."""
    terms = []
    for entry in entries:
        texts = entry.texts(lang)
        terms.append(
            {
                "term": entry.term,
                "topic": entry.topic,
                "title": _title(entry, lang),
                "unit": entry.unit or None,
                "what": texts.what,
                "read": texts.read or None,
                "normal": texts.normal or None,
                "since": entry.since or None,
                "until": entry.until or None,
                "aliases": list(entry.aliases),
                "fields": list(entry.fields),
                "lines": list(entry.lines),
                "kernel": entry.kernel or None,
                "related": list(entry.related),
            }
        )
    document = {"schema": _SCHEMA, "lang": lang, "terms": terms}
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _title(entry: Entry, lang: Language) -> str:
    return next(topic.title(lang) for topic in load().topics if topic.name == entry.topic)


def _facts(entry: Entry, lang: Language) -> list[str]:
    facts = [_title(entry, lang), entry.unit]
    if entry.since and entry.until:
        facts.append(f"{entry.since} - {entry.until}")
    elif entry.since:
        facts.append(f"{entry.since}부터" if lang == "ko" else f"since {entry.since}")
    elif entry.until:
        facts.append(f"{entry.until}까지" if lang == "ko" else f"until {entry.until}")
    return [fact for fact in facts if fact]


def _paragraphs(entry: Entry, lang: Language) -> Iterator[tuple[str, str]]:
    texts = entry.texts(lang)
    yield "", texts.what
    if texts.read:
        yield "read", texts.read
    if texts.normal:
        yield "normal", texts.normal


def _notes(entry: Entry) -> Iterator[tuple[str, tuple[str, ...]]]:
    for label, names in (
        ("names", entry.aliases),
        ("fields", entry.fields),
        ("lines", entry.lines),
        ("related", entry.related),
        ("kernel", (entry.kernel,) if entry.kernel else ()),
    ):
        if names:
            yield label, names


def _unknown(word: str, lang: Language) -> str:
    labels = _LABELS[lang]
    unknown = labels["unknown"].format(word=escape(word))
    close = suggest(word)
    return labels["meant" if close else "list"].format(unknown=unknown, words=", ".join(close))


def _wrap(text: str, width: int, indent: str) -> Iterator[str]:
    # textwrap counts characters; a Hangul syllable takes two columns.
    line = indent
    used = len(indent)
    for word in text.split(" "):
        size = _columns(word)
        if used > len(indent) and used + 1 + size > width:
            yield line
            line, used = indent, len(indent)
        if used > len(indent):
            line += " "
            used += 1
        line += word
        used += size
    yield line


def _columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
