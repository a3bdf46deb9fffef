"""Sentences in the languages oomlog speaks.

``words/*.toml`` holds them: one table a sentence, one key a language, with places for numbers.  A key is
``<file>.<table>``.  A place's format says the unit of its number: ``{limit_kb:kb}`` is 2.0 GiB, ``{rows:n}``
is 1,024, ``{share:percent}`` is 12 % (12% in Korean), ``{rows:process|processes}`` the word that fits.
"""

from __future__ import annotations

import string
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from oomlog.explain.model import Values
from oomlog.units import human_kb

__all__ = ["LANGUAGES", "PERCENT", "all_phrases", "say"]

LANGUAGES = ("en", "ko")

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


class _Formatter(string.Formatter):
    def __init__(self, lang: str) -> None:
        self.percent = PERCENT[lang]

    def format_field(self, value: Any, format_spec: str) -> str:
        if value is None:
            return "?"
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
    """Return the sentence with its numbers; names from a log stay as they are and need escaping.

    :raise KeyError: There is no such sentence, or a number is missing.
    """
    return _FORMATTERS[lang].vformat(all_phrases()[key][lang], (), values)
