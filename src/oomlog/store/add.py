"""Add events to a store: each once, whichever logs it is in, and a file as a whole or not at all."""

from __future__ import annotations

import os
import sqlite3
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from oomlog.model import Kept, OomEvent
from oomlog.store.database import Store
from oomlog.store.match import Matcher
from oomlog.store.merge import Record, merged
from oomlog.store.packed import pack
from oomlog.store.rows import EVENT, KILL, EventRow, KillRow, rows_of
from oomlog.store.texts import Packer, Places, Texts

__all__ = ["Added", "Adder"]

# What is found in a file is held until this much, so that others need not wait while most logs are searched.
# Python looks through all that is held again and again, so more would be slower.
_HELD_EVENTS = 2_000
_HELD_BYTES = 32 << 20
_OVERHEAD = 2_000

_INSERT_EVENT = f"INSERT INTO event (source, number, {', '.join(EVENT)}) VALUES (?, ?{', ?' * len(EVENT)})"
_UPDATE_EVENT = f"UPDATE event SET source = ?, number = ?, {', '.join(f'{name} = ?' for name in EVENT)}"
_INSERT_KILL = f"INSERT INTO kill (event, number, {', '.join(KILL)}) VALUES (?, ?{', ?' * len(KILL)})"
_GET_EVENT = f"SELECT source, number, {', '.join(EVENT)} FROM event WHERE id = ?"
_GET_KILLS = f"SELECT {', '.join(KILL)} FROM kill WHERE event = ? ORDER BY number"
_PUT_REPORT = """
INSERT OR REPLACE INTO report (event, dictionary, text, start_no, first_no, shift)
VALUES (?, ?, ?, ?, ?, ?)"""
_NEW_SOURCE = """
INSERT INTO sources (name, device, inode, size, modified, added, oomlog) VALUES (?, ?, ?, ?, ?, ?, ?)"""
_END = """
UPDATE sources SET lines = ?, events = ?, new_events = ?, kills = ?, new_kills = ?, untrusted = ?
WHERE id = ?"""


@dataclass(slots=True)
class Added:
    """What adding found."""

    events: int = 0
    new_events: int = 0
    kills: int = 0
    new_kills: int = 0


class Adder:
    """Adds events, one file after the other.

    :param store: Opened for writing.
    :param oomlog: The version of oomlog that is running.
    """

    def __init__(self, store: Store, oomlog: str) -> None:
        self.total = Added()
        self._store = store
        self._connection = store.connection
        self._oomlog = oomlog
        self._texts = Texts(self._connection)
        self._places = Places(self._connection)
        self._held: list[tuple[OomEvent, Kept | None]] = []
        self._held_bytes = 0
        self._open: _Open | None = None
        self._stack = ExitStack()

    def add(self, event: OomEvent) -> None:
        """Take an event of the current file."""
        kept = event.kept
        self._held.append((event, kept))
        self._held_bytes += _OVERHEAD + (0 if kept is None else len(kept.text))
        if len(self._held) >= _HELD_EVENTS or self._held_bytes >= _HELD_BYTES:
            self._write()

    def end(self, name: str, lines: int, untrusted: int | None = None) -> Added:
        """Make what was taken of a file final.

        :param name: The file's name.
        :param lines: How many lines were read.
        :param untrusted: How many events were left out because they may be forged, if somebody counted.
        :raise StoreError: It cannot be written; then nothing of the file is.
        """
        try:
            self._write()
            assert self._open is not None
            added = self._open.end(name, lines, untrusted)
            self._open = None
            self._stack.close()
        except BaseException as error:
            self.abandon(error)
            raise
        for field in ("events", "new_events", "kills", "new_kills"):
            setattr(self.total, field, getattr(self.total, field) + getattr(added, field))
        return added

    def abandon(self, error: BaseException | None = None) -> None:
        """Forget what was taken of the current file."""
        self._held, self._held_bytes, self._open = [], 0, None
        self._texts.forget()
        self._places.forget()
        stack, self._stack = self._stack, ExitStack()
        why = InterruptedError() if error is None else error
        with suppress(type(why)):
            stack.__exit__(type(why), why, None)

    def _write(self) -> None:
        if self._open is None:
            self._stack.enter_context(self._store.transaction())
            self._open = _Open(self._connection, self._texts, self._places, self._oomlog)
        held, self._held, self._held_bytes = self._held, [], 0
        with self._store.explained():
            for event, kept in held:
                self._open.add(event, kept)


