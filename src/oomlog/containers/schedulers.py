"""Schedulers' cgroups: Slurm, AWS ECS, Nomad, Cloud Foundry's Garden, Mesos, and Android's per application.

Names and depths are those of the schedulers' own documentation: Slurm's cgroup.conf and cgroup_v2, the ECS
agent's agent/taskresource/cgroup, Nomad's client/lib/cgroupslib, Android's libprocessgroup.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from oomlog.containers.model import CgroupOwner, Match

__all__ = ["scheduler"]

_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_CONTAINER = re.compile(r"(?:docker-)?(?P<id>[0-9a-f]{32,64}(?:-\d{1,12})?)(?:\.scope)?")
_ECS_TASK = re.compile(r"(?P<id>[0-9a-f]{32}|" + _UUID + ")")
_ECS_SLICE = re.compile(r"(?:ecstasks|ECSTasks)-(?P<id>[0-9a-f]{32})\.slice")
# Any name may follow the allocation's id; it ends up in commands and tables, so only plain ones count.
_NOMAD = re.compile(rf"(?P<id>{_UUID})(?:\.(?P<task>[A-Za-z0-9_.-]{{1,128}}?))?(?:\.scope)?")
_GARDEN = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}(?:-[0-9a-f]{4,12})?")
_MESOS = re.compile(_UUID)
_SLURM_SCOPE = re.compile(r"(?:[A-Za-z0-9._-]{1,64}_)?slurmstepd\.scope")
_SLURM_ROOT = re.compile(r"slurm(?:_[A-Za-z0-9.-]{1,64})?")
_SLURM_JOB = re.compile(r"job_(?P<id>\d{1,12})")
_SLURM_STEP = re.compile(r"step_(?P<id>\d{1,10}|batch|extern|interactive)")
_SLURM_TASK = re.compile(r"task_(?P<id>\d{1,10}|special)")
_UID = re.compile(r"uid_(?P<id>\d{1,10})")
_PID = re.compile(r"pid_(?P<id>\d{1,10})")


def scheduler(parts: Sequence[str], start: int) -> Match | None:
    """Return what of a scheduler begins at a part of the path."""
    part = parts[start]
    if part == "ecs":
        return _ecs(parts, start)
    if part in ("ecstasks.slice", "ECSTasks.slice"):
        return _ecs_slice(parts, start)
    if part in ("nomad", "nomad.slice"):
        return _nomad(parts, start)
    if part == "garden":
        return _garden(parts, start)
    if part == "mesos" and _MESOS.fullmatch(_at(parts, start + 1)):
        return CgroupOwner("mesos", container_id=parts[start + 1], level="container", runtime="mesos"), 2
    if _SLURM_SCOPE.fullmatch(part) or _SLURM_ROOT.fullmatch(part):
        return _slurm(parts, start)
    return _android(parts, start)


def _at(parts: Sequence[str], index: int) -> str:
    return parts[index] if index < len(parts) else ""


def _ecs(parts: Sequence[str], start: int) -> Match | None:
    # The long form of a task's ARN has the cluster's name before its id.
    for used in (2, 3):
        task = _ECS_TASK.fullmatch(_at(parts, start + used - 1))
        if task is not None:
            break
    else:
        return None
    return _in_task(CgroupOwner("ecs", level="task", job=task["id"]), parts, start + used, used)


def _ecs_slice(parts: Sequence[str], start: int) -> Match | None:
    task = _ECS_SLICE.fullmatch(_at(parts, start + 1))
    if task is None:
        return None
    return _in_task(CgroupOwner("ecs", level="task", job=task["id"]), parts, start + 2, 2)


def _in_task(owner: CgroupOwner, parts: Sequence[str], index: int, used: int) -> Match:
    found = _CONTAINER.fullmatch(_at(parts, index))
    if found is None:
        return owner, used
    runtime = "docker" if len(found["id"]) == 64 else None
    return replace(owner, container_id=found["id"], level="container", runtime=runtime), used + 1


def _nomad(parts: Sequence[str], start: int) -> Match | None:
    # Since 1.7 tasks stand in one of two groups, by how their cores are given.
    used = 2 if _at(parts, start + 1) in ("share", "share.slice", "reserve", "reserve.slice") else 1
    found = _NOMAD.fullmatch(_at(parts, start + used))
    if found is None:
        return None
    return CgroupOwner("nomad", level="task", job=found["id"], step=found["task"]), used + 1


def _garden(parts: Sequence[str], start: int) -> Match | None:
    used = 2 if _at(parts, start + 1) in ("good", "bad") else 1
    handle = _at(parts, start + used)
    if _GARDEN.fullmatch(handle) is None:
        return None
    return CgroupOwner("garden", container_id=handle, level="container", runtime="garden"), used + 1


def _slurm(parts: Sequence[str], start: int) -> Match | None:
    used = 1
    owner = CgroupOwner("slurm", level="node")
    user = _UID.fullmatch(_at(parts, start + used))
    if user is not None:
        owner = replace(owner, uid=int(user["id"]), level="user")
        used += 1
    job = _SLURM_JOB.fullmatch(_at(parts, start + used))
    if job is None:
        return owner, used
    owner = replace(owner, job=job["id"], level="job")
    used += 1
    step = _SLURM_STEP.fullmatch(_at(parts, start + used))
    if step is None:
        return owner, used
    owner = replace(owner, step=step["id"], level="step")
    used += 1
    # v2: the job's processes are below "user", slurmstepd itself below "slurm"; no limit is set on these.
    if _at(parts, start + used) in ("user", "slurm"):
        used += 1
    if _SLURM_TASK.fullmatch(_at(parts, start + used)):
        return replace(owner, level="task"), used + 1
    return owner, used


def _android(parts: Sequence[str], start: int) -> Match | None:
    user, process = _UID.fullmatch(parts[start]), _PID.fullmatch(_at(parts, start + 1))
    above = parts[start - 1] if start else ""
    if user is None or start > 1 or above not in ("", "apps", "system"):
        return None
    owner = CgroupOwner("android", uid=int(user["id"]), level="user")
    return (owner, 1) if process is None else (replace(owner, level="process"), 2)
