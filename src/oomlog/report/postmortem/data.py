"""A report as JSON: one object with the keys of ``oomlog.report/1``."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from oomlog.explain.phrases import say
from oomlog.explain.verdict import verdict
from oomlog.report.explanation_json import explanation_dict
from oomlog.report.json import json_bytes
from oomlog.report.postmortem.model import Case, Incident, Moment, Postmortem, SameVictim

__all__ = ["SCHEMA_ID", "report_bytes", "report_dict"]

SCHEMA_ID = "oomlog.report/1"


def report_dict(report: Postmortem) -> dict[str, Any]:
    """Return the report with the schema's keys."""
    return {
        "schema": SCHEMA_ID,
        "kind": report.kind,
        "title": report.title,
        "lang": report.lang,
        "verdict": report.verdict,
        "redacted": report.redacted,
        "read": {
            "sources": list(report.read.sources),
            "lines": report.read.lines,
            "unread": report.read.unread,
        },
        "incident": None if report.incident is None else _incident(report.incident, report.lang),
        "events": [_case(case, report.lang) for case in report.cases],
    }


def report_bytes(report: Postmortem) -> bytes:
    """Render the report as JSON."""
    return json_bytes(report_dict(report)) + b"\n"


def _time(when: datetime | None) -> str | None:
    return None if when is None else when.isoformat()


def _incident(incident: Incident, lang: str) -> dict[str, Any]:
    return {
        "first": incident.first,
        "worst": incident.worst,
        "causes": [{"finding": cause, "events": count} for cause, count in incident.causes],
        "victims": [{"comm": comm, "kills": count} for comm, count in incident.victims],
        "events": [
            {
                "event": number,
                "source": each.event.source,
                "first_line": each.event.first_line,
                "time": _time(each.event.time),
                "uptime_s": each.event.uptime_s,
                "host": each.event.host,
                "scope": each.event.scope,
                "oom_memcg": each.event.oom_memcg,
                "cause": None if each.primary is None else each.primary.id,
                "verdict": verdict(each, lang),
                "kills": [
                    {"pid": kill.pid, "comm": kill.comm, "rss_kb": kill.rss_kb, "line": kill.line}
                    for kill in each.event.kills
                ],
            }
            for number, each in incident.explanations
        ],
    }


def _case(case: Case, lang: str) -> dict[str, Any]:
    return {
        "event": case.number,
        "facts": [
            {"id": fact.id, "name": say(f"report.fact_{fact.id}", lang, {}), "value": fact.value}
            for fact in case.facts
        ],
        "timeline": [_moment(each, lang) for each in case.moments],
        "timeline_left_out": case.moments_left_out,
        "same_victim": [_same(each) for each in case.same_victim],
        "doubts": [
            {
                "id": doubt.id,
                "text": doubt.text,
                "lines": [{"line": line.no, "text": line.text} for line in doubt.lines],
            }
            for doubt in case.doubts
        ],
        "explanation": explanation_dict(case.explanation, lang, case.number),
        "lines": [{"line": line.no, "text": line.text} for line in case.event.lines],
    }


def _moment(moment: Moment, lang: str) -> dict[str, Any]:
    return {
        "time": _time(moment.time),
        "uptime_s": moment.uptime_s,
        "offset_s": moment.offset_s,
        "kind": moment.kind,
        "what": say(f"report.moment_{moment.kind}", lang, {}),
        "text": moment.text,
        "source": moment.source,
        "line": moment.line,
        "own": moment.own,
    }


def _same(same: SameVictim) -> dict[str, Any]:
    return {
        "event": same.number,
        "time": _time(same.kill.time or same.event.time),
        "uptime_s": same.event.uptime_s if same.kill.uptime_s is None else same.kill.uptime_s,
        "pid": same.kill.pid,
        "rss_kb": same.kill.rss_kb,
        "scope": same.event.quick_scope,
        "oom_memcg": same.event.quick_memcgs[0],
        "source": same.event.source,
        "line": same.kill.line,
        "own": same.own,
    }
