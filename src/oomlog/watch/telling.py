"""An event as it is told: a line for people, JSON for programs, and a sentence for a chat."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import cached_property
from typing import Literal

from oomlog.explain.model import Explanation
from oomlog.explain.run import explain
from oomlog.explain.verdict import verdict
from oomlog.model import OomEvent
from oomlog.report.escape import escape
from oomlog.report.explanation_json import explanation_bytes
from oomlog.report.json import event_bytes
from oomlog.report.text import TextReport
from oomlog.watch.hooks import Message

__all__ = ["Form", "Teller", "Telling"]

Form = Literal["text", "ndjson"]
_NEIGHBOURS = 16
"""Events kept to explain the next one by; the kernel's burst of ten and some more."""


class Telling:
    """One event, rendered when somebody asks."""

    def __init__(self, event: OomEvent, siblings: tuple[OomEvent, ...], lang: str) -> None:
        self.event = event
        self._siblings = siblings
        self._lang = lang

    @cached_property
    def explanation(self) -> Explanation:
        """Why it happened, in the light of the events before it."""
        return explain(self.event, self._siblings)

    @cached_property
    def sentence(self) -> str:
        """The verdict; names in it are escaped."""
        return escape(verdict(self.explanation, self._lang))

    @cached_property
    def json(self) -> bytes:
        """The event as JSON on one line."""
        return event_bytes(self.event)

    def message(self, id: str) -> Message:
        """Return what hooks are told."""
        event = self.event
        first = event.kills[0] if event.kills else None
        facts = {
            "COMM": None if first is None else first.comm,
            "PID": None if first is None else first.pid,
            "SCOPE": event.scope,
            "OUTCOME": event.outcome,
            "KILLS": len(event.kills),
            "CGROUP": event.task_memcg,
            "HOST": event.host,
            "TIME": None if event.time is None else event.time.isoformat(),
        }
        # What is not known is not set: an empty name is a name.
        known = {key: str(value) for key, value in facts.items() if value is not None}
        where = "" if event.host is None else f"{escape(event.host)}: "
        return Message(id, f"{where}{self.sentence}", self.json, known)


class Teller:
    """Renders events in the form asked for.

    :param explained: With NDJSON, add a line with the explanation after each event.
    :param heading: With text, begin with the names of the columns.
    """

    def __init__(
        self, form: Form, *, explained: bool, lang: str, heading: bool, colour: bool, short: bool
    ) -> None:
        self._form = form
        self._explained = explained
        self._lang = lang
        self._before: deque[OomEvent] = deque(maxlen=_NEIGHBOURS)
        self._parts: list[bytes] = []
        write: Callable[[bytes], None] = self._parts.append
        self._table = TextReport(write, colour=colour, live=True, short=short, heading=heading)

    def take(self, event: OomEvent) -> Telling:
        """Take the next event."""
        telling = Telling(event, tuple(self._before), self._lang)
        self._before.append(event)
        return telling

    def render(self, telling: Telling) -> bytes:
        """Return what to write."""
        if self._form == "ndjson":
            more = explanation_bytes(telling.explanation, self._lang) + b"\n" if self._explained else b""
            return telling.json + b"\n" + more
        self._parts.clear()
        self._table.add(telling.event)
        return b"".join(self._parts) + f"  {telling.sentence}\n".encode("utf-8", "backslashreplace")
