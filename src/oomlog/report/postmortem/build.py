"""Explanations to a report: everything that the formats write is decided here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from oomlog.events.neighbourhood import Neighbour
from oomlog.explain.model import Explanation, Values
from oomlog.explain.phrases import say
from oomlog.explain.verdict import verdict, who
from oomlog.model import OomEvent
from oomlog.report.postmortem.doubts import doubts_of
from oomlog.report.postmortem.facts import facts_of
from oomlog.report.postmortem.model import Case, Incident, Kind, Postmortem, Read, SameVictim
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
    """
    if kind == "incident":
        incident = _incident(explanations)
        told = [each for each in explanations if each[0] in (incident.first, incident.worst)]
        text = _incident_verdict(incident, lang)
    else:
        incident, told = None, list(explanations)
        text = (
            short_ids(verdict(explanations[0][1], lang))
            if kind == "event"
            else _summary([each for _, each in explanations], "events", lang)
        )
    return Postmortem(
        kind=kind,
        title=title or _title(explanations, kind, lang),
        lang=lang,
        verdict=text,
        cases=tuple(case_of(number, each, events, neighbours, lang) for number, each in told),
        incident=incident,
        read=read or Read(),
        redacted=redacted,
    )


def case_of(
    number: int,
    explanation: Explanation,
    events: Sequence[OomEvent],
    neighbours: Sequence[Neighbour],
    lang: str,
) -> Case:
    """Return one event with all that is said about it."""
    place = explanation.place
    unit = None if place is None else place.owner.unit
    moments, left_out = timeline(explanation.event, events, neighbours, unit, lang)
    return Case(
        number=number,
        explanation=explanation,
        facts=facts_of(explanation, lang),
        moments=moments,
        moments_left_out=left_out,
        same_victim=tuple(_same_victim(explanation.event, events)),
        doubts=doubts_of(explanation, lang),
    )


def _title(explanations: Sequence[tuple[int, Explanation]], kind: Kind, lang: str) -> str:
    events = [each.event for _, each in explanations]
    first = events[0]
    if kind == "event":
        name = who(first.kills[0].comm, first.kills[0].pid, lang) if first.kills else ""
        title = say(f"report.title_{'kill' if first.kills else first.outcome}", lang, {"who": name})
        parts = [title, *filter(None, [first.host, clock(first.time, None)])]
        return " · ".join(parts)
    hosts = {event.host for event in events if event.host is not None}
    names = [next(iter(hosts))] if len(hosts) == 1 else []
    when = " – ".join(dict.fromkeys(filter(None, (clock(each.time, None) for each in (first, events[-1])))))
    title = say(f"report.title_{kind}", lang, {"count": len(events)})
    return " · ".join([title, *names, *([when] if when else [])])


def _same_victim(event: OomEvent, events: Sequence[OomEvent]) -> Iterator[SameVictim]:
    """Yield the kills of processes with the victim's name on the same host, the nearest of many."""
    if not event.kills or event.kills[0].comm is None:
        return
    comm = event.kills[0].comm
    found = [
        SameVictim(number, other, kill, other is event)
        for number, other in enumerate(events, 1)
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


def _incident(explanations: Sequence[tuple[int, Explanation]]) -> Incident:
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
    )


def _incident_verdict(incident: Incident, lang: str) -> str:
    parts = [_summary([each for _, each in incident.explanations], "incident", lang)]
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


def _summary(explanations: Sequence[Explanation], key: str, lang: str) -> str:
    every = [each.event for each in explanations]
    # What systemd-oomd and others killed is no run of the OOM killer, and often has no process's name.
    events = [event for event in every if event.killer == "kernel"]
    others = sorted({event.killer for event in every if event.killer != "kernel"})
    besides = ""
    if not events:
        events, key = every, "events"
    elif others:
        count = len(every) - len(events)
        besides = " " + say("report.other_killers", lang, {"killers": ", ".join(others), "count": count})
    kills = sum(len(event.kills) for event in events)
    names = Counter(kill.comm or "?" for event in events for kill in event.kills)
    shown = ", ".join(f"{name} ({count})" if count > 1 else name for name, count in names.most_common(5))
    if len(names) > 5:
        shown += f", +{len(names) - 5}"
    first, last = events[0], events[-1]
    apart = offset_of(first, last.time, last.uptime_s, last.source, last.quick_first_line, last.boot_id)
    values: Values = {"events": len(events), "kills": kills, "victims": shown}
    if apart is not None and apart >= 0.001:  # less is only what the clock is too coarse for
        return say(f"report.{key}_within", lang, {**values, "span": span(apart, lang)}) + besides
    return say(f"report.{key}", lang, values) + besides
