"""Follow systemd's journal: records of the kernel, and of the programs that kill before it has to.

Each is handed on in the form that the journal is parsed in, so that boot, time, host, writer and messages of
several lines arrive as they are.  Needs systemd-python.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from oomlog.errors import SourceError
from oomlog.sources.journal_lines import line_of
from oomlog.sources.journal_records import FIELDS, described
from oomlog.watch.control import Control
from oomlog.watch.follower import NOTHING, TICK_S, Block, Position, Say, Token

__all__ = ["JournalFollower", "entry_line"]

_BATCH = 256
# Units, and not identifiers, which any program can choose for itself.
_KILLERS = ("systemd-oomd.service", "earlyoom.service")
_HINT = "run with sudo, or add yourself to the group systemd-journal"


class JournalFollower:
    """Reads the journal of this machine, or one in a folder.

    :param start: Where the last run ended.
    :param from_start: Without a position, begin with the oldest record, not with the next one.
    """

    def __init__(
        self,
        control: Control,
        *,
        start: Position | None,
        from_start: bool,
        say: Say,
        folder: str | None = None,
    ) -> None:
        self.name = "journal"
        self.lost = 0
        self.proven = True
        self._control = control
        self._start = start
        self._from_start = from_start
        self._say = say
        self._folder = folder

    def position(self, token: Token, into: int) -> Position | None:
        """Return the cursor of the record at the mark, or of the last one before it."""
        if not isinstance(token, tuple):
            return None
        cursor, after = token
        return {"kind": "journal", "cursor": cursor, "after": int(after)}

    def blocks(self) -> Iterator[Block]:
        """Yield records."""
        reader = self._open()
        try:
            last = self._seek(reader)
            # Where to go on if nothing comes before the end of this run.
            after = self._start is None or bool(self._start.get("after"))
            yield Block(b"", [(0, (last, after))])
            while True:
                lines: list[bytes] = []
                marks: list[tuple[int, Token]] = []
                offset = 0
                while len(lines) < _BATCH and (entry := reader.get_next()):
                    last = str(entry["__CURSOR"])
                    line = entry_line(entry)
                    marks.append((offset, (last, False)))
                    lines.append(line)
                    offset += len(line)
                if lines:
                    marks.append((offset, (last, True)))
                    yield Block(b"".join(lines), marks)
                    continue
                yield NOTHING
                self._control.wait(TICK_S, [reader.fileno()])
                # Also without a sign of life: some file systems send none.
                reader.process()
        finally:
            reader.close()

    def _open(self) -> Any:
        try:
            from systemd.journal import Reader
        except ImportError:
            raise SourceError(
                self.name,
                "reading it needs systemd-python",
                hint="pip install 'oomlog[journal]', or name a file, or use --kmsg",
            ) from None
        plain = dict.fromkeys(("_BOOT_ID", "_SOURCE_MONOTONIC_TIMESTAMP"), bytes.decode)
        same = {"__REALTIME_TIMESTAMP": int, "__MONOTONIC_TIMESTAMP": _nothing}
        try:
            reader = Reader(path=self._folder, converters={**plain, **same})
            reader.add_match(_TRANSPORT="kernel")
            for unit in _KILLERS:
                reader.add_disjunction()
                reader.add_match(_SYSTEMD_UNIT=unit)
            if self._folder is None and (reason := _unreadable(list(_system_journals()))):
                self._say(f"{self.name}: {reason}")
        except OSError as error:
            raise SourceError(
                self.name,
                (error.strerror or str(error)).lower(),
                hint=_HINT,
            ) from error
        return reader

    def _seek(self, reader: Any) -> str:
        """Go to where the last run ended; return the last cursor known."""
        start = self._start
        if start is None or not start.get("cursor"):
            # No cursor was stored when the journal was empty.
            if self._from_start or start is not None:
                reader.seek_head()
                return ""
            reader.seek_tail()
            # seek_tail() alone stands behind an end that moves; one step back pins it down.
            entry = reader.get_previous()
            if not entry:  # nothing of interest yet, and the end of nothing stays where it is
                reader.seek_head()
                return ""
            return str(entry["__CURSOR"])
        cursor = str(start["cursor"])
        try:
            reader.seek_cursor(cursor)
        except OSError:
            self._say("journal: the saved place is not a place in this journal; reading all of it")
            reader.seek_head()
            return ""
        entry = reader.get_next()
        if not entry:
            reader.seek_tail()
            reader.get_previous()
            return cursor
        if entry["__CURSOR"] != cursor:
            self._say("journal: the record at the saved place is gone; reading on after it")
        if entry["__CURSOR"] != cursor or not start.get("after"):
            # This one was not handed on yet: before it again.
            reader.seek_cursor(str(entry["__CURSOR"]))
        return cursor


def _system_journals() -> Iterator[Path]:
    for folder in ("/var/log/journal", "/run/log/journal"):
        yield from Path(folder).glob("*/system*.journal")


def _unreadable(journals: list[Path]) -> str | None:
    """Say why nothing will come, when none of this machine's journals can be read now."""
    if not journals:
        return "this machine keeps none, so that nothing may ever come; --kmsg follows the kernel itself"
    if any(os.access(each, os.R_OK) for each in journals):
        return None
    return f"no journal of this system can be read; {_HINT}"


def _nothing(_value: object) -> None:
    return None


def entry_line(entry: Mapping[str, Any]) -> bytes:
    """Return one record as a line that the parser reads back exactly (``oomlog.sources.journal_lines``)."""
    fields = {key: _bytes(entry[key]) for key in FIELDS if key in entry}
    record = described(
        fields,
        _bytes(entry.get("MESSAGE", b"")),
        int(entry.get("__REALTIME_TIMESTAMP", 0)),
        str(entry.get("_BOOT_ID", "")),
    )
    return line_of(record, 0)


def _bytes(value: Any) -> bytes:
    """Undo what systemd-python made of a field; of one that stands several times the first counts."""
    if isinstance(value, list):
        value = value[0] if value else b""
    return value if isinstance(value, bytes) else str(value).encode()
