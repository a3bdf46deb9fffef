"""Apply all rules to an event."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from importlib import import_module

from oomlog.containers.registry import Registry
from oomlog.explain.actions import actions_for
from oomlog.explain.case import Case
from oomlog.explain.disagreements import remarks
from oomlog.explain.heap import heap_sheet
from oomlog.explain.model import Explanation, Finding
from oomlog.explain.neighbours import Log
from oomlog.explain.overcommit import overcommit
from oomlog.explain.primary import CAUSES, CIRCUMSTANCES, GAPS, with_primary
from oomlog.model import OomEvent

__all__ = ["ORDER", "explain", "explain_all"]

Rule = Callable[[Case], Finding | None]

ORDER = (*CAUSES, *CIRCUMSTANCES, *GAPS)
"""Ids of the rules, in the order of their findings."""


@cache
def _rules() -> tuple[Rule, ...]:
    return tuple(import_module(f"oomlog.explain.rules.{name}").find for name in ORDER)


def explain(
    event: OomEvent,
    siblings: Sequence[OomEvent] = (),
    *,
    page_size_kb: int | None = None,
    registry: Registry | None = None,
) -> Explanation:
    """Explain one event: why this victim, where memory went, what was found, what to do.

    :param siblings: All events of the same log: earlier victims, swap, storms.
    :param page_size_kb: The machine's page size; inferred when not given.
    :param registry: What runtimes and Kubernetes know of containers.

    >>> import oomlog
    >>> line = "Out of memory: Killed process 7 (x) total-vm:8kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB"
    >>> (event,) = oomlog.parse(f"kernel: {line}\\n")
    >>> explain(event).primary.id
    'system_exhausted'
    """
    case = Case(event, siblings, page_size_kb=page_size_kb, registry=registry)
    found = [finding for rule in _rules() if (finding := rule(case)) is not None]
    findings = with_primary(found, case.ledger)
    return Explanation(
        event=event,
        victim=case.choice,
        ledger=case.ledger,
        parts=case.parts,
        findings=findings,
        actions=actions_for(case, findings),
        overcommit=overcommit(case),
        place=case.place,
        remarks=remarks(case),
        heap=heap_sheet(case),
    )


def explain_all(
    events: Iterable[OomEvent], *, page_size_kb: int | None = None, registry: Registry | None = None
) -> Iterator[Explanation]:
    """Explain all events of a log, each in the light of the others; they are held in memory."""
    siblings = Log(tuple(events))
    for event in siblings:
        yield explain(event, siblings, page_size_kb=page_size_kb, registry=registry)
