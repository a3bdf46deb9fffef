r"""Container engines' and machine managers' own cgroups, outside of Kubernetes.

With systemd's driver a container is a scope, ``docker-ID.scope``; with the driver cgroupfs it is a group
below the engine's, ``/docker/ID``.  ``libpod-conmon-ID.scope`` and ``crio-conmon-ID.scope`` are the monitors
and no containers.  systemd-machined's scopes are ``machine-NAME.scope``, with libvirt
``machine-qemu\x2d1\x2dNAME.scope``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from oomlog.containers.model import CgroupOwner, Kind, Match, unescape

__all__ = ["engine"]

# An engine's id has 64 digits; logs and old engines shorten it.
_ID = r"(?P<id>[0-9a-f]{12,64})"
_SHAPES: tuple[tuple[Kind, str, re.Pattern[str]], ...] = (
    ("docker", "docker", re.compile(rf"docker-{_ID}\.scope")),
    ("podman", "podman", re.compile(rf"libpod-(?:payload-)?{_ID}(?:\.scope)?")),
    ("containerd", "containerd", re.compile(rf"(?:cri-containerd|nerdctl)-{_ID}\.scope")),
    ("containerd", "cri-o", re.compile(rf"crio-{_ID}(?:\.scope)?")),
    ("kata", "kata", re.compile(rf"kata_(?:overhead_)?{_ID}")),
)
# runc's "slice:prefix:name" for systemd becomes a name where a driver for cgroupfs is given it, as with
# the steps of a build in a dockerd that has the driver for systemd.
_COLONS = re.compile(r"[A-Za-z0-9_.-]{0,200}\.slice:docker:(?P<id>[0-9a-z]{12,64})")
_BARE_ID = re.compile(_ID)
_FULL_ID = re.compile(r"[0-9a-f]{64}")
_BUILD_ID = re.compile(r"[a-z0-9]{25}")
_LXC = re.compile(r"lxc\.payload\.(?P<name>[A-Za-z0-9][A-Za-z0-9_.-]{0,62})")
_LXC_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")
_MACHINE = re.compile(r"machine-(?P<name>[A-Za-z0-9:_.\\-]{1,200})\.scope")
_LIBVIRT = re.compile(r"(?P<driver>qemu|lxc|ch|bhyve)-\d{1,10}-(?P<name>.+)")
_NSPAWN = re.compile(r"systemd-nspawn@(?P<name>[A-Za-z0-9:_.\\-]{1,200})\.service")
_PROXMOX = re.compile(r"(?P<name>\d{1,9})\.scope")


def engine(parts: Sequence[str], start: int) -> Match | None:
    """Return which container begins at a part of the path."""
    part = parts[start]
    following = parts[start + 1] if start + 1 < len(parts) else ""
    for kind, runtime, shape in _SHAPES:
        found = shape.fullmatch(part)
        if found is not None:
            return CgroupOwner(kind, container_id=found["id"], level="container", runtime=runtime), 1
    if part == "docker" and _BARE_ID.fullmatch(following):
        return CgroupOwner("docker", container_id=following, level="container", runtime="docker"), 2
    if parts[start : start + 2] == ["docker", "buildkit"] and start + 2 < len(parts):
        id = parts[start + 2]
        if _BUILD_ID.fullmatch(id):
            return _build_step(id), 3
    colons = _COLONS.fullmatch(part)
    if colons is not None:
        if _FULL_ID.fullmatch(colons["id"]):
            return CgroupOwner("docker", container_id=colons["id"], level="container", runtime="docker"), 1
        if _BUILD_ID.fullmatch(colons["id"]):
            return _build_step(colons["id"]), 1
    found_lxc = _lxc(parts, start)
    if found_lxc is not None:
        return found_lxc
    if part == "k8s.io" and _FULL_ID.fullmatch(following):
        return _unnamed(following, "containerd"), 2
    if _FULL_ID.fullmatch(part):
        return _unnamed(part, None), 1
    return _machine(parts, start)


def _build_step(id: str) -> CgroupOwner:
    # No container that the engine lists, and none whose limit it can change.
    return CgroupOwner("container", container_id=id, level="container", runtime="buildkit")


def _unnamed(id: str, runtime: str | None) -> CgroupOwner:
    return CgroupOwner("container", container_id=id, level="container", runtime=runtime)


def _lxc(parts: Sequence[str], start: int) -> Match | None:
    part = parts[start]
    payload = _LXC.fullmatch(part)
    if payload is not None:
        return _lxc_owner(payload["name"]), 1
    name = parts[start + 1] if start + 1 < len(parts) else ""
    if part in ("lxc", "lxc.payload") and _LXC_NAME.fullmatch(name):
        return _lxc_owner(name), 3 if parts[start + 2 : start + 3] == ["ns"] else 2
    return None


def _lxc_owner(name: str) -> CgroupOwner:
    return CgroupOwner("lxc", container_id=name, level="container", runtime="lxc", name=name)


def _machine(parts: Sequence[str], start: int) -> Match | None:
    part = parts[start]
    above = parts[start - 1] if start else ""
    machine = CgroupOwner("machine", unit=part, level="machine")
    proxmox = _PROXMOX.fullmatch(part)
    if proxmox is not None and above == "qemu.slice":
        return replace(machine, runtime="qemu", name=proxmox["name"]), 1
    found = _MACHINE.fullmatch(part) or _NSPAWN.fullmatch(part)
    if found is None:
        return None
    name = unescape(found["name"])
    libvirt = _LIBVIRT.fullmatch(name)
    if libvirt is not None:
        return replace(machine, runtime=libvirt["driver"], name=libvirt["name"]), 1
    # nspawn keeps what it runs below "payload", beside its own "supervisor".
    used = 2 if parts[start + 1 : start + 2] == ["payload"] else 1
    return replace(machine, runtime="systemd-nspawn", name=name), used
