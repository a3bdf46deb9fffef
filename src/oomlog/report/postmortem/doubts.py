"""How the numbers of a report were computed, and what is uncertain about them."""

from __future__ import annotations

from collections.abc import Iterator

from oomlog.explain.model import Explanation, Ledger
from oomlog.explain.phrases import say
from oomlog.model import ReportLine
from oomlog.report.explanation import formula_sentences
from oomlog.report.postmortem.model import Doubt

__all__ = ["doubts_of"]

_LINES = 10
_RESIDUE = 0.05
"""Share of a ledger that may be in no line without being worth a word."""
_BROKEN = ("cut", "unparsable")


def doubts_of(explanation: Explanation, lang: str) -> tuple[Doubt, ...]:
    """Return what a reader has to know before quoting a number."""
    return tuple(
        Doubt(key, text or say(f"report.doubt_{key}", lang, values), lines)
        for key, values, text, lines in _doubts(explanation, lang)
    )


_Said = tuple[str, dict[str, str | int | float], str, tuple[ReportLine, ...]]


def _doubts(explanation: Explanation, lang: str) -> Iterator[_Said]:
    event, choice = explanation.event, explanation.victim
    size = choice.page_size_kb
    yield "page_size", {}, say(f"basis.{size.basis}", lang, size.inputs), ()
    if choice.ranking:
        yield "formula", {}, formula_sentences(choice, lang), ()
        if choice.totalpages is not None and not choice.totalpages.exact:
            yield "totalpages_bound", {}, "", ()
        agrees = {True: "agrees", False: "disagrees", None: "open"}[choice.agrees]
        yield agrees, {}, "", ()
    if explanation.ledger is not None:
        yield from _ledger(explanation.ledger)
    if event.time is None:
        yield "no_time", {}, "", ()
    elif event.time_origin == "inferred":
        yield "year", {}, "", ()
    # Sections that this kind of report does not have are absent, too; a task table belongs to each kind.
    missing = [
        say(f"sections.state_{state}", lang, {"section": say(f"sections.{name}", lang, {})})
        for name, state in event.sections.items()
        if state in _BROKEN or (state == "absent" and name == "tasks" and event.killer == "kernel")
    ]
    if missing:
        yield "sections", {"sections": ", ".join(missing)}, "", ()
    if event.problems:
        lines = tuple(ReportLine(problem.line, problem.text) for problem in event.problems[:_LINES])
        yield "problems", {"count": len(event.problems)}, "", lines
    suppressed = event.suppressed or {}
    lost = sum(count for count in suppressed.values() if count)
    if lost:
        yield "suppressed", {"count": lost}, "", ()
    yield f"trusted_{'unknown' if event.trusted is None else 'yes' if event.trusted else 'no'}", {}, "", ()
    yield "moment", {}, "", ()


def _ledger(ledger: Ledger) -> Iterator[_Said]:
    if ledger.contradiction is not None:
        yield "contradicted", {"kb": ledger.items_kb, "total_kb": ledger.total_kb}, "", ()
    elif ledger.unaccounted_kb is None:
        yield "unknown", {"kb": ledger.unknown_kb or 0, "total_kb": ledger.total_kb}, "", ()
    else:
        residue = abs(ledger.unaccounted_kb) / ledger.total_kb if ledger.total_kb else 0.0
        key = "residue" if residue >= _RESIDUE else "adds_up"
        yield key, {"share": residue, "kb": abs(ledger.unaccounted_kb)}, "", ()
