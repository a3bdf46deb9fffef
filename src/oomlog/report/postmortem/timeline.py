"""What happened around an event, as far as the inputs show it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from oomlog.explain.phrases import say
from oomlog.explain.verdict import who
from oomlog.model import OomEvent
from oomlog.report.postmortem.model import Moment
from oomlog.units import human_kb

__all__ = ["NEAR_S", "offset_of", "timeline"]

NEAR_S = 600.0
"""How far from the event something may be to be told."""
_EACH_SIDE = 15
_Found = tuple[float | None, OomEvent]
_KILLS = 10


def timeline(event: OomEvent, events: Sequence[OomEvent], lang: str) -> tuple[tuple[Moment, ...], int]:
    """Return what happened, in order, and how many moments near the event were left out.

    Of what is farther away than ten minutes only the nearest kill before and after is told.
    """
    own = list(_own(event, lang))
    before: list[_Found] = []
    after: list[_Found] = []
    for other in events:
        if other is event or other.host != event.host:
            continue
        offset = offset_of(event, other.time, other.uptime_s, other)
        if offset is None and other.source != event.source:
            continue
        later = offset > 0 if offset else other.quick_first_line > event.quick_first_line
        (after if later else before).append((offset, other))
    near = [_nearest(before, event), _nearest(after, event)]
    left_out = sum(max(0, len(each) - _EACH_SIDE) for each in near)
    shown = [_event(other, offset, lang) for side in near for offset, other in side[:_EACH_SIDE]]
    return tuple(sorted([*own, *shown], key=_order)), left_out


def offset_of(
    event: OomEvent, when: datetime | None, uptime_s: float | None, other: OomEvent | None = None
) -> float | None:
    """Return the seconds from the event: by the wall clock, else by uptime within one log and boot."""
    if event.time is not None and when is not None and (event.time.tzinfo is None) == (when.tzinfo is None):
        # Both clocks say the same; uptime has the fractions that a syslog's time lacks.
        apart = (when - event.time).total_seconds()
        exact = _by_uptime(event, uptime_s, other)
        return exact if exact is not None and abs(exact - apart) < 2 else apart
    return _by_uptime(event, uptime_s, other)


def _by_uptime(event: OomEvent, uptime_s: float | None, other: OomEvent | None) -> float | None:
    if event.uptime_s is None or uptime_s is None:
        return None
    if other is not None and (other.source != event.source or other.boot_id != event.boot_id):
        return None
    return uptime_s - event.uptime_s


def _nearest(found: list[_Found], event: OomEvent) -> list[_Found]:
    def distance(each: _Found) -> tuple[float, int]:
        offset, other = each
        return abs(offset or 0.0), abs(other.quick_first_line - event.quick_first_line)

    ordered = sorted(found, key=distance)
    return [each for at, each in enumerate(ordered) if at == 0 or abs(each[0] or 0.0) <= NEAR_S]


def _order(moment: Moment) -> tuple[float, str, int]:
    return moment.offset_s or 0.0, moment.source, moment.line


def _event(event: OomEvent, offset: float | None, lang: str) -> Moment:
    kind = "kill" if event.killer == "kernel" else "userspace_kill"
    if not event.kills:
        kind = event.outcome if event.outcome != "killed" else "unknown"
    return Moment(
        event.time, event.uptime_s, offset, kind, _killed(event, lang), event.source, event.quick_first_line
    )


def _killed(event: OomEvent, lang: str) -> str:
    if not event.kills:
        return say(f"report.outcome_{event.outcome}", lang, {})
    first = event.kills[0]
    name = who(first.comm, first.pid, lang)
    size = "" if first.rss_kb is None else f", {human_kb(first.rss_kb)}"
    more = f", +{len(event.kills) - 1}" if len(event.kills) > 1 else ""
    by = "" if event.killer == "kernel" else f" ({event.killer})"
    return f"{name}{size}{more}{by}"


def _own(event: OomEvent, lang: str) -> Iterator[Moment]:
    """Yield the steps of the event itself."""
    trigger = event.trigger
    if trigger is not None:
        name = who(trigger.comm, trigger.pid, lang)
        yield Moment(
            event.time, event.uptime_s, 0.0, "invoked", name, event.source, event.first_line, own=True
        )
    for kill in event.kills[:_KILLS]:
        offset = offset_of(event, kill.time, kill.uptime_s)
        size = "" if kill.rss_kb is None else f", {human_kb(kill.rss_kb)}"
        text = f"{who(kill.comm, kill.pid, lang)}{size}"
        yield Moment(kill.time, kill.uptime_s, offset, "killed", text, event.source, kill.line, own=True)
        if kill.reaped is not None:
            kind = "reap_failed" if kill.reaped.failed else "reaped"
            line = kill.reaped.line
            yield Moment(
                None, None, offset, kind, who(kill.comm, kill.pid, lang), event.source, line, own=True
            )
    if not event.kills and event.outcome != "unknown":
        text = say(f"report.outcome_{event.outcome}", lang, {})
        yield Moment(
            event.time, event.uptime_s, 0.0, event.outcome, text, event.source, event.last_line, own=True
        )
    for note in event.notes:
        text = f"{note.source}: {note.text}"
        yield Moment(None, None, None, "note", text, event.source, note.line, own=True)
