"""A history as JSON: one object with the keys of ``oomlog.history/1``."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from oomlog.history.compare import Comparison, Period
from oomlog.history.record import History
from oomlog.report.escape import without_surrogates
from oomlog.report.history_headline import headline, remarks
from oomlog.report.history_words import missing
from oomlog.report.json import json_bytes

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["SCHEMA_ID", "TABLES", "history_bytes", "history_dict"]

SCHEMA_ID = "oomlog.history/1"
TABLES = (
    "victims", "places", "hosts", "scopes", "hours", "weekdays", "limits", "limit_changes", "incidents",
    "trends", "growth", "userspace",
)  # fmt: skip
"""Attributes of ``History`` that are lists of objects here."""


def history_dict(history: History, comparison: Comparison | None = None, lang: str = "en") -> dict[str, Any]:
    """Return the history with the schema's keys; what is not known is ``None``."""
    kills = history.coded
    wall = kills["wall"].dropna()
    return {
        "schema": SCHEMA_ID,
        "lang": lang,
        "headline": headline(history, lang),
        "remarks": list(remarks(history, lang)),
        "kills": len(kills),
        "events": int(kills["event"].nunique()),
        "named_hosts": int(kills["host"].nunique()),
        "first": _value(None if wall.empty else wall.iloc[0]),
        "last": _value(None if wall.empty else wall.iloc[-1]),
        "tz": None if history.tz is None else str(history.tz),
        "zones": history.zones,
        "without_wall": history.without_wall,
        "folded_events": history.folded,
        "untrusted_kills": history.untrusted,
        "gap_s": history.gap_s,
        **{name: _rows(getattr(history, name)) for name in TABLES},
        "comparison": None if comparison is None else _comparison(comparison),
    }


def _comparison(found: Comparison) -> dict[str, Any]:
    return {
        "before": _period(found.before, found.kills[0], found.per_day[0]),
        "after": _period(found.after, found.kills[1], found.per_day[1]),
        "overlap": found.before.overlaps(found.after),
        "without_time": found.without_time,
        "outside": found.outside,
        "victims": _rows(found.victims),
    }


def _period(period: Period, kills: int, per_day: float) -> dict[str, Any]:
    return {
        "start": period.start.isoformat(),
        "end": period.end.isoformat(),
        "days": period.days,
        "kills": kills,
        "per_day": per_day,
    }


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    columns = {name: [_value(value) for value in frame[name]] for name in frame.columns}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _value(value: Any) -> Any:
    """Return a cell as JSON has it: times as ISO text, numpy's numbers as Python's."""
    if missing(value):
        return None
    if isinstance(value, str):
        return without_surrogates(value)
    if isinstance(value, datetime):
        return value.isoformat()
    return value.item() if hasattr(value, "item") else value


def history_bytes(history: History, comparison: Comparison | None = None, lang: str = "en") -> bytes:
    """Render a history as one line of JSON."""
    return json_bytes(history_dict(history, comparison, lang))
