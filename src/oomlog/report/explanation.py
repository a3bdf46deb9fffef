"""The page that explains one event: verdict, victim, memory, findings, actions."""

from __future__ import annotations

from collections.abc import Iterator

from oomlog.explain.model import Action, Explanation, Finding, Ledger, Ranked, VictimChoice
from oomlog.explain.phrases import PERCENT, say
from oomlog.explain.processes import groups_of, rss_note
from oomlog.explain.verdict import claim, verdict, who
from oomlog.model import OomEvent, ReportLine
from oomlog.report.container_page import container_blocks
from oomlog.report.document import Block, Code, Heading, Item, Items, Paragraph, Table, Tone
from oomlog.report.escape import name_cell
from oomlog.report.parts import parts_blocks
from oomlog.report.shorten import short_ids
from oomlog.report.title import event_title
from oomlog.units import human_kb

__all__ = [
    "actions_blocks",
    "explanation_blocks",
    "finding_item",
    "findings_blocks",
    "formula_sentences",
    "ledger_rows",
    "memory_blocks",
    "overcommit_blocks",
    "quoted",
    "victim_blocks",
]

_RANKED = 10
_GROUPS = 5
_QUOTED = 400
"""Characters of a quoted line; the log has the rest."""
_NOTHING = ("", "0 KiB")
"""A column with nothing else is left out."""
_LEAST = 0.0005
"""Share of a ledger's total below which an item is shown as 0.0 %, and left out."""


def explanation_blocks(
    explanation: Explanation, lang: str = "en", *, number: int | None = None
) -> Iterator[Block]:
    """Yield the page of one event.

    :param number: Its place in the inputs.
    """
    yield Heading(event_title(explanation.event, number, lang), 1)
    yield Paragraph(short_ids(verdict(explanation, lang)), strong=True)
    yield from container_blocks(explanation, lang)
    yield from victim_blocks(explanation, lang)
    yield from memory_blocks(explanation, lang)
    yield from findings_blocks(explanation, lang)
    yield from actions_blocks(explanation, lang)
    yield from overcommit_blocks(explanation, lang)


def overcommit_blocks(explanation: Explanation, lang: str) -> Iterator[Block]:
    """Yield what other overcommit settings would have changed."""
    if explanation.overcommit:
        yield Heading(say("page.overcommit", lang, {}), id="overcommit")
        sentences = (say(f"overcommit.{key}", lang, values) for key, values in explanation.overcommit)
        yield Items(tuple(Item(text) for text in sentences))


# -- victim --------------------------------------------------------------------------------------------


def victim_blocks(explanation: Explanation, lang: str) -> Iterator[Block]:
    """Yield the ranking of the processes and how it was computed."""
    choice = explanation.victim
    if not choice.ranking:
        return
    yield Heading(say(_victim_heading(explanation), lang, {}), id="victim")
    shown = _shown(choice, explanation.event)
    yield _ranking(shown, choice, explanation.event, lang)
    rest = len(choice.ranking) - len(shown)
    if rest > 0:
        yield Paragraph(say("page.more_rows", lang, {"count": rest}))
    if choice.immune:
        yield Paragraph(_immune(choice, lang))
    yield Paragraph(formula_sentences(choice, lang))


def formula_sentences(choice: VictimChoice, lang: str) -> str:
    """Return the formula and where totalpages is from."""
    total = choice.totalpages
    form = {"permille": "_permille", "root_bonus": "_root", "root_bonus_adj": "_root_adj"}.get(
        choice.formula or "", ""
    )
    sentences = [f"page.formula{form}"]
    if choice.lower_bounds:
        sentences.append("page.lower_bounds")
    values: dict[str, int | float | str | None] = {}
    if total is None:
        sentences.append("page.totalpages_open")
    else:
        values = {**total.inputs, "totalpages_kb": total.value * choice.page_size_kb.value}
        sentences += ["page.totalpages_here", f"basis.{total.basis}"]
    return " ".join(say(key, lang, values) for key in sentences)


def _victim_heading(explanation: Explanation) -> str:
    choice, killed = explanation.victim, bool(explanation.event.kills)
    if choice.predicted is None or (killed and choice.agrees is None):
        return "page.by_memory"
    return "page.why" if killed else "page.candidates"


