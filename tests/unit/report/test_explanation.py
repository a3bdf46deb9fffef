"""The page that explains one event."""

from __future__ import annotations

from pathlib import Path

import pytest

import oomlog
from oomlog.explain.model import Explanation
from oomlog.explain.run import explain
from oomlog.report.document import Items, Paragraph, Table
from oomlog.report.explanation import explanation_blocks
from oomlog.report.explanation_json import explanation_bytes

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
