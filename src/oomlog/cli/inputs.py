"""What the commands that read logs have in common: their files, how to read them, which events are wanted."""

from __future__ import annotations

import argparse
from datetime import datetime
from typing import TYPE_CHECKING, Any

from oomlog.cli.arguments import local_now, read_count, read_pattern, read_size, read_year, read_zone, value
from oomlog.cli.context import Context
from oomlog.cli.filters import EventFilter
from oomlog.cli.output import same_file
from oomlog.errors import UsageError
from oomlog.sources import Limits

if TYPE_CHECKING:
    from oomlog.cli.when import Bound

__all__ = [
    "TIMES",
    "add_limits",
    "add_reading",
    "add_wanted",
    "filter_of",
    "limits_of",
    "names_of",
]

_SCOPES = ("global", "memcg", "cpuset", "mempolicy", "sysrq", "unknown")
TIMES = """\
times:
  2024-05-01, '2024-05-01 12:30', 12:30, @1714566600, -2h, '2 hours ago', today, yesterday or now.
  A time without a zone is in the zone of each log, with --journal in that of this machine (or
  --tz); a date alone means its midnight there.  Both bounds are inclusive.  With a bound, events
  that have no time are left out, and counted.
"""


def add_reading(parser: Any) -> Any:
    """Add the options that say how to read; return their group for more."""
    group = parser.add_argument_group("how to read")
    group.add_argument(
        "--year", metavar="Y", type=value(read_year), help="year of the first line, for logs that print none"
    )
    group.add_argument(
        "--tz",
        metavar="ZONE",
        type=value(read_zone),
        help="zone of times that print none: Europe/Berlin, +02:00",
    )
    return group


def add_limits(group: Any) -> None:
    """Add the options that bound decompression."""
    group.add_argument(
        "--max-bytes",
        metavar="SIZE",
        type=value(read_size),
        help="most that one file may unpack to (default 64G)",
    )
    group.add_argument(
        "--max-ratio", metavar="N", type=value(read_count), help="most unpacked bytes per byte (default 2000)"
    )


def add_wanted(parser: Any) -> Any:
    """Add the options that choose events; return their group for more."""
    group = parser.add_argument_group("which events")
    group.add_argument("--since", metavar="T", help="not before this time")
    group.add_argument("--until", metavar="T", help="not after this time")
    group.add_argument(
        "--comm", metavar="RE", type=value(read_pattern), help="Python pattern found in the name of a victim"
    )
    group.add_argument("--scope", choices=_SCOPES, metavar="S", help=f"what ran out: {', '.join(_SCOPES)}")
    return group


def names_of(options: argparse.Namespace, context: Context, command: str) -> list[str]:
    """Return the inputs as the user wrote them, standard input when there are none.

    :raise UsageError: There is nothing to read, or an input would be overwritten.
    """
    names: list[str] = options.files
    if not names and not options.journal:
        if context.stdin is None or context.stdin_is_terminal:
            raise UsageError(
                "name a log to read, or pipe one in, for example\n"
                f"  oomlog {command} /var/log/kern.log\n"
                f"  journalctl -k | oomlog {command}\n"
                f"or read the systemd journal: oomlog {command} --journal\n"
                f"Try 'oomlog {command} --help'."
            )
        names = ["-"]
    output = options.output
    if output is not None and any(same_file(output, name) for name in names):
        raise UsageError(f"-o {output} is also an input and would be lost; name another file")
    return names


def filter_of(options: argparse.Namespace, context: Context) -> EventFilter:
    """Return which events are wanted."""
    now = context.now or local_now()
    since, until = (_bound(f"--{name}", getattr(options, name), now, options) for name in ("since", "until"))
    return EventFilter(since, until, options.comm, options.scope)


def _bound(option: str, text: str | None, now: datetime, options: argparse.Namespace) -> Bound | None:
    if text is None:
        return None
    from oomlog.cli.when import parse_bound

    try:
        bound = parse_bound(text, now)
    except UsageError as error:
        raise UsageError(f"{option}: {error}") from None
    # A journal has no wall clock of its own; journalctl, too, takes a time for this machine's.
    return bound.in_zone(options.tz or now.tzinfo) if options.journal else bound


def limits_of(options: argparse.Namespace) -> Limits:
    """Return the bounds for decompression, the usual ones for a command that cannot change them."""
    given = {name: getattr(options, name, None) for name in ("max_bytes", "max_ratio")}
    return Limits(**{name: limit for name, limit in given.items() if limit is not None})
