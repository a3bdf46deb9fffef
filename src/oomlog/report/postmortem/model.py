"""Records of a post-mortem report: what every format of it is made from.

Texts are in the report's language already; names in them are as the log has them, and escaped by whoever
writes them out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from oomlog.explain.model import Explanation
from oomlog.model import Kill, OomEvent, ReportLine
from oomlog.report.document import Block

__all__ = ["Case", "Doubt", "Fact", "Incident", "Kind", "Moment", "Postmortem", "Read", "SameVictim"]

Kind = Literal["event", "events", "incident"]


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of the facts box; ``id`` is the key of its name (``report.toml``)."""

    id: str
    value: str


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened, as far as the inputs show it.

    :ivar offset_s: Seconds from the report's own event; ``None`` when the log does not tell.
    :ivar kind: Key of what it was (``report.moment_...``).
    :ivar own: It is a part of the event itself.
    """

    time: datetime | None
    uptime_s: float | None
    offset_s: float | None
    kind: str
    text: str
    source: str
    line: int
    own: bool = False


@dataclass(frozen=True, slots=True)
class SameVictim:
    """Another kill of a process with the victim's name.

    :ivar number: The event's place in the inputs, from 1.
    :ivar own: It is this event's.
    """

    number: int
    event: OomEvent
    kill: Kill
    own: bool


@dataclass(frozen=True, slots=True)
class Doubt:
    """How something was computed, or what is uncertain about it."""

    id: str
    text: str
    lines: tuple[ReportLine, ...] = ()
    """Lines of the log that it is about."""


@dataclass(frozen=True, slots=True)
class Case:
    """One event of the report with all that is said about it."""

    number: int
    explanation: Explanation
    facts: tuple[Fact, ...]
    moments: tuple[Moment, ...]
    moments_left_out: int
    same_victim: tuple[SameVictim, ...]
    doubts: tuple[Doubt, ...]

    @property
    def event(self) -> OomEvent:
        """Return the event."""
        return self.explanation.event


@dataclass(frozen=True, slots=True)
class Incident:
    """Many events as one: a storm.

    :ivar causes: How many events each primary finding explains; ``None`` for those without one.
    :ivar victims: How many processes of each name were killed.
    :ivar first: Number of the first event.
    :ivar worst: Number of the event whose victim was largest.
    :ivar in_time: Whether the order of all events is that of time; else it is that of the inputs.
    """

    explanations: tuple[tuple[int, Explanation], ...]
    causes: tuple[tuple[str | None, int], ...]
    victims: tuple[tuple[str | None, int], ...]
    first: int
    worst: int
    in_time: bool


@dataclass(frozen=True, slots=True)
class Read:
    """What was read for the report.

    :ivar unread: Lines near events that could say more for the timeline, but were too many to be looked at.
    :ivar folded: Records of its events that are left out because another log tells of the same.
    """

    lines: int | None = None
    sources: tuple[str, ...] = ()
    unread: int = 0
    folded: int = 0


@dataclass(frozen=True, slots=True)
class Postmortem:
    """The whole report.

    :ivar verdict: What happened, in one paragraph.
    :ivar cases: The events that are told in full.
    :ivar redacted: Names of hosts, users, paths and ids are pseudonyms.
    """

    kind: Kind
    title: str
    lang: str
    verdict: str
    cases: tuple[Case, ...]
    incident: Incident | None = None
    figures: dict[str, Sequence[Block]] = field(default_factory=dict)
    """Pictures by the section they belong to; of several cases the section is ``<number>.<section>``."""
    read: Read = field(default_factory=Read)
    redacted: bool = False
