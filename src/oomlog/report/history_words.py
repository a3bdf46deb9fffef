"""Numbers, times and names of a history as people read them; NA is a dash."""

from __future__ import annotations

from typing import Any

from oomlog.explain.phrases import say
from oomlog.report.shorten import short_ids
from oomlog.units import human_kb

__all__ = ["DASH", "duration", "missing", "name", "number", "rate", "size", "stamp"]

DASH = "-"
_UNITS = ((86_400.0, "days"), (3600.0, "h"), (60.0, "min"), (1.0, "s"))


def missing(value: Any) -> bool:
    """Tell whether a cell of a frame has no value; a task may well be called nan."""
    return value is None or (not isinstance(value, str) and str(value) in ("<NA>", "NaT", "nan"))


def name(value: Any) -> str:
    """Return a name from a log with the ids of containers cut."""
    return DASH if missing(value) else short_ids(str(value))


def number(value: Any) -> str:
    """Return a whole number with separators."""
    return DASH if missing(value) else f"{int(value):,}"


def size(kb: Any) -> str:
    """Return a size given in kB."""
    return DASH if missing(kb) else human_kb(int(kb))


def rate(kb: Any, per: str, lang: str = "en") -> str:
    """Return a rate of growth.

    >>> rate(2048.4, "h"), rate(-1, "day"), rate(-1, "day", "ko")
    ('+2.00 MiB/h', '-1 KiB/day', '-1 KiB/일')
    """
    if missing(kb):
        return DASH
    return say(f"history.rate_{per}", lang, {"size": f"{'+' if kb > 0 else ''}{human_kb(round(kb))}"})


def stamp(when: Any, *, to_seconds: bool = False) -> str:
    """Return a time to the minute, or to the second."""
    return DASH if missing(when) else when.strftime("%Y-%m-%d %H:%M:%S" if to_seconds else "%Y-%m-%d %H:%M")


def duration(seconds: Any, lang: str = "en") -> str:
    """Return a length of time in the largest unit of which there are two.

    >>> duration(0.0), duration(0.42), duration(90), duration(7200), duration(1_036_800)
    ('0 s', '420 ms', '90 s', '2 h', '12 days')
    >>> duration(7200, "ko")
    '2시간'
    """
    if missing(seconds):
        return DASH
    if 0 < seconds < 1:
        return say("history.span_ms", lang, {"amount": max(1, round(seconds * 1000))})
    length, unit = next((each for each in _UNITS if seconds >= 2 * each[0]), _UNITS[-1])
    amount = seconds / length
    digits = 0 if amount >= 9.95 or amount == int(amount) else 1
    return say(f"history.span_{unit}", lang, {"amount": f"{amount:.{digits}f}"})
