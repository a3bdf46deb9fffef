"""The systemd journal -> logs, one per machine that wrote to it, each record a line.

Files are opened together, as journalctl does, so that rotated ones are one log.  libsystemd is asked
through the lower layer of systemd-python: the upper one converts every field of every record.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING

from oomlog.errors import SourceError
from oomlog.sources.base import Source
from oomlog.sources.journal_boots import boot_of
from oomlog.sources.journal_count import kernel_records
from oomlog.sources.journal_files import Usable, live_files, refused_live, usable
from oomlog.sources.journal_query import JournalFiles, JournalQuery, LiveJournal
from oomlog.sources.journal_reasons import damaged_inside, journal_failure, no_journal, not_allowed
from oomlog.sources.journal_records import Log, lost_records

if TYPE_CHECKING:
    from systemd._reader import _Reader

__all__ = ["available", "journal_sources", "live_sources", "missing_package"]

_MESSAGE_SIZE = (1 << 20) + 1
"""A longer message is cut there; its line is then too long, which is reported."""
_MOST_MACHINES = 1000
_COUNTED_AGAIN = 1_000_000
"""Of a larger journal of which only a part was asked for, losses are not looked for: it takes a second."""


def available() -> bool:
    """Tell whether the journal can be read."""
    try:
        return find_spec("systemd._reader") is not None
    except ImportError:  # there is no package of that name
        return False


def missing_package(name: str, command: str, what: str = "is not a log but a systemd journal") -> SourceError:
    """Say what to install, and what to do without.

    :param command: Gives the kernel's messages as text.  Not with -k, which stands for this boot as well.
    """
    return SourceError(
        name,
        f"{what}; the package that reads journals is missing",
        hint="pip install 'oomlog[journal]' (it is compiled: apt install libsystemd-dev pkg-config gcc); "
        f"or give this as text: {command}",
    )


def live_sources(live: LiveJournal, query: JournalQuery) -> Iterator[Source | SourceError]:
    """Yield the logs in this machine's journal."""
    if not available():
        command = "journalctl _TRANSPORT=kernel -o short-iso-precise | oomlog parse"
        yield missing_package("journal", command, "cannot be read")
        return
    files = live_files(live, every_machine=query.machine is not None)
    refused, others = refused_live(files)
    if not files:
        yield no_journal(live.roots)
    elif refused:
        yield not_allowed(refused[0])
    else:
        readable = tuple(file for file in files if file not in others)
        yield from journal_sources(JournalFiles("journal", readable), query, live=True)


def journal_sources(
    journal: JournalFiles, query: JournalQuery, *, names: dict[str, str] | None = None, live: bool = False
) -> Iterator[Source | SourceError]:
    """Yield one log per machine, after what is wrong with single files.

    :param names: What the files are called, where that is not their path.
    """
    with tempfile.TemporaryDirectory(prefix="oomlog-") as folder:
        paths: dict[str, str] = {}
        known: set[str] = set()
        for file in journal.files:
            shown = (names or {}).get(file, file)
            found = _looked_at(file, shown, folder)
            if found.problem is not None:
                yield found.problem
                known.add(shown)
            if found.path is not None:
                paths[found.path] = shown
        if not paths:
            return
        logs: list[Log] = []
        counts = {path: kernel_records(path) for path in paths}
        try:
            yield from _machines(journal.name, list(paths), query, logs, live=live)
        except OSError as error:
            yield journal_failure(journal.name, error)
        for path in _doubtful(counts, logs, query):
            if paths[path] not in known:
                lost = lost_records(_opened([path]), counts[path])
                if lost is not None:
                    yield damaged_inside(paths[path], *lost)


def _doubtful(counts: dict[str, int | None], logs: Sequence[Log], query: JournalQuery) -> list[str]:
    """Return the files to be counted once more, because something may be missing."""
    broken = [path for path, count in counts.items() if count is None]
    counted = sum(count or 0 for count in counts.values())
    if any(log.damaged for log in logs):
        return list(counts)
    if query.is_whole:
        # Files may also have records in common; then each has what it counts.
        return list(counts) if sum(log.kernels for log in logs) < counted else broken
    return list(counts) if counted <= _COUNTED_AGAIN else broken


def _looked_at(path: str, shown: str, folder: str) -> Usable:
    found = usable(path, shown, folder)
    if found.path is None:
        return found
    try:
        _opened([found.path]).close()
    except OSError as error:
        return Usable(None, found.problem or journal_failure(shown, error))
    return found


def _opened(paths: Sequence[str]) -> _Reader:
    from systemd import _reader

    reader = _reader._Reader(flags=0, files=list(paths))
    reader.data_threshold = _MESSAGE_SIZE
    return reader


def _machines(
    name: str, paths: Sequence[str], query: JournalQuery, logs: list[Log], *, live: bool
) -> Iterator[Source | SourceError]:
    reader = _opened(paths)
    first_line = 1
    for machine in _machine_matches(reader, query):
        boot: tuple[str, ...] = ()
        if query.boot is not None:
            found = boot_of(reader, name, query.boot, machine, live=live)
            if isinstance(found, SourceError):
                yield found
                continue
            boot = (found,)
        log = Log(name, partial(_opened, paths), query, machine + boot, first_line)
        logs.append(log)
        yield Source(name, None, None, None, log.read, proven=True, first_line=first_line)
        first_line = log.next_line


def _machine_matches(reader: _Reader, query: JournalQuery) -> list[tuple[str, ...]]:
    wanted = query.machine
    if wanted is not None:
        bare = wanted.replace("-", "").lower()
        is_id = len(bare) == 32 and set(bare) <= set("0123456789abcdef")
        return [(f"_MACHINE_ID={bare}" if is_id else f"_HOSTNAME={wanted}",)]
    ids = sorted(reader.query_unique("_MACHINE_ID"))
    if not 1 < len(ids) <= _MOST_MACHINES:
        return [()]
    return [(f"_MACHINE_ID={each.decode('ascii', 'replace')}",) for each in ids]
