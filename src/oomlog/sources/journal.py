"""The systemd journal -> logs, one per machine that wrote to it, each record a line.

Records of the kernel are found by their transport, which journald itself sets, so nobody else can write
one.  What systemd, systemd-oomd and earlyoom say about kills is read with them, and what others write under
the kernel's name; only these are few, so all their fields are looked at.  Of the kernel's records, which
are many, only those that may be about a kill are.

libsystemd is asked through the lower layer of systemd-python: the upper one converts every field.
"""

from __future__ import annotations

import errno
import tempfile
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from oomlog.errors import SourceError
from oomlog.sources.base import Source
from oomlog.sources.journal_boots import boot_of
from oomlog.sources.journal_files import Usable, live_files, refused_live, usable
from oomlog.sources.journal_lines import Lines, Record
from oomlog.sources.journal_query import JournalFiles, JournalQuery, LiveJournal
from oomlog.sources.journal_reasons import journal_failure, no_journal, not_allowed, unreadable

if TYPE_CHECKING:
    from systemd._reader import _Reader

__all__ = ["WORDS", "available", "journal_sources", "live_sources", "missing_package"]

WORDS = (b"oom", b"emory", b"ill")
"""One of these is in every message of the kernel that a kill is found by; see ``oomlog.lines.anchors``."""

_KERNEL = "_TRANSPORT=kernel"
# systemd.journal-fields(7): fields with an underscore are journald's own words, the others the writer's.
_OTHERS: tuple[tuple[str, ...], ...] = (
    # sd-messages.h: SD_MESSAGE_UNIT_OUT_OF_MEMORY, SD_MESSAGE_UNIT_OOMD_KILL
    ("MESSAGE_ID=fe6faa94e7774663a0da52717891d8ef",),
    ("MESSAGE_ID=d989611b15e44c9dbf31e3c81256e4ed",),
    ("_SYSTEMD_UNIT=systemd-oomd.service",),
    ("_SYSTEMD_UNIT=earlyoom.service",),
    ("SYSLOG_IDENTIFIER=systemd-oomd",),
    ("SYSLOG_IDENTIFIER=earlyoom",),
    # The kernel's name in somebody else's hand.
    ("SYSLOG_IDENTIFIER=kernel", "_TRANSPORT=syslog", "_TRANSPORT=journal", "_TRANSPORT=stdout"),
)
_SERVICES = frozenset({b"systemd-oomd.service", b"earlyoom.service", b"init.scope"})
_MESSAGE_SIZE = (1 << 20) + 1
"""A longer message is cut there; its line is then too long, which is reported."""
_MARGIN_US = 120_000_000
"""So much more is read at both ends: a report that begins before a bound is not taken for a cut one."""
_MOST_MACHINES = 1000
_RUN = 512
"""So many records are looked at together."""


def available() -> bool:
    """Tell whether the journal can be read."""
    try:
        return find_spec("systemd._reader") is not None
    except ImportError:  # there is no package of that name
        return False


def missing_package(name: str, command: str) -> SourceError:
    """Say what to install, and what to do without."""
    return SourceError(
        name,
        "is not a log but a systemd journal, and the package that reads these is missing",
        hint="pip install 'oomlog[journal]' (it is compiled: apt install libsystemd-dev pkg-config gcc); "
        f"or give this as text: {command}",
    )


def live_sources(live: LiveJournal, query: JournalQuery) -> Iterator[Source | SourceError]:
    """Yield the logs in this machine's journal."""
    if not available():
        yield missing_package("journal", "journalctl -k -b all -o short-iso-precise | oomlog parse")
        return
    files = live_files(live, every_machine=query.machine is not None)
    refused = refused_live(files)
    if not files:
        yield no_journal(live.roots)
    elif refused:
        yield not_allowed(refused[0])
    else:
        yield from journal_sources(JournalFiles("journal", tuple(files)), query, live=True)


def journal_sources(
    journal: JournalFiles, query: JournalQuery, *, names: dict[str, str] | None = None, live: bool = False
) -> Iterator[Source | SourceError]:
    """Yield one log per machine, after what is wrong with single files.

    :param names: What the files are called, where that is not their path.
    """
    with tempfile.TemporaryDirectory(prefix="oomlog-") as folder:
        paths: list[str] = []
        for file in journal.files:
            found = _looked_at(file, (names or {}).get(file, file), folder)
            if found.problem is not None:
                yield found.problem
            if found.path is not None:
                paths.append(found.path)
        if not paths:
            return
        try:
            yield from _machines(journal.name, paths, query, live=live)
        except OSError as error:
            yield journal_failure(journal.name, error)


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
    name: str, paths: Sequence[str], query: JournalQuery, *, live: bool
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
        log = _Log(name, paths, query, machine + boot, first_line)
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


