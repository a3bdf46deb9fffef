"""Kubernetes' cgroups: the node's total, the classes of pods, pods and their containers.

Mirrors pkg/kubelet/cm/{cgroup_manager,qos_container_manager,pod_container_manager}_linux.go: guaranteed pods
stand beside the other two classes; the driver ``cgroupfs`` writes ``/kubepods/burstable/podUID/ID``, the
driver ``systemd`` ``kubepods-burstable-podUID.slice`` with the UID's dashes as ``_``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from oomlog.containers.model import CgroupOwner, Match

__all__ = ["kubernetes"]

_ID = r"(?P<id>[0-9a-f]{12,64})"
_POD = r"pod(?P<pod>[0-9a-f]{8}(?:[-_][0-9a-f]{4}){3}[-_][0-9a-f]{12}|[0-9a-f]{32})"
_QOS = r"(?P<qos>burstable|besteffort)"
_PREFIX = r"(?P<runtime>cri-containerd|crio|docker|libpod)"
# "kubelet-kubepods.slice" and a driver's own prefix are what --cgroup-root makes of it.
_SLICE = re.compile(rf"(?:[a-z0-9]+-)*kubepods(?:-{_QOS})?(?:-{_POD})?\.slice")
# containerd with its own driver under a kubelet that uses systemd's keeps the runc notation as a name.
_COLONS = re.compile(rf"kubepods(?:-{_QOS})?-{_POD}\.slice:{_PREFIX}:{_ID}")
_PLAIN_POD = re.compile(_POD)
# With the driver cgroupfs only CRI-O puts its name before the id; a container of a crashed pod of
# containerd may stand there as well, so that any of the names is taken.
_CONTAINER = re.compile(rf"(?:{_PREFIX}-)?{_ID}(?:\.scope)?")
_RUNTIMES = {"cri-containerd": "containerd", "crio": "cri-o", "docker": "docker", "libpod": "podman"}


def kubernetes(parts: Sequence[str], start: int) -> Match | None:
    """Return what of Kubernetes begins at a part of the path."""
    if "kubepods" not in parts[start]:
        return None
    colons = _COLONS.fullmatch(parts[start])
    if colons is not None:
        return _container(colons["pod"], colons["qos"], colons), 1
    if parts[start] != "kubepods" and _SLICE.fullmatch(parts[start]) is None:
        return None
    qos: str | None = None
    pod: str | None = None
    used = 0
    for part in parts[start : start + 3]:
        found = _SLICE.fullmatch(part)
        if found is not None:
            qos, pod = found["qos"] or qos, found["pod"]
        elif part in ("burstable", "besteffort") and used == 1:
            qos = part
        elif used and (plain := _PLAIN_POD.fullmatch(part)) is not None:
            pod = plain["pod"]
        elif part != "kubepods" or used:
            break
        used += 1
        if pod is not None:
            break
    if pod is None:
        return CgroupOwner("kubernetes", qos=qos, level="node" if qos is None else "qos"), used
    inside = parts[start + used] if start + used < len(parts) else ""
    container = _CONTAINER.fullmatch(inside)
    if container is None:
        return CgroupOwner("kubernetes", pod_uid=_uid(pod), qos=qos or "guaranteed", level="pod"), used
    return _container(pod, qos, container), used + 1


def _container(pod: str, qos: str | None, found: re.Match[str]) -> CgroupOwner:
    return CgroupOwner(
        "kubernetes",
        container_id=found["id"],
        pod_uid=_uid(pod),
        qos=qos or "guaranteed",
        level="container",
        runtime=_RUNTIMES.get(found["runtime"] or ""),
    )


def _uid(printed: str) -> str:
    return printed.replace("_", "-")
