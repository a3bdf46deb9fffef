"""tar and zip archives (sosreports, supportconfig, a packed /var/log) -> one source per log in them.

Nothing is unpacked by name: members are copied to an unnamed temporary file (tar) or read in place
(zip), so a hostile member name never reaches the file system.
"""

from __future__ import annotations

import lzma
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from oomlog.errors import SourceError
from oomlog.sources.base import Limits, Source
from oomlog.sources.compressed import Meter
from oomlog.sources.content import Opener, examine, refusal, stream_source, text_source
from oomlog.sources.discover import is_journal_name
from oomlog.sources.grouping import in_order
from oomlog.sources.journal_open import ArchiveJournals
from oomlog.sources.journal_query import JournalQuery
from oomlog.sources.magic import Kind
from oomlog.sources.reasons import os_failure
from oomlog.sources.spool import Spool
from oomlog.sources.stream import Stream
from oomlog.sources.tar import Member, members

__all__ = ["tar_sources", "zip_sources"]

_HEAD = 8 << 10
_MOST = 4096  # members put in order together, whatever their size


@dataclass(frozen=True, slots=True)
class _Kept:
    name: str
    size: int
    mtime: datetime | None
    opener: Opener


def tar_sources(
    name: str, stream: Stream, wanted: Callable[[str], bool], limits: Limits, journal: JournalQuery
) -> Iterator[Source | SourceError]:
    """Yield the wanted members, rotated sets in order, then what was wrong with the archive.

    Members are kept until ``limits.spool_bytes`` are reached; then those so far are put in order and
    yielded, so a set spread over more than that comes in pieces.  A single larger member is passed on
    unspooled and must be read before the next source is asked for.
    """
    kept: list[_Kept] = []
    spool = Spool()
    journals = ArchiveJournals(name, journal, limits)
    try:
        for member in members(name, stream):
            if not member.regular:
                continue
            if is_journal_name(member.name):
                journals.add(member.name, member.size, member.data)
                continue
            if not wanted(member.name):
                continue
            journals.saw(member.name)
            shown = f"{name}:{member.name}"
            if len(kept) >= _MOST or spool.size + member.size > limits.spool_bytes:
                yield from _ordered(name, kept, limits)
                kept, spool = [], Spool()
            if member.size > limits.max_bytes:
                yield SourceError(shown, f"has more than {limits.max_bytes:,} bytes", hint="unpack it first")
            elif member.size > limits.spool_bytes:
                yield from _passing(shown, member, limits)
            else:
                try:
                    _keep(member, spool, kept)
                except OSError as error:  # of the temporary file
                    yield os_failure(shown, error)
    except SourceError as error:
        yield from _ordered(name, kept, limits)
        yield from journals.sources()
        yield error
        return
    yield from _ordered(name, kept, limits)
    yield from journals.sources()


def zip_sources(
    name: str,
    opener: Callable[[], zipfile.ZipFile],
    wanted: Callable[[str], bool],
    limits: Limits,
    journal: JournalQuery,
) -> Iterator[Source | SourceError]:
    """Yield the wanted members of a zip archive, rotated sets in order."""
    try:
        with opener() as archive:
            infos = [info for info in archive.infolist() if not info.is_dir()]
    except OSError as error:
        yield os_failure(name, error)
        return
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        yield SourceError(name, f"the archive is damaged ({error})", hint="try: zip -FF FILE --out fixed.zip")
        return
    journals = ArchiveJournals(name, journal, limits)
    kept = []
    for info in infos:
        read = _zip_opener(name, opener, info, limits)
        if is_journal_name(info.filename):
            journals.add(info.filename, info.file_size, partial(read, 1 << 20))
        elif wanted(info.filename):
            journals.saw(info.filename)
            kept.append(_Kept(info.filename, info.file_size, _zip_time(info), read))
    yield from _ordered(name, kept, limits)
    yield from journals.sources()


# What was read of a member stays, also when the archive or the temporary file ends in the middle of it.
def _keep(member: Member, spool: Spool, kept: list[_Kept]) -> None:
    start = spool.size
    try:
        for block in member.data():
            spool.put(block)
    finally:
        length = spool.size - start
        if length or not member.size:
            kept.append(_Kept(member.name, length, member.mtime, partial(spool.read, start, length)))


def _passing(name: str, member: Member, limits: Limits) -> Iterator[Source | SourceError]:
    passed = False

    def data() -> Iterator[bytes]:
        done = 0
        for block in member.data():
            done += len(block)
            yield block
        if passed and done < member.size:
            raise SourceError(
                name,
                "was not read before the next one of its archive",
                hint="read each source before the next",
            )

    content = examine(name, data(), limits)
    if content.nature.kind is not Kind.BINARY:
        yield refusal(name, content.nature) or stream_source(
            name, content, size=member.size, mtime=member.mtime
        )
    passed = True


def _ordered(archive: str, kept: list[_Kept], limits: Limits) -> Iterator[Source | SourceError]:
    after_source = False
    for place in in_order([item.name for item in kept]):
        item = kept[place.index]
        name = f"{archive}:{item.name}"
        with closing(item.opener(_HEAD)) as raw:
            content = examine(name, raw, limits, _HEAD)
            source = text_source(name, content, item.opener, limits, size=item.size, mtime=item.mtime)
        source.continues = place.continues and after_source
        source.continued = place.continued
        after_source = False
        if content.nature.kind is Kind.BINARY:
            continue
        if refused := refusal(name, content.nature):
            yield refused
        else:
            after_source = True
            yield source


def _zip_time(info: zipfile.ZipInfo) -> datetime | None:
    try:
        return datetime(*info.date_time, tzinfo=UTC)  # zip keeps local time of an unknown zone
    except ValueError:
        return None


def _zip_opener(
    name: str, opener: Callable[[], zipfile.ZipFile], info: zipfile.ZipInfo, limits: Limits
) -> Opener:
    def read(size: int) -> Generator[bytes, None, None]:
        meter = Meter(name, limits)
        meter.stored = info.compress_size
        try:
            with opener() as archive, archive.open(info) as file:
                while block := file.read(min(size, 64 << 10)):
                    meter.unpacked += len(block)
                    yield block
                    if failure := meter.excess():
                        raise failure
        except OSError as error:
            raise os_failure(name, error, after=meter.unpacked) from None
        except RuntimeError:
            raise SourceError(name, "is encrypted", hint="unpack it first: unzip FILE") from None
        except NotImplementedError as error:
            raise SourceError(
                name, f"cannot be unpacked ({error})", hint="unpack it first: unzip FILE"
            ) from None
        except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, ValueError) as error:
            raise SourceError(name, f"damaged after {meter.unpacked:,} bytes of text: {error}") from None

    return read
