"""Lengths of time and points in time for people."""

from __future__ import annotations

from datetime import datetime

from oomlog.explain.phrases import say

__all__ = ["clock", "moment", "span"]

_UNITS = (("d", 86_400), ("h", 3600), ("min", 60))


def span(seconds: float, lang: str) -> str:
    """Return a length of time with the two largest of its units.

    >>> [span(seconds, "en") for seconds in (0.00899, 2.5, 75, 7265, 200_000)]
    ['9 ms', '2.5 s', '1 min 15 s', '2 h 1 min', '2 d 7 h']
    >>> span(75, "ko")
    '1분 15초'
    """
    if seconds < 0.0005:
        return _amount(0, "s", lang)
    if seconds < 0.9995:
        return _amount(f"{seconds * 1000:.0f}", "ms", lang)
    if seconds < 9.95:
        return _amount(f"{seconds:.2g}", "s", lang)
    rest = round(seconds)
    for at, (unit, size) in enumerate(_UNITS):
        if rest >= size:
            below, smaller = _UNITS[at + 1] if at + 1 < len(_UNITS) else ("s", 1)
            small = rest % size // smaller
            return _amount(rest // size, unit, lang) + (f" {_amount(small, below, lang)}" if small else "")
    return _amount(rest, "s", lang)


def _amount(amount: int | str, unit: str, lang: str) -> str:
    return say(f"report.span_{unit}", lang, {"amount": amount})


def clock(when: datetime | None, uptime_s: float | None) -> str:
    """Return a point in time as the log has it: the wall clock's, else seconds since boot in brackets."""
    if when is not None:
        return when.isoformat(" ", "milliseconds" if when.microsecond else "seconds")
    return "" if uptime_s is None else f"[{uptime_s:.3f}]"


def moment(offset_s: float | None, lang: str) -> str:
    """Return how long before or after the event something was.

    >>> [moment(offset, "en") for offset in (-75.0, 0.5, 0.0, None)]
    ['-1 min 15 s', '+500 ms', '0 s', '']
    """
    if offset_s is None:
        return ""
    shown = span(abs(offset_s), lang)
    return shown if abs(offset_s) < 0.0005 else f"{'-' if offset_s < 0 else '+'}{shown}"
