"""The records of one machine in a journal, read in the order of the journal, as lines.

Records of the kernel are found by their transport, which journald itself sets, so nobody else can write
one.  What systemd, systemd-oomd and earlyoom say about kills is read with them, and what others write under
the kernel's name; these are few, so all their fields are looked at.  Of the kernel's records, which are
many, only those that may be about a kill are.
"""

from __future__ import annotations

import errno
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from oomlog.sources.journal_lines import Lines, Record
from oomlog.sources.journal_query import JournalQuery
from oomlog.sources.journal_reasons import journal_failure

if TYPE_CHECKING:
    from systemd._reader import _Reader

__all__ = ["FIELDS", "WORDS", "Log", "described", "lost_records"]

WORDS = (b"oom", b"emory", b"ill")
"""One of these is in every message of the kernel that a kill is found by; see ``oomlog.lines.anchors``."""
_NEIGHBOURS = (b"allocation failure", b"Linux version ")
"""What ``oomlog.events.neighbourhood`` looks for besides; each word is another search of all messages."""

_KERNEL = (("_TRANSPORT=kernel",),)
# systemd.journal-fields(7): fields with an underscore are journald's own words, the others the writer's.
_OTHERS: tuple[tuple[str, ...], ...] = (
    # sd-messages.h: SD_MESSAGE_UNIT_OUT_OF_MEMORY, SD_MESSAGE_UNIT_OOMD_KILL
    ("MESSAGE_ID=fe6faa94e7774663a0da52717891d8ef",),
    ("MESSAGE_ID=d989611b15e44c9dbf31e3c81256e4ed",),
    # SD_MESSAGE_UNIT_PROCESS_EXIT, SD_MESSAGE_UNIT_FAILURE_RESULT, SD_MESSAGE_UNIT_RESTART_SCHEDULED
    ("MESSAGE_ID=98e322203f7a4ed290d09fe03c09fe15",),
    ("MESSAGE_ID=d9b373ed55a64feb8242e02dbe79a49c",),
    ("MESSAGE_ID=5eb03494b6584870a536b337290809b3",),
    ("_SYSTEMD_UNIT=systemd-oomd.service",),
    ("_SYSTEMD_UNIT=earlyoom.service",),
    ("SYSLOG_IDENTIFIER=systemd-oomd",),
    ("SYSLOG_IDENTIFIER=earlyoom",),
    # The kernel's name in somebody else's hand.
    ("SYSLOG_IDENTIFIER=kernel", "_TRANSPORT=syslog", "_TRANSPORT=journal", "_TRANSPORT=stdout"),
)
_SERVICES = frozenset({b"systemd-oomd.service", b"earlyoom.service", b"init.scope"})
FIELDS = (
    "_TRANSPORT", "SYSLOG_FACILITY", "SYSLOG_IDENTIFIER", "_COMM", "_UID", "_SYSTEMD_UNIT",
    "_SOURCE_MONOTONIC_TIMESTAMP", "_HOSTNAME", "PRIORITY",
)  # fmt: skip
_MARGIN_US = 120_000_000
"""So much more is read at both ends: a report that begins before a bound is not taken for a cut one."""
_RUN = 512
"""So many records are looked at together."""
# What libsystemd says about an entry, or a part of it, that is not there.
_LOST = frozenset({errno.EBADMSG, errno.EADDRNOTAVAIL, errno.ENODATA, errno.E2BIG, errno.EPROTONOSUPPORT})

Open = Callable[[], "_Reader"]


