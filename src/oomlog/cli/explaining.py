"""What explain, whatif and why have in common: all events of the inputs, and those that are meant."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from oomlog.cli.arguments import read_count, value
from oomlog.cli.closing import say_untrusted
from oomlog.cli.context import Context
from oomlog.cli.exit import ExitStatus
from oomlog.cli.inputs import add_reading, add_wanted, filter_of
from oomlog.cli.journals import add_journal
from oomlog.cli.maps import add_map, registry_of
from oomlog.cli.reading import Reading, reading_of
from oomlog.errors import UsageError
from oomlog.explain.neighbours import Log
from oomlog.model import OomEvent
from oomlog.report.summary import counted

if TYPE_CHECKING:
    from oomlog.containers.registry import Registry
    from oomlog.events.neighbourhood import Neighbourhood

__all__ = ["Chosen", "add_choosing", "read_events", "read_page_size", "status_of"]


class Chosen(NamedTuple):
    """Events to explain, with their numbers from 1, and all events around them."""

    events: list[tuple[int, OomEvent]]
    siblings: Log
    reading: Reading
    registry: Registry | None


def add_choosing(parser: Any, *, default: str = "all") -> Any:
    """Add the options that say how to read and which events are meant; return the group of the second.

    :param default: Which events are meant when nobody says it: ``all`` or ``last``.
    """
    group = add_reading(parser)
    group.add_argument(
        "--page-size",
        metavar="SIZE",
        type=value(read_page_size),
        help="page size of the machine, like 64K; otherwise it is inferred from the report",
    )
    add_map(group)
    add_journal(parser)
    group = add_wanted(parser)
    group.add_argument(
        "--event",
        metavar="N",
        type=value(read_event),
        default=read_event(default),
        help=f"only event N of the inputs, counted from 1; or last, or all (default {default})",
    )
    return group


def read_page_size(text: str) -> int:
    """Read a page size, to kB.

    >>> read_page_size("4K"), read_page_size("65536")
    (4, 64)
    """
    from oomlog.cli.arguments import read_size

    size = read_size(text)
    if size < 4096 or size > 1 << 20 or size & (size - 1):
        raise UsageError(f"{text!r} is not a page size; Linux has 4K, 8K, 16K, 64K and 256K")
    return size // 1024


def read_event(text: str) -> int | None:
    """Read the number of an event; the last one is 0, and all are ``None``."""
    return None if text == "all" else 0 if text == "last" else read_count(text)


def read_events(
    options: argparse.Namespace,
    context: Context,
    names: Sequence[str],
    beside: Neighbourhood | None = None,
) -> Chosen:
    """Read all inputs, and choose.

    :param beside: Collects what else the logs say near their events.
    :raise UsageError: There are fewer events than ``--event`` says.
    """
    wanted = filter_of(options, context)
    registry = registry_of(options, context)
    # An event is explained in the light of all others, so that none may be left out here.
    reading = reading_of(options, context, names, beside=beside)
    siblings = Log(tuple(reading.events()))
    say_untrusted(context, reading.stats.untrusted)
    events = [(number, event) for number, event in enumerate(siblings, 1) if wanted.accepts(event)]
    if options.event is not None:
        if not siblings and reading.errors:
            return Chosen([], siblings, reading, registry)
        number = options.event or len(siblings)
        if not 1 <= number <= len(siblings):
            raise UsageError(
                f"--event {options.event or 'last'}: the input has {counted(len(siblings), 'event')}"
            )
        events = [(number, siblings[number - 1])]
    return Chosen(events, siblings, reading, registry)


def status_of(chosen: Chosen) -> ExitStatus:
    """Return what the shell is told."""
    return ExitStatus.FAILED if chosen.reading.errors else ExitStatus.DONE
