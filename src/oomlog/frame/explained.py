"""What the table of findings needs of an explanation; ``oomlog.explain`` makes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from oomlog.model import OomEvent, ReportLine

__all__ = ["Claim", "Explained"]


class Claim(Protocol):
    """One claim about an event and the lines that it rests on."""

    @property
    def id(self) -> str:
        """Its name: ``memcg_limit``."""

    @property
    def values(self) -> Mapping[str, int | float | str | None]:
        """Its numbers and names."""

    @property
    def evidence(self) -> tuple[ReportLine, ...]:
        """The lines it rests on."""

    @property
    def confidence(self) -> str:
        """``certain``, ``likely`` or ``possible``."""

    @property
    def reference(self) -> str:
        """The function of the kernel that makes it true."""

    @property
    def primary(self) -> bool:
        """Whether it is the cause."""


class Explained(Protocol):
    """An explained event."""

    @property
    def event(self) -> OomEvent:
        """What was explained."""

    @property
    def findings(self) -> Sequence[Claim]:
        """The claims, in their order."""
