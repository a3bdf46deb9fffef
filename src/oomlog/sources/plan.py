"""What the user named -> the list of things to open, folders listed, duplicates dropped.

Only names are looked at here, and no file is opened.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from oomlog.errors import SourceError
from oomlog.sources.base import Input
from oomlog.sources.discover import walk
from oomlog.sources.encoding import encoded
from oomlog.sources.journal_query import JournalFiles, LiveJournal

__all__ = ["Candidate", "no_logs", "plan"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """One thing to open.

    :param item: A path (``Path``), the log itself (``bytes``), an open file, ``"-"``, a journal, or what
        already went wrong.
    :param folder: The named folder it was found below; None when it was named itself.
    """

    item: Path | bytes | IO[bytes] | IO[str] | str | SourceError | JournalFiles | LiveJournal
    name: str
    folder: str | None = None

    @property
    def path(self) -> str | None:
        """The absolute path, which tells rotated sets; None for what has none."""
        return posixpath.abspath(self.name) if isinstance(self.item, Path) else None


def plan(inputs: Iterable[Input] | Input) -> Iterator[Candidate]:
    """Yield what is to be opened, in the order given; a folder's files sorted."""
    seen: set[str] = set()
    for item in _as_list(inputs):
        if isinstance(item, str) and item == "-":
            yield Candidate(item, "<stdin>")
        elif isinstance(item, LiveJournal):
            yield Candidate(item, "journal")
        elif isinstance(item, str) and "\n" in item:
            yield Candidate(encoded(item), "<text>")
        elif isinstance(item, str | os.PathLike):
            yield from _named(os.fspath(item), seen)
        elif isinstance(item, bytes | bytearray | memoryview):
            yield Candidate(bytes(item), "<bytes>")
        else:
            name = getattr(item, "name", None)
            yield Candidate(item, name if isinstance(name, str) else "<stream>")


def no_logs(folder: str) -> SourceError:
    """Say that nothing in ``folder`` was read."""
    return SourceError(folder, "holds no file named like a log", hint="name the files themselves")


def _as_list(inputs: Iterable[Input] | Input) -> Iterable[Input]:
    # an open file, too, could be iterated: by lines
    if isinstance(inputs, str | bytes | bytearray | memoryview | os.PathLike | LiveJournal) or hasattr(
        inputs, "read"
    ):
        return [cast("Input", inputs)]
    return inputs


def _named(name: str, seen: set[str]) -> Iterator[Candidate]:
    if not posixpath.isdir(name):  # Path.is_dir() raises where a folder may not be entered
        if _first_time(name, seen):
            yield Candidate(Path(name), name)
        return
    empty = True
    for found in walk(name):
        empty = False
        if isinstance(found, SourceError):
            yield Candidate(found, found.name, name)
        elif _first_time(found, seen):
            yield Candidate(Path(found), found, name)
    if empty:
        yield Candidate(no_logs(name), name)


def _first_time(name: str, seen: set[str]) -> bool:
    try:
        real = os.path.realpath(name)
    except (OSError, ValueError):  # said when it is opened
        return True
    known = real in seen
    seen.add(real)
    return not known
