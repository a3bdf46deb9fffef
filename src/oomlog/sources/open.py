"""What the user named -> sources, in a fixed order, errors in their place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from oomlog.errors import SourceError
from oomlog.sources.base import Input, Limits, Source
from oomlog.sources.grouping import in_order
from oomlog.sources.inputs import open_bytes, open_object, open_path, open_stdin
from oomlog.sources.journal_groups import with_journals
from oomlog.sources.journal_open import open_journal
from oomlog.sources.journal_query import JournalFiles, JournalQuery, LiveJournal
from oomlog.sources.plan import Candidate, no_logs, plan

__all__ = ["open_sources"]

_DEFAULT = Limits()
_EVERYTHING = JournalQuery()


def open_sources(
    inputs: Iterable[Input] | Input,
    *,
    stdin: IO[bytes] | IO[str] | None = None,
    limits: Limits = _DEFAULT,
    journal: JournalQuery = _EVERYTHING,
) -> Iterator[Source | SourceError]:
    """Yield one source per log, or the reason why there is none; the other inputs go on.

    Rotated sets come oldest first, in the place of their first-named member; the rest keeps the order
    given, and a folder's files are sorted.  A file reached twice is read once.  Names are looked at
    before the first source is yielded, contents when a source's turn comes.

    :param inputs: Paths of logs, archives and folders; ``"-"`` for standard input; open files, which
        stay open; ``bytes``, or a ``str`` with a newline in it, for the log itself.  A ``Path`` is
        always a path, whatever characters it has.
    :param journal: Which records of journals are wanted.
    :param stdin: Stands for ``"-"``; by default the process's standard input.
    """
    candidates = list(with_journals(list(plan(inputs)), only=journal.only))
    silent = {candidate.folder for candidate in candidates if candidate.folder is not None}
    folders = list(dict.fromkeys(c.folder for c in candidates if c.folder is not None))
    stdin_used = False
    before_was_read = False
    for place in in_order([candidate.path for candidate in candidates]):
        candidate = candidates[place.index]
        if candidate.item == "-" and stdin_used:
            yield SourceError("<stdin>", "was named twice and can be read once", hint="name '-' once")
            continue
        stdin_used = stdin_used or candidate.item == "-"
        continues = place.continues and before_was_read
        before_was_read = False
        for found in _open(candidate, stdin, limits, journal):
            if isinstance(found, Source):
                found.continues = found.continues or continues
                found.continued = found.continued or place.continued
                before_was_read = True
            continues = False
            silent.discard(candidate.folder)
            yield found
    for folder in folders:
        if folder in silent:
            yield no_logs(folder)


def _open(
    candidate: Candidate, stdin: IO[bytes] | IO[str] | None, limits: Limits, journal: JournalQuery
) -> Iterator[Source | SourceError]:
    item = candidate.item
    if isinstance(item, SourceError):
        return iter([item])
    if isinstance(item, JournalFiles | LiveJournal):
        return open_journal(item, journal)
    if isinstance(item, str):
        return open_stdin(stdin, limits, journal)
    if isinstance(item, bytes):
        return open_bytes(candidate.name, item, limits, journal)
    if not isinstance(item, Path):
        return open_object(candidate.name, item, limits, journal)
    return open_path(candidate.name, limits, journal, named=candidate.folder is None)
