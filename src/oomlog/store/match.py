"""Find the stored events that an event is a record of, by the rule of ``oomlog.frame.fingerprint``.

Logs are cut: a stored event may have lost its header or some of its kills, and so may the one that comes.
Records that share a kill are of one event; so are an unfinished header and a report that begins with it, and
a summary line and the report that it stands in.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator

from oomlog.frame.event_ids import CUT_KILLS
from oomlog.frame.fingerprint import COMPARED, Seen, has_numbers, named_again, same_moment
from oomlog.model import OomEvent
from oomlog.store.often import Often
from oomlog.store.rows import EventRow, KillRow, seen

__all__ = ["Matcher", "agree"]

# Between a header and its kills, and between two clocks; same_moment() looks closer.
_NEAR_US = 600_000_000
_NEARER_US = (_NEAR_US, 60_000_000, 1_000_000, 2)
_MANY = 64
"""So many headers of one trigger are looked at; where more are near, only those that are nearer."""
_KILL = """
SELECT event.id AS event, event.source, event.trusted, event.host, event.boot_id, event.time_origin,
event.gfp_mask, kill.*
FROM {} WHERE {}
"""
_SAME_KILL = _KILL.format("kill JOIN event ON event.id = kill.event", "kill.content = ?")
_CUT_KILL = _KILL.format("kill JOIN event ON event.id = kill.event", "kill.cut AND kill.pid = ?")
_NEAR = """(event.uptime_us BETWEEN :uptime - :near AND :uptime + :near
OR coalesce(event.time_us, event.local_us) BETWEEN :time - :near AND :time + :near)"""
_NEAR_KILL = _KILL.format(
    "event JOIN kill ON kill.event = event.id", f"{_NEAR} AND (kill.pid = :pid OR kill.pid IS NULL)"
)
_SAME_EVENT = "SELECT * FROM event WHERE content = ? AND kills = 0"
_NEAR_EVENT = f"SELECT * FROM event WHERE {_NEAR} AND source != :source AND trigger_comm IS :trigger"
_PIECE = """
SELECT * FROM event WHERE kills = 0 AND complete = 0 AND gfp_mask IS NULL
AND uptime_us BETWEEN :first AND :last
"""
_AROUND = """
SELECT * FROM event WHERE uptime_us BETWEEN :at - :near AND :at AND gfp_mask IS NOT NULL
AND (SELECT max(uptime_us) FROM kill WHERE kill.event = event.id) >= :at
"""


class Matcher:
    """Looks for records of an event in a store that nobody else writes to."""

    def __init__(self, connection: sqlite3.Connection, text: Callable[[int | None], str | None]) -> None:
        self._cursor = connection.cursor()
        self._cursor.row_factory = sqlite3.Row
        self._text = text
        self._same_kills = Often(
            self._cursor, _SAME_KILL, " AND kill.event = ? AND kill.number = ?", ("event", "number"), text
        )
        self._same_events = Often(self._cursor, _SAME_EVENT, " AND event.id = ?", ("id",), text)
        self.any_cut = self._any("SELECT 1 FROM kill WHERE cut LIMIT 1")
        """Whether the store has a kill whose line was cut."""
        self.any_alike = True
        """Whether the last event that was looked for may share its content with another one."""
        self.any_bare = self._any("SELECT 1 FROM event WHERE kills = 0 AND complete = 0 LIMIT 1")
        """Whether it has a header without an end."""

    def _any(self, query: str) -> bool:
        return self._cursor.execute(query).fetchone() is not None

    def find(self, event: OomEvent, row: EventRow, kills: tuple[KillRow, ...], source: int) -> list[int]:
        """Return the ids of stored records of the event, none or one if nothing was cut.

        :param source: Where the event is from: one log tells apart its own unfinished headers.
        """
        found: dict[int, None] = {}
        self.any_alike = not kills
        for number, kill in enumerate(kills):
            mine = Seen.of(event, event.kills[number])
            for other in self._kills(row, kill, mine):
                self.any_alike = True
                if bool(other["trusted"] == 0) != (event.trusted is False) or not agree(kill, other):
                    continue
                theirs = self._seen(other)
                same = same_moment(mine, theirs)
                if same is False and (row.gfp_mask is None) != (other["gfp_mask"] is None):
                    alike = kill.content == other["content"] and has_numbers(event)
                    same = alike and other["source"] != source and named_again(mine, theirs)
                strong = not kill.cut and not other["cut"]
                # The same line without a time and without sizes: in one log it is two, in another the same.
                again = kill.content == other["content"] and other["source"] != source
                if same or (same is None and (strong or again)):
                    found[other["event"]] = None
                    break  # others like it are at other times
            self.any_alike = self.any_alike or self._same_kills.knows(kill.content)
        if not kills:
            found.update(self._alike(event, row, source))
        if event.quick_trigger is not None and ((not kills and not row.complete) or self.any_bare):
            found.update(self._headers(event, row, source))
        if row.uptime_us is not None and (kills or not row.complete):
            found.update(self._inside(event, row, kills))
        return list(found)

    def changed(self, event: int, row: EventRow, kills: tuple[KillRow, ...]) -> None:
        """Take note of an event that was added, or of what became of one."""
        self.any_cut = self.any_cut or any(kill.cut for kill in kills)
        self.any_bare = self.any_bare or not (kills or row.complete)
        self._same_kills.changed((kill.content for kill in kills), event)
        if not kills:
            self._same_events.changed((row.content,), event)

    def _kills(self, row: EventRow, kill: KillRow, mine: Seen) -> Iterator[sqlite3.Row]:
        yield from self._same_kills.near(kill.content, mine, header=row.gfp_mask is not None)
        cut = self._cursor.execute(_CUT_KILL, (kill.pid,)).fetchmany(CUT_KILLS + 1) if self.any_cut else []
        if len(cut) <= CUT_KILLS:
            yield from cut
            if kill.cut:
                yield from self._cursor.execute(_NEAR_KILL, {**_near(row), "pid": kill.pid}).fetchall()

    def _alike(self, event: OomEvent, row: EventRow, source: int) -> Iterator[tuple[int, None]]:
        mine, strong = Seen.of(event), has_numbers(event)
        for other in self._same_events.near(row.content, mine, header=row.gfp_mask is not None):
            if bool(other["trusted"] == 0) == (event.trusted is False):
                same = same_moment(mine, self._seen(other))
                if same is not False and (strong or other["source"] != source):
                    yield other["id"], None
                    return

    def _headers(self, event: OomEvent, row: EventRow, source: int) -> Iterator[tuple[int, None]]:
        mine = Seen.of(event)
        given = {**_near(row), "source": source, "trigger": row.trigger_comm}
        for near in _NEARER_US:
            others = self._cursor.execute(_NEAR_EVENT, {**given, "near": near}).fetchmany(_MANY + 1)
            if len(others) <= _MANY:
                break
        for other in others:
            cut = (not row.kills and not row.complete) or (not other["kills"] and not other["complete"])
            same_header = all(
                other[name] == getattr(row, name)
                for name in ("killer", "gfp_mask", "page_order", "trigger_oom_score_adj")
            )
            as_trusted = bool(other["trusted"] == 0) == (event.trusted is False)
            if cut and same_header and as_trusted and same_moment(mine, self._seen(other)):
                yield other["id"], None

    def _inside(
        self, event: OomEvent, row: EventRow, kills: tuple[KillRow, ...]
    ) -> Iterator[tuple[int, None]]:
        """Find what is left of a report cut at both ends: its summary line, between header and kill."""
        if kills and row.gfp_mask is not None and self.any_bare:
            last = max((kill.uptime_us or 0 for kill in kills), default=0)
            found = self._cursor.execute(_PIECE, {"first": row.uptime_us, "last": last})
        elif not kills and row.gfp_mask is None:
            found = self._cursor.execute(_AROUND, {"at": row.uptime_us, "near": _NEAR_US})
        else:
            return
        mine = Seen.of(event)._replace(uptime_s=None)
        for other in found.fetchall():
            same_group = other["oom_memcg"] == row.oom_memcg or None in (other["oom_memcg"], row.oom_memcg)
            theirs = self._seen(other)._replace(uptime_s=None)
            as_trusted = bool(other["trusted"] == 0) == (event.trusted is False)
            if same_group and as_trusted and same_moment(mine, theirs) is not False:
                yield other["id"], None

    def _seen(self, row: sqlite3.Row) -> Seen:
        return seen(row, self._text)


def agree(kill: KillRow, other: sqlite3.Row | KillRow) -> bool:
    """Tell whether nothing that two records of a kill both have is different, names aside."""
    for name in COMPARED:
        mine = getattr(kill, name)
        theirs = getattr(other, name) if isinstance(other, KillRow) else other[name]
        if mine is not None and theirs is not None and mine != theirs:
            return False
    return True


def _near(row: EventRow) -> dict[str, int | None]:
    time = row.local_us if row.time_us is None else row.time_us
    return {"uptime": row.uptime_us, "time": time, "near": _NEAR_US}
