"""Watch a log: hand out each event once, and store how far that went.

In this order: what is about to be written is stored, it is written, and then the place in the log is stored
with what hooks are still to be told.  So a kill is written once to a regular file, at least once elsewhere,
and hooks are told at least once, with an id by which they can tell a second time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep, time

from oomlog.errors import OomlogError
from oomlog.model import OomEvent
from oomlog.watch.control import Control
from oomlog.watch.feed import Feed, Found
from oomlog.watch.follower import Say
from oomlog.watch.handed import Handed, keys_of
from oomlog.watch.hooks import Hooks, Message
from oomlog.watch.limit import RateLimit
from oomlog.watch.metrics import Counts, Exporter
from oomlog.watch.notify import Notifier
from oomlog.watch.sink import Sink
from oomlog.watch.state import Entry, State, save_state
from oomlog.watch.telling import Teller, Telling

__all__ = ["Parts", "Watch"]

_SAVE_S = 5.0
"""How often the place is stored while nothing happens: reading a little again does no harm."""
_BATCH = 1 << 20
_EVENTS = 256
_CLOSE_S = 3.0
"""How long hooks that run may take to end when the watch is stopped."""


@dataclass(slots=True)
class Parts:
    """What a watch is made of."""

    feed: Feed
    sink: Sink
    teller: Teller
    hooks: Hooks
    limit: RateLimit
    counts: Counts
    notifier: Notifier
    control: Control
    say: Say
    exporter: Exporter | None = None
    state_path: Path | None = None


class Watch:
    """One run.

    :param state: Where the last one ended.
    """

    def __init__(self, parts: Parts, state: State, clock: Callable[[], float] = monotonic) -> None:
        self._parts = parts
        self._state = state
        self._clock = clock
        self._handed = Handed(parts.hooks.names)
        self._handed.expect(state.handed)
        if state.writing is not None and parts.sink.was_written(state.writing):
            self._handed.expect([Entry(state.writing.keys, set(parts.hooks.names))])
        state.writing = None
        self._batch: list[tuple[Found, Telling]] = []
        self._data: list[bytes] = []
        self._size = 0
        self._again: list[tuple[Entry, Telling]] = []
        self._saved_at = clock() - _SAVE_S  # where the first run begins is stored at once
        self._stored: object = None
        self._ready = False
        self._warned = False
        parts.feed.before_read = self.before_read

    def run(self) -> None:
        """Watch until the log ends or somebody ends the watch."""
        parts = self._parts
        try:
            for found in parts.feed.found():
                self._take(found)
            self._hand_out()
            self._tell_the_rest(at_once=True)
            if parts.control.stopping:
                parts.notifier.stopping()
            self._finish_hooks()
        finally:
            self._save(final=True)
            if parts.exporter is not None:
                self._export()
                parts.exporter.close()

    def before_read(self, caught_up: bool) -> None:
        """Do what is due between two looks at the log."""
        parts = self._parts
        self._hand_out()
        counts = parts.counts
        counts.lost = parts.feed.follower.lost
        counts.hook_failures = parts.hooks.failures
        counts.long_lines = parts.feed.long_lines
        counts.forged = parts.feed.forged
        if caught_up:
            counts.read_to_end_s = time()
        if not self._ready:
            self._ready = True
            parts.notifier.ready()
        parts.notifier.alive()
        if parts.control.reload:
            parts.control.reload = False
            parts.notifier.reloading()
            parts.sink.reopen()
            parts.notifier.ready()
        self._tell_the_rest()
        if self._clock() - self._saved_at >= _SAVE_S:
            if caught_up and parts.feed.at_rest:
                self._handed.forget()
            self._save()
            self._export()

    def _take(self, found: Found) -> None:
        event, left = self._handed.claim(found.event)
        if event is None:
            telling = self._parts.teller.take(found.event)
            entry = Entry(keys_of(found.event), set(left), found.start, found.position)
            self._handed.add(entry)
            if left:
                self._again.append((entry, telling))
            return
        found = found._replace(event=event)
        telling = self._parts.teller.take(event)
        data = self._parts.teller.render(telling)
        self._batch.append((found, telling))
        self._data.append(data)
        self._size += len(data)
        if self._size >= _BATCH or len(self._batch) >= _EVENTS:
            self._hand_out()

    def _hand_out(self) -> None:
        """Write what was collected, store that, and tell the hooks."""
        parts = self._parts
        batch, again, data = self._batch, self._again, b"".join(self._data)
        if not batch and not again:
            return
        if batch:
            keys = tuple(key for found, _ in batch for key in keys_of(found.event))
            self._state.writing = parts.sink.plan(keys, data)
            if self._state.writing is not None:
                self._save(final=True)
            parts.sink.write(data)
            self._state.writing = None
        # Not before it was written: what was not is found again from the place that is stored at the end.
        self._batch, self._again, self._data, self._size = [], [], [], 0
        work = list(again)
        for found, telling in batch:
            parts.counts.add(found.event)
            names = self._allowed(found.event)
            entry = Entry(keys_of(found.event), set(names), found.start, found.position)
            self._handed.add(entry)
            work.append((entry, telling))
        self._save(final=True)
        for entry, telling in work:
            self._tell(entry, telling)
        if batch:
            self._export()

    def _allowed(self, event: OomEvent) -> frozenset[str]:
        parts = self._parts
        if not parts.hooks.names or parts.limit.allows(len(event.kills)):
            return parts.hooks.names
        parts.counts.suppressed += 1
        return frozenset()

    def _tell(self, entry: Entry, telling: Telling) -> None:
        if not entry.left:
            return
        message = telling.message(entry.keys[0])
        for name in sorted(entry.left):

            def done(name: str = name) -> None:
                entry.left.discard(name)

            if not self._parts.hooks.tell(name, message, done):
                done()
                self._parts.counts.suppressed += 1

    def _tell_the_rest(self, *, at_once: bool = False) -> None:
        """Say how many kills were too many to tell hooks about."""
        parts = self._parts
        count = parts.limit.summary(at_once=at_once)
        if not count:
            return
        text = f"{count:,} more kills in the last minute"
        parts.say(f"{text}, which no hook was told about")
        message = Message(f"more-{time():.0f}", text, b"null", {"MORE": str(count)})
        for name in parts.hooks.names:
            parts.hooks.tell(name, message, lambda: None)

    def _finish_hooks(self) -> None:
        """Wait for the hooks, when the watch is stopped not for long: the next run tells the rest."""
        parts = self._parts
        until = None
        while self._handed.waiting is not None or not parts.hooks.idle:
            if parts.control.stopping:
                until = self._clock() + _CLOSE_S if until is None else until
                if self._clock() >= until:
                    break
            sleep(0.02)
            parts.notifier.alive()
        parts.hooks.close(1.0)

    def _save(self, *, final: bool = False) -> None:
        path, state = self._parts.state_path, self._state
        self._saved_at = self._clock()
        if path is None:
            return
        feed = self._parts.feed
        settled = min([feed.settled, *(found.start for found, _ in self._batch)])
        state.handed = self._handed.pending(settled)
        waiting = self._handed.waiting
        position = feed.position_at(settled)
        if waiting is not None and waiting.start <= settled:
            position = waiting.position
        if position is not None:
            state.position = position
        now = (repr(state.position), [(e.keys, sorted(e.left)) for e in state.handed], state.writing)
        if now != self._stored:
            save_state(path, state)
            self._stored = now

    def _export(self) -> None:
        exporter = self._parts.exporter
        if exporter is None:
            return
        try:
            exporter.write()
            self._warned = False
        except OomlogError as error:
            if not self._warned:  # once is enough while it goes on
                self._parts.say(str(error))
                self._warned = True
