"""Stored events as they were read: from the text of their reports, which is kept."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from oomlog.events.reread import Known, reread
from oomlog.frame.text import original
from oomlog.model import Details, Kept, Kill, OomEvent, Selected, Trigger
from oomlog.store.database import Store, opened
from oomlog.store.texts import Texts, unpacker
from oomlog.store.wanted import Wanted

__all__ = ["StoredEvent", "numbered_events", "oom_events", "stored_events"]

_EPOCH = datetime(1970, 1, 1)
_EVENTS = """
SELECT event.*, printf('%016x', event.content) || CASE WHEN event.number > 1 THEN '-' || event.number
    ELSE '' END AS event_id, sources.name AS name, report.text, report.dictionary, report.start_no,
    report.first_no, report.shift
FROM event JOIN sources ON sources.id = event.source LEFT JOIN report ON report.event = event.id
WHERE {} ORDER BY event.id
"""

StoredEvent = tuple[str, OomEvent]
"""The event's id and the event."""


def oom_events(
    db: Store | str | Path, ids: Iterable[str] | None = None, *, wanted: Wanted | None = None
) -> Iterator[OomEvent]:
    """Yield stored events in the order in which they were added, read once more from their reports.

    :param db: A store, or the path of one.
    :param ids: Only these: values of ``event_id``, or how they begin.
    :param wanted: Only these.
    :raise StoreError: The store cannot be read.
    """
    chosen = wanted or Wanted()
    if ids is not None:
        chosen = chosen._replace(ids=tuple(ids))
    return (event for _, event in stored_events(db, chosen))


def stored_events(
    db: Store | str | Path, wanted: Wanted, *, last: int | None = None, whole: bool = True
) -> Iterator[StoredEvent]:
    """Yield the id and the event of stored events in the order in which they were added.

    :param last: Only so many, those that were added last.
    :param whole: Read the reports; otherwise only what the tables have, which is much faster.
    """
    return ((event_id, event) for _, event_id, event in numbered_events(db, wanted, last=last, whole=whole))


def numbered_events(
    db: Store | str | Path,
    wanted: Wanted,
    *,
    last: int | None = None,
    whole: bool = True,
    like: Callable[[bytes], bool] | None = None,
) -> Iterator[tuple[int, str, OomEvent]]:
    """Yield what ``stored_events`` does, with the number that the event has in ``kills`` before it.

    :param like: Only events with a report whose text passes this, of the last ones.
    """
    store = opened(db)
    with store.explained():
        condition, given = wanted.where(store)
        if last is not None:
            condition = f"event.id IN (SELECT id FROM event WHERE {condition} ORDER BY id DESC LIMIT :last)"
            given["last"] = last
        cursor = store.connection.cursor()
        cursor.row_factory = sqlite3.Row
        texts = Texts(store.connection)
        unpack = unpacker(store.connection)

        def text(number: int | None) -> str | None:
            found = texts.text(number)
            return None if found is None else original(found)

        for row in cursor.execute(_EVENTS.format(condition), given):
            report = None
            if whole and row["text"] is not None:
                report = unpack[row["dictionary"]].decompress(row["text"])
            if like is not None and (report is None or not like(report)):
                continue
            kills = store.connection.cursor()
            kills.row_factory = sqlite3.Row
            rows = kills.execute(
                "SELECT * FROM kill WHERE event = ? ORDER BY number", (row["id"],)
            ).fetchall()
            kept = None
            if report is not None:
                kept = Kept(report, row["start_no"], row["first_no"], row["shift"])
            yield row["id"], row["event_id"], _event(row, rows, kept, text)


def _event(
    row: Any, rows: list[Any], kept: Kept | None, text: Callable[[int | None], str | None]
) -> OomEvent:
    known = Known(
        original(row["name"]),
        _time(row),
        text(row["time_origin"]) or "absent",
        None if row["uptime_us"] is None else row["uptime_us"] / 1e6,
        text(row["host"]),
        text(row["boot_id"]),
        None if row["trusted"] is None else bool(row["trusted"]),
        tuple(_time(kill) for kill in rows),
    )
    event = None if kept is None else reread(kept, known)
    if event is not None:
        if len(event.kills) != len(rows):  # other logs had more of them, or had their beginning
            read = {kill.pid: kill for kill in event.kills}
            event.kills = tuple(read.get(each["pid"]) or _kill(each, text) for each in rows)
        return event
    return _bare(row, tuple(_kill(each, text) for each in rows), known, text)


def _time(row: Any) -> datetime | None:
    if row["local_us"] is None:
        return None
    local: datetime = _EPOCH + timedelta(microseconds=row["local_us"])
    if row["utc_offset_s"] is None:
        return local
    offset = timedelta(seconds=row["utc_offset_s"])
    return local.replace(tzinfo=timezone(offset) if offset else UTC)


def _kill(row: Any, text: Callable[[int | None], str | None]) -> Kill:
    selected = row["selected_pid"]
    return Kill(
        row["pid"],
        text(row["comm"]),
        row["total_vm_kb"],
        row["anon_rss_kb"],
        row["file_rss_kb"],
        row["shmem_rss_kb"],
        row["uid"],
        row["pgtables_kb"],
        row["oom_score_adj"],
        row["score"],
        selected=None if selected is None else Selected(selected, text(row["selected_comm"]), None),
        time=_time(row),
        uptime_s=None if row["uptime_us"] is None else row["uptime_us"] / 1e6,
        line=row["line"] or 0,
    )


def _bare(
    row: Any, kills: tuple[Kill, ...], known: Known, text: Callable[[int | None], str | None]
) -> OomEvent:
    """Make an event of the table's values alone, of which no report can be read."""
    details = Details(kernel_release=text(row["kernel_release"]), oom_memcg=text(row["oom_memcg"]))
    comm, mask = text(row["trigger_comm"]), text(row["gfp_mask"])
    trigger = None
    if comm is not None or mask is not None:
        adj = row["trigger_oom_score_adj"]
        trigger = Trigger(comm, None, None, mask, None, row["page_order"], adj)
    return OomEvent(
        source=known.source,
        first_line=row["first_line"] or 0,
        last_line=row["last_line"] or 0,
        time=known.time,
        time_origin=known.time_origin,
        uptime_s=known.uptime_s,
        host=known.host,
        boot_id=known.boot_id,
        killer=text(row["killer"]) or "kernel",
        scope=text(row["scope"]) or "unknown",  # type: ignore[arg-type]
        constraint=text(row["constraint_name"]),
        outcome=text(row["outcome"]) or "unknown",  # type: ignore[arg-type]
        complete=bool(row["complete"]),
        trigger=trigger,
        oom_memcg=details.oom_memcg,
        task_memcg=text(row["task_memcg"]),
        kills=kills,
        notes=(),
        problems=(),
        decode=lambda: details,
        trusted=known.trusted,
    )
