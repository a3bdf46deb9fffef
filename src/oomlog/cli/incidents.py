"""``--incident FROM..TO``: the time whose events are told as one."""

from __future__ import annotations

import argparse
import re
from datetime import timedelta
from typing import Any, NamedTuple

from oomlog.cli.arguments import local_now
from oomlog.cli.context import Context
from oomlog.cli.when import Bound, parse_bound
from oomlog.errors import UsageError
from oomlog.model import OomEvent

__all__ = ["Incident", "add_incident", "in_incident", "incident_of"]

_CLOCK = re.compile(r"\d{1,2}:\d{2}(:\d{2})?")
_EXAMPLE = 'write it like --incident "2026-11-22 10:00".."11:00"'


class Incident(NamedTuple):
    """A time from which to which, both included; ``None`` are all times, and events without one."""

    since: Bound | None
    until: Bound | None


def add_incident(group: Any) -> None:
    """Add ``--incident``."""
    group.add_argument(
        "--incident",
        metavar="FROM..TO",
        help="one report of all events between two times; TO may be a time of the same day alone; or all, "
        "for every event of the inputs, also of logs without a clock",
    )


def incident_of(options: argparse.Namespace, context: Context) -> Incident | None:
    """Return the time that is meant, ``None`` without the option.

    :raise UsageError: It is no such time.
    """
    if options.incident is None:
        return None
    if options.incident == "all":
        return Incident(None, None)
    first, dots, last = options.incident.partition("..")
    if not dots or not first.strip() or not last.strip():
        raise UsageError(f"--incident {options.incident!r}: expected two times with '..' between; {_EXAMPLE}")
    now = context.now or local_now()
    try:
        since = parse_bound(first, now)
        until = parse_bound(_same_day(last.strip(), since), now)
    except UsageError as error:
        raise UsageError(f"--incident: {error}") from None
    if since.wall is not None and until.wall is not None and until.wall < since.wall:
        if _CLOCK.fullmatch(last.strip()):  # from the evening to the next morning
            until = Bound(until.wall + timedelta(days=1), None)
        else:
            raise UsageError(f"--incident {options.incident!r} ends before it begins; {_EXAMPLE}")
    if options.journal:
        zone = options.tz or now.tzinfo
        since, until = since.in_zone(zone), until.in_zone(zone)
    return Incident(since, until)


def _same_day(text: str, since: Bound) -> str:
    """Put the first time's day, and its zone, before a time of the day that stands alone."""
    first = since.wall or since.instant
    if first is None or not _CLOCK.fullmatch(text):
        return text
    zone = "" if since.wall is not None else first.strftime("%z")
    return f"{first.date().isoformat()} {text.rjust(len(text) + (text[1] == ':'), '0')}{zone}"


def in_incident(event: OomEvent, incident: Incident) -> bool:
    """Tell whether an event lies in the time; one without a time only lies in all."""
    if incident.since is None or incident.until is None:
        return True
    if event.time is None:
        return False
    after, before = incident.since.compare(event.time), incident.until.compare(event.time)
    return after is not None and before is not None and after >= 0 >= before