class _Open:
    """One file's transaction."""

    def __init__(self, connection: sqlite3.Connection, texts: Texts, places: Places, oomlog: str) -> None:
        self._connection = connection
        self._execute = connection.execute
        self._texts, self._places = texts, places
        self._matcher = Matcher(connection, texts.text)
        self._packer = Packer(connection)
        self._oomlog = oomlog
        self._sources: dict[str, int] = {}
        self._added = Added()
        self._words = {word: texts.number(word) for word in ("unknown", "inferred")}

    def add(self, event: OomEvent, kept: Kept | None) -> None:
        """Add one event, or what it tells of a stored one."""
        source = self._source(event.source)
        record = Record(*rows_of(event, self._texts.number, self._places.number))
        found = self._matcher.find(event, *record, source)
        added = self._added
        added.events += 1
        added.kills += len(record.kills)
        if found:
            added.new_kills += self._merge(found, record, source, kept)
            return
        row = record.event
        number = self._number(row.content) if self._matcher.any_alike else 1
        made = self._execute(_INSERT_EVENT, (source, number, *row))
        identity = made.lastrowid
        assert identity is not None
        self._put_kills(identity, record.kills)
        self._put_report(identity, kept)
        added.new_events += 1
        added.new_kills += len(record.kills)
        self._matcher.changed(identity, *record)

    def _merge(self, found: list[int], record: Record, source: int, kept: Kept | None) -> int:
        """Put what a further record tells into the stored ones; return how many kills are new."""
        stored = [self._stored(each) for each in found]
        before = sum(len(each.kills) for _, _, each in stored)
        order = sorted(range(len(stored)), key=lambda at: stored[at][2].fullness, reverse=True)
        known = [stored[at][2] for at in order]
        fuller = record.fullness > known[0].fullness
        whole = merged([record, *known] if fuller else [*known, record], self._words)
        keep = found[order[0]]
        home, number, old = stored[order[0]]
        if len(found) == 1 and not fuller and whole == old:
            return 0
        for each in found:
            if each != keep:
                self._execute("DELETE FROM event WHERE id = ?", (each,))
        if whole.event.content != old.event.content:
            number = self._number(whole.event.content)
        self._execute(
            f"{_UPDATE_EVENT} WHERE id = ?", (source if fuller else home, number, *whole.event, keep)
        )
        self._execute("DELETE FROM kill WHERE event = ?", (keep,))
        self._put_kills(keep, whole.kills)
        if fuller:
            self._put_report(keep, kept)
        self._matcher.changed(keep, *whole)
        return len(whole.kills) - before

    def _stored(self, identity: int) -> tuple[int, int, Record]:
        source, number, *row = self._execute(_GET_EVENT, (identity,)).fetchone()
        kills = tuple(KillRow(*kill) for kill in self._execute(_GET_KILLS, (identity,)))
        return source, number, Record(EventRow(*row), kills)

    def _number(self, content: int) -> int:
        found = self._execute("SELECT max(number) FROM event WHERE content = ?", (content,)).fetchone()[0]
        return 1 if found is None else int(found) + 1

    def _put_kills(self, identity: int, kills: tuple[KillRow, ...]) -> None:
        for number, kill in enumerate(kills, 1):
            self._execute(_INSERT_KILL, (identity, number, *kill))

    def _put_report(self, identity: int, kept: Kept | None) -> None:
        if kept is not None:
            text = self._packer.pack(kept.text)
            self._execute(_PUT_REPORT, (identity, self._packer.dictionary, text, *kept[1:]))

    def _source(self, name: str) -> int:
        found = self._sources.get(name)
        if found is None:
            found = self._sources[name] = self._new_source(name)
        return found

    def _new_source(self, name: str) -> int:
        try:
            status: os.stat_result | None = Path(name).stat()
        except (OSError, ValueError):
            status = None  # a pipe, a member of an archive
        facts: tuple[object, ...] = (None,) * 4
        if status is not None:
            modified = datetime.fromtimestamp(status.st_mtime, UTC).isoformat()
            facts = (_signed64(status.st_dev), _signed64(status.st_ino), status.st_size, modified)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        made = self._execute(
            _NEW_SOURCE,
            (self._texts.text(self._texts.number(name)), *facts, now, self._oomlog),
        )
        assert made.lastrowid is not None
        return made.lastrowid

    def end(self, name: str, lines: int, untrusted: int | None) -> Added:
        """Note what was found in the file."""
        added = self._added
        counts = (lines, added.events, added.new_events, added.kills, added.new_kills)
        self._execute(_END, (*counts, untrusted, self._source(name)))
        pack(self._connection)
        return added


def _signed64(number: int) -> int:
    return number - (1 << 64) if number >= 1 << 63 else number
