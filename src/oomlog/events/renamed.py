"""An event with other names in it."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy

from oomlog.model import Details, Kill, Note, OomEvent, ReportLine

__all__ = ["known_memcgs", "renamed"]


def known_memcgs(event: OomEvent) -> tuple[str | None, str | None]:
    """Return ``(oom_memcg, task_memcg)`` as far as they are known without decoding."""
    return event._oom_memcg, event._task_memcg


def renamed(
    event: OomEvent,
    *,
    source: str,
    host: str | None,
    boot_id: str | None,
    kills: tuple[Kill, ...],
    notes: tuple[Note, ...],
    memcgs: tuple[str | None, str | None],
    details: Callable[[], Details],
    quote: Callable[[], tuple[ReportLine, ...]],
) -> OomEvent:
    """Return a copy that has these names, and nothing of the event's own text.

    :param memcgs: As ``known_memcgs`` has them.
    :param details: Called when they are asked for; with all problems of the event.
    """
    new = copy(event)
    new.source, new.host, new.boot_id, new.kills, new.notes = source, host, boot_id, kills, notes
    new._oom_memcg, new._task_memcg = memcgs
    new._decode, new._quote, new._details = details, quote, None
    new._glance = new._keep = None
    new._problems = ()
    new.siblings, new.registry = (), None
    return new
