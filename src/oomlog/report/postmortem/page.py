"""A report as blocks, for the formats that people read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from oomlog.explain.model import Explanation, Finding, Values
from oomlog.explain.phrases import say
from oomlog.explain.verdict import claim, verdict
from oomlog.model import ReportLine
from oomlog.report.container_page import container_blocks
from oomlog.report.document import (
    Block,
    Code,
    Facts,
    Fold,
    Heading,
    Item,
    Items,
    Paragraph,
    Table,
    Tone,
)
from oomlog.report.escape import escape as visible
from oomlog.report.explanation import (
    actions_blocks,
    memory_blocks,
    overcommit_blocks,
    victim_blocks,
)
from oomlog.report.fields import fields_blocks
from oomlog.report.postmortem.incident import incident_blocks
from oomlog.report.postmortem.model import Case, Postmortem
from oomlog.report.postmortem.places import Places
from oomlog.report.postmortem.processes import process_table
from oomlog.report.postmortem.spans import clock, moment
from oomlog.report.shorten import short_ids
from oomlog.units import human_kb

__all__ = ["postmortem_blocks"]


def postmortem_blocks(report: Postmortem) -> Iterator[Block]:
    """Yield the report: a heading of level 1, then its sections at level 2."""
    lang = report.lang
    yield Heading(report.title, 1)
    yield Paragraph(report.verdict, strong=True)
    if report.kind == "event":
        yield from _case(report.cases[0], report, set())
        yield from _read(report)
        return
    yield from report.figures.get("summary", ())
    yield from incident_blocks(report)
    told: set[str] = set()
    for case in report.cases:
        yield Heading(_case_title(case, report), id=f"event{case.number}")
        yield Paragraph(short_ids(verdict(case.explanation, lang)), strong=True)
        yield from _under(_case(case, report, told))
    yield from _read(report)


def _case_title(case: Case, report: Postmortem) -> str:
    event, incident = case.event, report.incident
    key = "event_heading"
    if incident is not None:
        key = "first_event" if case.number == incident.first else "worst_event"
        key = "only_event" if incident.first == incident.worst else key
        if case.number == incident.first and not incident.in_time:
            key = f"{key}_read"
    values: Values = {"number": case.number, "when": clock(event.time, event.uptime_s)}
    return say(f"report.{key}", report.lang, values)


def _case(case: Case, report: Postmortem, told: set[str]) -> Iterator[Block]:
    """Yield the sections of one event, at level 2.

    :param told: The terms that earlier events explained.
    """
    lang, explanation = report.lang, case.explanation
    yield Facts(tuple((say(f"report.fact_{fact.id}", lang, {}), fact.value) for fact in case.facts))
    yield from _timeline(case, report)
    yield from _victim(case, report)
    yield from _section(memory_blocks(explanation, lang), _figures(case, report, "memory"))
    yield from container_blocks(explanation, lang)
    yield from _findings(explanation, lang)
    yield from actions_blocks(explanation, lang)
    yield from _history(case, report)
    yield from overcommit_blocks(explanation, lang)
    yield from _doubts(case, lang)
    yield from _glossary(explanation, lang, told)
    yield from _raw(case, lang)


# -- headings ------------------------------------------------------------------------------------------


def _under(blocks: Iterable[Block], by: int = 1) -> Iterator[Block]:
    """Yield the blocks with their headings at lower levels, and without the ids of the top's sections."""
    for block in blocks:
        yield replace(block, level=block.level + by, id=None) if isinstance(block, Heading) else block


def _section(blocks: Iterable[Block], figures: Iterable[Block] = ()) -> Iterator[Block]:
    """Yield blocks as one section: the first heading is its own, the others are below it."""
    first = True
    for block in blocks:
        if isinstance(block, Heading) and not first:
            yield replace(block, level=block.level + 1)
            continue
        yield block
        if first:
            first = False
            yield from figures


def _figures(case: Case, report: Postmortem, section: str) -> Iterable[Block]:
    return report.figures.get(f"{case.number}.{section}", ())


# -- sections ------------------------------------------------------------------------------------------


def _timeline(case: Case, report: Postmortem) -> Iterator[Block]:
    lang = report.lang
    if not case.moments:
        return
    yield Heading(say("report.timeline", lang, {}), id="timeline")
    yield from _figures(case, report, "timeline")
    names = ("time", "offset", "what", "detail", "where")
    places = Places((each.source for each in case.moments), lang)
    rows = [
        (
            clock(each.time, each.uptime_s),
            moment(each.offset_s, lang),
            say(f"report.moment_{each.kind}", lang, {}),
            short_ids(each.text),
            places.where(each.source, each.line),
        )
        for each in case.moments
    ]
    kept = [at for at in range(len(names)) if any(row[at] for row in rows)]
    yield Table(
        tuple(say(f"report.column_{names[at]}", lang, {}) for at in kept),
        [tuple(row[at] for at in kept) for row in rows],
        frozenset(place for place, at in enumerate(kept) if names[at] == "offset"),
        frozenset(number for number, each in enumerate(case.moments) if each.own),
        caption=say("report.timeline_caption", lang, {}),
    )
    if case.moments_left_out:
        yield Paragraph(say("report.left_out", lang, {"count": case.moments_left_out}), tone="note")


