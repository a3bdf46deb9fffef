"""The short way for programs and notebooks: events in, answers out.

``explain`` and ``explain_all`` are in ``run.py``; these take an event where the command line has
a case.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, cast, overload

from oomlog.events.parse import Input, parse
from oomlog.explain import one_process, supposed
from oomlog.explain.case import Case
from oomlog.explain.model import Explanation
from oomlog.explain.run import explain, explain_all
from oomlog.model import OomEvent

if TYPE_CHECKING:
    from oomlog.containers.registry import Registry

__all__ = ["explained", "whatif", "why"]


@overload
def explained(
    given: OomEvent, *, page_size_kb: int | None = None, registry: Registry | None = None
) -> Explanation: ...
@overload
def explained(
    given: Input | Iterable[Input] | Sequence[OomEvent],
    *,
    page_size_kb: int | None = None,
    registry: Registry | None = None,
) -> list[Explanation]: ...
def explained(
    given: OomEvent | Input | Iterable[Input] | Sequence[OomEvent],
    *,
    page_size_kb: int | None = None,
    registry: Registry | None = None,
) -> Explanation | list[Explanation]:
    """Explain an event, or all events of some logs, each in the light of the others.

    :param given: An event, a list of events, or logs as :func:`oomlog.parse` takes them.
    :param page_size_kb: The machine's page size; inferred when not given.
    :param registry: Names of containers.
    :return: One explanation for an event, else a list of them.

    >>> line = "Out of memory: Killed process 7 (x) total-vm:8kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB"
    >>> [each.primary.id for each in explained(f"kernel: {line}\\n")]
    ['system_exhausted']
    """
    if isinstance(given, OomEvent):
        known = given.registry if registry is None else registry
        return explain(given, given.siblings, page_size_kb=page_size_kb, registry=known)
    ready = isinstance(given, Sequence) and all(isinstance(each, OomEvent) for each in given) and given
    events = cast("Sequence[OomEvent]", given) if ready else parse(cast("Input | Iterable[Input]", given))
    return list(explain_all(events, page_size_kb=page_size_kb, registry=registry))


def why(
    event: OomEvent,
    who: str | int,
    siblings: Sequence[OomEvent] = (),
    *,
    lang: str = "en",
    page_size_kb: int | None = None,
) -> tuple[str, ...]:
    """Say why a process was killed, or was not: one answer for each process of that name.

    :param who: A pid or a task's name.
    :param siblings: All events of the same log, as for ``explain``.
    :param lang: ``en`` or ``ko``.

    >>> import oomlog
    >>> line = "Out of memory: Killed process 7 (x) total-vm:8kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB"
    >>> (event,) = oomlog.parse(f"kernel: {line}\\n")
    >>> why(event, "x")[0].startswith("x (pid 7) was chosen and killed.")
    True
    """
    case = Case(event, siblings, page_size_kb=page_size_kb)
    return tuple(one_process.why_sentence(found, case, lang) for found in one_process.why(case, str(who)))


def whatif(
    event: OomEvent,
    *settings: str | supposed.Setting,
    siblings: Sequence[OomEvent] = (),
    limits: Mapping[str, int] | None = None,
    page_size_kb: int | None = None,
) -> supposed.WhatIf:
    """Recompute the choice with some values changed.

    :param settings: Such as ``"java:oom_score_adj=-500"``, ``"77:rss=1G"``.
    :param siblings: All events of the same log, as for ``explain``.
    :param limits: New limits of cgroups in kB, by path.
    :raise ValueError: A setting cannot be read.

    >>> import oomlog
    >>> line = "Out of memory: Killed process 7 (x) total-vm:8kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB"
    >>> (event,) = oomlog.parse(f"kernel: {line}\\n")
    >>> whatif(event, "x:oom_score_adj=-500").answer
    'unknown'
    """
    case = Case(event, siblings, page_size_kb=page_size_kb)
    read = [supposed.read_setting(each) if isinstance(each, str) else each for each in settings]
    return supposed.whatif(case, read, limits)
