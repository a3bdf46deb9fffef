"""Sentences in the languages oomlog speaks.

``words/*.toml`` holds them: one table a sentence, one key a language, with places for numbers.  A key is
``<file>.<table>``.  A place's format says the unit of its number: ``{limit_kb:kb}`` is 2.0 GiB, ``{rows:n}``
is 1,024, ``{share:percent}`` is 12 % (12% in Korean), ``{rows:process|processes}`` the word that fits,
``{pod:quoted}`` a name that is always in quotes, ``{sections:sections}`` names of a report's parts as words.
Names of processes and cgroups are in quotes where they could read as a part of the sentence.
"""

from __future__ import annotations

import string
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from oomlog.explain.model import Values
from oomlog.explain.naming import marked, quoted
from oomlog.units import human_kb

__all__ = ["LANGUAGES", "PERCENT", "all_phrases", "say"]

LANGUAGES = ("en", "ko")

_NAMES = ("group", "host", "unit", "slice")
"""What stands for a name in sentences, besides ``comm`` and ``oom_memcg`` and their like."""

PERCENT = {"en": " %", "ko": "%"}
"""What stands behind a share, by language."""


@cache
def all_phrases() -> dict[str, dict[str, str]]:
    """Return every sentence by key and language."""
    found = {}
    for file in sorted((files("oomlog") / "explain" / "words").iterdir(), key=lambda each: each.name):
        if file.name.endswith(".toml"):
            tables = tomllib.loads(file.read_text("utf-8"))
            found.update({f"{file.name[:-5]}.{name}": table for name, table in tables.items()})
    return found


class _Name(str):
    """A name that a log chose."""


class _Formatter(string.Formatter):
    def __init__(self, lang: str) -> None:
        self.lang = lang
        self.percent = PERCENT[lang]

    def format_field(self, value: Any, format_spec: str) -> str:
        if value is None:
            return "?"
        if format_spec == "quoted":
            return quoted(value)
        if isinstance(value, _Name):
            return marked(value)
        if format_spec == "sections":
            known = all_phrases()
            keys = [(name, f"sections.{name}") for name in str(value).split(", ")]
            return ", ".join(known[key][self.lang] if key in known else name for name, key in keys)
        if format_spec == "kb":
            return human_kb(int(value))
        if format_spec == "n":
            return f"{value:,}"
        if format_spec == "percent":
            percent = float(value) * 100
            return f"{percent:.{1 if 0 < abs(percent) < 10 else 0}f}{self.percent}"
        if "|" in format_spec:
            one, many = format_spec.split("|")
            return one if value == 1 else many
        return str(super().format_field(value, format_spec))


_FORMATTERS = {lang: _Formatter(lang) for lang in LANGUAGES}


def say(key: str, lang: str, values: Values) -> str:
    """Return the sentence with its numbers; names from a log still need escaping.

    :raise KeyError: There is no such sentence, or a number is missing.
    """
    told = {name: _Name(value) if _is_name(name, value) else value for name, value in values.items()}
    return _FORMATTERS[lang].vformat(all_phrases()[key][lang], (), told)


def _is_name(key: str, value: object) -> bool:
    return isinstance(value, str) and (key in _NAMES or key.endswith(("comm", "_memcg")))
