"""What owns a cgroup: read from its path, as a report prints it.

The path is the whole evidence, and whoever may create cgroups chooses its names: an owner is what the path
looks like, and its parts are of the shapes that systemd, the container engines and the kubelet give them.
Anything else is ``plain``.  The innermost container counts: in ``/lxc/101/ns/docker/<id>`` that is Docker's.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

__all__ = ["CgroupOwner", "Kind", "Level", "owner_of", "unescape"]

Kind = Literal["root", "systemd", "docker", "podman", "containerd", "kubernetes", "lxc", "plain"]
Level = Literal["root", "slice", "scope", "service", "unit", "container", "pod", "qos", "node", "cgroup"]


@dataclass(frozen=True, slots=True)
class CgroupOwner:
    """Who set up a cgroup, and what of theirs it is.

    :ivar unit: Name of the systemd unit around it, escaped as systemctl wants it.
    :ivar container_id: The engine's id (LXC: its name) of the container.
    :ivar pod_uid: With dashes, as the API server shows it; a static pod has a hash instead.
    :ivar qos: The pod's class: ``guaranteed``, ``burstable`` or ``besteffort``.
    :ivar level: What the cgroup stands for; Kubernetes has pods, their classes and the node's total.
    :ivar below: What of the path lies inside of the owner's own cgroup; empty when the path is that cgroup.
    :ivar user: The uid whose own systemd runs the unit, ``None`` for the system's.
    :ivar nested: The container runs inside of another one, where its engine's commands belong.
    """

    kind: Kind
    unit: str | None = None
    container_id: str | None = None
    pod_uid: str | None = None
    qos: str | None = None
    level: Level = "cgroup"
    below: str = ""
    user: int | None = None
    nested: bool = False

    @property
    def unit_shown(self) -> str | None:
        """Return the unit's name for reading: ``app-org.x\\x2dy.scope`` is ``app-org.x-y.scope``."""
        return None if self.unit is None else unescape(self.unit)


# An engine's id has 64 digits; logs and old engines shorten it.
_ID = r"(?P<id>[0-9a-f]{12,64})"
_POD = r"pod(?P<pod>[0-9a-f]{8}(?:[-_][0-9a-f]{4}){3}[-_][0-9a-f]{12}|[0-9a-f]{32})"
_QOS = r"(?P<qos>burstable|besteffort)"
# "kubelet-kubepods.slice" and a driver's own prefix are what --cgroup-root makes of it.
_KUBE_SLICE = re.compile(rf"(?:[a-z0-9]+-)*kubepods(?:-{_QOS})?(?:-{_POD})?\.slice")
# containerd with its own driver under a kubelet that uses systemd's keeps the runc notation as a name.
_KUBE_COLONS = re.compile(rf"kubepods(?:-{_QOS})?-{_POD}\.slice:(?:cri-containerd|crio|docker):{_ID}")
_KUBE_POD = re.compile(_POD)
_KUBE_CONTAINER = re.compile(rf"(?:(?:cri-containerd|crio|docker|libpod)-)?{_ID}(?:\.scope)?")
_DOCKER_SCOPE = re.compile(rf"docker-{_ID}\.scope")
_PODMAN = re.compile(rf"libpod-(?:payload-)?{_ID}(?:\.scope)?")
_CONTAINERD = re.compile(rf"(?:cri-containerd|nerdctl)-{_ID}\.scope")
_CRIO = re.compile(rf"crio-{_ID}(?:\.scope)?")
_BARE_ID = re.compile(_ID)
_LXC = re.compile(r"lxc\.payload\.(?P<name>[A-Za-z0-9][A-Za-z0-9_.-]{0,62})")
_LXC_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")
# systemd.unit(5): letters, digits and ":-_.\", an instance after "@", 255 bytes at most.
_UNIT = re.compile(r"(?!\.)[A-Za-z0-9:_.\\@-]{1,246}\.(?P<type>service|scope|slice|socket|mount|swap)")
_LEVELS: dict[str, Level] = {"service": "service", "scope": "scope", "slice": "slice"}
_USER_MANAGER = re.compile(r"user@(?P<uid>\d{1,10})\.service")
_ESCAPED = re.compile(r"(?:\\x[0-9a-f]{2})+")


def owner_of(path: str | None) -> CgroupOwner | None:
    """Return what the path looks like, ``None`` for no path.

    >>> owner_of("/system.slice/nginx.service").unit
    'nginx.service'
    """
    if not path or not path.startswith("/"):
        return None
    parts = [part for part in path.split("/") if part]
    if not parts:
        return CgroupOwner("root", level="root")
    unit = _systemd(parts)
    container = _container(parts)
    if container is None:
        return unit or CgroupOwner("plain")
    if unit is None:
        return container
    return replace(container, unit=unit.unit, user=unit.user)


