"""Several records of one event become one: the fullest, with what only the others know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from oomlog.store.match import agree
from oomlog.store.rows import TIMES, EventRow, KillRow

__all__ = ["Record", "merged"]

_TIMED = {*TIMES, "time_origin"}
_GUESSED = ("outcome", "scope")


class Record(NamedTuple):
    """One record of an event."""

    event: EventRow
    kills: tuple[KillRow, ...]

    @property
    def fullness(self) -> tuple[int, bool, int]:
        """Return what to compare records by: a whole report says more than a part of it.

        Kills that another log's record gave to this one do not count: their lines are elsewhere.
        """
        first, last = self.event.first_line or 0, self.event.last_line or 0
        own = sum(kill.line is None or first <= kill.line <= last for kill in self.kills)
        return self.event.complete, self.event.gfp_mask is not None, own


def merged(records: Sequence[Record], words: Mapping[str, int | None]) -> Record:
    """Return the event that all of these are records of.

    :param records: The fullest first; where it comes from, and its line numbers, are kept.
    :param words: Numbers of the texts ``unknown`` and ``inferred``.
    """
    kills: list[KillRow] = []
    for record in records:
        for kill in record.kills:
            at = next((at for at, each in enumerate(kills) if _same_kill(kill, each)), None)
            if at is None:
                kills.append(kill)
            else:
                kills[at] = KillRow(**_filled([kills[at]._asdict(), kill._asdict()]))
                if kills[at].cut and not kill.cut:
                    kills[at] = kills[at]._replace(content=kill.content, cut=0)
    rows = [record.event._asdict() for record in records]
    event = _filled(rows)
    for name in _GUESSED:
        event[name] = next((row[name] for row in rows if row[name] != words["unknown"]), event[name])
    best = max(rows, key=lambda row: _time_rank(row, words["inferred"]))
    event.update({name: best[name] for name in _TIMED})
    event["kills"] = len(kills)
    if kills and not records[0].kills:
        event["content"] = kills[0].content
    return Record(EventRow(**event), tuple(kills))


def _same_kill(one: KillRow, other: KillRow) -> bool:
    return one.pid == other.pid and agree(one, other)


def _filled(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the first row with its gaps filled from the others; parts of a time stay together."""
    found = dict(rows[0])
    for row in rows[1:]:
        for name, value in row.items():
            if found[name] is None and name not in TIMES:
                found[name] = value
        if _time_rank(row, None) > _time_rank(found, None):
            found.update({name: row[name] for name in TIMES})
    return found


def _time_rank(row: Mapping[str, Any], inferred: int | None) -> tuple[bool, bool, bool]:
    """Rank what is known of a time: a point in time, a year that was printed, anything."""
    printed = row["local_us"] is not None and row.get("time_origin") != inferred
    return row["local_us"] is not None, printed, row["time_us"] is not None
