"""Promises that every rule keeps, on every log there is."""

from __future__ import annotations

import importlib
import os
import pkgutil
from pathlib import Path
from types import ModuleType

import pytest

import oomlog
from oomlog.explain import rules
from oomlog.explain.case import Case
from oomlog.explain.model import Finding
from oomlog.explain.phrases import LANGUAGES, all_phrases, say

ROOT = Path(__file__).parents[4]
CORPUS = Path(os.environ.get("OOMLOG_CORPUS") or ROOT.parent / "shared" / "corpus")
LOGS = sorted((ROOT / "samples").glob("*.log"))
PUBLISHED = sorted(CORPUS.glob("*.log"))
NAMES = sorted(module.name for module in pkgutil.iter_modules(rules.__path__))


def module_of(name: str) -> ModuleType:
    return importlib.import_module(f"oomlog.explain.rules.{name}")


def check(case: Case) -> list[Finding]:
    """Return all claims about an event, each checked for what it must have."""
    found = []
    numbers = {line.no for line in case.event.lines}
    for name in NAMES:
        finding = module_of(name).find(case)
        if finding is None:
            continue
        assert finding.id == module_of(name).ID
        assert finding.reference == module_of(name).REFERENCE
        assert finding.evidence, f"{name} without evidence"
        assert {line.no for line in finding.evidence} <= numbers
        assert list(finding.evidence) == sorted(set(finding.evidence))
        key = f"findings.{finding.words or finding.id}"
        for lang in LANGUAGES:
            # Names out of a log may contain anything, so only the rule's own part is looked at.
            values = {k: "name" if isinstance(v, str) else v for k, v in finding.values.items()}
            sentence = say(key, lang, values)
            assert "?" not in sentence, sentence
            assert "None" not in sentence, sentence
        found.append(finding)
    return found


@pytest.mark.parametrize("path", LOGS, ids=lambda path: path.stem)
def test_samples(path: Path) -> None:
    """On every sample each rule holds or does not, and its sentences are complete in both languages."""
    events = list(oomlog.parse(path))
    for event in events:
        assert check(Case(event, events)), "every recorded event has a claim to make"


@pytest.mark.skipif(not PUBLISHED, reason=f"no corpus at {CORPUS}; set OOMLOG_CORPUS")
@pytest.mark.parametrize("path", PUBLISHED, ids=lambda path: path.stem)
def test_published_logs(path: Path) -> None:
    """The same on published logs, cut and damaged as they are."""
    events = list(oomlog.parse(path))
    for event in events:
        check(Case(event, events))


@pytest.mark.parametrize("name", NAMES)
def test_a_rule_is_named_after_its_claim(name: str) -> None:
    """The file's name is the claim's id, and the claim has a sentence and a reference."""
    module = module_of(name)
    assert name == module.ID
    assert module.REFERENCE
    assert any(key.removeprefix("findings.").startswith(name) for key in all_phrases())


def test_every_sentence_belongs_to_a_rule() -> None:
    """A sentence that no rule says is a leftover."""
    for key in all_phrases():
        if key.startswith("findings."):
            assert any(key.removeprefix("findings.").startswith(name) for name in NAMES), key
