"""Explaining one event and all events of a log."""

from __future__ import annotations

from collections.abc import Callable

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
