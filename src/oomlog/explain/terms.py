"""The glossary: what each word of an OOM report means, in English and Korean.

Entries are data: one TOML file per topic in ``explain/glossary/``, checked when it is loaded.  A word may
be written as the kernel prints it (``anon-rss:``), as a record calls it (``anon_rss_kb``) or as people type
it (``Anon RSS``).  The same word in two places of a report (``rss`` of a task, ``rss`` of a memcg) is two
entries, and a look-up gives both.
"""

from __future__ import annotations

import difflib
import functools
import re
import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import Literal, get_args

from oomlog.errors import GlossaryError
from oomlog.explain.entries import Entry, Topic, check_links, read_topic

__all__ = [
    "LANGUAGES",
    "Entry",
    "Glossary",
    "Language",
    "Topic",
    "build",
    "entries",
    "load",
    "lookup",
    "split",
    "suggest",
]

Language = Literal["en", "ko"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

# anon-rss:1234kB, order=0, all_unreclaimable? yes, failcnt 19: a pair as it stands in a log.
_VALUE = re.compile(
    r"(?:[:=]\s*|\?\s+|\s+(?=-?[0-9]))(?:-?[0-9][0-9.]*\s*(?:[kKM]i?B|%)?|0x[0-9a-fA-F]+|yes|no)?[,.;]?$"
)
# gfp_mask=0x140dca(GFP_HIGHUSER_MOVABLE|__GFP_COMP|__GFP_ZERO), bits without a name in hex
_MASK = re.compile(r"(?:([\w]+)[=:])?(?:0x[0-9a-fA-F]+)?\(([\w|]*)\),?")
_SEPARATORS = re.compile(r"[\s\-./()]+")
_UNITS = ("_kb", "_pages", "_bytes", "_mib", "_ms")
_CLOSEST = 5


@dataclass(frozen=True, slots=True)
class Glossary:
    """All entries, and an index of their spellings."""

    topics: tuple[Topic, ...]
    entries: tuple[Entry, ...]
    index: dict[str, tuple[Entry, ...]]
    """Entries by spelling, first as it is written, then as ``_plain`` makes it."""


@functools.cache
def load() -> Glossary:
    """Read and check oomlog's own glossary; once."""
    folder = resources.files("oomlog.explain") / "glossary"
    files = sorted((item for item in folder.iterdir() if item.name.endswith(".toml")), key=lambda f: f.name)
    return build({item.name: item.read_text(encoding="utf-8") for item in files})


def build(files: dict[str, str]) -> Glossary:
    """Make a glossary of TOML texts by file name; a wrong one raises a GlossaryError."""
    topics: list[Topic] = []
    found: list[Entry] = []
    for name, text in files.items():
        try:
            content = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise GlossaryError(name, f"not TOML: {error}") from error
        topic, members = read_topic(name, content)
        topics.append(topic)
        found.extend(members)
    topics.sort(key=lambda topic: topic.order)
    rank = {topic.name: place for place, topic in enumerate(topics)}
    found.sort(key=lambda entry: rank[entry.topic])  # stable: within a topic the file's order stays
    check_links(found)
    return Glossary(tuple(topics), tuple(found), _index(found))


def entries() -> tuple[Entry, ...]:
    """Return all entries, topic by topic."""
    return load().entries


def lookup(word: str) -> tuple[Entry, ...]:
    """Return the entries a word may mean: none, one, or several when it is used in several places.

    >>> [entry.id for entry in lookup("anon-rss:18304kB")]
    ['kill/anon-rss']
    >>> [entry.term for entry in lookup("GFP_KERNEL|__GFP_ZERO")]
    ['GFP_KERNEL', '__GFP_ZERO']
    """
    index = load().index
    for spelling in _spellings(word):
        if spelling in index:
            return index[spelling]
    parts = split(word)
    if parts != (word,):
        found = [lookup(part) for part in parts]
        return tuple(dict.fromkeys(entry for part in found for entry in part)) if all(found) else ()
    head = re.split("[=:]", word, maxsplit=1)[0]  # cpuset=/kubepods: the word before the value
    return index.get(_plain(head), ())


def split(word: str) -> tuple[str, ...]:
    """Return the words in a list of flags, ``(word,)`` when it is none.

    >>> split("gfp_mask=0x140dca(GFP_HIGHUSER_MOVABLE|__GFP_ZERO|0x40000),")
    ('gfp_mask', 'GFP_HIGHUSER_MOVABLE', '__GFP_ZERO')
    """
    mask = _MASK.fullmatch(word.strip())
    flags = mask[2] if mask else word
    names = [name for name in flags.split("|") if name.strip() and not name.startswith("0x")]
    return ((mask[1],) if mask and mask[1] else ()) + tuple(names) if mask or "|" in word else (word,)


def suggest(word: str) -> tuple[str, ...]:
    """Return terms that look like an unknown word, the closest first.

    >>> suggest("anon_rs")[0]
    'anon-rss'
    """
    index = load().index
    close = difflib.get_close_matches(_plain(word), index, n=3 * _CLOSEST, cutoff=0.7)
    terms = dict.fromkeys(entry.term for spelling in close for entry in index[spelling])
    return tuple(terms)[:_CLOSEST]


def _spellings(word: str) -> tuple[str, ...]:
    # From the most exact to the least, so that GFP_DMA is not also __GFP_DMA, and W not also w.
    word = word.strip().strip('"`')
    bare = _VALUE.sub("", word).strip().rstrip("%")
    return tuple(dict.fromkeys((word, bare, _folded(bare), _plain(bare), _joined(bare))))


def _folded(word: str) -> str:
    return _SEPARATORS.sub("_", word.strip().casefold()).rstrip("_")


def _plain(word: str) -> str:
    word = _folded(word).strip("_")
    for unit in _UNITS:
        if word.endswith(unit) and len(word) > len(unit):
            return word.removesuffix(unit)
    return word


# "anonrss" and "TotalVM": as people write from memory; marked, so that it never hides an exact spelling.
def _joined(word: str) -> str:
    joined = _plain(word).replace("_", "")
    return f"~{joined}" if len(joined) > 3 else ""


def _index(found: list[Entry]) -> dict[str, tuple[Entry, ...]]:
    index: dict[str, dict[Entry, None]] = {}
    for entry in found:
        for spelling in (entry.id, *entry.spellings):
            for form in (spelling, _folded(spelling), _plain(spelling), _joined(spelling)):
                if form:
                    index.setdefault(form, {})[entry] = None
    return {spelling: tuple(members) for spelling, members in index.items()}
