"""The tables: events in, pandas frames out.

Each has the columns of ``oomlog.frame.columns`` with nullable dtypes, whatever was read, and what the log
does not say is NA.  The same events give the same numbers in ``event`` and ``kill``, which join the tables.
``tasks``, ``zones`` and ``memcg`` keep what the kernel prints beyond the documented columns at their end,
under the kernel's names.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any

import pandas

from oomlog.frame.arrays import frame_of
from oomlog.frame.columns import EXPORTED, ORDERS, columns_of
from oomlog.frame.event_ids import event_ids
from oomlog.frame.explained import Explained
from oomlog.frame.exported import place_cells, rows
from oomlog.frame.limits import reached
from oomlog.frame.open_columns import OpenTable
from oomlog.frame.page_size import page_kb, zones_of
from oomlog.model import Memcg, OomEvent

if TYPE_CHECKING:
    from oomlog.containers.registry import Registry

__all__ = ["events", "findings", "kills", "memcg", "tasks", "zones"]

_TIME = [column.name for column in EXPORTED].index("time")
_IN_PAGES = ("total_vm", "rss", "rss_anon", "rss_file", "rss_shmem", "swapents")
_ORDERS = tuple(f"free_order_{order}" for order in range(ORDERS))
_COUNTERS = tuple(
    (name, part)
    for name in ("memory", "memory_swap", "swap", "kmem")
    for part in ("usage_kb", "limit_kb", "failcnt")
)
_NO_COUNTERS = Memcg()


def kills(
    events: Iterable[OomEvent], *, tz: tzinfo | None = None, registry: Registry | None = None
) -> pandas.DataFrame:
    """Return one row per killed process.

    :param tz: The zone of times that say none; without it they are in ``local_time`` only.
    :param registry: Names of containers, as ``--map`` gives them.

    >>> import oomlog
    >>> log = "kernel: Killed process 7 (x) total-vm:9kB, anon-rss:4kB, file-rss:1kB, shmem-rss:0kB"
    >>> kills(oomlog.parse(f"{log}\\n")).rss_kb.tolist()
    [5]
    """
    found: list[Sequence[Any]] = []
    for number, event_id, event in _numbered(events):
        if not event.kills:
            continue
        details = event.quick_details
        ending = (*_limit(event, details.memcg), details.kernel_release)
        for index, row in enumerate(rows(event, registry)):
            kill = event.kills[index]
            when = event.time if kill.time is None else kill.time
            found.append(
                (
                    number,
                    index + 1,
                    event_id,
                    *row[:_TIME],
                    *_times(when, event, tz),
                    *row[_TIME + 1 :],
                    kill.rss_kb,
                    *ending,
                )
            )
    return _frame("kills", found)


def events(
    events: Iterable[OomEvent], *, tz: tzinfo | None = None, registry: Registry | None = None
) -> pandas.DataFrame:
    """Return one row per event, also for events that killed nothing.

    :param tz: The zone of times that say none; without it they are in ``local_time`` only.
    :param registry: Names of containers, as ``--map`` gives them.
    """
    found: list[Sequence[Any]] = []
    for number, event_id, event in _numbered(events):
        trigger, info = event.trigger, event.mem_info or {}
        totals: Any = info.get("totals") or {}
        swap: Any = info.get("swap") or {}
        suppressed = event.suppressed or {}
        found.append(
            (
                number,
                event_id,
                event.source,
                event.first_line,
                event.last_line,
                *_times(event.time, event, tz),
                event.uptime_s,
                event.host,
                event.boot_id,
                event.kernel_release,
                event.killer,
                event.scope,
                event.constraint,
                event.outcome,
                event.complete,
                event.trusted,
                len(event.kills),
                *(
                    (None,) * 7
                    if trigger is None
                    else (
                        trigger.comm,
                        trigger.pid,
                        trigger.uid,
                        trigger.oom_score_adj,
                        trigger.gfp_mask,
                        None if trigger.gfp_flags is None else "|".join(trigger.gfp_flags),
                        trigger.order,
                    )
                ),
                event.nodemask,
                event.cpuset,
                event.mems_allowed,
                event.oom_memcg,
                event.task_memcg,
                *place_cells(event.oom_memcg, event.task_memcg, event.scope, registry),
                *_limit(event, event.memcg),
                page_kb(event),
                totals.get("ram_pages"),
                swap.get("total_swap_kb"),
                swap.get("free_swap_kb"),
                None if event.tasks is None else len(event.tasks),
                suppressed.get("callbacks"),
                suppressed.get("messages_dropped"),
                len(event.problems),
            )
        )
    return _frame("events", found)


def tasks(events: Iterable[OomEvent], *, page_size_kb: int | None = None) -> pandas.DataFrame:
    """Return one row per process of the task tables, in printed order.

    :param page_size_kb: The machine's page size, for reports that do not show it: without it, sizes in kB are
        NA there.
    """
    table = OpenTable("tasks")
    for number, event_id, event in _numbered(events):
        if event.tasks is None:
            continue
        killed = {kill.pid: index for index, kill in enumerate(event.kills, 1) if kill.pid is not None}
        kb = page_kb(event) or page_size_kb
        for at, row in enumerate(event.tasks, 1):
            pid = row.get("tgid") if row.get("tgid") is not None else row.get("pid")
            pages = {name: row.get(f"{name}_pages") for name in _IN_PAGES}
            table.add(
                {
                    "event": number,
                    "event_id": event_id,
                    "row": at,
                    "kill": killed.get(pid),  # type: ignore[arg-type]
                    "page_size_kb": kb,
                    **{
                        f"{name}_kb": None if kb is None or not isinstance(value, int) else value * kb
                        for name, value in pages.items()
                    },
                },
                row,
            )
    return table.frame()


def zones(events: Iterable[OomEvent]) -> pandas.DataFrame:
    """Return one row per memory zone of the reports; a bound allocation hides zones (since 2.6.39)."""
    table = OpenTable("zones")
    for number, event_id, event in _numbered(events):
        for zone in zones_of(event):
            printed = {key: value for key, value in zone.items() if not isinstance(value, list | tuple)}
            reserve = zone.get("lowmem_reserve_pages")
            reserved = " ".join(map(str, reserve)) if isinstance(reserve, list) else None
            counts = [block["count"] for block in zone.get("free_list") or ()]
            blocks = dict(zip(_ORDERS, counts, strict=False))
            table.add(
                {
                    "event": number,
                    "event_id": event_id,
                    "lowmem_reserve_pages": reserved,
                    **{order: blocks.get(order) for order in _ORDERS},
                },
                printed | {f"free_order_{at}": count for at, count in enumerate(counts) if at >= ORDERS},
            )
    return table.frame()


def memcg(events: Iterable[OomEvent]) -> pandas.DataFrame:
    """Return one row per cgroup whose counters are in the reports: the one whose limit was hit, first.

    Its counters have columns of their own (``memory_usage_kb``), and so has each statistic, under the
    kernel's name: comparing cgroups needs no pivot.  Cgroups below it (3.9 to 5.2) have statistics only.
    """
    table = OpenTable("memcg")
    for number, event_id, event in _numbered(events):
        block = event.memcg
        if block is None:
            continue
        own = {
            "event": number,
            "event_id": event_id,
            "memcg": event.oom_memcg,
            "hit": True,
            **_counters(block),
        }
        table.add(own, block.stats or {})
        for path, stats in block.children:
            below = {"event": number, "event_id": event_id, "memcg": path, "hit": False}
            table.add({**below, **_counters(_NO_COUNTERS)}, stats)
    return table.frame()


def findings(explanations: Iterable[Explained]) -> pandas.DataFrame:
    """Return one row per claim about an event, in the order of the explanation.

    :param explanations: Of all events in their order, so that ``event`` is the number of the other tables.
    """
    found: list[Sequence[Any]] = []
    explanations = list(explanations)
    numbered = _numbered(each.event for each in explanations)
    for (number, event_id, _), explanation in zip(numbered, explanations, strict=True):
        for each in explanation.findings:
            lines = [line.no for line in each.evidence]
            found.append(
                (
                    number,
                    event_id,
                    each.id,
                    each.primary,
                    each.confidence,
                    min(lines, default=None),
                    " ".join(map(str, lines)),
                    json.dumps(dict(each.values), ensure_ascii=False),
                    each.reference,
                )
            )
    return _frame("findings", found)


def _numbered(events: Iterable[OomEvent]) -> Iterator[tuple[int, str, OomEvent]]:
    events = list(events)
    return zip(range(1, len(events) + 1), event_ids(events), events, strict=True)


def _frame(table: str, found: list[Sequence[Any]]) -> pandas.DataFrame:
    columns = columns_of(table)
    return frame_of(columns, zip(*found, strict=True) if found else [()] * len(columns))


def _times(
    when: datetime | None, event: OomEvent, tz: tzinfo | None
) -> tuple[datetime | None, datetime | None, int | None, str]:
    """Return the cells of ``time``, ``local_time``, ``utc_offset_s`` and ``time_origin``."""
    if when is None:
        return None, None, None, event.time_origin
    if when.tzinfo is None and tz is not None:
        when = when.replace(tzinfo=tz)
    offset = when.utcoffset()
    seconds = None if offset is None else round(offset.total_seconds())
    return when, when.replace(tzinfo=None), seconds, event.time_origin


def _limit(event: OomEvent, block: Memcg | None) -> tuple[int | None, str | None]:
    """Return the cells of ``LIMIT``."""
    found = None if block is None else reached(block, lambda: page_kb(event) or 4)
    return (None, None) if found is None else (found.limit_kb, found.of)


def _counters(block: Memcg) -> dict[str, int | None]:
    return {f"{name}_{part}": (getattr(block, name) or {}).get(part) for name, part in _COUNTERS}
