"""A log as a tape of bytes: skipped at memory speed, read line by line around the anchors.

The tape keeps a window of the log in memory: some history before the current position (a report whose
head was rate-limited away must be read backwards), everything since ``keep_from``, and the block that is
being looked at.  Memory does not depend on the size of the log.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from oomlog.lines.anchors import CONTEXT, OVERLAP, count_lines, find_anchors, find_followers, looks_like_json

__all__ = ["MAX_LINE", "Block", "Tape", "scan_blocks", "scan_file"]

BLOCK = 1 << 20
HISTORY = 64 << 10
FOLLOW = 256 << 10
"""How far behind an event the lines that complete it are looked for."""
MAX_LINE = 1 << 20
"""A line longer than this is not a log line; it is skipped and reported."""


@dataclass(frozen=True, slots=True)
class Block:
    """Some bytes of a log, the anchors in them (offsets from their start) and how many lines end there."""

    data: bytes
    hits: list[int]
    newlines: int


def scan_blocks(blocks: Iterable[bytes]) -> Iterator[Block]:
    """Scan a stream; an anchor that lies across two blocks is reported with the second (negative offset).

    An empty block says that nothing has come for a while; it is passed on.
    """
    carry, json = b"", False
    for data in blocks:
        if not data:
            yield Block(b"", [], 0)
            continue
        # The seam is searched with what came before it: for needles that lie across, and for their context.
        json = json or looks_like_json(data)
        kept = len(carry)
        seam = carry + data[: OVERLAP + CONTEXT]
        hits = {at - kept for at in find_anchors(seam, max(0, kept - OVERLAP), kept + CONTEXT, json=json)}
        hits.update(find_anchors(data, CONTEXT, json=json))
        yield Block(data, sorted(hits), count_lines(data))
        carry = (carry + data[-OVERLAP - CONTEXT :])[-OVERLAP - CONTEXT :]


def _scan_at(fd: int, offset: int, size: int, first: int) -> Block:
    context = min(CONTEXT, offset - first)
    data = os.pread(fd, context + size + OVERLAP, offset - context)
    hits = [at - context for at in find_anchors(data, context, context + size)]
    data = data[context : context + size]
    return Block(data, hits, count_lines(data))


def scan_file(path: Path, start: int, end: int, *, threads: int = 2) -> Iterator[Block]:
    """Scan the bytes ``start`` to ``end`` of a plain file, reading ahead in ``threads`` threads.

    The file is read, not mapped: a log that is truncated meanwhile ends early instead of killing us.
    """
    from concurrent.futures import Future, ThreadPoolExecutor

    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    pool = ThreadPoolExecutor(threads)
    waiting: deque[Future[Block]] = deque()
    try:
        offset = start
        while offset < end or waiting:
            while offset < end and len(waiting) < 2 * threads:
                size = min(BLOCK, end - offset)
                waiting.append(pool.submit(_scan_at, fd, offset, size, start))
                offset += size
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        os.close(fd)


class Tape:
    """The window; offsets are absolute from the start of the tape."""

    def __init__(self, blocks: Iterator[Block], *, first_line: int = 1, one_line: bool = False) -> None:
        self._one_line = one_line  # the text of one record: all of it is line ``first_line``
        self._blocks = blocks
        self.buf = b""
        self.base = 0
        self.base_no = first_line
        self.keep_from: int | None = None
        self.at_end = False
        self.idle = False
        """Nothing has come for a while; whoever acts on it sets it back."""
        self._hits: deque[int] = deque()
        self._followers: deque[int] = deque()
        self._followed_to: int | None = None
        self._follow_until = 0
        self._mark = (0, first_line)
        self._end_no = first_line
        self._first_line = first_line
        self._whole = True  # False while buf starts inside a line whose head was dropped

    @property
    def end(self) -> int:
        """Return the absolute offset just after the last byte read."""
        return self.base + len(self.buf)

    @property
    def lines_read(self) -> int:
        """Return how many lines were read so far, an unfinished last one included."""
        return self._end_no - self._first_line + (1 if self.buf and not self.buf.endswith(b"\n") else 0)

    def more(self) -> bool:
        """Read one more block; False at the end of the log."""
        if self.at_end:
            return False
        block = next(self._blocks, None)
        if block is None:
            self.at_end = True
            return False
        if not block.data:
            self.idle = True
            return True
        end = self.end
        wanted = self._hits or self.keep_from is not None or self._followed_to is not None
        if not block.hits and not wanted and len(block.data) >= HISTORY:
            # Nothing here and nothing wanted from before: no copy, the block itself becomes the window.
            self._whole = self.buf.endswith(b"\n") if self.buf else self._whole
            self.buf, self.base, self.base_no = block.data, end, self._end_no
            self._mark = (end, self._end_no)
        else:
            self._drop(self._oldest_needed())
            self.buf = self.buf + block.data if self.buf else block.data
            self._hits.extend(end + hit for hit in block.hits)
        self._end_no += block.newlines
        if self._followed_to is not None:
            self._look_for_followers()
        return True

    def follow(self, offset: int | None) -> None:
        """Report the lines that complete an event as anchors, too, from ``offset`` on; ``None``: no more."""
        if offset is None:
            self._followed_to = None
            self._followers.clear()
            return
        self._follow_until = offset + FOLLOW
        if self._followed_to is None:
            self._followed_to = offset
        self._look_for_followers()

    def _look_for_followers(self) -> None:
        assert self._followed_to is not None
        start = max(self.base, self._followed_to)
        end = min(self.end, self._follow_until)
        if start >= end:
            return
        self._followers.extend(start + at for at in find_followers(self.text(start, end)))
        # What a block boundary cuts is found with the next block.
        self._followed_to = max(start, end - OVERLAP - CONTEXT) if end == self.end else end

    def next_hit(self, position: int, limit: int | None = None) -> int | None:
        """Return the next anchor at or after ``position``.

        ``None`` once ``limit`` is passed, at the end, or when nothing has come for a while (``idle``).
        """
        while True:
            found = None
            for hits in (self._hits, self._followers):
                while hits and hits[0] < position:
                    hits.popleft()
                if hits and (found is None or hits[0] < found):
                    found = hits[0]
            if found is not None:
                return found if limit is None or found < limit else None
            if (limit is not None and self.end >= limit) or self.idle or not self.more():
                return None

    def has_hit(self, position: int) -> bool:
        """Tell whether an anchor at or after ``position`` is known that was not asked for yet."""
        return any(hits and hits[-1] >= position for hits in (self._hits, self._followers))

    def _oldest_needed(self) -> int:
        oldest = min([*self._hits, self.end][:1] + list(self._followers)[:1])
        oldest = max(self.base, oldest - HISTORY)
        return oldest if self.keep_from is None else max(self.base, min(oldest, self.keep_from))

    def _drop(self, before: int) -> None:
        """Forget everything before the first line that starts at or after ``before``."""
        cut = before - self.base
        if cut <= 0:
            return
        line = self.buf.rfind(b"\n", 0, cut) + 1
        if line == 0 and len(self.buf) > MAX_LINE:
            line = cut  # inside a monster line
            self._whole = False
        elif line:
            self._whole = True
        if line <= 0:
            return
        if not self._one_line:
            self.base_no = self.line_no(self.base + line)
        self.buf = self.buf[line:]
        self.base += line

    def line_no(self, offset: int) -> int:
        """Return the number of the line that ``offset`` lies in."""
        if self._one_line:
            return self._first_line
        mark, number = self._mark
        here, there = offset - self.base, mark - self.base
        if here >= there:
            number += count_lines(self.buf[there:here])
            self._mark = (offset, number)
            return number
        return number - count_lines(self.buf[here:there])

    def line_start(self, offset: int) -> int:
        """Return where the line around ``offset`` starts; -1 when its head is no longer there."""
        start = self.buf.rfind(b"\n", 0, offset - self.base) + 1
        if start == 0 and not self._whole:
            return -1
        return self.base + start

    def line_end(self, offset: int) -> int:
        """Return where the line around ``offset`` ends (its newline, or the end); -1 for a monster line."""
        at = offset - self.base
        while True:
            found = self.buf.find(b"\n", at)
            if found >= 0:
                return self.base + found
            if len(self.buf) - (offset - self.base) > MAX_LINE:
                return -1
            # more() may drop history, so positions are recomputed from the absolute offset.
            if not self.more():
                return self.end
            at = offset - self.base

    def text(self, start: int, end: int) -> bytes:
        """Return the bytes between two absolute offsets, as far as they are still there."""
        return self.buf[max(0, start - self.base) : max(0, end - self.base)]
