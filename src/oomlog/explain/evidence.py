"""Lines that a claim rests on, put together."""

from __future__ import annotations

from collections.abc import Iterable

from oomlog.model import ReportLine

__all__ = ["in_order"]


def in_order(*groups: Iterable[ReportLine]) -> tuple[ReportLine, ...]:
    """Return all these lines as they stand in the log, each once.

    >>> in_order([ReportLine(7, "b")], [ReportLine(3, "a"), ReportLine(7, "b")])
    (ReportLine(no=3, text='a'), ReportLine(no=7, text='b'))
    """
    return tuple(sorted({line for group in groups for line in group}))
