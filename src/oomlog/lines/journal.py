"""A record of the journal as ``oomlog.sources.journal_lines`` writes it -> a message.

    4,0000000017,000012345678,-,real:1763805600123456,boot:<32 digits>,host:web1,by:kernel;Mem-Info:

A text log may hold such a line as well; that what it says is true is known from the source, not from here.
"""

from __future__ import annotations

import re

from oomlog.lines.escapes import undo_kmsg
from oomlog.lines.stamps import stamp_of_epoch
from oomlog.model import LogLine

__all__ = ["journal_line"]

_RECORD = re.compile(
    r"(?P<prio>\d{1,3}),\d{10,20},(?P<usec>\d{0,20}),(?P<doubt>[-?]),real:(?P<real>\d{0,20}),"
    r"boot:(?P<boot>[0-9a-f]{32})?,host:(?P<host>[^,;]{0,500}),by:(?P<ident>[^,;]{0,500});"
)


def journal_line(raw: str, no: int, *, terminated: bool) -> LogLine | None:
    """Read one record; ``None`` if the line is none.  Nothing more is taken off: the message is exact."""
    found = _RECORD.match(raw)
    if found is None:
        return None
    usec, real = found["usec"], found["real"]
    if real and not int(real):  # a record that was not looked at; nothing is known of it but its text
        usec = real = ""
    ident = undo_kmsg(found["ident"])
    return LogLine(
        no,
        raw[found.end() :],
        found[0],
        True,
        int(usec) / 1e6 if usec else None,
        stamp_of_epoch(int(real)) if real else None,
        undo_kmsg(found["host"]) or None,
        ident or None,
        None,
        found["boot"],
        ident == "kernel" and int(found["prio"]) >> 3 == 0,
        terminated,
        found["doubt"] == "?",
    )
