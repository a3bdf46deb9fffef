"""Lengths of time and points in time for people."""

from __future__ import annotations

from datetime import datetime

__all__ = ["clock", "moment", "span"]

_UNITS = (("d", 86_400), ("h", 3600), ("min", 60))


def span(seconds: float) -> str:
    """Return a length of time with the two largest of its units.

    >>> span(0.00899), span(2.5), span(75), span(7265), span(200_000)
    ('9 ms', '2.5 s', '1 min 15 s', '2 h 1 min', '2 d 7 h')
    """
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms" if seconds >= 0.0005 else "0 s"
    if seconds < 9.95:
        return f"{seconds:.2g} s"
    rest = round(seconds)
    if rest < 60:
        return f"{rest} s"
    for at, (unit, size) in enumerate(_UNITS):
        if rest >= size:
            below, smaller = _UNITS[at + 1] if at + 1 < len(_UNITS) else ("s", 1)
            small = rest % size // smaller
            return f"{rest // size} {unit}" + (f" {small} {below}" if small else "")
    return f"{rest} s"


def clock(when: datetime | None, uptime_s: float | None) -> str:
    """Return a point in time as the log has it: the wall clock's, else seconds since boot in brackets."""
    if when is not None:
        return when.isoformat(" ", "milliseconds" if when.microsecond else "seconds")
    return "" if uptime_s is None else f"[{uptime_s:.3f}]"


def moment(offset_s: float | None) -> str:
    """Return how long before or after the event something was.

    >>> moment(-75.0), moment(0.5), moment(0.0), moment(None)
    ('-1 min 15 s', '+500 ms', '0 s', '')
    """
    if offset_s is None:
        return ""
    shown = span(abs(offset_s))
    return shown if shown == "0 s" else f"{'-' if offset_s < 0 else '+'}{shown}"
