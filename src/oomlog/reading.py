"""``oomlog.read()``: logs to tables in one line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING

from oomlog.errors import OomlogError
from oomlog.events.parse import Input, parse
from oomlog.model import OomEvent
from oomlog.sources import JournalQuery, Limits

if TYPE_CHECKING:
    from oomlog.containers.registry import Registry
    from oomlog.explain.model import Explanation
    from oomlog.frame.event_list import EventList

__all__ = ["read"]


def read(
    inputs: Input | Iterable[Input],
    *,
    year: int | None = None,
    tz: tzinfo | None = None,
    limits: Limits | None = None,
    journal: JournalQuery | None = None,
    include_untrusted: bool = False,
    strict: bool = False,
    on_error: Callable[[OomlogError], None] | None = None,
    registry: Registry | None = None,
) -> EventList:
    """Read all inputs to their end, for pandas; the options are those of :func:`parse`.

    The result has a table each for ``kills``, ``events``, ``tasks``, ``zones``, ``memcg`` and ``findings``,
    made when it is first asked for, and the events themselves in ``oom_events``.

    :param tz: Zone of times that print none: ``kills.time`` is in UTC, and without a zone it is not known.
    :param registry: Names of containers, from ``oomlog.containers.maps``.
    :raise UsageError: When pandas is not installed.

    >>> line = "Out of memory: Killed process 7 (x) total-vm:8kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB"
    >>> read(f"kernel: {line}\\n").kills.comm.tolist()
    ['x']
    """
    from oomlog import frame
    from oomlog.explain.neighbours import Log

    def explain(events: Sequence[OomEvent]) -> Iterable[Explanation]:
        from oomlog.explain.run import explain_all

        return explain_all(events, registry=registry)

    make = frame.EventList  # without pandas this raises before anything is read
    events = parse(
        inputs,
        year=year,
        tz=tz,
        limits=limits,
        journal=journal,
        include_untrusted=include_untrusted,
        strict=strict,
        on_error=on_error,
    )
    read_in = make(events, explain=explain, registry=registry)
    siblings = Log(read_in.oom_events)
    for event in siblings:
        event.siblings, event.registry = siblings, registry
    return read_in
