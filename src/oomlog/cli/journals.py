"""The options that read the systemd journal, and what they mean."""

from __future__ import annotations

import argparse
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from oomlog.cli.arguments import value
from oomlog.cli.context import Context
from oomlog.cli.filters import EventFilter
from oomlog.errors import UsageError
from oomlog.sources import JournalQuery, LiveJournal

if TYPE_CHECKING:
    from oomlog.cli.when import Bound

__all__ = ["add_journal", "journal_of", "live_journal", "read_boot"]

_ID = re.compile(r"[0-9a-f]{32}")


def add_journal(parser: Any) -> None:
    """Add the options about journals, and the one about who wrote a line."""
    group = parser.add_argument_group("the systemd journal")
    group.add_argument(
        "--journal",
        action="store_true",
        help="read journals: the files and folders named, or this machine's own when none is named; "
        "WHERE and line are then the record's place among those read, and times are UTC",
    )
    group.add_argument(
        "--boot",
        metavar="N|ID|all",
        type=value(read_boot),
        help="only one boot: 0 the last, -1 the one before, 1 the first, or its id (default all)",
    )
    group.add_argument("--machine", metavar="ID|NAME", help="only the machine with this id or host name")
    group.add_argument(
        "--include-untrusted",
        action="store_true",
        help="also kills that may be forged: the kernel's words in lines that others wrote, in any log",
    )


def read_boot(text: str) -> int | str | None:
    """Read which boot is meant; all are ``None``.

    >>> read_boot("-1"), read_boot("01234567-89ab-cdef-0123-456789abcdef"), read_boot("all")
    (-1, '0123456789abcdef0123456789abcdef', None)
    """
    word = text.strip().lower()
    if word == "all":
        return None
    if re.fullmatch(r"[+-]?\d{1,6}", word, re.ASCII):
        return int(word)
    if _ID.fullmatch(word.replace("-", "")):
        return word.replace("-", "")
    raise UsageError(f"{text!r} is not a boot; write 0 for the last, -1 for the one before, an id, or all")


def journal_of(options: argparse.Namespace, wanted: EventFilter) -> JournalQuery:
    """Return which records are wanted.

    :param wanted: Its times are where reading begins and ends.
    :raise UsageError: An option says something about journals, and none is to be read.
    """
    for name in ("boot", "machine"):
        if getattr(options, name) is not None and not options.journal:
            raise UsageError(f"--{name} is about journals; add --journal")
    return JournalQuery(
        only=options.journal,
        boot=options.boot,
        since_us=_microseconds(wanted.since) if options.journal else None,
        until_us=_microseconds(wanted.until) if options.journal else None,
        machine=options.machine,
        every_writer=options.include_untrusted,
    )


def live_journal(context: Context) -> LiveJournal:
    """Return the journal of the machine."""
    root = str(context.root).rstrip("/")
    return LiveJournal((f"{root}/var/log/journal", f"{root}/run/log/journal"), f"{root}/etc/machine-id")


def _microseconds(bound: Bound | None) -> int | None:
    if bound is None or bound.instant is None:
        return None
    since = bound.instant - datetime(1970, 1, 1, tzinfo=UTC)
    return max(0, (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds)
