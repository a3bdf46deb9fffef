"""What to do about a finding, and where to look next.

An action is there because its finding is, and because the event's numbers support it: a rule that lacks a
number or a name gives nothing.  No action is ever run.  Their sentences are in ``words/actions.toml``.
"""

from __future__ import annotations

from collections.abc import Sequence

from oomlog.explain.actions.adj import choom_victim, hog_unit, unprotect, victim_request
from oomlog.explain.actions.containers import find_container, recreate_with_adj, set_limit, single_kill
from oomlog.explain.actions.jvm import jvm_heap, jvm_native, jvm_xmx
from oomlog.explain.actions.kernel_memory import shrink_hugepages, slab_name, tmpfs_size
from oomlog.explain.actions.limits import cgroup_files, children_by_memory, raise_limit
from oomlog.explain.actions.looks import (
    Rule,
    adj_of_all,
    children_of_selected,
    growth,
    kernel_log,
    look,
    lowmem_ratio,
    userspace_log,
)
from oomlog.explain.actions.numa import allowed_nodes, numa_maps
from oomlog.explain.actions.pages import compact, lower_watermarks
from oomlog.explain.actions.swap import allow_swap
from oomlog.explain.actions.sysctl import allocating_task_off, panic_off, strict_overcommit
from oomlog.explain.actions.units import oom_policy, throttle_first, unit_swap_max, victim_unit_adj
from oomlog.explain.case import Case
from oomlog.explain.model import Action, Finding

__all__ = ["RULES", "actions_for"]

RULES: dict[str, tuple[Rule, ...]] = {
    "memcg_limit": (raise_limit, jvm_heap, find_container, cgroup_files, growth, jvm_native, throttle_first),
    "parent_memcg_limit": (raise_limit, children_by_memory, cgroup_files, find_container),
    "limit_below_working_set": (raise_limit, cgroup_files),
    "jvm_heap": (jvm_xmx, jvm_native),
    "unlimited_container": (set_limit, find_container),
    "system_exhausted": (look("biggest"), growth, jvm_native, strict_overcommit, look("commit")),
    "cpuset_bound": (allowed_nodes, look("numastat"), look("numactl")),
    "mempolicy_bound": (numa_maps, look("numastat"), look("numactl")),
    "page_fault": (look("kmem_failcnt"),),
    "sysrq_manual": (look("sysrq"),),
    "panic_on_oom": (panic_off, look("panic_setting")),
    "no_killable": (unprotect, look("adj_all"), cgroup_files),
    "allocating_task": (allocating_task_off,),
    "oom_group": (oom_policy, single_kill),
    "protected_hog": (unprotect, hog_unit, look("adj_all")),
    "biased_victim": (
        victim_unit_adj,
        victim_request,
        recreate_with_adj,
        choom_victim,
        adj_of_all,
        find_container,
    ),
    "clamped_badness": (unprotect, look("adj_all")),
    "sacrificed_child": (children_of_selected,),
    "fork_storm": (look("process_counts"), find_container),
    "kill_storm": (kernel_log, find_container, cgroup_files),
    "rate_limited": (kernel_log, look("dmesg")),
    "truncated_log": (kernel_log, look("dmesg")),
    "userspace_killer": (userspace_log,),
    "reaper_failed": (look("stuck"), kernel_log),
    "tmpfs_shmem": (look("tmpfs"), look("ipcs"), tmpfs_size, cgroup_files),
    "hugetlb_reserved": (look("huge"), shrink_hugepages),
    "slab_kernel": (slab_name, cgroup_files),
    "unaccounted_kernel": (look("meminfo"), look("allocinfo"), look("vmallocinfo"), look("dma_buf")),
    "page_tables": (look("page_tables"),),
    "page_cache_dirty": (look("dirty"), cgroup_files),
    "swap_full": (unit_swap_max, look("swapped"), look("swapon")),
    "no_swap": (allow_swap, look("swapon")),
    "fragmentation": (compact, look("buddyinfo"), look("pagetypeinfo")),
    "lowmem_zone": (look("zoneinfo"), lowmem_ratio),
    "cma_only_free": (look("cma"),),
    "watermark_reserve": (lower_watermarks, look("min_free")),
    "zram_store": (look("zramctl"),),
    "zram_swap": (look("zramctl"), look("swapon")),
    "mlocked": (look("mlocked"),),
    "balloon": (look("balloon"),),
    "reserved_ram": (look("balloon"), look("set_aside")),
    "gpu_memory": (look("drm"), look("dma_buf")),
}
"""What follows from each finding, the most important first."""


def actions_for(case: Case, findings: Sequence[Finding]) -> tuple[Action, ...]:
    """Return what to do, in the order of the findings; what two of them lead to is there once."""
    found: dict[tuple[str, str, str | None], Action] = {}
    for finding in findings:
        for rule in RULES.get(finding.id, ()):
            for action in rule(case, finding):
                found.setdefault((action.kind, action.text, action.path), action)
    return tuple(found.values())