class _Log:
    """The records of one machine.

    :ivar next_line: Number of the line after the last one that was read.
    """

    def __init__(
        self, name: str, paths: Sequence[str], query: JournalQuery, also: tuple[str, ...], first_line: int
    ) -> None:
        self._name = name
        self._query = query
        self._first_line = self.next_line = first_line
        self._many = _matched(paths, [()] if query.every_writer else [(_KERNEL,)], also)
        self._few = None if query.every_writer else _matched(paths, _OTHERS, also)

    def read(self, size: int) -> Iterator[bytes]:
        """Yield the records as lines, in blocks."""
        lines = Lines(self._first_line)
        failure: OSError | None = None
        try:
            for _ in self._fill(lines):
                if lines.size >= size:
                    yield lines.take()
        except OSError as error:
            failure = error
        if lines.size:
            yield lines.take()
        self.next_line = lines.number
        if failure is not None:
            raise unreadable(self._name, failure)

    def _fill(self, lines: Lines) -> Iterator[None]:
        query = self._query
        until = 1 << 64 if query.until_us is None else query.until_us + _MARGIN_US
        others = _every(self._start(self._many if self._few is None else self._few), until)
        if self._few is not None:
            other = next(others, None)
            for record in _kernels(self._start(self._many), lines, until):
                while other is not None and record is not None and other.real_us < record.real_us:
                    lines.add(other)
                    other = next(others, None)
                if record is not None:
                    lines.add(record)
                yield
            if other is not None:
                lines.add(other)
        for other in others:
            lines.add(other)
            yield

    def _start(self, reader: _Reader) -> _Reader:
        if self._query.since_us is None:
            reader.seek_head()
        else:
            reader.seek_realtime(max(0, self._query.since_us - _MARGIN_US))
        return reader


def _matched(paths: Sequence[str], choices: Sequence[tuple[str, ...]], also: tuple[str, ...]) -> _Reader:
    reader = _opened(paths)
    for choice in choices:
        for match in (*choice, *also):
            reader.add_match(match)
        reader.add_disjunction()
    return reader


def _kernels(reader: _Reader, lines: Lines, until: int) -> Iterator[Record | None]:
    """Yield the records that may be about a kill; the others go into ``lines``, and now and then ``None``.

    A journal has millions of those, so that of a run of records only the messages are asked for; where one
    is of interest, the run is read once more.
    """
    step, get = reader._next, reader._get
    last = b""
    more = True
    while more and step():
        cursor, boot = reader._get_cursor(), reader._get_monotonic()[1]
        run: list[bytes] = []
        steps = 1
        while True:
            try:
                run.append(get("MESSAGE"))
            except (KeyError, OSError) as error:
                _pass_over(error)
            if steps == _RUN or not (more := step()):
                break
            steps += 1
        together = b"\n".join(run)
        # At the end the reader still stands at the last record.
        if boot == last == reader._get_monotonic()[1] and not any(word in together for word in WORDS):
            lines.add_run(run)
            yield None
            if reader._get_realtime() > until:
                return
            continue
        reader.seek_cursor(cursor)
        run = []
        for _ in range(steps):
            step()
            message = _message(reader)
            if message is None:
                continue
            boot = reader._get_monotonic()[1]
            if boot == last and not any(word in message for word in WORDS):
                run.append(message)
                continue
            lines.add_run(run)
            run = []
            record = _whole(reader, message)
            if record.real_us > until:
                return
            if boot != last:
                last = boot
                lines.set_origin(record)
            yield record
        lines.add_run(run)


def _every(reader: _Reader, until: int) -> Iterator[Record]:
    while reader._next():
        message = _message(reader)
        if message is None:
            continue
        record = _whole(reader, message)
        if record.real_us > until:
            return
        yield record


def _message(reader: _Reader) -> bytes | None:
    """Return the message of the current entry; ``None`` when it has none, or none that can be read."""
    try:
        message: bytes = reader._get("MESSAGE")
    except (KeyError, OSError) as error:
        _pass_over(error)
        return None
    return message


def _pass_over(error: KeyError | OSError) -> None:
    if isinstance(error, OSError) and error.errno not in _LOST:
        raise error


_LOST = frozenset({errno.EBADMSG, errno.EADDRNOTAVAIL, errno.ENODATA, errno.E2BIG, errno.EPROTONOSUPPORT})


def _whole(reader: _Reader, message: bytes) -> Record:
    """Look at everything that a record says about itself."""
    fields: dict[str, Any] = {}
    for key in _FIELDS:
        try:
            fields[key] = reader._get(key)
        except (KeyError, OSError):
            continue
    kernel = fields.get("_TRANSPORT") == b"kernel"
    facility = _number(fields.get("SYSLOG_FACILITY"))
    # The kernel's facility is 0; what root writes into /dev/kmsg has another.
    own = kernel and not facility
    writer = b"kernel" if own else fields.get("SYSLOG_IDENTIFIER") or fields.get("_COMM") or b"?"
    proven = kernel or fields.get("_UID") == b"0" or fields.get("_SYSTEMD_UNIT") in _SERVICES
    return Record(
        message,
        reader._get_realtime(),
        reader._get_monotonic()[1].hex(),
        _number(fields.get("_SOURCE_MONOTONIC_TIMESTAMP")) if kernel else None,
        fields.get("_HOSTNAME", b""),
        writer,
        min(_number(fields.get("PRIORITY")) or 0, 7),
        own,
        not proven,
    )


_FIELDS = (
    "_TRANSPORT", "SYSLOG_FACILITY", "SYSLOG_IDENTIFIER", "_COMM", "_UID", "_SYSTEMD_UNIT",
    "_SOURCE_MONOTONIC_TIMESTAMP", "_HOSTNAME", "PRIORITY",
)  # fmt: skip


def _number(value: bytes | None) -> int | None:
    return int(value) if value is not None and value.isdigit() and len(value) < 20 else None
