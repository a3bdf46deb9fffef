"""Explanations to a report: everything that the formats write is decided here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from oomlog.events.neighbourhood import Neighbour
from oomlog.explain.model import Explanation, Values
from oomlog.explain.phrases import say
from oomlog.explain.verdict import verdict, who
from oomlog.model import OomEvent
from oomlog.report.postmortem.doubts import doubts_of
from oomlog.report.postmortem.facts import facts_of
from oomlog.report.postmortem.model import Case, Incident, Kind, Postmortem, Read, SameVictim
from oomlog.report.postmortem.once import in_order, once
from oomlog.report.postmortem.spans import clock, span
from oomlog.report.postmortem.timeline import offset_of, timeline
from oomlog.report.shorten import short_ids

__all__ = ["build", "case_of"]

_SAME_VICTIM = 50
_EQUALS = 3
"""So many causes of as many events each are named."""


def build(
    explanations: Sequence[tuple[int, Explanation]],
    events: Sequence[OomEvent],
    *,
    neighbours: Sequence[Neighbour] = (),
    lang: str = "en",
    title: str | None = None,
    kind: Kind = "event",
    read: Read | None = None,
    redacted: bool = False,
) -> Postmortem:
    """Return the report.

    :param explanations: The events it is about, with their places in the inputs, from 1.
    :param events: All events of the inputs.
    :param neighbours: What else the inputs say near their events.

    An event of which several logs tell is told once.
    """
    around = once(events, [number for number, _ in explanations])
    records = len(explanations)
    explanations, in_time = in_order([pair for pair in explanations if pair[0] in around], _event_of)
    if len(explanations) == 1:
        kind = "event"
    if kind == "incident":
        incident = _incident(explanations, in_time)
        told = [each for each in explanations if each[0] in (incident.first, incident.worst)]
        text = _incident_verdict(incident, lang)
    else:
        incident, told = None, list(explanations)
        text = (
            short_ids(verdict(explanations[0][1], lang))
            if kind == "event"
            else _summary(explanations, "events", lang)
        )
    return Postmortem(
        kind=kind,
        title=title or _title(explanations, kind, in_time, lang),
        lang=lang,
        verdict=text,
        cases=tuple(case_of(number, each, around, neighbours, lang) for number, each in told),
        incident=incident,
        read=replace(read or Read(), folded=records - len(explanations)),
        redacted=redacted,
    )


def case_of(
    number: int,
    explanation: Explanation,
    events: Mapping[int, OomEvent],
    neighbours: Sequence[Neighbour],
    lang: str,
) -> Case:
    """Return one event with all that is said about it.

    :param events: All events by number, each once.
    """
    place = explanation.place
    unit = None if place is None else place.owner.unit
    moments, left_out = timeline(explanation.event, [*events.values()], neighbours, unit, lang)
    return Case(
        number=number,
        explanation=explanation,
        facts=facts_of(explanation, lang),
        moments=moments,
        moments_left_out=left_out,
        same_victim=tuple(_same_victim(explanation.event, events)),
        doubts=doubts_of(explanation, lang),
    )


def _event_of(pair: tuple[int, Explanation]) -> OomEvent:
    return pair[1].event


def _title(explanations: Sequence[tuple[int, Explanation]], kind: Kind, in_time: bool, lang: str) -> str:
    events = [each.event for _, each in explanations]
    first = events[0]
    if kind == "event":
        name = who(first.kills[0].comm, first.kills[0].pid, lang) if first.kills else ""
        title = say(f"report.title_{'kill' if first.kills else first.outcome}", lang, {"who": name})
        return " · ".join(filter(None, (title, first.host, _when([first], lang))))
    hosts = {event.host for event in events if event.host is not None}
    names = [next(iter(hosts))] if len(hosts) == 1 else []
    when = _when([first, events[-1]], lang) if in_time else ""
    title = say(f"report.title_{kind}", lang, {"count": len(events)})
    return " · ".join(filter(None, (title, *names, when)))


def _when(ends: Sequence[OomEvent], lang: str) -> str:
    """Return from when to when, and that the year is a guess where it is one."""
    when = " – ".join(dict.fromkeys(filter(None, (clock(each.time, None) for each in ends))))
    guessed = any(each.time_origin == "inferred" for each in ends)
    return f"{when} ({say('report.year_inferred', lang, {})})" if guessed and when else when


def _same_victim(event: OomEvent, events: Mapping[int, OomEvent]) -> Iterator[SameVictim]:
    """Yield the kills of processes with the victim's name on the same host, the nearest of many."""
    if not event.kills or event.kills[0].comm is None:
        return
    comm = event.kills[0].comm
    found = [
        SameVictim(number, other, kill, other is event)
        for number, other in events.items()
        if other.host == event.host
        for kill in other.kills
        if kill.comm == comm
    ]
    if all(each.own for each in found):
        return
    here = next(at for at, each in enumerate(found) if each.own)
    start = max(0, min(here - _SAME_VICTIM // 2, len(found) - _SAME_VICTIM))
    yield from found[start : start + _SAME_VICTIM]


# -- incidents -----------------------------------------------------------------------------------------


def _incident(explanations: Sequence[tuple[int, Explanation]], in_time: bool) -> Incident:
    causes = Counter(None if each.primary is None else each.primary.id for _, each in explanations)
    victims = Counter(kill.comm for _, each in explanations for kill in each.event.kills)
    largest = max(
        explanations, key=lambda pair: max((kill.rss_kb or 0 for kill in pair[1].event.kills), default=-1)
    )
    return Incident(
        explanations=tuple(explanations),
        causes=tuple(causes.most_common()),
        victims=tuple(victims.most_common()),
        first=explanations[0][0],
        worst=largest[0],
        in_time=in_time,
    )


def _incident_verdict(incident: Incident, lang: str) -> str:
    parts = [_summary(incident.explanations, "incident", lang)]
    cause, count = incident.causes[0]
    equals = [each for each, events in incident.causes if events == count]
    if len(equals) > 1:
        known = [say(f"causes.{each}", lang, {}) for each in equals if each is not None]
        few = count > 1 and len(known) == len(equals) <= _EQUALS
        key = "main_causes" if few else "no_main_cause"
        parts.append(say(f"report.{key}", lang, {"count": count, "causes": "; ".join(known)}))
    elif cause is not None:
        parts.append(
            say("report.main_cause", lang, {"count": count, "cause": say(f"causes.{cause}", lang, {})})
        )
        if len(incident.explanations) == 1:
            parts.append(short_ids(verdict(incident.explanations[0][1], lang)))
    return " ".join(parts)


def _summary(explanations: Sequence[tuple[int, Explanation]], key: str, lang: str) -> str:
    # What systemd-oomd and others killed is no run of the OOM killer, and often has no process's name.
    kernel = [pair for pair in explanations if pair[1].event.killer == "kernel"]
    others = sorted({each.event.killer for _, each in explanations} - {"kernel"})
    besides = ""
    if not kernel:
        key = "events"
    elif others:
        count = len(explanations) - len(kernel)
        besides = " " + say("report.other_killers", lang, {"killers": ", ".join(others), "count": count})
    counted, in_time = in_order(kernel or explanations, _event_of)
    events = [each.event for _, each in counted]
    kills = sum(len(event.kills) for event in events)
    names = Counter(kill.comm or "?" for event in events for kill in event.kills)
    shown = ", ".join(f"{name} ({count})" if count > 1 else name for name, count in names.most_common(5))
    if len(names) > 5:
        shown += f", +{len(names) - 5}"
    first, last = events[0], events[-1]
    apart = offset_of(first, last.time, last.uptime_s, last.source, last.quick_first_line, last.boot_id)
    values: Values = {"events": len(events), "kills": kills, "victims": shown}
    if in_time and apart is not None and apart >= 0.001:  # less is only what the clock is too coarse for
        return say(f"report.{key}_within", lang, {**values, "span": span(apart, lang)}) + besides
    return say(f"report.{key}", lang, values) + besides
