"""Which records of a systemd journal are wanted, as the user says it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

__all__ = ["JournalFiles", "JournalQuery", "LiveJournal"]


class JournalQuery(NamedTuple):
    """What to take from journals.

    :param only: Every input is a journal, or holds journals; text logs beside them are not read.
    :param boot: 0 is the last boot, -1 the one before, 1 the first one; or a boot's id.  ``None``: all.
    :param since_us: Where to begin, in microseconds of the epoch; found by bisection, not by reading.
    :param until_us: Where to stop.
    :param machine: A machine's id or host name.
    :param every_writer: Also read what others than the kernel wrote, which may be forged.
    :param neighbours: Also take what ``oomlog.events.neighbourhood`` looks for.
    """

    only: bool = False
    boot: int | str | None = None
    since_us: int | None = None
    until_us: int | None = None
    machine: str | None = None
    every_writer: bool = False
    neighbours: bool = False

    @property
    def is_whole(self) -> bool:
        """Return whether all of the kernel's records are read, and no others under its name."""
        return self._replace(only=False, neighbours=False) == JournalQuery()


@dataclass(frozen=True, slots=True)
class LiveJournal:
    """The journal of this machine, as an input.

    :param roots: Where journald keeps its files.
    :param machine_id: The file that names this machine.
    """

    roots: tuple[str, ...] = ("/var/log/journal", "/run/log/journal")
    machine_id: str = "/etc/machine-id"


@dataclass(frozen=True, slots=True)
class JournalFiles:
    """Files that are one journal: rotated parts, users' own journals, several machines' in one folder."""

    name: str
    files: tuple[str, ...]
