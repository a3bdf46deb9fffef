"""Read a report once more from its kept text."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from oomlog.events.find import Finder
from oomlog.events.parse import shared_matcher
from oomlog.lines.stamps import Clock
from oomlog.lines.tape import Tape, scan_blocks
from oomlog.model import Kept, OomEvent

__all__ = ["Known", "reread"]


class Known(NamedTuple):
    """What was known of an event, which its text alone may not tell.

    A year may be inferred, a zone given; a record of several lines has host, boot and time in other lines.
    """

    source: str
    time: datetime | None
    time_origin: str
    uptime_s: float | None
    host: str | None
    boot_id: str | None
    trusted: bool | None
    kill_times: tuple[datetime | None, ...]


def reread(kept: Kept, known: Known) -> OomEvent | None:
    """Return the event of a kept report, with the line numbers it had; ``None`` if it is not found."""
    tape = Tape(scan_blocks([kept.text]), first_line=kept.start_no)
    finder = Finder(tape, shared_matcher(), Clock(), source=known.source)
    reports = list(finder.reports())
    report = next((each for each in reports if each.first.no == kept.first_no), None)
    if report is None:
        return None
    report.shift = kept.shift
    if len(known.kill_times) == len(report.kills):
        report.kills = [
            replace(kill, time=time) for kill, time in zip(report.kills, known.kill_times, strict=True)
        ]
    event = report.finish(shared_matcher())
    event.source, event.time, event.time_origin = known.source, known.time, known.time_origin
    event.uptime_s, event.host, event.boot_id = known.uptime_s, known.host, known.boot_id
    event.trusted = known.trusted
    return event
