"""Records of the journal -> lines that nothing is lost in.

A line is a record of ``/dev/kmsg`` with the journal's fields in it::

    4,0000000017,000012345678,-,real:1763805600123456,boot:<32 digits>,host:web1,by:kernel;Mem-Info:

The numbers are the priority (with the facility in front unless that is the kernel's), the record's place
in what was read, and microseconds since boot.  Their widths are fixed, so that the lines of one report have
prefixes of one shape.  Text is escaped as the kernel does it there (``\\xNN``), and beyond: nothing in a
message may look like a record of another format.

Most records are about something else.  Their numbers are not asked for, and are all zeros.
"""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["Lines", "Record", "line_of"]

# Printable ASCII but the backslash, and but "{", which could begin a JSON record.
_PLAIN = bytes(set(range(0x20, 0x7F)) - set(b"\\{"))
_ODD = re.compile(rb"[^ -<>-\[\]-z|-~]")
_ODD_NAME = re.compile(rb"[^\w.:@+-]", re.ASCII)
_USER = 1 << 3
_LONGEST_NAME = 100


class Record(NamedTuple):
    """What is taken from an entry of the journal.

    :ivar uptime_us: By the kernel's clock; ``None`` where the record has none.
    :ivar real_us: When journald got it.
    :ivar level: syslog's severity, 0 to 7.
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


class Lines:
    """Lines that wait to be read.

    :param number: Number of the first one.
    :ivar size: About how many bytes they are.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self.size = 0
        self._parts: list[bytes] = []
        self._origin = b""

    def set_origin(self, record: Record) -> None:
        """Say which boot of which machine the runs that follow are of."""
        self._origin = b"6,%010d,%012d,-,real:%016d,%s" % (
            0, 0, 0, _origin(record._replace(writer=b"kernel")),
        )  # fmt: skip

    def add(self, record: Record) -> None:
        """Add a record."""
        self._put(line_of(record, self.number))
        self.number += 1

    def add_run(self, messages: list[bytes]) -> None:
        """Add messages of the kernel of which nothing else is known."""
        if not messages:
            return
        together = b"".join(messages)
        if together.translate(None, _PLAIN) or b"=3D" in together:
            messages = [text_of(message) for message in messages]
        self._put(self._origin + (b"\n" + self._origin).join(messages) + b"\n")
        self.number += len(messages)

    def take(self) -> bytes:
        """Return all lines, and forget them."""
        block = b"".join(self._parts)
        self._parts, self.size = [], 0
        return block

    def _put(self, part: bytes) -> None:
        self._parts.append(part)
        self.size += len(part)


def line_of(record: Record, number: int) -> bytes:
    """Return the record as a line."""
    return b"%s,%010d,%s,%s,real:%s,%s%s\n" % (
        b"%d" % record.level if record.kernel else b"%03d" % (_USER | record.level),
        number,
        b"" if record.uptime_us is None else b"%012d" % record.uptime_us,
        b"?" if record.doubtful else b"-",
        b"%d" % record.real_us if record.real_us else b"",
        _origin(record),
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


def _origin(record: Record) -> bytes:
    return b"boot:%s,host:%s,by:%s;" % (record.boot.encode(), _name(record.host), _name(record.writer))


def _name(name: bytes) -> bytes:
    return _ODD_NAME.sub(_hex, name[:_LONGEST_NAME])


def _hex(found: re.Match[bytes]) -> bytes:
    return b"\\x%02x" % found[0][0]
