"""The same events, read by several processes.

A large plain file is cut at lines that open a report, so that every piece is a log of its own; a process
reads a little beyond its piece, because kill and reaper lines of its last reports may lie there.  Results
come back rendered and are given out in the order of the log.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from multiprocessing import active_children, get_context
from pathlib import Path
from typing import NamedTuple, Protocol

from oomlog.errors import OomlogError, SourceError
from oomlog.events.collect import LINES_BEFORE, MAX_REPORT
from oomlog.events.find import HOLD, Finder, Trust
from oomlog.events.parse import Carry, Options, Stats, parse_source, shared_matcher
from oomlog.lines.anchors import count_lines
from oomlog.lines.stamps import Clock
from oomlog.lines.tape import Tape, scan_file
from oomlog.model import OomEvent, Problem
from oomlog.sources import Input, Source, open_sources

__all__ = ["Filter", "parse_parallel"]

PIECE = 4 << 20
_HEADER = b" invoked oom-killer: "


class Filter(Protocol):
    """What decides which events are wanted; it counts what it refuses for want of a time."""

    without_time: int
    without_zone: int

    def accepts(self, event: OomEvent) -> bool:
        """Tell whether the event is wanted."""


Render = Callable[[OomEvent], bytes]


@dataclass(frozen=True, slots=True)
class _Piece:
    name: str
    path: Path
    start: int
    end: int
    size: int
    first_line: int
    mtime: datetime | None
    options: Options
    wanted: Filter | None
    render: Render


class _Event(NamedTuple):
    """One event, rendered if it is wanted; of one without header the lines by which a double is known."""

    text: bytes | None
    kills: int
    alone: frozenset[int] | None
    without_time: int
    without_zone: int


@dataclass(slots=True)
class _Result:
    """What one piece gave."""

    events: list[_Event] = field(default_factory=list)
    claimed: frozenset[int] = frozenset()
    long_lines: list[int] = field(default_factory=list)
    left_out: int = 0


def _read(piece: _Piece) -> _Result:
    """Read one piece; runs in a process of its own."""
    reach = min(piece.size, piece.end + HOLD + MAX_REPORT)
    tape = Tape(scan_file(piece.path, piece.start, reach, threads=1), first_line=piece.first_line)
    clock = Clock(piece.options.year, piece.mtime, piece.options.tz)
    finder = Finder(
        tape,
        shared_matcher(),
        clock,
        source=piece.name,
        own_until=piece.end - piece.start,
        fresh=piece.start == 0,
        trust=Trust(forged_too=piece.options.untrusted),
    )
    result = _Result()
    claimed: set[int] = set()
    for event in finder.events():
        lines = event.own_lines
        claimed |= lines
        wanted = piece.wanted
        before = (0, 0) if wanted is None else (wanted.without_time, wanted.without_zone)
        text = piece.render(event) + b"\n" if wanted is None or wanted.accepts(event) else None
        after = (0, 0) if wanted is None else (wanted.without_time, wanted.without_zone)
        alone = lines if event.trigger_comm is None else None
        result.events.append(
            _Event(text, len(event.kills), alone, after[0] - before[0], after[1] - before[1])
        )
    result.claimed = frozenset(claimed)
    result.long_lines = finder.long_lines
    result.left_out = finder.left_out
    return result


def _cuts(path: Path, size: int) -> Iterator[tuple[int, int, int]]:
    """Yield (start, end, number of lines) of the pieces of a file."""
    with path.open("rb", buffering=0) as file:
        fd = file.fileno()
        start = position = lines = 0
        while position < size:
            data = os.pread(fd, min(PIECE, 1 << 20), position)
            if not data:
                break
            beyond = position + len(data) - start - PIECE
            at = data.find(_HEADER, max(0, len(data) - beyond)) if beyond > 0 else -1
            line = data.rfind(b"\n", 0, at) + 1 if at > 0 else 0
            for _ in range(LINES_BEFORE):  # they may say that headers were suppressed before this one
                line = data.rfind(b"\n", 0, max(0, line - 1)) + 1
            if line > 0 and position + line > start:
                lines += count_lines(data[:line])
                yield start, position + line, lines
                start, lines = position + line, 0
                data = data[line:]
                position = start
            lines += count_lines(data)
            position += len(data)
        if size > start:
            yield start, size, lines


def _pieces(
    source: Source, options: Options, stats: Stats, wanted: Filter | None, render: Render
) -> Iterator[_Piece]:
    assert source.path is not None and source.size is not None
    first_line = 1
    plain = replace(options, progress=None)
    for start, end, lines in _cuts(source.path, source.size):
        yield _Piece(
            source.name, source.path, start, end, source.size, first_line, source.mtime, plain, wanted, render
        )
        first_line += lines
    stats.lines += first_line - 1
    stats.bytes += source.size


def parse_parallel(
    inputs: Iterable[Input],
    options: Options,
    stats: Stats,
    jobs: int,
    render: Render,
    failed: Callable[[OomlogError], None],
    wanted: Filter | None = None,
) -> Iterator[bytes]:
    """Yield the events as rendered lines, read by ``jobs`` processes.

    :param render: Makes one line of an event; a function of a module, because it is run elsewhere.
    """
    waiting: deque[tuple[_Piece, Future[_Result]]] = deque()
    claimed: frozenset[int] = frozenset()
    previous: str | None = None

    def collect() -> bytes:
        nonlocal claimed, previous
        piece, future = waiting.popleft()
        result = future.result()
        if piece.name != previous:
            claimed = frozenset()
        parts = []
        for event in result.events:
            if event.alone and event.alone <= claimed:
                continue  # the piece before has it, under its header
            if wanted is not None:
                wanted.without_time += event.without_time
                wanted.without_zone += event.without_zone
            if event.text is not None:
                parts.append(event.text)
                stats.events += 1
                stats.kills += event.kills
        # Only lines that a later piece also sees matter.
        claimed = frozenset(no for no in claimed if no >= piece.first_line) | result.claimed
        previous = piece.name
        stats.untrusted += result.left_out
        stats.problems += [
            (piece.name, Problem(no, "", "a line shorter than 1 MiB")) for no in result.long_lines
        ]
        return b"".join(parts)

    def rendered(event: OomEvent) -> bytes:
        if wanted is not None and not wanted.accepts(event):
            return b""
        stats.events += 1
        stats.kills += len(event.kills)
        return render(event) + b"\n"

    pool = ProcessPoolExecutor(jobs, mp_context=get_context("fork"))
    try:
        carry = Carry()
        for source, rotated in _with_successor(
            open_sources(inputs, limits=options.limits, journal=options.journal)
        ):
            if isinstance(source, SourceError):
                failed(source)
            elif source.path is not None and source.size and options.year is None and not rotated:
                stats.files += 1
                for piece in _pieces(source, options, stats, wanted, render):
                    waiting.append((piece, pool.submit(_read, piece)))
                    if len(waiting) > jobs:
                        yield collect()
            else:  # a stream, a rotated set, or a log whose year is counted from its first line on
                while waiting:
                    yield collect()
                for event in parse_source(source, options, stats, failed, carry):
                    yield rendered(event)
        while waiting:
            yield collect()
        for event in carry.rest(options, stats):
            yield rendered(event)
    except BaseException:  # also an interrupt, and a reader who had enough: what still runs is not wanted
        pool.shutdown(wait=False, cancel_futures=True)
        for process in active_children():
            process.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _with_successor(
    sources: Iterator[Source | SourceError],
) -> Iterator[tuple[Source | SourceError, bool]]:
    """Yield each source and whether it is a part of a rotated set, whose reports may cross the parts."""
    current = next(sources, None)
    while current is not None:
        plain = isinstance(current, Source) and current.path is not None
        # A stream must be read before the next one is asked for.
        following = next(sources, None) if plain else None
        yield (
            current,
            isinstance(current, Source)
            and (current.continues or (isinstance(following, Source) and following.continues)),
        )
        current = following if plain else next(sources, None)
