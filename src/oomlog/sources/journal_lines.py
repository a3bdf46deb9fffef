"""One record of the journal -> one line that nothing is lost in.

The line is a record of ``/dev/kmsg`` with the journal's fields in it::

    4,0000000017,000012345678,-,real:1763805600123456,boot:<32 digits>,host:web1,by:kernel;Mem-Info:

The numbers are the priority (with the facility in front unless that is the kernel's), the record's place
in what was read, and microseconds since boot.  Their widths are fixed, so that the lines of one report have
prefixes of one shape.  Text is escaped as the kernel does it there (``\\xNN``), and beyond: nothing in a
message may look like a record of another format.
"""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["Record", "line_of"]

# Printable ASCII but the backslash, and but "{", which could begin a JSON record.
_PLAIN = bytes(set(range(0x20, 0x7F)) - set(b"\\{"))
_ODD = re.compile(rb"[^ -<>-\[\]-z|-~]")
_ODD_NAME = re.compile(rb"[^\w.:@+-]", re.ASCII)
_LATEST = 253_402_300_800_000_000  # the year 10000
_USER = 1 << 3
_LONGEST_NAME = 100


class Record(NamedTuple):
    """What is taken from an entry of the journal.

    :ivar level: syslog's severity, 0 to 7.
    :ivar uptime_us: By the kernel's clock; ``None`` where the record has none.
    :ivar real_us: When journald got it.
    :ivar kernel: The kernel wrote it; journald vouches for that.
    :ivar doubtful: Whoever wrote it is not who the record says.
    """

    message: bytes
    real_us: int
    boot: str
    uptime_us: int | None
    host: bytes
    writer: bytes
    level: int = 6
    kernel: bool = True
    doubtful: bool = False


def line_of(record: Record, ordinal: int) -> bytes:
    """Return the record as a line."""
    real = b"%d" % record.real_us if record.real_us < _LATEST else b""
    uptime = b"" if record.uptime_us is None else b"%012d" % record.uptime_us
    return b"%s,%010d,%s,%s,real:%s,boot:%s,host:%s,by:%s;%s\n" % (
        b"%d" % record.level if record.kernel else b"%03d" % (_USER | record.level),
        ordinal,
        uptime,
        b"?" if record.doubtful else b"-",
        real,
        record.boot.encode(),
        _name(record.host),
        _name(record.writer),
        text_of(record.message),
    )


def text_of(message: bytes) -> bytes:
    """Return the message with everything escaped that could be taken for something else.

    >>> text_of(b"oom_reaper: reaped process 7 (a\\nb)")
    b'oom_reaper: reaped process 7 (a\\\\x0ab)'
    """
    # "=3D" would be taken for the transfer encoding of a mail.
    if message.translate(None, _PLAIN) or b"=3D" in message:
        return _ODD.sub(_hex, message)
    return message


def _name(name: bytes) -> bytes:
    return _ODD_NAME.sub(_hex, name[:_LONGEST_NAME])


def _hex(found: re.Match[bytes]) -> bytes:
    return b"\\x%02x" % found[0][0]
