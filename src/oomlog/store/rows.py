"""An event as rows of the tables ``event``, ``kill`` and ``report``, and back what is compared."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from oomlog.frame.exported import place_cells
from oomlog.frame.fingerprint import Seen, fingerprint, is_cut, kill_key
from oomlog.frame.limits import Reached, reached
from oomlog.frame.page_size import page_kb
from oomlog.model import Kill, Memcg, OomEvent

__all__ = ["EVENT", "KILL", "TIMES", "EventRow", "KillRow", "moment", "rows_of", "seen"]

_EPOCH = datetime(1970, 1, 1)
_MICROSECOND = timedelta(microseconds=1)
_INT64 = range(-(1 << 63), 1 << 63)


class EventRow(NamedTuple):
    """The table ``event`` without ``id``, ``number`` and ``source``; texts and places are numbers."""

    content: int
    first_line: int | None
    last_line: int | None
    time_us: int | None
    local_us: int | None
    utc_offset_s: int | None
    time_origin: int | None
    uptime_us: int | None
    host: int | None
    boot_id: int | None
    kernel_release: int | None
    killer: int | None
    trusted: int | None
    scope: int | None
    constraint_name: int | None
    outcome: int | None
    complete: int
    kills: int
    trigger_comm: int | None
    gfp_mask: int | None
    page_order: int | None
    trigger_oom_score_adj: int | None
    oom_memcg: int | None
    task_memcg: int | None
    place: int | None
    limit_kb: int | None
    limit_of: int | None


class KillRow(NamedTuple):
    """The table ``kill`` without ``event`` and ``number``."""

    content: int
    cut: int
    line: int | None
    time_us: int | None
    local_us: int | None
    utc_offset_s: int | None
    uptime_us: int | None
    pid: int | None
    comm: int | None
    uid: int | None
    total_vm_kb: int | None
    anon_rss_kb: int | None
    file_rss_kb: int | None
    shmem_rss_kb: int | None
    pgtables_kb: int | None
    oom_score_adj: int | None
    score: int | None
    selected_pid: int | None
    selected_comm: int | None
    reaped: int | None


EVENT = EventRow._fields
KILL = KillRow._fields
TIMES = ("time_us", "local_us", "utc_offset_s")


def rows_of(
    event: OomEvent,
    text: Callable[[str | None], int | None],
    place: Callable[[tuple[Any, ...]], int | None],
) -> tuple[EventRow, tuple[KillRow, ...]]:
    """Return an event's rows.

    :param text: Gives the number of a text.
    :param place: Gives the number of what ``place_cells`` returns.
    """
    oom_memcg, task_memcg = event.quick_memcgs
    scope = event.quick_scope
    details = event.quick_details
    header = event.quick_trigger
    limit = _limit(event, details.memcg)
    return EventRow(
        _signed(fingerprint(event)),
        event.quick_first_line,
        event.last_line,
        *moment(event.time),
        text(event.time_origin),
        _microseconds(event.uptime_s),
        text(event.host),
        text(event.boot_id),
        text(details.kernel_release),
        text(event.killer),
        event.trusted,
        text(scope),
        text(event.constraint),
        text(event.outcome),
        event.complete,
        len(event.kills),
        text(event.trigger_comm),
        text(None if header is None else header.gfp_mask),
        None if header is None else _fitting(header.order),
        None if header is None else _fitting(header.oom_score_adj),
        text(oom_memcg),
        text(task_memcg),
        place(place_cells(oom_memcg, task_memcg, scope)),
        None if limit is None else _fitting(limit.limit_kb),
        text(None if limit is None else limit.of),
    ), tuple(_kill_row(event, kill, text) for kill in event.kills)


def _kill_row(event: OomEvent, kill: Kill, text: Callable[[str | None], int | None]) -> KillRow:
    selected, reaped = kill.selected, kill.reaped
    return KillRow(
        _signed(kill_key(event.killer, kill)),
        is_cut(kill),
        kill.line,
        *moment(event.time if kill.time is None else kill.time),
        _microseconds(event.uptime_s if kill.uptime_s is None else kill.uptime_s),
        _fitting(kill.pid),
        text(kill.comm),
        _fitting(kill.uid),
        _fitting(kill.total_vm_kb),
        _fitting(kill.anon_rss_kb),
        _fitting(kill.file_rss_kb),
        _fitting(kill.shmem_rss_kb),
        _fitting(kill.pgtables_kb),
        _fitting(kill.oom_score_adj),
        _fitting(kill.score),
        None if selected is None else _fitting(selected.pid),
        text(None if selected is None else selected.comm),
        None if reaped is None else not reaped.failed,
    )


def _limit(event: OomEvent, memcg: Memcg | None) -> Reached | None:
    return None if memcg is None else reached(memcg, lambda: page_kb(event) or 4)


def moment(time: datetime | None) -> tuple[int | None, int | None, int | None]:
    """Return microseconds since 1970 in UTC and on the wall, and the seconds between them.

    >>> moment(datetime.fromisoformat("1970-01-01T02:00:00+02:00"))
    (0, 7200000000, 7200)
    """
    if time is None:
        return None, None, None
    local = (time.replace(tzinfo=None) - _EPOCH) // _MICROSECOND
    offset = time.utcoffset()
    if offset is None:
        return None, local, None
    return local - offset // _MICROSECOND, local, round(offset.total_seconds())


def seen(row: Mapping[str, Any] | sqlite3.Row, text: Callable[[int | None], str | None]) -> Seen:
    """Return where and when a stored event, or a kill of it, was seen.

    :param row: With the columns ``TIMES``, ``time_origin``, ``uptime_us``, ``host`` and ``boot_id``.
    :param text: Gives the text of a number.
    """
    time, us = None, row["local_us"]
    if row["time_us"] is not None:
        time = _EPOCH.replace(tzinfo=UTC) + timedelta(microseconds=row["time_us"])
    elif us is not None:
        time = _EPOCH + timedelta(microseconds=us)
    uptime = None if row["uptime_us"] is None else row["uptime_us"] / 1e6
    return Seen(text(row["boot_id"]), text(row["host"]), uptime, time, text(row["time_origin"]) == "inferred")


def _signed(content: str) -> int:
    """Return 16 hexadecimal digits as SQLite holds them."""
    return int.from_bytes(bytes.fromhex(content), "big", signed=True)


def _microseconds(seconds: float | None) -> int | None:
    return None if seconds is None else _fitting(round(seconds * 1e6))


def _fitting(value: int | None) -> int | None:
    """Return the number unless it has more than 64 bits, which no kernel prints."""
    return value if value is None or value in _INT64 else None
