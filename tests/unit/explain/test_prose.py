"""What can be guarded of the prose: both languages claim the same, in the words CONTRIBUTING.md lists."""

from __future__ import annotations

import re
import string
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import oomlog
from oomlog.explain.phrases import LANGUAGES, all_phrases, say

WORDS = all_phrases()
GLOSSARY = Path(oomlog.__file__).parent / "explain" / "glossary"
CONTRIBUTING = Path(__file__).parents[3] / "CONTRIBUTING.md"


def glossary() -> Iterator[tuple[str, str, str]]:
    """Yield where, language and text of every text in the glossary."""
    for path in sorted(GLOSSARY.glob("*.toml")):
        topic = tomllib.loads(path.read_text("utf-8"))
        yield from ((path.stem, lang, topic["title"][lang]) for lang in LANGUAGES)
        for entry in topic["entry"]:
            for lang in LANGUAGES:
                yield from ((f"{path.stem} {entry['term']}", lang, text) for text in entry[lang].values())


def texts(lang: str) -> list[tuple[str, str]]:
    """Return where and text of everything that is said in a language."""
    said = [(key, table[lang]) for key, table in WORDS.items()]
    return said + [(where, text) for where, each, text in glossary() if each == lang]


def unwanted() -> list[tuple[str, str]]:
    """Return the words to write and the variants not to write, from the table in CONTRIBUTING.md."""
    rows = re.findall(r"^\| [^|]+ \| ([^|]+) \| ([^|]+) \|$", CONTRIBUTING.read_text("utf-8"), re.M)
    pairs = [(wanted.strip(), variant) for wanted, cell in rows for variant in re.findall("`([^`]+)`", cell)]
    assert len(pairs) > 15
    return pairs


def places(text: str) -> list[tuple[str, str]]:
    """Return the places of a sentence with their units; a word bent by a number is no place of its own."""
    parsed = string.Formatter().parse(text)
    return sorted((name, spec or "") for _, name, spec, _ in parsed if name and "|" not in (spec or ""))


@pytest.mark.parametrize("key", sorted(WORDS))
def test_languages_say_the_same(key: str) -> None:
    """A sentence exists in both languages and has the same numbers and names, in the same units."""
    assert set(WORDS[key]) == set(LANGUAGES)
    assert places(WORDS[key]["en"]) == places(WORDS[key]["ko"])


def test_bent_words_have_their_number() -> None:
    """A word with a singular and a plural stands in a sentence that tells the number."""
    for key, table in WORDS.items():
        for text in table.values():
            names = {name for name, _ in places(text)}
            for _, name, spec, _ in string.Formatter().parse(text):
                if name and "|" in (spec or ""):
                    assert name in names, key


def test_one_is_told_as_one() -> None:
    """English has no "1 lines", and a share has its sign as each language writes it."""
    assert say("report.raw_lines", "en", {"count": 1, "source": "a"}) == "1 line of a"
    assert say("report.raw_lines", "en", {"count": 1024, "source": "a"}) == "1,024 lines of a"
    values = {"pagetables_kb": 1024, "share": 0.12}
    assert say("findings.page_tables", "en", values) == "Page tables held 1.00 MiB, 12 % of RAM."
    assert say("findings.page_tables", "ko", values) == "page table이 1.00 MiB로 RAM의 12%를 차지했다."


@pytest.mark.parametrize("lang", LANGUAGES)
def test_texts_are_clean(lang: str) -> None:
    """No text has doubled or outer spaces, a space before a full stop, or typographic look-alikes."""
    for where, text in texts(lang):
        if not where.startswith("plots.on_host"):  # inserted between words
            assert text == text.strip(), where
        if not where.startswith("report.") or "{when}" not in text:  # a heading's number stands apart
            assert "  " not in text, where
        assert not re.search(r" [.,;)]( |$)", text), (where, text)
        odd = re.search("[\u2018\u2019\u201c\u201d\u2026\u00a0\u3000-\u303f\uff00-\uffef]", text)
        assert odd is None, (where, text)


def test_korean_is_one_register() -> None:
    """Korean sentences are in the plain written style, never in the polite one."""
    for where, text in texts("ko"):
        assert not re.search("(습니다|입니다|합니다|됩니다|세요|십시오)", text), (where, text)


def test_korean_words_are_those_of_the_table() -> None:
    """No Korean text has a variant that CONTRIBUTING.md asks to avoid."""
    for wanted, variant in unwanted():
        for where, text in texts("ko"):
            prose = re.sub("`[^`]*`", "", text)  # quoted from a log
            assert not re.search(variant, prose), f"{where}: write {wanted}: {text}"


def test_a_name_has_no_particle_of_its_own() -> None:
    """What follows a name from a log is a Korean word, so that no particle depends on how the name ends."""
    fixed = {"who", "pays", "victim", "first", "second", "child", "before"}  # themselves "X 프로세스(pid 1)"
    fixed |= {"unit", "share", "unused"}  # "a.service" and "12%" are spoken with a vowel at the end
    particle = re.compile(r"\{([a-z_]+)\}(은|는|이|가|을|를|와|과|로|으로|다)(?![가-힣])")
    for key, table in WORDS.items():
        loose = {name for name, _ in particle.findall(table["ko"])} - fixed
        assert not loose, (key, table["ko"])
