"""Swap: a cgroup's share of it."""

from __future__ import annotations

from oomlog.containers.owner import owner_of
from oomlog.explain.actions.suggested import limit_size, swap_allowance
from oomlog.explain.actions.units import drop_in
from oomlog.explain.case import Case
from oomlog.explain.model import Action, Finding
from oomlog.explain.victim import swap_of_siblings

__all__ = ["allow_swap"]


def allow_swap(case: Case, finding: Finding) -> tuple[Action, ...]:
    """Let a cgroup without swap use some, where another report shows that the machine has it."""
    owner, limit = owner_of(case.event.oom_memcg), limit_size(case)
    if case.event.scope != "memcg" or swap_allowance(case) != 0 or owner is None or limit is None:
        return ()
    swap = swap_of_siblings(case.event, case.siblings)
    if not swap or owner.below or owner.nested:
        return ()
    quarter = max(limit.from_kb // 4 // 1024, 1)
    values = {"swap_kb": swap, "limit_kb": limit.from_kb, "suggested_kb": quarter * 1024}
    if owner.kind in ("docker", "podman") and owner.container_id is not None:
        memory = -(-limit.from_kb // 1024)
        sizes = f"--memory {memory}m --memory-swap {memory + quarter}m"
        text = f"{owner.kind} update {sizes} {owner.container_id[:12]}"
        return (Action("container_allow_swap", finding.id, "command", text, values),)
    found = drop_in("unit_allow_swap", finding, owner, "swap", f"MemorySwapMax={quarter}M", values)
    return () if found is None or case.event.memcg is None or case.event.memcg.swap is None else (found,)
