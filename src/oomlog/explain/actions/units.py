"""systemd units: drop-in files, and settings of units that have no file.

systemd.resource-control(5), systemd.exec(5) and systemd.service(5).
"""

from __future__ import annotations

import re

from oomlog.containers.owner import CgroupOwner, owner_of
from oomlog.explain.actions.shell import cgroup_version, word
from oomlog.explain.actions.suggested import limit_size, swap_size
from oomlog.explain.case import Case
from oomlog.explain.model import Action, Finding, Values

__all__ = ["drop_in", "oom_policy", "raise_unit", "throttle_first", "unit_swap_max", "victim_unit_adj"]

_SECTIONS = {"service": "Service", "slice": "Slice"}
# systemd-run makes these names up, from its number on the bus, at random, or from its pid.
_MADE_UP = re.compile(r"run-(?:u\d{1,10}|r[0-9a-f]{32}|p\d{1,10}-i\d{1,20})\.service")


def drop_in(
    id: str, finding: Finding, owner: CgroupOwner, file: str, settings: str, values: Values
) -> Action | None:
    """Return a drop-in file for the unit, ``None`` for a unit that only exists while it runs."""
    section = _SECTIONS.get(owner.level)
    if section is None or owner.unit is None or owner.kind != "systemd" or owner.below:
        return None
    if _MADE_UP.fullmatch(owner.unit):
        return None
    folder = "/etc/systemd/system" if owner.user is None else "~/.config/systemd/user"
    path = f"{folder}/{owner.unit}.d/50-{file}.conf"
    return Action(
        id, finding.id, "file", f"[{section}]\n{settings}\n", {**values, "unit": owner.unit_shown}, path
    )


def _unit_of_limit(case: Case) -> CgroupOwner | None:
    owner = owner_of(case.event.oom_memcg)
    return owner if owner is not None and owner.kind == "systemd" and not owner.below else None


def raise_unit(case: Case, finding: Finding, owner: CgroupOwner) -> tuple[Action, ...]:
    """Raise the unit's MemoryMax=; a scope has no file to put that in."""
    size = limit_size(case)
    if size is None or owner.below or owner.unit is None:
        return ()
    found = drop_in("unit_memory_max", finding, owner, "memory", f"MemoryMax={size.mib}M", size.values)
    if found is not None:
        return (found,)
    values = {**size.values, "unit": owner.unit_shown}
    if _MADE_UP.fullmatch(owner.unit):
        user = "" if owner.user is None else "--user "
        text = f"systemd-run {user}-p MemoryMax={size.mib}M COMMAND"
        return (Action("run_memory_max", finding.id, "command", text, values),)
    unit = word(owner.unit)
    if owner.level != "scope" or owner.user is not None or unit is None:
        return ()
    text = f"systemctl --runtime set-property -- {unit} MemoryMax={size.mib}M"
    return (Action("scope_memory_max", finding.id, "command", text, values),)


def throttle_first(case: Case, finding: Finding) -> tuple[Action, ...]:
    """Slow the unit down where it is killed today; MemoryHigh= needs cgroup v2."""
    owner, size = _unit_of_limit(case), limit_size(case)
    if owner is None or size is None or cgroup_version(case) != 2 or size.from_kb % 1024:
        return ()
    settings = f"MemoryHigh={size.from_kb // 1024}M\nMemoryMax={size.mib}M"
    found = drop_in("unit_memory_high", finding, owner, "memory", settings, size.values)
    return () if found is None else (found,)


def unit_swap_max(case: Case, finding: Finding) -> tuple[Action, ...]:
    """Raise the unit's MemorySwapMax= where it was used up."""
    owner, size = _unit_of_limit(case), swap_size(case)
    if owner is None or size is None:
        return ()
    found = drop_in("unit_swap_max", finding, owner, "swap", f"MemorySwapMax={size.mib}M", size.values)
    return () if found is None else (found,)


def oom_policy(case: Case, finding: Finding) -> tuple[Action, ...]:
    """Kill one process of the service instead of all of them."""
    owner = _unit_of_limit(case)
    if owner is None or owner.level != "service":
        return ()
    found = drop_in("unit_oom_policy", finding, owner, "oom-policy", "OOMPolicy=continue", {})
    return () if found is None else (found,)


def victim_unit_adj(case: Case, finding: Finding) -> tuple[Action, ...]:
    """Take the victim's service's positive oom_score_adj away; a user's own systemd may not lower it.

    A container engine's helpers set their own, one above the engine's, so its unit has no part in it.
    """
    victim, owner = case.victim, owner_of(case.event.task_memcg)
    adj = None if victim is None else victim.oom_score_adj
    if adj is None or adj <= 0 or owner is None or owner.level != "service" or owner.user is not None:
        return ()
    if victim is None or (victim.comm or "").startswith(("containerd-shim", "conmon")):
        return ()
    found = drop_in("unit_adj", finding, owner, "oom-score", "OOMScoreAdjust=0", {"adj": adj})
    return () if found is None else (found,)
