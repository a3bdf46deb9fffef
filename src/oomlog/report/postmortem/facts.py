"""The facts box: when, where, what ran out, who died."""

from __future__ import annotations

from collections.abc import Iterator

from oomlog.explain.model import Explanation
from oomlog.explain.phrases import say
from oomlog.explain.verdict import who
from oomlog.explain.whose import what
from oomlog.frame.limits import reached_limit
from oomlog.model import OomEvent
from oomlog.report.postmortem.model import Fact
from oomlog.report.postmortem.spans import clock, span
from oomlog.report.shorten import short_ids
from oomlog.units import human_kb

__all__ = ["facts_of"]

_VICTIMS = 5


def facts_of(explanation: Explanation, lang: str) -> tuple[Fact, ...]:
    """Return what the log says about an event; what it does not say is left out."""
    return tuple(Fact(id, value) for id, value in _facts(explanation, lang) if value)


def _facts(explanation: Explanation, lang: str) -> Iterator[tuple[str, str | None]]:
    event = explanation.event
    yield "time", _time(event, lang)
    yield "uptime", _uptime(event, lang)
    yield "host", event.host
    yield "kernel", event.kernel_release
    yield "killer", None if event.killer == "kernel" else event.killer
    yield "scope", say(f"report.scope_{event.scope}", lang, {})
    yield "outcome", None if event.kills else say(f"report.outcome_{event.outcome}", lang, {})
    yield "victim", _victims(event, lang)
    yield "rss", _rss(event)
    yield "cgroup", event.oom_memcg if event.scope == "memcg" else None
    reached = reached_limit(event, explanation.victim.page_size_kb.value)
    if reached is not None:
        values = {"usage": human_kb(reached.usage_kb), "limit": human_kb(reached.limit_kb)}
        yield "limit", say(f"report.limit_{reached.counter}", lang, values)
    place = explanation.place
    if place is not None:
        yield "ran_in", short_ids(what(place.owner, place.known, lang))
        yield "image", None if place.known is None else place.known.image
    yield "trigger", _trigger(event, lang)
    yield "where", f"{event.source}:{event.first_line}-{event.last_line}"


def _time(event: OomEvent, lang: str) -> str | None:
    if event.time is None:
        return None
    shown = clock(event.time, None)
    notes = []
    if event.time_origin == "inferred":
        notes.append(say("report.year_inferred", lang, {}))
    if event.time.tzinfo is None:
        notes.append(say("report.no_zone", lang, {}))
    return f"{shown} ({', '.join(notes)})" if notes else shown


def _uptime(event: OomEvent, lang: str) -> str | None:
    if event.uptime_s is None:
        return None
    values = {"span": span(event.uptime_s, lang), "seconds": f"{event.uptime_s:.3f}"}
    return say("report.uptime_short" if event.uptime_s < 60 else "report.uptime", lang, values)


def _victims(event: OomEvent, lang: str) -> str | None:
    if not event.kills:
        return None
    names = [who(kill.comm, kill.pid, lang) for kill in event.kills[:_VICTIMS]]
    rest = len(event.kills) - _VICTIMS
    return ", ".join(names) + (f", +{rest}" if rest > 0 else "")


def _rss(event: OomEvent) -> str | None:
    sizes = [kill.rss_kb for kill in event.kills]
    known = [size for size in sizes if size is not None]
    return human_kb(known[0]) if len(known) == len(sizes) == 1 else None


def _trigger(event: OomEvent, lang: str) -> str | None:
    trigger = event.trigger
    if trigger is None:
        return None
    name = who(trigger.comm, trigger.pid, lang)
    order = None if trigger.order is None or trigger.order < 0 else f"order={trigger.order}"
    flags = None if trigger.gfp_flags is None else "|".join(trigger.gfp_flags)
    asked = ", ".join(part for part in (order, flags) if part)
    return f"{name}: {asked}" if asked else name
