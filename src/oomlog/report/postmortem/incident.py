"""The part of a report that is about several events: what was killed, when, and of what."""

from __future__ import annotations

from collections.abc import Iterator

from oomlog.explain.model import Explanation
from oomlog.explain.phrases import say
from oomlog.explain.verdict import claim
from oomlog.report.document import Block, Heading, Paragraph, Table
from oomlog.report.escape import name_cell
from oomlog.report.postmortem.model import Postmortem
from oomlog.report.postmortem.places import Places
from oomlog.report.postmortem.spans import clock
from oomlog.report.shorten import short_ids
from oomlog.units import human_kb

__all__ = ["incident_blocks"]

_ROWS = 500
_NAMES = 20


def incident_blocks(report: Postmortem) -> Iterator[Block]:
    """Yield the causes tallied and a table of all kills."""
    lang, incident = report.lang, report.incident
    if incident is None:
        explanations = [(case.number, case.explanation) for case in report.cases]
    else:
        explanations = list(incident.explanations)
        yield Heading(say("report.causes", lang, {}), id="causes")
        rows = [
            (_cause(cause, explanations, lang), "" if cause is None else cause, str(count))
            for cause, count in incident.causes
        ]
        yield Table(_head(("example", "cause", "count"), lang), rows, frozenset({2}))
        # Where each was killed once, the table of kills says as much.
        if len(incident.victims) > 1 and any(count > 1 for _, count in incident.victims):
            victims = [(name_cell(comm), str(count)) for comm, count in incident.victims[:_NAMES]]
            yield Heading(say("report.victims", lang, {}), id="victims")
            yield Table(_head(("victim", "count"), lang), victims, frozenset({1}))
            rest = len(incident.victims) - len(victims)
            if rest:
                yield Paragraph(say("report.left_out", lang, {"count": rest}), tone="note")
    yield Heading(say("report.kills", lang, {}), id="kills")
    yield _kills(explanations, lang)
    left_out = sum(max(1, len(each.event.kills)) for _, each in explanations) - _ROWS
    if left_out > 0:
        yield Paragraph(say("report.left_out", lang, {"count": left_out}), tone="note")


def _head(names: tuple[str, ...], lang: str) -> tuple[str, ...]:
    return tuple(say(f"report.column_{name}", lang, {}) for name in names)


def _cause(cause: str | None, explanations: list[tuple[int, Explanation]], lang: str) -> str:
    if cause is None:
        return say("report.no_cause", lang, {})
    for _, each in explanations:
        if each.primary is not None and each.primary.id == cause:
            return short_ids(claim(each.primary, lang))
    return ""


def _kills(explanations: list[tuple[int, Explanation]], lang: str) -> Table:
    names = ("number", "time", "host", "victim", "pid", "rss", "scope", "cgroup", "cause", "where")
    places = Places((each.event.source for _, each in explanations), lang)
    rows: list[tuple[str, ...]] = []
    keys: list[tuple[float | None, ...]] = []
    for number, each in explanations:
        event = each.event
        for kill in event.kills or (None,):
            if len(rows) == _ROWS:
                break
            when = event.time if kill is None else kill.time or event.time
            rss = None if kill is None else kill.rss_kb
            rows.append(
                (
                    f"#{number}",
                    clock(when, event.uptime_s if kill is None or kill.uptime_s is None else kill.uptime_s),
                    event.host or "",
                    say(f"report.outcome_{event.outcome}", lang, {})
                    if kill is None
                    else name_cell(kill.comm),
                    "" if kill is None or kill.pid is None else str(kill.pid),
                    "" if rss is None else human_kb(rss),
                    say(f"report.scope_{event.scope}", lang, {}),
                    short_ids(event.oom_memcg or "") if event.scope == "memcg" else "",
                    "" if each.primary is None else each.primary.id,
                    places.where(event.source, event.quick_first_line if kill is None else kill.line),
                )
            )
            pid = None if kill is None or kill.pid is None else float(kill.pid)
            keys.append((float(number), None, None, None, pid, rss, None, None, None, None))
    kept = [at for at in range(len(names)) if any(row[at] for row in rows)]
    return Table(
        tuple(say(f"report.column_{names[at]}", lang, {}) for at in kept),
        [tuple(row[at] for at in kept) for row in rows],
        frozenset(place for place, at in enumerate(kept) if names[at] in ("pid", "rss")),
        caption=say("report.kills_caption", lang, {"count": len(rows)}),
        keys=[tuple(row[at] for at in kept) for row in keys],
    )