def _victim(case: Case, report: Postmortem) -> Iterator[Block]:
    lang, explanation = report.lang, case.explanation
    found = list(_section(victim_blocks(explanation, lang), _figures(case, report, "victim")))
    yield from found
    table = process_table(explanation, lang)
    if table is None:
        return
    if not found:
        yield Heading(say("report.processes", lang, {}), id="victim")
    blocks: list[Block] = [table[0]]
    if table[1]:
        blocks.append(Paragraph(say("report.left_out", lang, {"count": table[1]}), tone="note"))
    title = say("report.all_processes", lang, {"count": len(table[0].rows) + table[1]})
    yield Fold(title, tuple(blocks))


_SURE: tuple[Tone, ...] = ("certain", "likely", "possible")


def _findings(explanation: Explanation, lang: str) -> Iterator[Block]:
    """Yield the findings, facts apart from what follows from them and from what may be."""
    yield Heading(say("page.findings", lang, {}), id="findings")
    if not explanation.findings:
        yield Paragraph(say("page.nothing_found", lang, {}))
    for sure in _SURE:
        items = [_finding(each, sure, lang) for each in explanation.findings if each.confidence == sure]
        if items:
            yield Heading(say(f"report.findings_{sure}", lang, {}), 3)
            yield Paragraph(say(f"report.means_{sure}", lang, {}), tone="note")
            yield Items(tuple(items))


def _finding(finding: Finding, sure: Tone, lang: str) -> Item:
    words = [say(f"page.{key}", lang, {}) for key in (*(["primary"] if finding.primary else []), sure)]
    return Item(
        short_ids(claim(finding, lang)),
        _evidence(finding.evidence),
        f"{' · '.join(words)} [{finding.id}]",
        "primary" if finding.primary and sure == "certain" else sure,
        say("report.evidence", lang, {"count": len(finding.evidence)}),
    )


def _evidence(lines: Sequence[ReportLine]) -> tuple[Code, ...]:
    """Return lines of the log with their numbers, as one quotation."""
    if not lines:
        return ()
    width = len(str(max(line.no for line in lines)))
    # A message can hold a newline; that it is one is seen, and it begins no line of its own.
    texts = (f"{line.no:>{width}}  {visible(line.text)}" for line in lines)
    return (Code("\n".join(texts), quoted=True),)


def _history(case: Case, report: Postmortem) -> Iterator[Block]:
    lang = report.lang
    # Logs without a host may be of several machines.
    unnamed = "_unnamed" if case.event.host is None else ""
    yield Heading(say("report.history", lang, {}), id="history")
    if not case.same_victim:
        key = f"no_history{unnamed}" if case.event.kills else "no_victim"
        yield Paragraph(say(f"report.{key}", lang, {}))
        return
    yield from _figures(case, report, "history")
    names = ("number", "time", "pid", "rss", "scope", "cgroup", "where")
    places = Places((each.event.source for each in case.same_victim), lang)
    rows = []
    for each in case.same_victim:
        event, kill = each.event, each.kill
        scope = event.quick_scope
        rows.append(
            (
                f"#{each.number}",
                clock(kill.time or event.time, event.uptime_s if kill.uptime_s is None else kill.uptime_s),
                "" if kill.pid is None else str(kill.pid),
                "" if kill.rss_kb is None else human_kb(kill.rss_kb),
                say(f"report.scope_{scope}", lang, {}),
                short_ids(event.quick_memcgs[0] or "") if scope == "memcg" else "",
                places.where(event.source, kill.line),
            )
        )
    kept = [at for at in range(len(names)) if any(row[at] for row in rows)]
    yield Table(
        tuple(say(f"report.column_{names[at]}", lang, {}) for at in kept),
        [tuple(row[at] for at in kept) for row in rows],
        frozenset(place for place, at in enumerate(kept) if names[at] in ("pid", "rss")),
        frozenset(number for number, each in enumerate(case.same_victim) if each.own),
        caption=say(f"report.history_caption{unnamed}", lang, {"comm": case.event.kills[0].comm}),
    )


def _doubts(case: Case, lang: str) -> Iterator[Block]:
    yield Heading(say("report.doubts", lang, {}), id="doubts")
    yield Items(
        tuple(
            Item(
                doubt.text,
                _evidence(doubt.lines),
                folded=say("report.evidence", lang, {"count": len(doubt.lines)}),
            )
            for doubt in case.doubts
        )
    )


def _glossary(explanation: Explanation, lang: str, told: set[str]) -> Iterator[Block]:
    first = not told
    blocks = list(fields_blocks(explanation.event, explanation.victim.page_size_kb.value, lang, told=told))
    if blocks:
        yield replace(blocks[0], id="glossary") if isinstance(blocks[0], Heading) else blocks[0]
        yield Fold(say("report.glossary" if first else "report.glossary_more", lang, {}), tuple(blocks[1:]))


def _raw(case: Case, lang: str) -> Iterator[Block]:
    lines = case.event.lines
    if not lines:
        return
    yield Heading(say("report.raw", lang, {}), id="raw")
    title = say("report.raw_lines", lang, {"count": len(lines), "source": case.event.source})
    yield Fold(title, _evidence(lines))


def _read(report: Postmortem) -> Iterator[Block]:
    """Yield what was read, and whose names were taken out."""
    lang, texts = report.lang, []
    if report.read.sources:
        values = {"sources": ", ".join(report.read.sources), "lines": report.read.lines}
        texts.append(say("report.read", lang, values))
    if report.read.folded:
        texts.append(say("report.folded", lang, {"count": report.read.folded}))
    if report.read.unread:
        texts.append(say("report.unread", lang, {"count": report.read.unread}))
    if report.redacted:
        texts.append(say("report.redacted", lang, {}))
    if texts:
        yield Paragraph(" ".join(texts), tone="note")
