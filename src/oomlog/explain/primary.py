"""Which finding is the cause, as far as the log tells.

A cause is why memory could not be had.  Who died, what made it worse and what the log leaves out are findings
as well, but never the cause; where no cause is found, missing parts of the log are the reason to tell first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from oomlog.explain.model import Finding, Ledger

__all__ = ["CAUSES", "CIRCUMSTANCES", "GAPS", "holder", "with_primary"]

CAUSES = (
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
    "page_fault",
    "cma_only_free",
    "lowmem_zone",
    "fragmentation",
    # Something other than processes held more of it than they did.
    "hugetlb_reserved",
    "slab_kernel",
    "page_tables",
    "tmpfs_shmem",
    "balloon",
    "reserved_ram",
    "gpu_memory",
    "zram_store",
    "unaccounted_kernel",
    "page_cache_dirty",
    "mlocked",
    "watermark_reserve",
    # Processes did.
    "fork_storm",
    "system_exhausted",
)
"""Rules that tell causes; the first that finds something and is more than a hypothesis is primary."""

CIRCUMSTANCES = (
    "unlimited_container",
    "swap_full",
    "no_swap",
    "zram_swap",
    "page_cache_kept",
    "memory_allocations",
    "jvm_heap",
    "limit_below_working_set",
    "protected_hog",
    "biased_victim",
    "clamped_badness",
    "sacrificed_child",
    "oom_group",
    "already_dying",
    "reaper_failed",
    "kill_storm",
)
"""What made it worse, or decided who died."""

GAPS = ("rate_limited", "truncated_log")
"""What the log does not tell."""

_PROCESSES = ("fork_storm", "system_exhausted")
_HELD = {
    "hugetlb_reserved": ("hugetlb_kb",),
    "slab_kernel": ("unreclaimable_kb", "reclaimable_kb", "slab_kb"),
    "page_tables": ("pagetables_kb",),
    "tmpfs_shmem": ("shmem_kb",),
    "balloon": ("balloon_kb",),
    "reserved_ram": ("reserved_kb",),
    "gpu_memory": ("gpu_active_kb", "gpu_reclaim_kb"),
    "zram_store": ("store_kb",),
    "unaccounted_kernel": ("unaccounted_kb",),
    "page_cache_dirty": ("dirty_kb", "writeback_kb"),
    "mlocked": ("unevictable_kb",),
}
"""What each of these held, by the names of its numbers."""


def with_primary(found: Sequence[Finding], ledger: Ledger | None) -> tuple[Finding, ...]:
    """Return the findings with the primary one marked and in front.

    :param found: In the order of the rules.
    :param ledger: Where memory was: a part of it that is smaller than what processes had is no cause beside
        them.
    """
    first = _primary(found, ledger)
    if first is None:
        return tuple(found)
    return (replace(first, primary=True), *(finding for finding in found if finding is not first))


def _primary(found: Sequence[Finding], ledger: Ledger | None) -> Finding | None:
    causes = [finding for finding in found if finding.id in CAUSES]
    sure = [finding for finding in causes if finding.confidence != "possible"]
    if any(finding.id in _PROCESSES for finding in sure):
        sure = [finding for finding in sure if not _is_minor(finding, ledger)]
    gaps = (finding for finding in found if finding.id in GAPS)
    return next(iter(sure), None) or next(iter(causes), None) or next(gaps, None)


def holder(found: Sequence[Finding], ledger: Ledger | None) -> Finding | None:
    """Return the finding that says what held more memory than processes did, ``None`` if none does."""
    held = (each for each in found if each.id in _HELD and each.confidence != "possible")
    return next((each for each in held if not _is_minor(each, ledger)), None)


def _is_minor(finding: Finding, ledger: Ledger | None) -> bool:
    """Tell whether this held less than the anonymous memory of processes."""
    anon = None if ledger is None else ledger.kb("anon")
    if anon is None and ledger is not None and finding.id != "tmpfs_shmem":
        anon = ledger.kb("anon_shmem")  # until 2.6.31 shmem was not counted apart
    if anon is None or finding.id not in _HELD:
        return False
    held = [finding.values.get(name) for name in _HELD[finding.id]]
    return sum(kb for kb in held if isinstance(kb, int)) < anon
