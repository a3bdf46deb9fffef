"""What else a log says near its OOM events: failed allocations, units that end and start again, boots.

The log is not read again for this.  While events are looked for, the last few MiB are kept; where an anchor
is found, these and what follows are searched for a few literals.  So a log without events costs nothing, and
memory does not grow with the log.

Anybody who can log can write such lines; who wrote one according to its prefix is looked at, and no more is
claimed of it.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Literal

from oomlog.grammar import Match, Matcher
from oomlog.lines.anchors import find_all
from oomlog.lines.escapes import decode
from oomlog.lines.reader import expand
from oomlog.lines.stamps import Clock
from oomlog.lines.tape import MAX_LINE, Block
from oomlog.model import LogLine
from oomlog.sources import Source

__all__ = ["Neighbour", "Neighbourhood"]

Kind = Literal["allocation", "noticed", "exited", "failed", "restart", "started", "boot", "reboot"]
_AROUND = 4 << 20
"""So many bytes before and after an anchor are searched."""
_MOST = 10_000
"""Lines that are looked at, in all logs together."""

_NEEDLES = (
    b"page allocation failure",
    b"page allocation stalls",
    b"Linux version ",
    b"reboot: ",
    b": A process of this unit has been killed by the OOM killer.",
    b": Main process exited, code=",
    b": Failed with result '",
    b": Scheduled restart job",
    b"Started ",
)
_KERNEL = {"allocfail": "allocation", "boot": "boot"}
"""Sections of the grammar and what their lines mean here."""

# systemd's words (core/service.c, core/unit.c, core/job.c): kind, pattern, example.  Who wrote the line is
# looked at besides.
_SYSTEMD: tuple[tuple[Kind, re.Pattern[str], str], ...] = (
    (
        "noticed",
        re.compile(r"(?P<unit>[^\s:]{1,256}): A process of this unit has been killed by the OOM killer\."),
        "app.service: A process of this unit has been killed by the OOM killer.",
    ),
    (
        "exited",
        re.compile(r"(?P<unit>[^\s:]{1,256}): Main process exited, code=\w{1,20}, status=\S{1,40}"),
        "app.service: Main process exited, code=killed, status=9/KILL",
    ),
    (
        "failed",
        re.compile(r"(?P<unit>[^\s:]{1,256}): Failed with result '[\w-]{1,40}'\."),
        "app.service: Failed with result 'oom-kill'.",
    ),
    (
        "restart",
        re.compile(r"(?P<unit>[^\s:]{1,256}): Scheduled restart job, restart counter is at \d{1,9}\."),
        "app.service: Scheduled restart job, restart counter is at 2.",
    ),
    # Since 250 the unit's name comes before its description.
    (
        "started",
        re.compile(r"Started (?P<unit>[^\s:]{1,250}\.(?:service|scope))(?: - .{0,300})?\.?"),
        "Started app.service - The application.",
    ),
)
_REBOOT = re.compile(r"reboot: (?:Restarting system|Power down|System halted).{0,100}")


@dataclass(frozen=True, slots=True)
class Neighbour:
    """One line near an event.

    :ivar kind: An ``allocation`` failed, systemd ``noticed`` a kill, a unit's main process ``exited``, a unit
        ``failed``, its ``restart`` was scheduled, it ``started``; a ``boot`` began, the machine was told to
        ``reboot``.
    :ivar unit: The unit of systemd that it is about.
    """

    kind: Kind
    text: str
    source: str
    line: int
    time: datetime | None = None
    uptime_s: float | None = None
    host: str | None = None
    boot_id: str | None = None
    unit: str | None = None


class Neighbourhood:
    """Collects the neighbours of all logs of a run; ``Options.beside`` takes one.

    :param year: As in ``parse()``.
    :param tz: As in ``parse()``.
    :ivar found: The neighbours, in the order of the logs.
    :ivar left_out: Lines that were not looked at, for being too many.
    """

    def __init__(self, matcher: Matcher, year: int | None = None, tz: tzinfo | None = None) -> None:
        self.found: list[Neighbour] = []
        self.left_out = 0
        self._matcher = matcher
        self._year = year
        self._tz = tz
        self._looked = 0

    def begin(self, source: Source) -> None:
        """Begin another log."""
        self._source = source
        self._clock = Clock(self._year, source.mtime, self._tz)
        self._kept: deque[bytes] = deque()
        self._size = 0
        self._kept_no = source.first_line
        self._whole = True  # what is kept begins where a line does
        self._ahead = 0

    def feed(self, block: Block) -> None:
        """Take the next bytes of the log."""
        if not block.data:
            return
        self._kept.append(block.data)
        self._size += len(block.data)
        if block.hits:
            self._ahead = _AROUND
        if self._ahead > 0:
            self._ahead -= len(block.data)
            self._search(at_end=False)
            return
        while self._size - len(self._kept[0]) >= _AROUND:
            dropped = self._kept.popleft()
            self._size -= len(dropped)
            self._kept_no += dropped.count(b"\n")
            self._whole = dropped.endswith(b"\n")

    def end(self) -> None:
        """The log has no more."""
        if self._ahead > 0:
            self._search(at_end=True)

    def _search(self, *, at_end: bool) -> None:
        data, first = b"".join(self._kept), self._kept_no
        start = 0 if self._whole else data.find(b"\n") + 1
        end = len(data) if at_end else data.rfind(b"\n") + 1
        if end > start:
            for no, raw in _lines(data, start, end, first):
                self._look(no, raw)
        rest = data[end:]
        self._whole = end > 0 or self._whole
        if len(rest) > MAX_LINE:
            rest, self._whole = b"", False
        self._kept_no = first + data.count(b"\n", 0, end)
        self._kept = deque([rest] if rest else [])
        self._size = len(rest)

    def _look(self, no: int, raw: bytes) -> None:
        self._looked += 1
        if self._looked > _MOST:
            self.left_out += 1
            return
        for line in expand(decode(raw), no):
            neighbour = self._neighbour(line)
            if neighbour is not None:
                self.found.append(neighbour)

    def _neighbour(self, line: LogLine) -> Neighbour | None:
        if line.doubtful:  # a journal says that somebody else wrote it
            return None
        found = self._of_kernel(line) if line.is_kernel else None
        unit = None
        if found is None:
            told = _of_systemd(line)
            if told is None:
                return None
            found, unit = told
        time, _ = self._clock.resolve(line.stamp)
        return Neighbour(
            found, line.text, self._source.name, line.no, time, line.uptime_s, line.host, line.boot_id, unit
        )

    def _of_kernel(self, line: LogLine) -> Kind | None:
        if _REBOOT.fullmatch(line.text):
            return "reboot"
        match: Match | None = self._matcher.match(line.text)
        kind = None if match is None else _KERNEL.get(match.section)
        if kind == "boot":
            return "boot"
        return "allocation" if kind is not None else None


def _of_systemd(line: LogLine) -> tuple[Kind, str] | None:
    writer = (line.ident or "systemd").split("[", 1)[0]
    if writer not in ("systemd", "init"):
        return None
    for kind, pattern, _ in _SYSTEMD:
        found = pattern.fullmatch(line.text)
        if found is not None:
            return kind, found["unit"]
    return None


def _lines(data: bytes, start: int, end: int, first_no: int) -> Iterator[tuple[int, bytes]]:
    """Yield number and bytes of the lines that have one of the needles."""
    hits = sorted({at for needle in _NEEDLES for at in find_all(data, needle) if start <= at < end})
    no, counted, last = first_no, 0, -1
    for at in hits:
        begin = data.rfind(b"\n", start, at) + 1 or start
        if begin == last:
            continue
        last = begin
        no += data.count(b"\n", counted, begin)
        counted = begin
        stop = data.find(b"\n", at, end)
        stop = end if stop < 0 else stop
        if stop - begin <= MAX_LINE >> 4:
            yield no, data[begin:stop]
