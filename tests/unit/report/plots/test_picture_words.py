"""The words of pictures: each is used, and each that is used is there."""

from __future__ import annotations

import re
from pathlib import Path

from oomlog.explain.phrases import all_phrases
from oomlog.report import plots
from oomlog.report.plots import ledger

CODE = "".join(path.read_text() for path in Path(plots.__file__).parent.glob("*.py"))
WORDS = {key for key in all_phrases() if key.startswith("plots.")}
NAMED = set(re.findall(r"plots\.[a-z_]*(?=[{\"])", CODE)) - {"plots."}


def test_each_word_is_used():
    """A word that no picture says is a leftover."""
    assert all(
        any(key == name or (name.endswith("_") and key.startswith(name)) for name in NAMED) for key in WORDS
    )


def test_each_used_word_is_there():
    """Whole keys as they stand, and at least one for each beginning."""
    for name in NAMED:
        assert name in WORDS or (name.endswith("_") and any(key.startswith(name) for key in WORDS)), name


def test_reasons_and_items_have_words():
    """Why somebody is immune, and what the items of a ledger are."""
    immune = {key.removeprefix("immune.") for key in all_phrases() if key.startswith("immune.")}
    assert {f"plots.immune_{reason}" for reason in immune} <= WORDS
    items = {key.removeprefix("plots.item_") for key in WORDS if key.startswith("plots.item_")}
    known = {key.removeprefix("ledger.") for key in all_phrases() if key.startswith("ledger.")}
    assert items - known == {"smaller"}
    assert set(ledger._COLOURS) <= known
