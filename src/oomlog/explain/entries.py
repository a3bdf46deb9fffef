"""One entry of the glossary, and the checks a glossary file must pass.

A file is one topic: ``order``, a ``title`` in each language, an optional ``kernel`` source that holds for its
entries, and ``[[entry]]`` tables.  An entry has a ``term`` and, for each language, ``what`` (what it is),
and if there is more to say ``read`` (what it means in a report) and ``normal`` (what is usual).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from oomlog.errors import GlossaryError

__all__ = ["Entry", "Texts", "Topic", "check_links", "read_topic"]

_LANGUAGES = ("en", "ko")
_TOPIC_KEYS = ("order", "title", "kernel", "entry")
_ENTRY_KEYS = (
    "term",
    "aliases",
    "unit",
    "fields",
    "lines",
    "since",
    "until",
    "kernel",
    "related",
    *_LANGUAGES,
)
_TEXT_KEYS = ("what", "read", "normal")
_UNITS = ("", "pages", "kB", "bytes", "MiB", "count", "blocks", "percent", "s", "ms")


@dataclass(frozen=True, slots=True)
class Texts:
    """An entry in one language."""

    what: str
    read: str = ""
    normal: str = ""


@dataclass(frozen=True, slots=True)
class Topic:
    """A part of the reports, or of the memory manager, that entries belong to."""

    name: str
    order: int
    en: str
    ko: str

    def title(self, lang: str) -> str:
        """Return the heading in a language."""
        return self.ko if lang == "ko" else self.en


@dataclass(frozen=True, slots=True)
class Entry:
    """One word of the kernel (or of another program) and what it means."""

    term: str
    topic: str
    en: Texts
    ko: Texts
    aliases: tuple[str, ...] = ()
    unit: str = ""
    fields: tuple[str, ...] = ()
    """Record fields it explains: ``kill.anon_rss_kb``, ``mem_info.zones.free_kb``."""
    lines: tuple[str, ...] = ()
    """Lines it explains, by their variant of the grammar: ``sysrq.manual``."""
    since: str = ""
    until: str = ""
    kernel: str = ""
    """Where the kernel prints or defines it: file and function."""
    related: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """Return topic and term, which no two entries share."""
        return f"{self.topic}/{self.term}"

    @property
    def spellings(self) -> tuple[str, ...]:
        """Return the term, its other names, and the record keys of its fields."""
        keys = (name for field in self.fields for name in (field, field.rsplit(".", 1)[-1]))
        return tuple(dict.fromkeys((self.term, *self.aliases, *keys)))

    def texts(self, lang: str) -> Texts:
        """Return what is said in a language."""
        return self.ko if lang == "ko" else self.en


def read_topic(file: str, content: Mapping[str, object]) -> tuple[Topic, list[Entry]]:
    """Check one file and return its topic and entries."""
    _known(file, None, content, _TOPIC_KEYS)
    order = content.get("order")
    if not isinstance(order, int):
        raise GlossaryError(file, "must be a number", key="order", help="topics are shown in this order")
    titles = {lang: _text(file, None, _table(file, None, content, "title"), lang) for lang in _LANGUAGES}
    topic = Topic(file.removesuffix(".toml"), order, titles["en"], titles["ko"])
    kernel = _text(file, None, content, "kernel", required=False)
    tables = content.get("entry")
    if not isinstance(tables, list) or not tables:
        raise GlossaryError(
            file, "has no entries", key="entry", help="write [[entry]] and below it term = ..."
        )
    members = [_entry(file, topic.name, kernel, table) for table in tables]
    seen: set[str] = set()
    for entry in members:
        if entry.term in seen:
            raise GlossaryError(file, "defined twice", entry=entry.term, help="make it one entry")
        seen.add(entry.term)
    return topic, members


def check_links(entries: list[Entry]) -> None:
    """Check that each ``related`` names one entry: of the same topic, of any other, or as topic/term."""
    ids = {entry.id for entry in entries}
    terms = Counter(entry.term for entry in entries)
    for entry in entries:
        for name in entry.related:
            if name in (entry.term, entry.id):
                wrong = "names itself"
            elif name in ids or f"{entry.topic}/{name}" in ids or terms[name] == 1:
                continue
            else:
                wrong = (
                    f"{'names entries of several topics' if name in terms else 'names no entry'}: {name!r}"
                )
            raise GlossaryError(
                f"{entry.topic}.toml",
                wrong,
                entry=entry.term,
                key="related",
                help="write the term as its entry does, or topic/term",
            )


def _entry(file: str, topic: str, kernel: str, table: object) -> Entry:
    if not isinstance(table, dict):
        raise GlossaryError(file, "must be tables", key="entry", help="write [[entry]]")
    term = _text(file, None, table, "term")
    _known(file, term, table, _ENTRY_KEYS)
    unit = _text(file, term, table, "unit", required=False)
    if unit not in _UNITS:
        raise GlossaryError(
            file, f"unknown unit {unit!r}", entry=term, key="unit", help=f"one of {', '.join(_UNITS[1:])}"
        )
    texts = {lang: _texts(file, term, _table(file, term, table, lang)) for lang in _LANGUAGES}
    for key in _TEXT_KEYS:
        if bool(getattr(texts["en"], key)) != bool(getattr(texts["ko"], key)):
            raise GlossaryError(
                file, "said in one language only", entry=term, key=key, help="write it as en and ko"
            )
    return Entry(
        term=term,
        topic=topic,
        en=texts["en"],
        ko=texts["ko"],
        aliases=_words(file, term, table, "aliases"),
        unit=unit,
        fields=_words(file, term, table, "fields"),
        lines=_words(file, term, table, "lines"),
        since=_text(file, term, table, "since", required=False),
        until=_text(file, term, table, "until", required=False),
        kernel=_text(file, term, table, "kernel", required=False) or kernel,
        related=_words(file, term, table, "related"),
    )


def _texts(file: str, term: str, table: Mapping[str, object]) -> Texts:
    _known(file, term, table, _TEXT_KEYS)
    return Texts(
        what=_text(file, term, table, "what"),
        read=_text(file, term, table, "read", required=False),
        normal=_text(file, term, table, "normal", required=False),
    )


def _known(file: str, entry: str | None, table: Mapping[str, object], keys: tuple[str, ...]) -> None:
    for key in table:
        if key not in keys:
            raise GlossaryError(file, "unknown key", entry=entry, key=key, help=f"one of {', '.join(keys)}")


def _table(file: str, entry: str | None, table: Mapping[str, object], key: str) -> Mapping[str, object]:
    value = table.get(key)
    if not isinstance(value, dict):
        raise GlossaryError(file, "is missing", entry=entry, key=key, help=f"write {key} = {{ ... }}")
    return value


def _text(
    file: str, entry: str | None, table: Mapping[str, object], key: str, *, required: bool = True
) -> str:
    value = table.get(key, "")
    if not isinstance(value, str):
        raise GlossaryError(file, "must be text", entry=entry, key=key, help='write it in "quotes"')
    if not value and (required or key in table):
        raise GlossaryError(file, "is missing", entry=entry, key=key, help=f'write {key} = "..."')
    return " ".join(value.split())


def _words(file: str, entry: str, table: Mapping[str, object], key: str) -> tuple[str, ...]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(word, str) and word for word in value):
        raise GlossaryError(file, "must be a list of texts", entry=entry, key=key, help=f'{key} = ["..."]')
    return tuple(value)
