"""Sizes to start from, derived from an event's own numbers.

What ran out needed more than it had, and nothing in a report says how much more: a quarter is a start for
measuring, not a result.
"""

from __future__ import annotations

from typing import NamedTuple

from oomlog.explain.case import Case
from oomlog.kernel import is_unlimited

__all__ = ["Size", "limit_size", "swap_allowance", "swap_size", "used_kb", "victim_size", "with_headroom"]


class Size(NamedTuple):
    """A suggested size, and what it was derived from."""

    mib: int
    from_kb: int

    @property
    def kb(self) -> int:
        """Return the size in kB."""
        return self.mib * 1024

    @property
    def values(self) -> dict[str, int | float | str | None]:
        """Return what a sentence needs to say where the size is from."""
        return {"from_kb": self.from_kb, "suggested_kb": self.kb}


def with_headroom(kb: int) -> Size:
    """Return a quarter more, rounded up to what one would write down.

    >>> with_headroom(2 * 1024 * 1024).mib, with_headroom(16384).mib
    (2560, 20)
    """
    mib = -(-kb * 5 // 4096)
    step = next(step for below, step in _STEPS if mib < below)
    return Size(-(-mib // step) * step, kb)


_STEPS = ((64, 4), (256, 16), (4096, 64), (65536, 512), (1 << 62, 4096))


def limit_size(case: Case) -> Size | None:
    """Return a limit for the cgroup that hit its own, ``None`` when the counters do not show that it did."""
    memcg = case.event.memcg
    memory = (memcg.memory or {}) if memcg is not None else {}
    usage, limit = memory.get("usage_kb"), memory.get("limit_kb")
    # Others may have freed memory before the counters were printed; far below, another limit was hit.
    if usage is None or not limit or is_unlimited(limit) or usage < limit * 9 // 10:
        return None
    return with_headroom(max(usage, limit))


def swap_allowance(case: Case) -> int | None:
    """Return the swap that the cgroup may use, in kB; -1 for any, ``None`` if not printed."""
    memcg = case.event.memcg
    if memcg is None:
        return None
    if memcg.swap is not None:
        found = memcg.swap.get("limit_kb")
        return -1 if found is not None and is_unlimited(found) else found
    both = (memcg.memory_swap or {}).get("limit_kb")
    memory = (memcg.memory or {}).get("limit_kb")
    if both is None or memory is None:
        return None
    return -1 if is_unlimited(both) else max(both - memory, 0)


def swap_size(case: Case) -> Size | None:
    """Return a swap limit for the cgroup (v2) that used up its own."""
    memcg = case.event.memcg
    swap = (memcg.swap or {}) if memcg is not None else {}
    usage, limit = swap.get("usage_kb"), swap.get("limit_kb")
    if usage is None or not limit or is_unlimited(limit) or usage < limit * 9 // 10:
        return None
    return with_headroom(limit)


def used_kb(case: Case) -> int | None:
    """Return what counted for the victim: memory, swap and page tables, as far as they are known."""
    kill = case.victim
    if kill is None:
        return None
    row = next((each for each in case.processes if kill.pid in (each.pid, each.row_pid)), None)
    if row is not None and row.rss_pages is not None:
        return row.used_pages * case.page_kb
    return kill.rss_kb


def victim_size(case: Case) -> Size | None:
    """Return a limit by what the victim alone had."""
    used = used_kb(case)
    return with_headroom(used) if used else None
