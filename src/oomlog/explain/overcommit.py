"""What vm.overcommit_memory would have changed, as far as a report tells.

The setting decides whether address space is promised; the OOM killer runs when promised memory is touched.
A memory cgroup charges at the touch alone, so there the setting changes nothing.  Neither the setting nor
Committed_AS is in a report, and the sum of total_vm is not Committed_AS: it counts what is shared, mapped
files and read-only memory too.  Mirrors __vm_enough_memory() and vm_commit_limit() in mm/util.c.
"""

from __future__ import annotations

from collections.abc import Mapping

from oomlog.explain.case import Case
from oomlog.explain.formula import release_of
from oomlog.explain.mem_info import hugepages
from oomlog.explain.model import Derived, Values
from oomlog.explain.totalpages import ram_pages, scope_of, total_swap_kb

__all__ = ["DEFAULT_RATIO", "commit_limit", "overcommit"]

DEFAULT_RATIO = 50

Remark = tuple[str, Values]


def overcommit(case: Case) -> tuple[Remark, ...]:
    """Return the keys of ``overcommit.toml`` to say, with their numbers."""
    event = case.event
    if event.killer != "kernel" or scope_of(event) in ("unknown", "sysrq"):
        return ()
    if event.scope == "memcg":
        return (("memcg", {}),)
    found: list[Remark] = []
    if scope_of(event) in ("cpuset", "mempolicy"):
        found.append(("bound", {}))
    found += [_heuristic(case), ("always", {}), *_strict(case)]
    if case.victim is not None:
        found.append(_committed(case))
    return tuple(found)


def _committed(case: Case) -> Remark:
    """Say whom mode 2 would have refused: every private page that was written counts."""
    own = None if case.victim is None else case.victim.anon_rss_kb
    limit, ram = commit_limit(case), ram_pages(case.event, case.page_kb)
    if own is None or limit is None or ram is None or not ram.exact or own <= limit.value:
        return "committed_unknown", {}
    return "committed_beyond", {"own_kb": own}


def commit_limit(case: Case, ratio: int = DEFAULT_RATIO) -> Derived | None:
    """Return CommitLimit in kB, as if vm.overcommit_ratio was this and vm.overcommit_kbytes was not set."""
    ram, swap = ram_pages(case.event, case.page_kb), total_swap_kb(case.event)
    if ram is None or swap is None:
        return None
    huge = _hugetlb_kb(case)
    ram_kb = ram.value * case.page_kb
    limit = max(ram_kb - (huge or 0), 0) * ratio // 100 + swap
    inputs: Mapping[str, int | float | str | None] = {
        "ram_kb": ram_kb,
        "hugetlb_kb": huge,
        "total_swap_kb": swap,
        "ratio": ratio,
    }
    return Derived(limit, "commit_limit", inputs, exact=ram.exact and huge is not None)


def _hugetlb_kb(case: Case) -> int | None:
    """Return the pools' size; since 6.0 a pool without pages is still printed, before 3.10 none was."""
    sizes = [
        total * size
        for pool in hugepages(case.event)
        if isinstance(total := pool.get("hugepages_total"), int)
        and isinstance(size := pool.get("hugepages_size_kb"), int)
    ]
    return sum(sizes) if sizes else None


def _ram_and_swap(case: Case) -> int | None:
    ram, swap = ram_pages(case.event, case.page_kb), total_swap_kb(case.event)
    return None if ram is None or swap is None else ram.value * case.page_kb + swap


def _heuristic(case: Case) -> Remark:
    release, most = release_of(case.event), _ram_and_swap(case)
    # "mm: fix false-positive OVERCOMMIT_GUESS failures" (in v5.2) made the guess a plain comparison with RAM
    # and swap; distributions took it over earlier.
    if release is not None and release < (5, 0):
        return "heuristic_free", {}
    if release is None or most is None or release < (5, 2):
        return "heuristic_unknown", {}
    victim = case.victim
    total_vm = None if victim is None else victim.total_vm_kb
    if total_vm is None:
        return "heuristic", {"most_kb": most}
    # One request is never more than the whole address space.
    key = "heuristic_granted" if total_vm <= most else "heuristic_open"
    return key, {"most_kb": most, "total_vm_kb": total_vm}


def _lacking(case: Case) -> str:
    if ram_pages(case.event, case.page_kb) is not None:
        return "strict_unknown_swap"
    return "strict_unknown" if total_swap_kb(case.event) is None else "strict_unknown_ram"


def _strict(case: Case) -> tuple[Remark, ...]:
    limit = commit_limit(case)
    if limit is None:
        return ((_lacking(case), {}),)
    key = "strict" if limit.inputs["hugetlb_kb"] is not None else "strict_no_hugetlb"
    return ((key, {"limit_kb": limit.value, **limit.inputs}),)