def unescape(name: str) -> str:
    r"""Undo systemd's ``\x2d``; what would not be printable stays as it is.

    >>> unescape(r"dev-disk\x2duuid.swap")
    'dev-disk-uuid.swap'
    """

    def plain(found: re.Match[str]) -> str:
        try:
            text = bytes.fromhex(found[0].replace("\\x", "")).decode("utf-8")
        except UnicodeDecodeError:
            return found[0]
        return text if text.isprintable() else found[0]

    return _ESCAPED.sub(plain, name)


def _systemd(parts: Sequence[str], user: int | None = None) -> CgroupOwner | None:
    """Walk down slices to the unit inside of them, as cg_path_get_unit() does (src/basic/cgroup-util.c)."""
    depth = 0
    while depth < len(parts) and _unit_type(parts[depth]) == "slice":
        depth += 1
    if depth < len(parts):
        kind = _unit_type(parts[depth])
        if kind is None:
            return None
        manager = _USER_MANAGER.fullmatch(parts[depth])
        if manager is not None and user is None:
            inner = _systemd(parts[depth + 1 :], int(manager["uid"]))
            if inner is not None:
                return inner
        depth += 1
    else:
        kind = "slice"
    if depth == 0:
        return None
    # systemd puts "_" before a name that the kernel's own files could be mistaken for.
    unit = parts[depth - 1].removeprefix("_")
    level = _LEVELS.get(kind, "unit")
    return CgroupOwner("systemd", unit, level=level, below="/".join(parts[depth:]), user=user)


def _unit_type(name: str) -> str | None:
    found = _UNIT.fullmatch(name)
    return None if found is None else found["type"]


def _container(parts: Sequence[str]) -> CgroupOwner | None:
    """Return the innermost container of the path."""
    found: CgroupOwner | None = None
    start = 0
    while start < len(parts):
        here = _kubernetes(parts, start) or _engine(parts, start)
        if here is None:
            start += 1
            continue
        owner, used = here
        start += used
        found = replace(owner, below="/".join(parts[start:]), nested=found is not None)
    if found is not None and found.kind == "podman" and found.below == "container":
        return replace(found, below="")  # crun's own level, with the same limit
    return found


def _kubernetes(parts: Sequence[str], start: int) -> tuple[CgroupOwner, int] | None:
    colons = _KUBE_COLONS.fullmatch(parts[start])
    if colons is not None:
        owner = CgroupOwner("kubernetes", pod_uid=_uid(colons["pod"]), qos=colons["qos"] or "guaranteed")
        return replace(owner, container_id=colons["id"], level="container"), 1
    if parts[start] != "kubepods" and _KUBE_SLICE.fullmatch(parts[start]) is None:
        return None
    qos: str | None = None
    pod: str | None = None
    used = 0
    for part in parts[start : start + 3]:
        found = _KUBE_SLICE.fullmatch(part)
        if found is not None:
            qos, pod = found["qos"] or qos, found["pod"]
        elif part in ("burstable", "besteffort") and used == 1:
            qos = part
        elif used and (plain := _KUBE_POD.fullmatch(part)) is not None:
            pod = plain["pod"]
        elif part != "kubepods" or used:
            break
        used += 1
        if pod is not None:
            break
    if pod is None:
        return CgroupOwner("kubernetes", qos=qos, level="node" if qos is None else "qos"), used
    owner = CgroupOwner("kubernetes", pod_uid=_uid(pod), qos=qos or "guaranteed", level="pod")
    inside = parts[start + used] if start + used < len(parts) else ""
    container = _KUBE_CONTAINER.fullmatch(inside)
    if container is None:
        return owner, used
    return replace(owner, container_id=container["id"], level="container"), used + 1


def _uid(printed: str) -> str:
    return printed.replace("_", "-")


def _engine(parts: Sequence[str], start: int) -> tuple[CgroupOwner, int] | None:
    part = parts[start]
    following = parts[start + 1] if start + 1 < len(parts) else ""
    shapes: tuple[tuple[Kind, re.Pattern[str]], ...] = (
        ("docker", _DOCKER_SCOPE),
        ("podman", _PODMAN),
        ("containerd", _CONTAINERD),
        ("containerd", _CRIO),
    )
    for kind, shape in shapes:
        found = shape.fullmatch(part)
        if found is not None:
            return CgroupOwner(kind, container_id=found["id"], level="container"), 1
    if part == "docker" and _BARE_ID.fullmatch(following):
        return CgroupOwner("docker", container_id=following, level="container"), 2
    payload = _LXC.fullmatch(part)
    if payload is not None:
        return CgroupOwner("lxc", container_id=payload["name"], level="container"), 1
    if part in ("lxc", "lxc.payload") and _LXC_NAME.fullmatch(following):
        used = 3 if parts[start + 2 : start + 3] == ["ns"] else 2
        return CgroupOwner("lxc", container_id=following, level="container"), used
    return None
