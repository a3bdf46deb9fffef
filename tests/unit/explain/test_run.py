"""Explaining one event and all events of a log."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import oomlog
from oomlog.explain.case import Case
from oomlog.explain.quote import lines_of
from oomlog.explain.run import explain
from oomlog.explain.verdict import verdict
from oomlog.model import ReportLine


def test_the_text_of_a_report_is_read_once(sample: Callable[..., Case]) -> None:
    """However many rules quote lines, the log's text is read once for each event: that takes longest."""
    event, calls = sample("v6.12-global").event, 0
    read = event._quote
    lines_of.cache_clear()

    def counted() -> tuple[ReportLine, ...]:
        nonlocal calls
        calls += 1
        return read()

    event._quote = counted
    try:
        assert explain(event).primary is not None
    finally:
        event._quote = read
    assert calls == 1


def test_a_damaged_order_is_not_computed_with(sample: Callable[..., Case]) -> None:
    """A block of 2 to the power of a billion pages has no size: the number is damage."""
    log = Path(sample("v5.10-global-fragmentation").event.source).read_text()
    for event in oomlog.parse(log.replace("order=3", "order=1000000000")):
        assert event.trigger is not None
        assert event.trigger.order == 1000000000
        assert "fragmentation" not in {each.id for each in explain(event).findings}


@pytest.mark.parametrize(
    ("word", "damaged"),
    [("uid  tgid", "uitgid"), ("rss", "rs"), ("swapents", "swp"), ("oom_score_adj", "adj"), ("name", "")],
)
def test_a_table_without_a_column_is_explained(word: str, damaged: str) -> None:
    """A header with a damaged word costs what the column said, and not the explanation."""
    header = "[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name"
    log = f"""\
[ 1.000001] x invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0
[ 1.000002] active_anon:55 inactive_anon:2044 isolated_anon:0
[ 1.000003]  free:100 slab_reclaimable:9 slab_unreclaimable:9
[ 1.000004] Normal free:400kB min:773kB low:864kB high:954kB present:89700kB managed:89700kB
[ 1.000005] 22425 pages RAM
[ 1.000006] {header.replace(word, damaged)}
[ 1.000007] [      7]     0     7     1000      100     8192        0             0 x
[ 1.000008] [      9]     0     9     9000     2000     8192        0             0 y
[ 1.000009] Out of memory: Killed process 9 (y) total-vm:36000kB, anon-rss:8000kB, file-rss:0kB, \
shmem-rss:0kB, UID:0 pgtables:8kB oom_score_adj:0
"""
    explanation = explain(next(iter(oomlog.parse(log))))
    assert "y" in verdict(explanation)