class Log:
    """The records of one machine.

    :param opened: Opens the journal.
    :param also: Matches for the machine and the boot.
    :ivar next_line: Number of the line after the last one that was read.
    :ivar damaged: A file could not be read to its end, or a record not as a whole.
    :ivar kernels: How many records of the kernel were read.
    """

    def __init__(
        self, name: str, opened: Open, query: JournalQuery, also: tuple[str, ...], first_line: int
    ) -> None:
        self._name = name
        self._opened = opened
        self._query = query
        self._also = also
        self._first_line = self.next_line = first_line
        self._until = 1 << 64 if query.until_us is None else query.until_us + _MARGIN_US
        self.damaged = False
        self.kernels = 0

    def read(self, size: int) -> Iterator[bytes]:
        """Yield the records as lines, in blocks.

        :raise SourceError: The files are gone.
        """
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
            raise journal_failure(self._name, failure)

    def _fill(self, lines: Lines) -> Iterator[None]:
        if self._query.every_writer:
            for record in self._every([()]):
                lines.add(record)
                yield
            return
        others = self._every(_OTHERS)
        other = next(others, None)
        for found in self._kernels(lines):
            while other is not None and found is not None and other.real_us < found.real_us:
                lines.add(other)
                other = next(others, None)
            if found is not None:
                lines.add(found)
            yield
        while other is not None:
            lines.add(other)
            other = next(others, None)
            yield

    def _reader(self, choices: Sequence[tuple[str, ...]]) -> _Reader:
        reader = self._opened()
        for choice in choices:
            for match in (*choice, *self._also):
                reader.add_match(match)
            reader.add_disjunction()
        return reader

    def _start(self, reader: _Reader) -> None:
        if self._query.since_us is None:
            reader.seek_head()
        else:
            reader.seek_realtime(max(0, self._query.since_us - _MARGIN_US))

    def _kernels(self, lines: Lines) -> Iterator[Record | None]:
        """Yield the records that may be about a kill; the others go into ``lines``, at times with ``None``.

        A journal has millions of those, so that of a run of records only the messages are asked for; where
        one is of interest, the run is read once more.
        """
        reader = self._reader(_KERNEL)
        usage = reader.get_usage()
        self._start(reader)
        words = WORDS + _NEIGHBOURS if self._query.neighbours else WORDS
        last = b""
        more = True
        while more and reader._next():
            cursor, boot = reader._get_cursor(), reader._get_monotonic()[1]
            run, more, whole = _run(reader)
            self.kernels += len(run)
            self.damaged = self.damaged or not whole
            wanted = _wanted(run, words)
            if reader.get_usage() < usage:
                # libsystemd has given up a file that is damaged, and stands nowhere.
                self.damaged = True
                reader, wanted = self._reader(_KERNEL), range(len(run))
            elif boot != last or boot != reader._get_monotonic()[1]:
                wanted = range(len(run))
            elif not wanted:
                lines.add_run(run)
                yield None
                if reader._get_realtime() > self._until:
                    return
                continue
            reader.seek_cursor(cursor)
            done = 0
            for index in wanted:
                lines.add_run(run[done:index])
                if not reader._next(index + 1 - done):
                    break
                done = index + 1
                record = _whole(reader, run[index])
                if record.real_us > self._until:
                    return
                last = reader._get_monotonic()[1]
                lines.set_origin(record)
                yield record
            lines.add_run(run[done:])
            if done < len(run):
                reader._next(len(run) - done)
            usage = reader.get_usage()

    def _every(self, choices: Sequence[tuple[str, ...]]) -> Iterator[Record]:
        reader = self._reader(choices)
        usage = reader.get_usage()
        self._start(reader)
        while reader._next():
            message = _message(reader)
            if message is None:
                continue
            record = _whole(reader, message)
            if record.real_us > self._until:
                return
            yield record
        self.damaged = self.damaged or reader.get_usage() < usage


def lost_records(reader: _Reader, counted: int | None) -> tuple[int | None, int | None] | None:
    """Read the kernel's records of one file, and return how many are lost of how many; ``None`` for none.

    libsystemd gives up a damaged file, or leaves records or a part of them out, and says so nowhere.

    :param counted: How many the file says it has; ``None`` where it is too damaged to tell.
    """
    usage = reader.get_usage()
    reader.add_match(_KERNEL[0][0])
    found = 0
    while reader._next():
        found += _message(reader) is not None
    if counted is None:
        return None, None
    if found < counted:
        return counted - found, counted
    return (None, counted) if reader.get_usage() < usage else None


def _run(reader: _Reader) -> tuple[list[bytes], bool, bool]:
    """Return the messages from here on, whether there may be more, and whether none was missing."""
    step, get = reader._next, reader._get
    run: list[bytes] = []
    whole = True
    while True:
        try:
            run.append(get("MESSAGE"))
        except (KeyError, OSError) as error:
            _pass_over(error)
            run.append(b"")
            whole = False  # each of the kernel's has one
        if len(run) == _RUN:
            return run, True, whole
        if not step():  # the reader still stands at the last entry
            return run, False, whole


def _wanted(run: Sequence[bytes], words: Sequence[bytes]) -> Sequence[int]:
    """Return the numbers of the messages that may be about a kill, in order."""
    together = b"\n".join(run)
    hits = []
    for word in words:
        at = together.find(word)
        while at >= 0:
            hits.append(at)
            at = together.find(word, at + 1)
    if not hits:
        return ()
    ends = list(accumulate(len(message) + 1 for message in run))
    return sorted({bisect_right(ends, at) for at in hits})


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


def _whole(reader: _Reader, message: bytes) -> Record:
    """Look at everything that a record says about itself."""
    fields: dict[str, Any] = {}
    for key in FIELDS:
        try:
            fields[key] = reader._get(key)
        except (KeyError, OSError) as error:
            _pass_over(error)
    return described(fields, message, reader._get_realtime(), reader._get_monotonic()[1].hex())


def described(fields: Mapping[str, bytes], message: bytes, real_us: int, boot: str) -> Record:
    """Return the record of an entry, with who wrote it as far as journald vouches for that."""
    kernel = fields.get("_TRANSPORT") == b"kernel"
    # The kernel's facility is 0; what root writes into /dev/kmsg has another.
    own = kernel and not _number(fields.get("SYSLOG_FACILITY"))
    proven = kernel or fields.get("_UID") == b"0" or fields.get("_SYSTEMD_UNIT") in _SERVICES
    return Record(
        message,
        real_us,
        boot,
        _number(fields.get("_SOURCE_MONOTONIC_TIMESTAMP")) if kernel else None,
        fields.get("_HOSTNAME", b""),
        b"kernel" if own else fields.get("SYSLOG_IDENTIFIER") or fields.get("_COMM") or b"?",
        min(_number(fields.get("PRIORITY")) or 0, 7),
        own,
        not proven,
    )


def _number(value: bytes | None) -> int | None:
    return int(value) if value is not None and value.isdigit() and len(value) < 20 else None
