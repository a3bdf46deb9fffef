"""The page that explains one event."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import pytest

import oomlog
from oomlog.explain.model import Explanation
from oomlog.explain.phrases import LANGUAGES, PERCENT, say
from oomlog.explain.run import explain
from oomlog.report.document import Items, Paragraph, Table
from oomlog.report.explanation import explanation_blocks, memory_blocks
from oomlog.report.explanation_json import explanation_bytes, explanation_dict
from oomlog.report.schema import schema_bytes

SAMPLES = Path(__file__).parents[3] / "samples"
CONTAINER = "4f1d0c6b7f0e2a93c8d15e4b6a7f8091a2b3c4d5e6f708192a3b4c5d6e7f8091"


def explained(sample: str) -> Explanation:
    (event,) = oomlog.parse(SAMPLES / f"{sample}.log")
    return explain(event, [event])


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_sentences_shorten_container_ids_and_nothing_else_does(lang):
    """The verdict and the claims show 12 digits of an id; quoted lines, commands and JSON show it whole."""
    explanation = explained("v6.12-memcg-v2-kubernetes.dmesg")
    blocks = list(explanation_blocks(explanation, lang))
    verdict = next(block for block in blocks if isinstance(block, Paragraph) and block.strong)
    _, findings, actions, _ = (block for block in blocks if isinstance(block, Items))
    assert f"{CONTAINER[:12]}\u2026" in verdict.text
    assert f"{CONTAINER[:12]}\u2026.scope" in findings.items[0].text
    assert CONTAINER not in verdict.text + findings.items[0].text
    assert any(CONTAINER in code.text for code in findings.items[0].codes)
    assert any(CONTAINER in code.text for item in actions.items for code in item.codes)
    assert CONTAINER.encode() in explanation_bytes(explanation, lang, 1)


def test_what_is_zero_everywhere_is_left_out():
    """Tables have no column of zeros, and no memory that rounds to nothing."""
    tables = [
        block for block in explanation_blocks(explained("v7.2-global.dmesg")) if isinstance(block, Table)
    ]
    ranking, ledger, *_ = tables
    assert "SWAP" not in ranking.head
    assert "RSS" in ranking.head
    assert "0.0 %" not in {row[-1] for row in ledger.rows}


@pytest.mark.parametrize(
    ("sample", "said"),
    [
        ("v6.12-allocating-task.dmesg", "vm.oom_kill_allocating_task"),
        ("v7.2-panic.console", "panicked"),
        ("v6.12-global-slab.dmesg", "ran out of memory"),
    ],
)
def test_a_verdict_says_a_thing_once(sample, said):
    """A verdict says what ran out and what the policy was, and neither of them twice."""
    verdict = list(explanation_blocks(explained(sample)))[1]
    assert isinstance(verdict, Paragraph)
    assert verdict.text.count(said) == 1


def test_a_total_alone_is_no_table() -> None:
    """Of a cgroup without statistics the size is told, and not a table with one line."""
    log = (
        "[    1.0] memory: usage 400kB, limit 400kB, failcnt 1\n"
        "[    1.0] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=x,mems_allowed=0,"
        "oom_memcg=/a,task_memcg=/a,task=x,pid=7,uid=0\n"
        "[    1.0] Memory cgroup out of memory: Killed process 7 (x) total-vm:400kB, anon-rss:40kB, "
        "file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:4kB oom_score_adj:0\n"
    )
    (event,) = oomlog.parse(log)
    blocks = list(explanation_blocks(explain(event), "en"))
    assert not any(isinstance(block, Table) for block in blocks)
    assert any(
        isinstance(block, Paragraph) and "no statistics of this cgroup" in block.text for block in blocks
    )


def _ledger_table(log: str, lang: str) -> Table:
    (event, *_) = oomlog.parse(log)
    blocks = list(memory_blocks(explain(event), lang))
    return next(block for block in blocks if isinstance(block, Table))


def _kb(size: str) -> float:
    number, unit = size.split()
    return float(number) * 1024.0 ** ["KiB", "MiB", "GiB", "TiB"].index(unit)


COUNTED = [
    number
    for number, line in enumerate((SAMPLES / "v5.10-global.dmesg.log").read_text().splitlines())
    if re.search(r"active_|slab_|mapped:|free:|present:|pages (RAM|reserved)|Node 0 ", line)
]


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("number", COUNTED)
@pytest.mark.parametrize("damage", [r"", r":9\1", r" \1"], ids=["lost", "digit", "cut"])
def test_a_ledger_adds_up_or_says_that_it_does_not(number: int, damage: str, lang: str) -> None:
    """Whatever line is damaged: the rows with shares add up to the total, and without shares it is told."""
    lines = (SAMPLES / "v5.10-global.dmesg.log").read_text().splitlines(keepends=True)
    lines[number] = re.sub(r":(\d+)", damage, lines[number]) if damage else ""
    try:
        table = _ledger_table("".join(lines), lang)
    except StopIteration:  # without totals there is no ledger
        assert "pages RAM" in lines[number] or not damage
        return
    *rows, last = [row for row in table.rows if not row[0].startswith("\u2514")]
    if len(table.head) == 3:
        assert last[2] == f"100.0{PERCENT[lang]}"
        assert sum(float(row[2].rstrip(" %")) for row in rows) == pytest.approx(100, abs=0.4)
        assert sum(_kb(row[1]) for row in rows) == pytest.approx(_kb(last[1]), rel=0.01)
    else:
        assert not any("%" in cell for row in table.rows for cell in row)
        assert last[0] == say("ledger.total_contradicted", lang, {})
        assert rows[-1][0] == say("ledger.items", lang, {})


def test_json_says_what_is_not_known() -> None:
    """A program sees as much of a damaged report as a reader: no residue, and why."""
    log = (SAMPLES / "v5.10-global.dmesg.log").read_text()
    (event,) = oomlog.parse(log.replace("slab_reclaimable:1851", "slab_recl"))
    ledger = explanation_dict(explain(event))["ledger"]
    assert (ledger["unaccounted_kb"], ledger["contradicted"]) == (None, False)
    assert ledger["items_kb"] + ledger["unknown_kb"] == ledger["total_kb"]
    assert [note["id"] for note in ledger["notes"]] == ["incomplete"]
    (event,) = oomlog.parse(log.replace("inactive_anon:164438", "inactive_anon:1644389"))
    ledger = explanation_dict(explain(event))["ledger"]
    assert (ledger["unaccounted_kb"], ledger["unknown_kb"], ledger["contradicted"]) == (None, None, True)


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_fields_are_in_json_where_they_are_asked_for(lang):
    """Each with its value and its text, as the schema says; without the question they are not there."""
    explanation = explained("v6.12-memcg-v2-kubernetes.dmesg")
    found = explanation_dict(explanation, lang, 1, fields=True)
    jsonschema.validate(found, json.loads(schema_bytes("explanation")))
    fields = {field["term"]: field for field in found["fields"]}
    assert fields["order"]["value"] == "0"
    assert ("page" if lang == "en" else "페이지") in fields["order"]["what"]
    assert {"total-vm", "pgtables_bytes", "__GFP_IO", "GFP_KERNEL"} & fields.keys()
    assert "fields" not in explanation_dict(explanation, lang, 1)
