"""One input -> its sources: a log is one, an archive many."""

from __future__ import annotations

import io
import os
import stat
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING

from oomlog.errors import SourceError
from oomlog.sources.base import Limits, Source
from oomlog.sources.content import Opener, examine, refusal, stream_source, text_source
from oomlog.sources.discover import is_journal_name, is_log_name
from oomlog.sources.journal_open import open_journal, open_packed_journal
from oomlog.sources.journal_query import JournalFiles, JournalQuery
from oomlog.sources.magic import Kind
from oomlog.sources.plain import is_kmsg, mtime_of, read_file, read_memory, read_object
from oomlog.sources.reasons import os_failure

if TYPE_CHECKING:
    import zipfile

__all__ = ["open_bytes", "open_object", "open_path", "open_stdin"]

_HEAD = 8 << 10
_BLOCK = 1 << 20
_NO_LOGS = "the archive holds no file named like a log"

Found = Iterator[Source | SourceError]


def open_path(name: str, limits: Limits, journal: JournalQuery, *, named: bool) -> Found:
    """Yield the sources of the file, pipe, device or archive ``name``.

    :param named: The user named it.  Otherwise it was found in a folder, and passed over when binary.
    """
    try:
        status = Path(name).stat()
        real = os.path.realpath(name)
    except OSError as error:
        yield os_failure(name, error)
        return
    except ValueError:
        yield SourceError(name, "is not a possible file name")
        return
    mode = status.st_mode
    if stat.S_ISSOCK(mode) or stat.S_ISBLK(mode):
        what = "socket" if stat.S_ISSOCK(mode) else "block device"
        yield SourceError(name, f"is a {what}, not a log", hint="name a file, a folder or a pipe")
    elif real == "/proc/kmsg":
        yield SourceError(
            name, "reading it takes messages away from the system's logger", hint="use /dev/kmsg"
        )
    elif not stat.S_ISREG(mode):
        for found in _open_stream(name, read_file(name, name, _BLOCK), limits, None, journal):
            if isinstance(found, Source):
                found.proven = is_kmsg(status)
            yield found
    else:
        opener = partial(read_file, name, name, expect=status)
        yield from _open_stored(
            name,
            opener,
            lambda: _zip_file(name),
            limits,
            journal,
            path=Path(name),
            size=status.st_size,
            mtime=mtime_of(status),
            named=named,
        )


def open_bytes(name: str, data: bytes, limits: Limits, journal: JournalQuery) -> Found:
    """Yield the sources in ``data``."""
    opener = partial(read_memory, data)
    return _open_stored(name, opener, lambda: _zip_file(io.BytesIO(data)), limits, journal, size=len(data))


def open_stdin(stdin: IO[bytes] | IO[str] | None, limits: Limits, journal: JournalQuery) -> Found:
    """Yield the sources in standard input."""
    file = stdin if stdin is not None else sys.stdin
    if file is None:  # the process was started with it closed
        return iter([SourceError("<stdin>", "there is no standard input", hint="name a file instead of '-'")])
    return open_object("<stdin>", getattr(file, "buffer", file), limits, journal)


def open_object(name: str, file: IO[bytes] | IO[str], limits: Limits, journal: JournalQuery) -> Found:
    """Yield the sources in the rest of an open file."""
    mtime = None
    try:
        status = os.fstat(file.fileno())
        mtime = mtime_of(status) if stat.S_ISREG(status.st_mode) else None
    except (OSError, ValueError, AttributeError):  # in memory, or closed: reading says so
        pass
    return _open_stream(name, read_object(name, file, _BLOCK), limits, mtime, journal)


def _open_stored(
    name: str,
    opener: Opener,
    open_zip: Callable[[], zipfile.ZipFile],
    limits: Limits,
    journal: JournalQuery,
    *,
    path: Path | None = None,
    size: int | None = None,
    mtime: datetime | None = None,
    named: bool = True,
) -> Found:
    with closing(opener(_HEAD)) as raw:
        content = examine(name, raw, limits, _HEAD)
        if isinstance(content.stream.failure, SourceError):
            yield content.stream.failure
            return
        source = text_source(name, content, opener, limits, path=path, size=size, mtime=mtime)
    kind = content.nature.kind
    if kind is Kind.TAR:
        yield from _twice(name, partial(_tar, name, opener, limits, journal), journal)
    elif kind is Kind.ZIP and not content.compressed:
        from oomlog.sources.archives import zip_sources

        yield from _twice(name, lambda wanted: zip_sources(name, open_zip, wanted, limits, journal), journal)
    elif kind is Kind.JOURNAL and content.as_is and path is not None:
        yield from open_journal(JournalFiles(name, (str(path),)), journal)
    elif kind is Kind.JOURNAL:
        yield from open_packed_journal(
            name, lambda: examine(name, opener(_BLOCK), limits).stream, limits, journal
        )
    elif kind is Kind.BINARY and not named:
        return
    else:
        yield refusal(name, content.nature) or _not_journal(name, journal) or source


def _not_journal(name: str, journal: JournalQuery) -> SourceError | None:
    if not journal.only:
        return None
    return SourceError(name, "is not a systemd journal file", hint="leave --journal out to read it as text")


# Archives are rare and their modules slow to import, so they are loaded when one is met.
def _zip_file(file: str | io.BytesIO) -> zipfile.ZipFile:
    import zipfile

    return zipfile.ZipFile(file)


def _tar(
    name: str, opener: Opener, limits: Limits, journal: JournalQuery, wanted: Callable[[str], bool]
) -> Found:
    from oomlog.sources.archives import tar_sources

    with closing(opener(_BLOCK)) as raw:
        yield from tar_sources(name, examine(name, raw, limits).stream, wanted, limits, journal)


# In an archive without one log-like name, everything that is text is tried.
def _twice(name: str, read: Callable[[Callable[[str], bool]], Found], journal: JournalQuery) -> Found:
    for wanted in (_no_name,) if journal.only else (is_log_name, _any_name):
        nothing = True
        for result in read(wanted):
            nothing = False
            yield result
        if not nothing:
            return
    if journal.only:
        yield SourceError(name, "the archive holds no systemd journal file")
    else:
        yield SourceError(name, "the archive holds no text file")


def _any_name(path: str) -> bool:
    return not is_journal_name(path)


def _no_name(_: str) -> bool:
    return False


def _open_stream(
    name: str,
    stored: Generator[bytes, None, None],
    limits: Limits,
    mtime: datetime | None,
    journal: JournalQuery,
) -> Found:
    content = examine(name, stored, limits)
    if isinstance(content.stream.failure, SourceError):
        yield content.stream.failure
    elif content.nature.kind is Kind.ZIP:
        yield SourceError(
            name, "a zip archive cannot be read from a pipe", hint="save it to a file and name that"
        )
    elif content.nature.kind is Kind.TAR:
        from oomlog.sources.archives import tar_sources

        nothing = True
        wanted = _no_name if journal.only else is_log_name
        for result in tar_sources(name, content.stream, wanted, limits, journal):
            nothing = False
            yield result
        if nothing:
            yield SourceError(
                name, _NO_LOGS, hint="save it to a file and name that: then all text in it is tried"
            )
    elif content.nature.kind is Kind.JOURNAL:
        yield from open_packed_journal(name, lambda: content.stream, limits, journal)
    else:
        yield (
            refusal(name, content.nature)
            or _not_journal(name, journal)
            or stream_source(name, content, mtime=mtime)
        )
