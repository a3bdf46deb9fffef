"""Inputs to events: the library's ``parse()`` and what the command line builds on."""

from __future__ import annotations

import os
import select
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from functools import cache
from pathlib import Path
from typing import IO, TYPE_CHECKING

from oomlog.errors import OomlogError, ParseError, SourceError
from oomlog.events.find import Finder, Trust, Unfinished
from oomlog.grammar import Matcher, default_grammar
from oomlog.lines.stamps import Clock
from oomlog.lines.tape import Block, Tape, scan_blocks, scan_file
from oomlog.model import OomEvent, Problem
from oomlog.sources import JournalQuery, Limits, LiveJournal, Source, open_sources
from oomlog.sources.reasons import os_failure

if TYPE_CHECKING:
    from oomlog.events.neighbourhood import Neighbourhood

__all__ = ["Carry", "Events", "Input", "Options", "Stats", "parse", "parse_source"]

Input = str | Path | bytes | IO[bytes] | IO[str] | LiveJournal

PAUSE_S = 3.0
"""The reaper speaks two seconds after the kill; a live log that is silent for longer has said it all."""
# From this size on the search pays for a second thread.
_THREADED = 32 << 20


@dataclass(slots=True)
class Stats:
    """What was read, counted while the events are being taken."""

    files: int = 0
    events: int = 0
    kills: int = 0
    untrusted: int = 0
    """Events that may be forged, and were left out for it."""
    lines: int = 0
    bytes: int = 0
    errors: list[OomlogError] = field(default_factory=list)
    problems: list[tuple[str, Problem]] = field(default_factory=list)
    """(source, problem) of lines outside any event, such as lines too long to be log lines."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to read: see :func:`parse`."""

    year: int | None = None
    tz: tzinfo | None = None
    limits: Limits = field(default_factory=Limits)
    journal: JournalQuery = field(default_factory=JournalQuery)
    untrusted: bool = False
    progress: Callable[[str, int, int | None], None] | None = None
    """Called with (source, bytes read, size if known) after each block."""
    beside: Neighbourhood | None = None
    """Collects what else the logs say near their events."""


@cache
def shared_matcher() -> Matcher:
    """Return the matcher of the shipped grammar; built once."""
    return Matcher(default_grammar())


class Events(Iterator[OomEvent]):
    """The events of all inputs, read as they are taken; ``stats`` tells what was read so far."""

    def __init__(self, events: Iterator[OomEvent], stats: Stats) -> None:
        self._events = events
        self.stats = stats

    def __iter__(self) -> Events:
        return self

    def __next__(self) -> OomEvent:
        event = next(self._events)
        self.stats.events += 1
        self.stats.kills += len(event.kills)
        return event


def parse(
    inputs: Input | Iterable[Input],
    *,
    year: int | None = None,
    tz: tzinfo | None = None,
    limits: Limits | None = None,
    journal: JournalQuery | None = None,
    include_untrusted: bool = False,
    strict: bool = False,
    on_error: Callable[[OomlogError], None] | None = None,
    beside: Neighbourhood | None = None,
) -> Events:
    """Yield every OOM event in the inputs, in the order of the log.

    :param inputs: A path, several paths, ``"-"`` for standard input, an open file, bytes, text (a string
        with a newline in it is text), or ``LiveJournal()``, the systemd journal of this machine.
    :param year: Year of the first line of logs whose times have none; otherwise the year is inferred from
        the file's modification time (``event.time_origin`` says so).
    :param tz: Zone of times that print none; without it they stay naive.
    :param limits: Bounds for decompression.
    :param journal: Which records of journals are wanted.
    :param include_untrusted: Also yield events that may be forged (``event.trusted`` is false): the kernel's
        words in somebody else's log lines.  Otherwise they are counted in ``stats.untrusted``.
    :param strict: Raise :class:`ParseError` for the first line of a report that cannot be understood.
    :param on_error: Called for an input that cannot be read; without it the :class:`SourceError` is raised.
    :param beside: Collects what else the logs say near their events: failed allocations, restarts, boots.

    >>> log = "x invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0\\n"
    >>> [event.trigger.comm for event in parse(log)]
    ['x']
    """
    options = Options(
        year=year,
        tz=tz,
        limits=limits or Limits(),
        journal=(journal or JournalQuery())._replace(
            every_writer=include_untrusted, neighbours=beside is not None
        ),
        untrusted=include_untrusted,
        beside=beside,
    )
    stats = Stats()
    return Events(_run(inputs, options, stats, strict, on_error), stats)


