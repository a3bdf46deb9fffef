"""The limit that was hit, by whoever owns it; and what is inside of the cgroup."""

from __future__ import annotations

import shlex
from dataclasses import replace

from oomlog.containers.model import Level
from oomlog.containers.owner import owner_of
from oomlog.explain.actions.containers import raise_container
from oomlog.explain.actions.shell import cgroup_dir, cgroup_version, word
from oomlog.explain.actions.suggested import limit_size, swap_allowance
from oomlog.explain.actions.units import raise_unit
from oomlog.explain.case import Case
from oomlog.explain.model import Action, Finding

__all__ = ["cgroup_files", "children_by_memory", "raise_limit"]

_FILES = {1: ("memory.stat", "memory.failcnt"), 2: ("memory.stat", "memory.events")}


def raise_limit(case: Case, finding: Finding) -> tuple[Action, ...]:
    """Raise the limit where its owner keeps it; inside of a container nobody here knows who does."""
    if case.event.scope != "memcg":
        return ()
    owner = owner_of(case.event.oom_memcg)
    if owner is None or owner.kind == "root":
        return ()
    if owner.kind == "systemd":
        return raise_unit(case, finding, owner)
    if owner.kind == "machine" and owner.unit is not None:
        # A virtual machine's or nspawn's limit is that of the unit it runs in.
        level: Level = "service" if owner.unit.endswith(".service") else "scope"
        return raise_unit(case, finding, replace(owner, kind="systemd", level=level))
    if owner.kind != "plain":
        return raise_container(case, finding, owner)
    size, folder = limit_size(case), cgroup_dir(case, case.event.oom_memcg)
    if size is None or folder is None:
        return ()
    file = "memory.max" if cgroup_version(case) == 2 else "memory.limit_in_bytes"
    text = _echo(size.kb, f"{folder}/{file}")
    swap = swap_allowance(case)
    if cgroup_version(case) == 1 and swap is not None and swap >= 0:
        # v1 refuses a limit of memory above that of memory and swap together.
        text = f"{_echo(size.kb + swap, f'{folder}/memory.memsw.limit_in_bytes')} && {text}"
    return (Action("cgroup_limit", finding.id, "command", text, size.values),)


def _echo(kb: int, file: str) -> str:
    return f"echo {kb * 1024} > {shlex.quote(file)}"


def cgroup_files(case: Case, finding: Finding) -> tuple[Action, ...]:
    """Look at the cgroup's own counters."""
    folder, version = cgroup_dir(case, case.event.oom_memcg), cgroup_version(case)
    if folder is None or version is None:
        return ()
    text = "cat " + " ".join(shlex.quote(f"{folder}/{file}") for file in _FILES[version])
    return (Action(f"cgroup_files_v{version}", finding.id, "look", text),)


def children_by_memory(case: Case, finding: Finding) -> tuple[Action, ...]:
    """Look which child of the cgroup has the memory."""
    path = word(case.event.oom_memcg)
    if path is None or cgroup_dir(case, case.event.oom_memcg) is None:
        return ()
    text = f"systemd-cgtop -m -n 1 -- {path}"
    return (Action("cgtop", finding.id, "look", text),)
