"""Everything that was read, as tables that are made when they are first asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, overload

from oomlog.frame import tables
from oomlog.frame.explained import Explained
from oomlog.model import OomEvent

if TYPE_CHECKING:
    import pandas

    from oomlog.containers.registry import Registry

__all__ = ["EventList"]


class EventList(Sequence[OomEvent]):
    """The events of one reading and their tables; ``oomlog schema --columns`` explains the columns.

    :param events: The events; their order gives the numbers in the column ``event``.
    :param explain: Explains all of them, in their order.
    :param registry: Names of containers.
    """

    def __init__(
        self,
        events: Iterable[OomEvent],
        *,
        explain: Callable[[Sequence[OomEvent]], Iterable[Explained]],
        registry: Registry | None = None,
    ) -> None:
        self.oom_events = list(events)
        """The events themselves."""
        self._explain = explain
        self._registry = registry

    @overload
    def __getitem__(self, index: int) -> OomEvent: ...
    @overload
    def __getitem__(self, index: slice) -> EventList: ...
    def __getitem__(self, index: int | slice) -> OomEvent | EventList:
        if isinstance(index, slice):
            return EventList(self.oom_events[index], explain=self._explain, registry=self._registry)
        return self.oom_events[index]

    def __len__(self) -> int:
        return len(self.oom_events)

    def __iter__(self) -> Iterator[OomEvent]:
        return iter(self.oom_events)

    @cached_property
    def kills(self) -> pandas.DataFrame:
        """One row per killed process."""
        return tables.kills(self.oom_events, registry=self._registry)

    @cached_property
    def events(self) -> pandas.DataFrame:
        """One row per event, with or without a kill."""
        return tables.events(self.oom_events, registry=self._registry)

    @cached_property
    def tasks(self) -> pandas.DataFrame:
        """One row per process of a task table."""
        return tables.tasks(self.oom_events)

    @cached_property
    def zones(self) -> pandas.DataFrame:
        """One row per memory zone."""
        return tables.zones(self.oom_events)

    @cached_property
    def memcg(self) -> pandas.DataFrame:
        """One row per cgroup with its counters and statistics."""
        return tables.memcg(self.oom_events)

    @cached_property
    def findings(self) -> pandas.DataFrame:
        """One row per claim about an event; explaining takes some milliseconds an event."""
        return tables.findings(self._explain(self.oom_events))

    def __repr__(self) -> str:
        killed = sum(len(event.kills) for event in self.oom_events)
        count = len(self.oom_events)
        return f"<EventList of {count} event{'s'[: count != 1]}, {killed} kill{'s'[: killed != 1]}>"

    def _repr_html_(self) -> str | None:
        from oomlog import jupyter

        return jupyter.events_html(self.oom_events)