def _shown(choice: VictimChoice, event: OomEvent) -> list[tuple[int, Ranked]]:
    """Return the first ones and those who were killed, with their places."""
    killed = {kill.pid for kill in event.kills}
    return [
        (place, each)
        for place, each in enumerate(choice.ranking, 1)
        if place <= _RANKED or each.pid in killed or each.pid == choice.victim_pid
    ]


def _ranking(shown: list[tuple[int, Ranked]], choice: VictimChoice, event: OomEvent, lang: str) -> Table:
    killed = {kill.pid for kill in event.kills}
    columns = ["rank", "pid", "comm", "badness", "share", "rss", "swap", "pgtables", "root", "adj"]
    columns += ["oom_score_adj", "oom_score"]
    rows = [_rank_row(place, each, choice, each.pid in killed, lang) for place, each in shown]
    kept = _columns(rows)
    return Table(
        tuple(say(f"page.{columns[index]}", lang, {}) for index in kept),
        [tuple(row[index] for index in kept) for row in rows],
        frozenset(place for place, index in enumerate(kept) if columns[index] != "comm"),
        frozenset(number for number, (_, each) in enumerate(shown) if each.pid in killed),
    )


def _rank_row(place: int, each: Ranked, choice: VictimChoice, killed: bool, lang: str) -> tuple[str, ...]:
    page_kb, terms = choice.page_size_kb.value, each.terms
    thousandths = choice.formula == "permille"
    comm = name_cell(each.comm)
    if killed:
        comm = f"{comm} ({say('page.killed', lang, {})})"
    badness = ""
    if each.badness is not None:
        badness = f"{each.badness} ‰" if thousandths else human_kb(each.badness * page_kb)
    adj = root = ""
    if terms is not None and not thousandths and choice.totalpages is not None:
        adj, root = human_kb(terms.adj_pages * page_kb), human_kb(terms.root_pages * page_kb)
    return (
        str(place) if choice.predicted is not None else "",
        str(each.pid),
        comm,
        badness,
        "" if each.share is None else f"{each.share * 100:.1f}{PERCENT[lang]}",
        "" if each.rss_pages is None else human_kb(each.rss_pages * page_kb),
        "" if each.swap_pages is None else human_kb(each.swap_pages * page_kb),
        "" if terms is None or thousandths else human_kb(terms.pgtables_pages * page_kb),
        root,
        adj,
        "" if each.oom_score_adj is None else str(each.oom_score_adj),
        "" if each.oom_score is None else str(each.oom_score),
    )


def _immune(choice: VictimChoice, lang: str) -> str:
    by_reason: dict[str, list[Ranked]] = {}
    for each in choice.immune:
        by_reason.setdefault(each.immune or "", []).append(each)
    parts = []
    for reason, those in by_reason.items():
        names = ", ".join(who(each.comm, each.pid, lang) for each in those[:5])
        more = f", +{len(those) - 5}" if len(those) > 5 else ""
        words = say(f"page.immune_{reason}", lang, {})
        parts.append(say("page.immune", lang, {"names": f"{names}{more}", "reason": words}))
    return " ".join(parts)


# -- memory --------------------------------------------------------------------------------------------


def memory_blocks(explanation: Explanation, lang: str) -> Iterator[Block]:
    """Yield the ledger, its parts, and the processes by name."""
    ledger = explanation.ledger
    if ledger is not None:
        yield Heading(say("page.memory", lang, {}), id="memory")
        if ledger.items_kb:  # a total alone is no table
            yield _ledger(ledger, lang)
        for key, values in ledger.notes:
            yield Paragraph(say(key, lang, values))
        yield from parts_blocks(explanation.event, explanation.parts, lang)
    page_kb = explanation.victim.page_size_kb.value
    found = groups_of(explanation.event, page_kb)[:_GROUPS]
    if any(each.count > 1 for each in found):
        yield Heading(say("page.processes", lang, {}), id="processes")
        names = ("comm", "count", "rss", "swap", "pgtables")
        rows = [
            (name_cell(each.comm), str(each.count), *map(_kb, (each.rss_kb, each.swap_kb, each.pgtables_kb)))
            for each in found
        ]
        kept = _columns(rows)
        yield Table(
            tuple(say(f"page.{names[index]}", lang, {}) for index in kept),
            [tuple(row[index] for index in kept) for row in rows],
            frozenset(range(1, len(kept))),
        )
        note = rss_note(explanation.event, page_kb)
        if note is not None:
            yield Paragraph(say(note[0], lang, note[1]))