def _run(
    inputs: Input | Iterable[Input],
    options: Options,
    stats: Stats,
    strict: bool,
    on_error: Callable[[OomlogError], None] | None,
) -> Iterator[OomEvent]:
    def failed(error: OomlogError) -> None:
        stats.errors.append(error)
        if on_error is None:
            raise error
        on_error(error)

    carry = Carry()
    for source in open_sources(inputs, limits=options.limits, journal=options.journal):
        if isinstance(source, SourceError):
            failed(source)
            continue
        for event in parse_source(source, options, stats, failed, carry):
            if strict and event.problems:
                first = event.problems[0]
                raise ParseError(event.source, first.line, first.expected, first.text)
            yield event
    yield from carry.rest(options, stats)


def _live_fd(source: Source) -> int | None:
    """Return the descriptor of a standard input that may have its next line at any time."""
    if source.name != "<stdin>":
        return None
    try:
        fd = sys.stdin.fileno()
        return None if stat.S_ISREG(os.fstat(fd).st_mode) else fd
    except (AttributeError, OSError, ValueError):
        return None


def _with_pauses(blocks: Iterator[bytes], fd: int) -> Iterator[bytes]:
    """Yield the blocks, and an empty one when nothing comes for a while, so that events are not held back."""
    while True:
        try:
            if not select.select([fd], [], [], PAUSE_S)[0]:
                yield b""
        except (OSError, ValueError):
            yield from blocks
            return
        block = next(blocks, None)
        if block is None:
            return
        yield block


@dataclass(slots=True)
class Carry:
    """Hands the end of a rotated log to the log that continues it."""

    unfinished: Unfinished | None = None
    mtime: datetime | None = None

    def rest(self, options: Options, stats: Stats) -> Iterator[OomEvent]:
        """Yield the reports that no log continued; they stay unfinished."""
        before, self.unfinished = self.unfinished, None
        if before is not None and before.data:
            tape = Tape(scan_blocks([before.data]), first_line=before.first_no)
            clock = Clock(options.year, self.mtime, options.tz)
            trust = Trust(forged_too=options.untrusted)
            finder = Finder(tape, shared_matcher(), clock, source=before.source, trust=trust)
            yield from finder.events()
            stats.untrusted += finder.left_out


def parse_source(
    source: Source,
    options: Options,
    stats: Stats,
    failed: Callable[[OomlogError], None],
    carry: Carry | None = None,
) -> Iterator[OomEvent]:
    """Yield the events of one log; an input that breaks off gives the events before the break first.

    :param carry: The same for all inputs of a run, so that a report cut by log rotation is put together.
    """
    stats.files += 1
    broken: list[SourceError] = []
    before = None
    if carry is not None:
        if source.continues:
            before, carry.unfinished = carry.unfinished, None
        yield from carry.rest(options, stats)

    def scanned() -> Iterator[Block]:
        try:
            if before is not None:
                yield from scan_blocks([before.data])
            path, size = source.path, source.size
            if path is not None and size is not None and size >= _THREADED:
                blocks = scan_file(path, 0, size)
            else:
                fd = _live_fd(source)
                blocks = scan_blocks(source.blocks() if fd is None else _with_pauses(source.blocks(), fd))
            for block in blocks:
                stats.bytes += len(block.data)
                if options.progress is not None:
                    options.progress(source.name, len(block.data), source.size)
                if options.beside is not None:
                    options.beside.feed(block)
                yield block
        except SourceError as error:
            broken.append(error)
        except OSError as error:
            broken.append(os_failure(source.name, error))

    if options.beside is not None:
        options.beside.begin(source)
    tape = Tape(scanned(), first_line=source.first_line if before is None else 1 - before.lines)
    clock = Clock(options.year, source.mtime, options.tz)
    trust = Trust(source.proven, options.untrusted)
    finder = Finder(tape, shared_matcher(), clock, source=source.name, before=before, trust=trust)
    if carry is not None and source.continued:
        finder.unfinished = Unfinished()
    yield from finder.events()
    if options.beside is not None:
        options.beside.end()
    if carry is not None and finder.unfinished is not None and finder.unfinished.data:
        carry.unfinished, carry.mtime = finder.unfinished, source.mtime
    stats.untrusted += finder.left_out
    stats.lines += tape.lines_read - (0 if before is None else before.lines)
    for number in finder.long_lines:
        stats.problems.append((source.name, Problem(number, "", "a line shorter than 1 MiB")))
    for error in broken:
        failed(error)
