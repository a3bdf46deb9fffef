"""Apply all rules to an event and pick the primary cause."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from importlib import import_module

from oomlog.explain.actions import actions_for
from oomlog.explain.case import Case
from oomlog.explain.model import Explanation, Finding
from oomlog.explain.neighbours import Log
from oomlog.explain.overcommit import overcommit
from oomlog.model import OomEvent

__all__ = ["ORDER", "explain", "explain_all"]

Rule = Callable[[Case], Finding | None]

ORDER = (
    # Somebody asked for it, or set the policy that decided.
    "sysrq_manual",
    "userspace_killer",
    "panic_on_oom",
    "no_killable",
    "allocating_task",
    # A limit was hit although the machine may have had memory.
    "parent_memcg_limit",
    "memcg_limit",
    "mempolicy_bound",
    "cpuset_bound",
    # Memory was free, but not for this request.
    "cma_only_free",
    "lowmem_zone",
    "fragmentation",
    "page_fault_oom",
    # Something other than processes held most of it.
    "hugetlb_reserved",
    "slab_kernel",
    "page_tables",
    "tmpfs_shmem",
    "balloon",
    "gpu_memory",
    "zram_store",
    "unaccounted_kernel",
    "page_cache_dirty",
    "mlocked",
    "watermark_reserve",
    # Processes did.
    "fork_storm",
    "system_exhausted",
    # What made it worse, or decided who died.  Never the cause where one of the above is found.
    "unlimited_container",
    "swap_full",
    "no_swap",
    "zram_swap",
    "memory_allocations",
    "limit_below_working_set",
    "protected_hog",
    "biased_victim",
    "clamped_badness",
    "sacrificed_child",
    "oom_group",
    "already_dying",
    "reaper_failed",
    "kill_storm",
    # What the log does not tell.
    "rate_limited",
    "truncated_log",
)
"""Ids of the rules; the first that finds something and is more than a hypothesis is the primary cause."""


@cache
def _rules() -> tuple[Rule, ...]:
    return tuple(import_module(f"oomlog.explain.rules.{name}").find for name in ORDER)


def explain(
    event: OomEvent, siblings: Sequence[OomEvent] = (), *, page_size_kb: int | None = None
) -> Explanation:
    """Explain one event: why this victim, where memory went, what was found, what to do.

    :param siblings: All events of the same log: earlier victims, swap, storms.
    :param page_size_kb: The machine's page size; inferred when not given.

    >>> import oomlog
    >>> line = "Out of memory: Killed process 7 (x) total-vm:8kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB"
    >>> (event,) = oomlog.parse(f"kernel: {line}\\n")
    >>> explain(event).primary.id
    'system_exhausted'
    """
    case = Case(event, siblings, page_size_kb=page_size_kb)
    found = [finding for rule in _rules() if (finding := rule(case)) is not None]
    findings = _with_primary(found)
    return Explanation(
        event=event,
        victim=case.choice,
        ledger=case.ledger,
        parts=case.parts,
        findings=findings,
        actions=actions_for(case, findings),
        overcommit=overcommit(case),
    )


def explain_all(events: Iterable[OomEvent], *, page_size_kb: int | None = None) -> Iterator[Explanation]:
    """Explain all events of a log, each in the light of the others; they are held in memory."""
    siblings = Log(tuple(events))
    for event in siblings:
        yield explain(event, siblings, page_size_kb=page_size_kb)


def _with_primary(found: Sequence[Finding]) -> tuple[Finding, ...]:
    sure = [finding for finding in found if finding.confidence != "possible"] or list(found)
    first = sure[0] if sure else None
    rest = [finding for finding in found if finding is not first]
    return () if first is None else (replace(first, primary=True), *rest)
