"""Entries of the glossary on paper."""

from __future__ import annotations

import json
import re
import unicodedata

import pytest

from oomlog.explain.terms import LANGUAGES, Language, entries, lookup
from oomlog.report.terms import explain_terms, terms_json, terms_markdown, terms_text


def test_text_shows_what_an_entry_says() -> None:
    """Term, topic, unit and versions come first, then the texts, then where else to look."""
    assert terms_text(lookup("pgtables_kb"), "en", 90).splitlines() == [
        "pgtables  (Victim and reaper, kB, since 5.4)",
        "  Memory that the victim's page tables take.",
        "  In a report: It is part of badness. Very large values come from many mappings of shared",
        "  memory without huge pages, as in databases. Kernels 5.4.0 to 5.4.8 print bytes here,",
        "  though the unit says kB.",
        "  Normal: About 1/500 of the memory the process touched.",
        "  Fields: kill.pgtables_kb",
        "  See also: pgtables_bytes, mem_info/pagetables",
        "  Kernel: mm/oom_kill.c:__oom_kill_process()",
    ]


def test_korean_text_is_korean() -> None:
    """Labels and texts are Korean, the kernel's words stay as they are."""
    lines = terms_text(lookup("global_oom"), "ko", 88).splitlines()
    assert lines[0] == "global_oom  (무엇이 부족했나, 5.0부터)"
    assert "`oom-kill:` 라인에 찍힌다" in lines[1]
    assert "  관련 항목: oom_memcg, CONSTRAINT_NONE" in lines


@pytest.mark.parametrize("lang", LANGUAGES)
def test_text_keeps_to_its_width(lang: Language) -> None:
    """No line is wider than asked for, where a Hangul syllable takes two columns."""
    text, unknown = explain_terms(None, lang=lang, width=72)
    assert unknown == []
    for line in text.splitlines():
        columns = sum(2 if unicodedata.east_asian_width(char) == "W" else 1 for char in line)
        # A single word may be longer than a line, and a heading is never broken.
        assert columns <= 72 or not line.startswith("  ") or len(line.split()) == 1, line


@pytest.mark.parametrize("lang", LANGUAGES)
def test_markdown_has_a_chapter_per_topic(lang: Language) -> None:
    """Each topic is named once, each term is a heading, and nothing can be taken for HTML."""
    text = terms_markdown(entries(), lang)
    chapters = re.findall("^## (.*)$", text, re.MULTILINE)
    assert len(chapters) == len(set(chapters)) == len({entry.topic for entry in entries()})
    assert re.findall("^### `(.*?)`", text, re.MULTILINE) == [entry.term for entry in entries()]
    assert "<" not in re.sub("`[^`\n]*`", "", text)


def test_json_has_every_key() -> None:
    """JSON tells the language and keeps what an entry does not say as null or an empty list."""
    document = json.loads(terms_json(lookup("__GFP_HIGHMEM"), "ko"))
    assert document == {
        "schema": "oomlog.terms/1",
        "lang": "ko",
        "terms": [
            {
                "term": "__GFP_HIGHMEM",
                "topic": "gfp",
                "title": "gfp flag",
                "unit": None,
                "what": "HighMem을 써도 된다.",
                "read": None,
                "normal": None,
                "since": None,
                "until": None,
                "aliases": [],
                "fields": [],
                "lines": [],
                "kernel": "include/linux/gfp_types.h",
                "related": ["HighMem", "GFP_HIGHUSER"],
            }
        ],
    }


def test_an_entry_is_explained_once() -> None:
    """Words that mean the same give one entry, in the order they were asked for."""
    text, unknown = explain_terms(["zone", "anon-rss", "anon_rss_kb"], lang="en", form="json")
    assert [term["term"] for term in json.loads(text)["terms"]] == ["zone", "anon-rss"]
    assert unknown == []


def test_an_unknown_word_is_escaped_and_told() -> None:
    """What is known is explained; the rest is named with suggestions and cannot play tricks."""
    text, unknown = explain_terms(["order", "oom_scor\x1b[31m", "zzzz"], lang="en")
    assert text.startswith("order  (")
    assert unknown == [
        "unknown term: oom_scor\\x1b[31m; did you mean oom_score?",
        "unknown term: zzzz; 'oomlog explain --all' shows all terms",
    ]


def test_the_unknown_part_of_a_mask_is_told() -> None:
    """In a list of flags the known ones are explained, the unknown one is named alone."""
    text, unknown = explain_terms(["GFP_KERNEL|__GFP_NEWER|__GFP_ZERO"], lang="en", form="json")
    assert [term["term"] for term in json.loads(text)["terms"]] == ["GFP_KERNEL", "__GFP_ZERO"]
    assert len(unknown) == 1
    assert unknown[0].startswith("unknown term: __GFP_NEWER")


def test_nothing_found_is_no_text() -> None:
    """Unknown words alone leave the text empty."""
    assert explain_terms(["zzzz"], lang="ko") == (
        "",
        ["모르는 용어: zzzz (전체 목록: oomlog explain --all --lang ko)"],
    )