def _columns(rows: list[tuple[str, ...]]) -> list[int]:
    """Return the columns that say anything."""
    return [
        index
        for index, cells in enumerate(zip(*rows, strict=True))
        if any(each not in _NOTHING for each in cells)
    ]


def _kb(kb: int | None) -> str:
    return "" if kb is None else human_kb(kb)


def ledger_rows(ledger: Ledger) -> list[tuple[str, int]]:
    """Return the rows of a ledger as keys of their names and kB: the items, the rest, and the total.

    What would be shown as nothing is left out.
    """
    least = ledger.total_kb * _LEAST
    top = [(item.id, item.kb) for item in ledger.items if item.within is None and item.kb]
    rows = [*sorted(top, key=lambda each: -each[1]), *_closing(ledger)]
    return [(name, kb) for name, kb in rows if abs(kb) >= least]


def _ledger(ledger: Ledger, lang: str) -> Table:
    rows = []
    least = ledger.total_kb * _LEAST
    # A share of a total that the log contradicts would be a wrong number.
    whole_kb = 0 if ledger.contradiction is not None else ledger.total_kb
    for name, kb in ledger_rows(ledger):
        rows.append(_ledger_row(say(f"ledger.{name}", lang, {}), kb, whole_kb, lang))
        rows += [
            _ledger_row(f"└ {say(f'ledger.{part.id}', lang, {})}", part.kb or 0, whole_kb, lang)
            for part in ledger.items
            if part.within == name and part.kb and part.kb >= least
        ]
    kept = _columns(rows)
    head = tuple(say(f"page.{name}", lang, {}) for name in ("item", "size", "share"))
    return Table(
        tuple(head[index] for index in kept),
        [tuple(row[index] for index in kept) for row in rows],
        frozenset(range(1, len(kept))),
    )


def _closing(ledger: Ledger) -> Iterator[tuple[str, int]]:
    """Yield the last rows: with them the table adds up, or says that it does not."""
    if ledger.contradiction is not None:
        yield "items", ledger.items_kb
        yield "total_contradicted", ledger.total_kb
        return
    rest = ledger.unaccounted_kb
    if rest is None:
        yield "unknown", ledger.unknown_kb or 0
    else:
        yield "unaccounted" if rest >= 0 else "overlap", rest
    yield "total", ledger.total_kb


def _ledger_row(name: str, kb: int, total_kb: int, lang: str) -> tuple[str, ...]:
    return name, human_kb(kb), f"{kb * 100 / total_kb:.1f}{PERCENT[lang]}" if total_kb else ""


# -- findings and actions ------------------------------------------------------------------------------


def findings_blocks(explanation: Explanation, lang: str) -> Iterator[Block]:
    """Yield all findings in one list, each with its lines."""
    yield Heading(say("page.findings", lang, {}), id="findings")
    if not explanation.findings:
        yield Paragraph(say("page.nothing_found", lang, {}))
        return
    yield Items(tuple(finding_item(each, lang) for each in explanation.findings))


def finding_item(finding: Finding, lang: str) -> Item:
    """Return a finding with the lines that it rests on."""
    kind: Tone = "primary" if finding.primary else finding.confidence
    label = f"{say(f'page.{kind}', lang, {})} [{finding.id}]"
    lines = tuple(quoted(line, lang) for line in finding.evidence)
    return Item(short_ids(claim(finding, lang)), lines, label, tone=kind)


def quoted(line: ReportLine, lang: str) -> Code:
    """Return a line of the log, cut where it is very long."""
    text = line.text if len(line.text) <= _QUOTED else line.text[:_QUOTED] + "\u2026"
    return Code(text, say("page.line", lang, {"line": line.no}) + ":", quoted=True)


def actions_blocks(explanation: Explanation, lang: str) -> Iterator[Block]:
    """Yield what to do."""
    if not explanation.actions:
        return
    yield Heading(say("page.actions", lang, {}), id="actions")
    yield Items(tuple(_action(each, lang) for each in explanation.actions), numbered=True)


def _action(action: Action, lang: str) -> Item:
    title = None if action.path is None else say("page.file", lang, {"path": action.path}) + ":"
    text = f"{say(f'actions.{action.id}', lang, action.values)} [{action.finding}]"
    codes = (Code(action.text, title, "sh" if action.kind != "file" else ""),)
    return Item(text, codes, marked=not any("`" in str(each) for each in action.values.values()))
