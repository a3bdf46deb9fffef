"""Overcommit: what each mode would have changed, and what a report cannot tell."""

from __future__ import annotations

from pathlib import Path

import pytest

import oomlog
from oomlog.explain.case import Case
from oomlog.explain.overcommit import commit_limit, overcommit
from oomlog.explain.phrases import LANGUAGES, all_phrases, say

SAMPLES = Path(__file__).parents[3] / "samples"
ALL = sorted(SAMPLES.glob("*.dmesg.log"))


def keys(name: str) -> list[str]:
    event = next(iter(oomlog.parse(str(SAMPLES / f"{name}.dmesg.log"))))
    return [key for key, _ in overcommit(Case(event))]


def test_a_cgroups_limit_has_nothing_to_do_with_it() -> None:
    """A cgroup charges at the touch, so one sentence is all."""
    assert keys("v7.2-memcg-v2-service") == ["memcg"]


def test_global_event() -> None:
    """Each mode is told, and that Committed_AS is not known; what the victim alone had is."""
    strict = ["always", "strict"]
    # Its address space is larger than the machine, in as many requests as it liked.
    assert keys("v6.12-global") == ["heuristic_open", *strict, "committed_beyond"]
    assert keys("v6.12-global-adj") == ["heuristic_granted", *strict, "committed_unknown"]
    assert keys("v7.2-cpuset") == ["bound", "heuristic_granted", *strict, "committed_unknown"]


def test_sysrq_is_nobodys_request() -> None:
    """Who asks for a kill by key would get it in each mode."""
    assert keys("v7.2-sysrq") == []


def test_commit_limit() -> None:
    """CommitLimit is half of RAM less huge pages, plus swap."""
    event = next(iter(oomlog.parse(str(SAMPLES / "v7.2-global.dmesg.log"))))
    limit = commit_limit(Case(event))
    assert limit is not None
    assert limit.value == (196478 - 19493) * 4 // 2
    assert limit.inputs == {"ram_kb": 707940, "hugetlb_kb": 0, "total_swap_kb": 0, "ratio": 50}


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.name.removesuffix(".dmesg.log"))
def test_remarks_can_be_said(path: Path) -> None:
    """Each remark has its sentence and all its numbers in each language."""
    for event in oomlog.parse(str(path)):
        for key, values in overcommit(Case(event)):
            for lang in LANGUAGES:
                assert "?" not in say(f"overcommit.{key}", lang, values)


def test_both_languages_are_whole() -> None:
    """No sentence is missing in one language."""
    for key, table in all_phrases().items():
        if key.startswith("overcommit."):
            assert set(table) == set(LANGUAGES), key
