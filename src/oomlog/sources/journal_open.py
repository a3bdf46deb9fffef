"""Journals as inputs: named, in a folder, compressed, through a pipe, in an archive.

What reads them is slow to import and may be missing, so that is asked for here and not before.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from oomlog.errors import SourceError
from oomlog.sources.base import Limits, Source
from oomlog.sources.discover import is_kernel_log_name
from oomlog.sources.journal_files import write_copy
from oomlog.sources.journal_query import JournalFiles, JournalQuery, LiveJournal
from oomlog.sources.reasons import os_failure

if TYPE_CHECKING:
    from tempfile import TemporaryDirectory

__all__ = ["ArchiveJournals", "open_journal", "open_packed_journal"]


def open_journal(
    item: JournalFiles | LiveJournal, query: JournalQuery, *, names: dict[str, str] | None = None
) -> Iterator[Source | SourceError]:
    """Yield the sources in a journal.

    :param names: What its files are called, where that is not their path.
    """
    from oomlog.sources.journal import available, journal_sources, live_sources, missing_package

    if isinstance(item, LiveJournal):
        yield from live_sources(item, query)
    elif available():
        yield from journal_sources(item, query, names=names)
    else:
        command = "--directory" if len(item.files) > 1 else "--file"
        where = item.name if names is None else "PATH"
        yield missing_package(
            item.name, f"journalctl {command} {where} _TRANSPORT=kernel -o short-iso-precise"
        )


def open_packed_journal(
    name: str, opener: Callable[[], Iterator[bytes]], limits: Limits, query: JournalQuery
) -> Iterator[Source | SourceError]:
    """Yield the sources in one journal file that is compressed or passing by."""
    with _temporary_folder() as folder:
        path = posixpath.join(folder, "0.journal")
        try:
            write_copy(path, opener(), limits, name)
        except SourceError as error:  # what was read before is read
            yield error
        except OSError as error:  # of the temporary file
            yield os_failure(name, error)
            return
        yield from open_journal(JournalFiles(name, (path,)), query, names={path: name})


def _temporary_folder() -> TemporaryDirectory[str]:
    from tempfile import TemporaryDirectory

    return TemporaryDirectory(prefix="oomlog-")


class ArchiveJournals:
    """The journal files of an archive, which are one journal.

    They are left out where the archive has the kernel's log as text, too, as in a folder.
    """

    def __init__(self, archive: str, query: JournalQuery, limits: Limits) -> None:
        self._archive = archive
        self._query = query
        self._limits = limits
        self._folder: TemporaryDirectory[str] | None = None
        self._files: dict[str, str] = {}
        self._failures: list[SourceError] = []
        self._as_text = False

    def saw(self, name: str) -> None:
        """Note the name of a text log."""
        self._as_text = self._as_text or is_kernel_log_name(name)

    def add(self, name: str, size: int, read: Callable[[], Iterator[bytes]]) -> None:
        """Copy a member; what is left out already is not."""
        if self._as_text and not self._query.only:
            return
        shown = f"{self._archive}:{name}"
        if size > self._limits.max_bytes:
            reason = f"has more than {self._limits.max_bytes:,} bytes"
            self._failures.append(SourceError(shown, reason, hint="unpack it first"))
            return
        try:
            if self._folder is None:
                self._folder = _temporary_folder()
            path = f"{self._folder.name}/{len(self._files)}.journal"
            self._files[path] = shown
            write_copy(path, read())
        except SourceError as error:
            self._failures.append(error)
        except OSError as error:  # of the temporary file
            self._failures.append(os_failure(shown, error))

    def sources(self) -> Iterator[Source | SourceError]:
        """Yield what was copied, unless it is to be left out."""
        if self._as_text and not self._query.only:
            return
        yield from self._failures
        if self._folder is None:
            return
        with self._folder:
            name = posixpath.commonpath(self._files.values()) if len(self._files) > 1 else ""
            journal = JournalFiles(name or next(iter(self._files.values())), tuple(self._files))
            yield from open_journal(journal, self._query, names=self._files)
