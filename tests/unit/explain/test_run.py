"""Explaining one event and all events of a log."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import oomlog
from oomlog.explain.case import Case
from oomlog.explain.quote import lines_of
from oomlog.explain.run import explain
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
