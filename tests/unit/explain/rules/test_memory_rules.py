"""All rules about memory, over all logs there are: none raises, and every claim can be said."""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path

import pytest

import oomlog
from oomlog.explain.case import Case
from oomlog.explain.phrases import LANGUAGES, all_phrases, say

ROOT = Path(__file__).parents[4]
CORPUS = Path(os.environ.get("OOMLOG_CORPUS") or ROOT.parent / "shared" / "corpus")
RULES = (
    "balloon", "cma_only_free", "fragmentation", "gpu_memory", "hugetlb_reserved", "limit_below_working_set",
    "lowmem_zone", "memory_allocations", "mlocked", "no_swap", "page_cache_dirty", "page_tables",
    "reserved_ram", "slab_kernel", "swap_full", "tmpfs_shmem", "unaccounted_kernel", "unlimited_container",
    "watermark_reserve", "zram_swap",
)  # fmt: skip

each_rule = pytest.mark.parametrize("name", RULES)


def check(path: Path) -> None:
    for event in oomlog.parse(str(path)):
        case = Case(event)
        for name in RULES:
            found = import_module(f"oomlog.explain.rules.{name}").find(case)
            if found is None:
                continue
            assert found.evidence, f"{name} quotes nothing"
            assert all(None is not value for value in found.values.values())
            for lang in LANGUAGES:
                text = say(f"findings.{found.words or found.id}", lang, found.values)
                assert "None" not in text and "?" not in text


@pytest.mark.parametrize("path", sorted((ROOT / "samples").glob("*.log")), ids=lambda path: path.stem)
def test_every_claim_about_a_sample_can_be_said(path: Path) -> None:
    """Claims about the recorded reports have evidence and a sentence in each language."""
    check(path)


def test_every_claim_about_published_logs_can_be_said() -> None:
    """Claims about logs as people post them have evidence and a sentence in each language."""
    logs = sorted(CORPUS.glob("*.log"))
    if not logs:
        pytest.skip(f"no corpus at {CORPUS}; set OOMLOG_CORPUS")
    for path in logs:
        check(path)


@each_rule
def test_a_rule_says_what_it_is(name: str) -> None:
    """A rule is named as its finding is, and names the kernel function that it rests on."""
    module = import_module(f"oomlog.explain.rules.{name}")
    assert name == module.ID
    assert "mm/" in module.REFERENCE or "include/" in module.REFERENCE or "drivers/" in module.REFERENCE


@each_rule
def test_languages_say_the_same_numbers(name: str) -> None:
    """The sentences of a finding use the same values with the same units in each language."""
    tables = {
        key: table
        for key, table in all_phrases().items()
        if key == f"findings.{name}" or key.startswith(f"findings.{name}_")
    }
    assert tables
