"""Explanations as JSON: one object an event, with the keys of ``oomlog.explanation/1``."""

from __future__ import annotations

from typing import Any

from oomlog.explain.fields import FieldValue, fields_of
from oomlog.explain.model import Action, Explanation, Finding, Ledger, Ranked, VictimChoice
from oomlog.explain.phrases import say
from oomlog.explain.verdict import claim, verdict
from oomlog.model import ReportLine
from oomlog.report.container_page import explained_dict
from oomlog.report.json import json_bytes

__all__ = ["SCHEMA_ID", "explanation_bytes", "explanation_dict", "terms_dict"]

SCHEMA_ID = "oomlog.explanation/1"


def explanation_dict(
    explanation: Explanation, lang: str = "en", number: int | None = None, *, fields: bool = False
) -> dict[str, Any]:
    """Return the explanation with the schema's keys.

    :param number: The event's place in the inputs, from 1.
    :param fields: Explain each field that the report has, too.
    """
    event = explanation.event
    found = {
        "schema": SCHEMA_ID,
        "source": event.source,
        "first_line": event.first_line,
        "last_line": event.last_line,
        "time": None if event.time is None else event.time.isoformat(),
        "uptime_s": event.uptime_s,
        "host": event.host,
        "scope": event.scope,
        "lang": lang,
        "event": number,
        "verdict": verdict(explanation, lang),
        "container": explained_dict(explanation, lang),
        "victim": _victim(explanation.victim, lang),
        "ledger": None if explanation.ledger is None else _ledger(explanation.ledger, lang),
        "parts": [_ledger(part, lang) for part in explanation.parts],
        "findings": [_finding(each, lang) for each in explanation.findings],
        "actions": [_action(each, lang) for each in explanation.actions],
        "overcommit": [say(f"overcommit.{key}", lang, values) for key, values in explanation.overcommit],
    }
    if fields:
        found["fields"] = [
            _field(each, lang) for each in fields_of(event, explanation.victim.page_size_kb.value)
        ]
    return found


def _field(field: FieldValue, lang: str) -> dict[str, Any]:
    texts = field.entry.texts(lang)
    return {
        "topic": field.topic.name,
        "term": field.entry.term,
        "value": field.value,
        "what": texts.what,
        "read": texts.read or None,
        "normal": texts.normal or None,
    }


def _victim(choice: VictimChoice, lang: str) -> dict[str, Any]:
    total = choice.totalpages
    return {
        "pid": choice.victim_pid,
        "predicted_pid": None if choice.predicted is None else choice.predicted.pid,
        "agrees": choice.agrees,
        "reason": choice.reason,
        "reason_text": None if choice.reason is None else say(f"reason.{choice.reason}", lang, choice.values),
        "formula": choice.formula,
        "totalpages": None if total is None else total.value,
        "totalpages_exact": None if total is None else total.exact,
        "totalpages_inputs": None if total is None else dict(total.inputs),
        "page_size_kb": choice.page_size_kb.value,
        "page_size_exact": choice.page_size_kb.exact,
        "margin_pages": choice.margin_pages,
        "ranking": [_ranked(each) for each in choice.ranking],
        "immune": [{**_ranked(each), "immune": each.immune} for each in choice.immune],
        "evidence": _lines(choice.evidence),
    }


def _ranked(each: Ranked) -> dict[str, Any]:
    return {
        "pid": each.pid,
        "comm": each.comm,
        "oom_score_adj": each.oom_score_adj,
        "badness": each.badness,
        "oom_score": each.oom_score,
        "share": each.share,
        "terms": terms_dict(each),
    }


def terms_dict(each: Ranked) -> dict[str, int | None] | None:
    """Return what badness is made of; until 3.5 the table has neither swap nor page tables."""
    if each.terms is None:
        return None
    unknown = {"swap_pages": None, "pgtables_pages": None} if each.swap_pages is None else {}
    return {**each.terms._asdict(), **unknown}


def _ledger(ledger: Ledger, lang: str) -> dict[str, Any]:
    return {
        "of": ledger.of,
        "name": ledger.name,
        "total_kb": ledger.total_kb,
        "items": [
            {"id": item.id, "kb": item.kb, "within": item.within, "derived": item.derived}
            for item in ledger.items
        ],
        "items_kb": ledger.items_kb,
        "unaccounted_kb": ledger.unaccounted_kb,
        "unknown_kb": ledger.unknown_kb,
        "contradicted": ledger.contradiction is not None,
        "notes": [
            {"id": key.removeprefix("ledger."), "text": say(key, lang, values)}
            for key, values in ledger.notes
        ],
    }


def _finding(finding: Finding, lang: str) -> dict[str, Any]:
    return {
        "id": finding.id,
        "primary": finding.primary,
        "claim": claim(finding, lang),
        "confidence": finding.confidence,
        "evidence": _lines(finding.evidence),
        "values": dict(finding.values),
        "reference": finding.reference,
    }


def _lines(lines: tuple[ReportLine, ...]) -> list[dict[str, Any]]:
    return [{"line": line.no, "text": line.text} for line in lines]


def _action(action: Action, lang: str) -> dict[str, Any]:
    return {
        "id": action.id,
        "finding": action.finding,
        "kind": action.kind,
        "why": say(f"actions.{action.id}", lang, action.values),
        "text": action.text,
        "path": action.path,
    }


def explanation_bytes(
    explanation: Explanation, lang: str = "en", number: int | None = None, *, fields: bool = False
) -> bytes:
    """Render an explanation as one line of JSON."""
    return json_bytes(explanation_dict(explanation, lang, number, fields=fields))
