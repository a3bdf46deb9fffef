"""The flat form of an event: one row per killed process, for CSV and Parquet.

An event without a killed process (a panic, nothing killable, a report cut before its kill) has no row.
All columns can be filled without decoding the whole report where the kernel's summary line (since 5.0)
names the cgroups, which keeps large exports fast.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from oomlog.frame.columns import PLACE
from oomlog.model import OomEvent, Scope

if TYPE_CHECKING:
    from oomlog.containers.registry import Registry

__all__ = ["Cell", "place_cells", "rows"]

Cell = str | int | float | bool | None

_NOWHERE: tuple[Cell, ...] = (None,) * len(PLACE)


def rows(event: OomEvent, registry: Registry | None = None) -> Iterator[tuple[Cell, ...]]:
    """Yield the row of each kill, in the order of ``EXPORTED``; ``time`` is ISO 8601 text."""
    if not event.kills:
        return
    oom_memcg, task_memcg = event.quick_memcgs
    first_line = event.quick_first_line
    scope = event.quick_scope
    place = place_cells(oom_memcg, task_memcg, scope, registry)
    for kill in event.kills:
        when = event.time if kill.time is None else kill.time
        selected, reaped = kill.selected, kill.reaped
        yield (
            event.source,
            first_line,
            kill.line,
            None if when is None else when.isoformat(),
            event.uptime_s if kill.uptime_s is None else kill.uptime_s,
            event.host,
            event.boot_id,
            event.killer,
            scope,
            event.constraint,
            event.outcome,
            event.complete,
            event.trigger_comm,
            oom_memcg,
            task_memcg,
            kill.pid,
            kill.comm,
            kill.uid,
            kill.total_vm_kb,
            kill.anon_rss_kb,
            kill.file_rss_kb,
            kill.shmem_rss_kb,
            kill.pgtables_kb,
            kill.oom_score_adj,
            kill.score,
            None if selected is None else selected.pid,
            None if selected is None else selected.comm,
            None if reaped is None else not reaped.failed,
            event.trusted,
            *place,
        )


def place_cells(
    oom_memcg: str | None, task_memcg: str | None, scope: Scope, registry: Registry | None = None
) -> tuple[Cell, ...]:
    """Return whose process it was, in the order of ``PLACE``; nothing but ``None`` where no path tells."""
    if oom_memcg in (None, "/") and task_memcg in (None, "/"):
        return _NOWHERE
    return _known_paths(oom_memcg, task_memcg, scope, registry)


def _of_paths(
    oom_memcg: str | None, task_memcg: str | None, scope: Scope, registry: Registry | None
) -> tuple[Cell, ...]:
    # The patterns of all names are only needed where there is one.
    from oomlog.containers.place import place_at

    place = place_at(oom_memcg, task_memcg, scope, registry)
    if place is None:
        return _NOWHERE
    owner, known = place.owner, place.known
    return (
        owner.kind,
        owner.runtime,
        owner.container_id,
        owner.name if known is None or known.name is None else known.name,
        None if known is None else known.pod,
        None if known is None else known.namespace,
        None if known is None else known.image,
        owner.pod_uid,
        owner.qos,
        owner.unit,
        owner.slice,
        owner.job,
        owner.step,
        owner.level,
        place.limit_level,
    )


# A log tells of few cgroups, again and again.
_known_paths = lru_cache(maxsize=512)(_of_paths)
