"""The title of an event: where it stands in the log, and when it happened."""

from __future__ import annotations

from oomlog.explain.phrases import say
from oomlog.model import OomEvent

__all__ = ["event_title"]


def event_title(event: OomEvent, number: int | None = None, lang: str = "en") -> str:
    """Return where and when it happened, and whether the year was inferred."""
    parts = [] if number is None else [f"#{number}"]
    parts.append(f"{event.source}:{event.first_line}")
    if event.time is not None:
        inferred = event.time_origin == "inferred"
        year = f" ({say('report.year_inferred', lang, {})})" if inferred else ""
        parts.append(event.time.isoformat(" ", "seconds") + year)
    elif event.uptime_s is not None:
        parts.append(f"[{event.uptime_s:.3f}]")
    if event.host is not None:
        parts.append(event.host)
    if event.trusted is False:
        parts.append("(untrusted)")
    return "  ".join(parts)
