"""Ledgers of all samples and of the corpus: they add up, and everything in them has words."""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path

import pytest

import oomlog
from oomlog.explain.case import Case
from oomlog.explain.model import Ledger
from oomlog.explain.phrases import LANGUAGES, all_phrases, say
from oomlog.explain.processes import groups_of, rss_note

ROOT = Path(__file__).parent.parent
SAMPLES = sorted((ROOT / "samples").glob("*.log"))
CORPUS = Path(os.environ.get("OOMLOG_CORPUS") or ROOT.parent / "shared" / "corpus")
PUBLISHED = sorted(CORPUS.glob("*.log"))

each_log = pytest.mark.parametrize("path", [*SAMPLES, *PUBLISHED], ids=lambda path: path.stem)
each_sample = pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)


@cache
def cases_of(path: Path) -> tuple[Case, ...]:
    return tuple(Case(event) for event in oomlog.parse(path))


def ledgers_of(case: Case) -> list[Ledger]:
    return [*(() if case.ledger is None else (case.ledger,)), *case.parts]


def test_there_is_a_corpus() -> None:
    """The published logs are compared, or their absence is seen."""
    if not PUBLISHED:
        pytest.skip(f"no corpus at {CORPUS}; set OOMLOG_CORPUS")


@each_log
def test_items_add_up(path: Path) -> None:
    """All items and the residue are the total, each item is entered once, and no item is negative."""
    for case in cases_of(path):
        for ledger in ledgers_of(case):
            top = [item.kb or 0 for item in ledger.items if item.within is None]
            assert all(kb >= 0 for kb in top)
            assert len({item.id for item in ledger.items}) == len(ledger.items)
            if ledger.unaccounted_kb is not None:
                assert sum(top) + ledger.unaccounted_kb == ledger.total_kb


@each_log
def test_residues_below_zero_are_explained(path: Path) -> None:
    """Items that exceed their total have a remark that says why."""
    for case in cases_of(path):
        for ledger in ledgers_of(case):
            if ledger.unaccounted_kb is not None and ledger.unaccounted_kb < 0:
                told = {"negative", "negative_memcg", "present_old"}
                assert {key.removeprefix("ledger.") for key, _ in ledger.notes} & told


@each_sample
def test_nodes_and_zones_add_up_to_the_machine(path: Path) -> None:
    """What the machine's lines count and the lines of nodes or zones count too is the same, where all are."""
    for number, case in enumerate(cases_of(path)):
        for of in ("node", "zone"):
            parts = [part for part in case.parts if part.of == of]
            if case.ledger is None or sum(part.total_kb for part in parts) != case.ledger.total_kb:
                continue  # of a cgroup, or a bound request hides the others
            for item in case.ledger.items:
                sizes = [size for part in parts if (size := part.kb(item.id)) is not None]
                if item.within is not None or len(sizes) < len(parts):
                    continue
                # The lists of zones are counters of their own, of which each CPU keeps back 125 pages.
                off, lag = sum(sizes) - (item.kb or 0), 125 * 4 * len(parts)
                assert off >= -lag
                # Lines of zones come last: until then an earlier victim may have given memory back.
                assert off <= lag or (number and item.id == "free")


@each_log
def test_parts_lie_within_their_item(path: Path) -> None:
    """A part names an item of the same ledger and is not larger than it."""
    for case in cases_of(path):
        for ledger in ledgers_of(case):
            for item in ledger.items:
                if item.within is not None:
                    whole = ledger.kb(item.within)
                    assert whole is not None
                    assert (item.kb or 0) <= whole


@each_log
def test_everything_has_words(path: Path) -> None:
    """Every item has a name and every remark a sentence, in each language."""
    for case in cases_of(path):
        note = rss_note(case.event, case.page_kb)
        notes = [*(() if note is None else (note,))]
        for ledger in ledgers_of(case):
            notes += ledger.notes
            for item in ledger.items:
                assert set(all_phrases()[f"ledger.{item.id}"]) == set(LANGUAGES)
        for key, values in notes:
            for lang in LANGUAGES:
                assert "?" not in say(key, lang, values)


@each_log
def test_groups_hold_every_process(path: Path) -> None:
    """Grouping by name loses no process."""
    for case in cases_of(path):
        groups = groups_of(case.event, case.page_kb)
        assert sum(group.count for group in groups) == len(case.processes)


@pytest.mark.skipif(not PUBLISHED, reason=f"no corpus at {CORPUS}")
def test_contradicting_totals_leave_no_residue() -> None:
    """A log whose RAM is ten times that of its zones was edited: nothing is told of what is left over."""
    (case,) = cases_of(CORPUS / "08-debian510-broken-zone-line.log")
    assert case.ledger is not None
    assert case.ledger.unaccounted_kb is None
    assert "ledger.ram_differs" in dict(case.ledger.notes)


def test_words_are_used() -> None:
    """Every sentence on ledgers belongs to an item or a remark of the source."""
    source = "".join(file.read_text() for file in (ROOT / "src/oomlog/explain").glob("*.py"))
    used = set(re.findall(r'"(?:ledger\.)?([a-z_]+)"', source)) | {"total", "total_contradicted", "items"}
    used |= {"unaccounted", "overlap", "unknown"}  # the closing rows of a table
    assert {key[7:] for key in all_phrases() if key.startswith("ledger.")} <= used
