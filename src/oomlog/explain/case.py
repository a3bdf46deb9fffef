"""One event with everything that is derived from it, for the rules to look at."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from oomlog.containers.place import Place, place_of
from oomlog.containers.registry import Registry
from oomlog.explain.ledger import machine_ledger
from oomlog.explain.ledger_memcg import memcg_ledger
from oomlog.explain.ledger_parts import parts_of
from oomlog.explain.model import Derived, Ledger, VictimChoice
from oomlog.explain.neighbours import Log
from oomlog.explain.page_size import page_size
from oomlog.explain.quote import lines_with
from oomlog.explain.ranking import Process, processes_of
from oomlog.explain.victim import choose_victim
from oomlog.model import Kill, OomEvent, ReportLine

__all__ = ["Case"]


class Case:
    """An event, the other events of its log, and what can be computed from them; each on first use.

    :param siblings: All events of the same log, this one included or not.
    :param page_size_kb: Given by the user; otherwise inferred.
    :param registry: What is known of containers.
    """

    def __init__(
        self,
        event: OomEvent,
        siblings: Sequence[OomEvent] = (),
        *,
        page_size_kb: int | None = None,
        registry: Registry | None = None,
    ) -> None:
        self.event = event
        self.siblings = Log.around(event, siblings)
        self._page_size_kb = page_size_kb
        self._registry = registry

    @cached_property
    def place(self) -> Place | None:
        """Return whose cgroups the report names."""
        return place_of(self.event, self._registry)

    @cached_property
    def page_size(self) -> Derived:
        """Return the page size in kB."""
        return page_size(self.event, self._page_size_kb)

    @property
    def page_kb(self) -> int:
        """Return the page size in kB as a number."""
        return self.page_size.value

    @cached_property
    def processes(self) -> tuple[Process, ...]:
        """Return the task table's processes, in pages."""
        return processes_of(self.event, self.page_kb)

    @cached_property
    def choice(self) -> VictimChoice:
        """Return the recomputed choice of the victim."""
        return choose_victim(self.event, self.page_size, self.siblings, self.processes)

    @cached_property
    def ledger(self) -> Ledger | None:
        """Return where memory was: the machine's, or that of the cgroup which hit its limit."""
        if self.event.scope == "memcg":
            return memcg_ledger(self.event, self.page_kb)
        return machine_ledger(self.event, self.page_kb)

    @cached_property
    def parts(self) -> tuple[Ledger, ...]:
        """Return the ledgers of nodes and zones, or of child cgroups."""
        return parts_of(self.event, self.page_kb)

    @property
    def victim(self) -> Kill | None:
        """Return the first process that was killed."""
        return self.event.kills[0] if self.event.kills else None

    def quote(self, *words: str) -> tuple[ReportLine, ...]:
        """Return for each text the first line of the report that has it, as evidence."""
        return lines_with(self.event, *words)
