"""Which limit of a memory cgroup was reached.

A cgroup of v1 has a limit for memory and one for memory and swap together; the second is charged first
(try_charge_memcg(), mm/memcontrol.c), and memory that is only at the first can still be swapped out.  v2's
swap.max never calls the OOM killer by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple

from oomlog.kernel import is_unlimited
from oomlog.model import Memcg, OomEvent

__all__ = ["Reached", "reached", "reached_limit"]

# A charge is tried for 64 pages at a time (MEMCG_CHARGE_BATCH; 32 in older kernels), so the last try fails
# with up to so much left; and others of the cgroup free memory while the report is printed.
_BATCH_PAGES = 64
_NEAR = 0.01


class Reached(NamedTuple):
    """A limit and what was in use of it when the report was printed."""

    counter: Literal["memory", "memory_swap"]
    usage_kb: int
    limit_kb: int

    @property
    def of(self) -> str:
        """Return what the limit counts, in the kernel's words."""
        return "memory+swap" if self.counter == "memory_swap" else "memory"


def reached_limit(event: OomEvent, page_kb: int) -> Reached | None:
    """Return the limit that was reached, ``None`` when the log does not show it."""
    return None if event.memcg is None else reached(event.memcg, lambda: page_kb)


def reached(memcg: Memcg, page_kb: Callable[[], int]) -> Reached | None:
    """Return the limit that the counters say was reached, ``None`` when they do not.

    :param page_kb: Tells the page size; asked only where memory and memory+swap both have a limit.
    """
    memory = _limited("memory", memcg.memory)
    both = _limited("memory_swap", memcg.memory_swap)
    if memory is None or both is None:
        return memory or both
    # Of two equal limits the one for both is charged first, but says no more unless swap is in use.
    apart = both.limit_kb > memory.limit_kb or not _is_near(memory, page_kb())
    return both if apart and _is_near(both, page_kb()) else memory


def _is_near(counter: Reached, page_kb: int) -> bool:
    slack = max(_BATCH_PAGES * page_kb, int(counter.limit_kb * _NEAR))
    return counter.limit_kb - counter.usage_kb <= slack


def _limited(counter: Literal["memory", "memory_swap"], printed: Mapping[str, int] | None) -> Reached | None:
    usage, limit = (printed or {}).get("usage_kb"), (printed or {}).get("limit_kb")
    if usage is None or limit is None or is_unlimited(limit):
        return None
    return Reached(counter, usage, limit)
