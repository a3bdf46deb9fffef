"""Each claim that an explanation promises to know: a recorded log that makes it, and one that does not."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest

import oomlog
from oomlog.explain.case import Case

SAMPLES = Path(__file__).parents[4] / "samples"
GLOBAL = "v7.2-global.dmesg"
MEMCG = "v6.12-memcg-v2-kubernetes.dmesg"
LISTED = {
    "memcg_limit": (MEMCG, GLOBAL),
    "parent_memcg_limit": ("v6.12-memcg-v2-group-parent.dmesg", MEMCG),
    "system_exhausted": (GLOBAL, MEMCG),
    "cpuset_bound": ("v7.2-cpuset.dmesg", GLOBAL),
    "mempolicy_bound": ("v6.12-mempolicy.dmesg", GLOBAL),
    "sysrq_manual": ("v6.1-sysrq.dmesg", GLOBAL),
    "panic_on_oom": ("v7.2-panic.console", GLOBAL),
    "no_killable": ("v7.2-no-killable.console", GLOBAL),
    "allocating_task": ("v6.12-allocating-task.dmesg", GLOBAL),
    "oom_group": ("v6.12-memcg-v2-group.dmesg", MEMCG),
    "protected_hog": ("v6.12-global-adj.dmesg", GLOBAL),
    "biased_victim": ("v6.12-global-adj.dmesg", GLOBAL),
    "tmpfs_shmem": ("v6.12-global-tmpfs.dmesg", GLOBAL),
    "hugetlb_reserved": ("v7.2-global-hugetlb.dmesg", GLOBAL),
    "slab_kernel": ("v6.12-global-slab.dmesg", GLOBAL),
    "unaccounted_kernel": ("v6.12-global-unaccounted-sockets.dmesg", GLOBAL),
    "page_tables": ("v6.12-global-page-tables.dmesg", GLOBAL),
    "balloon": ("v7.2-global-balloon.dmesg", GLOBAL),
    "memory_allocations": ("v6.12-global-allocations.dmesg", "v6.12-global-unaccounted-sockets.dmesg"),
    "reserved_ram": ("v6.12-global-balloon.dmesg", "v7.2-global-balloon.dmesg"),
    "page_cache_dirty": ("v6.12-global-dirty.dmesg", GLOBAL),
    "swap_full": ("v6.12-global-swap-full.dmesg", GLOBAL),
    "no_swap": (GLOBAL, "v6.12-global-swap-full.dmesg"),
    "fragmentation": ("v6.12-global-fragmentation.dmesg", GLOBAL),
    "lowmem_zone": ("v6.1-global-lowmem.console", GLOBAL),
    "cma_only_free": ("v7.2-global-cma.dmesg", GLOBAL),
    "watermark_reserve": ("v6.12-global-reserve.dmesg", GLOBAL),
    "fork_storm": ("v7.2-global-fork-storm.dmesg", GLOBAL),
    "kill_storm": ("v6.12-storm.dmesg", GLOBAL),
    "reaper_failed": ("v5.10-reaper-failed.dmesg", "v6.12-reaper.dmesg"),
    "already_dying": ("v5.10-reaper-failed.dmesg", "v6.12-reaper.dmesg"),
    "rate_limited": ("v6.12-storm.dmesg", GLOBAL),
    "truncated_log": (GLOBAL, GLOBAL),
    "limit_below_working_set": ("v5.10-memcg-v2-working-set.dmesg", MEMCG),
    "unlimited_container": ("v6.12-global-container.dmesg", GLOBAL),
}
EDITS = {
    # Nothing recorded is cut.
    "truncated_log": ("invoked oom-killer", "came by"),
}


@cache
def cases(name: str, edit: tuple[str, str] | None = None) -> Sequence[Case]:
    text = (SAMPLES / f"{name}.log").read_text(errors="surrogateescape")
    if edit is not None:
        assert edit[0] in text
        text = text.replace(*edit)
    events = tuple(oomlog.parse(text))
    assert events
    return tuple(Case(event, events) for event in events)


@pytest.mark.parametrize("claim", LISTED)
def test_a_claim_is_made_where_it_is_true_and_nowhere_else(claim: str) -> None:
    """The first log makes it, the second does not."""
    find = importlib.import_module(f"oomlog.explain.rules.{claim}").find
    true, false = LISTED[claim]
    assert any(find(case) for case in cases(true, EDITS.get(claim)))
    assert not any(find(case) for case in cases(false))
