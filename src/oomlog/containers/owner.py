"""What owns a cgroup: read from its path, as a report prints it.

The path is the whole evidence, and whoever may create cgroups chooses its names: an owner is what the path
looks like, and its parts are of the shapes that systemd, the container engines and the kubelet give them.
Anything else is ``plain``.  The innermost container counts: in ``/lxc/101/ns/docker/<id>`` that is Docker's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from oomlog.containers.engines import engine
from oomlog.containers.kubernetes import kubernetes
from oomlog.containers.model import CgroupOwner, unescape
from oomlog.containers.schedulers import scheduler
from oomlog.containers.systemd import unit_around

__all__ = ["CgroupOwner", "owner_of", "unescape"]


# PATH_MAX; a longer path is no kernel's, and nothing to keep.
_LONGEST = 4096


def owner_of(path: str | None) -> CgroupOwner | None:
    """Return what the path looks like, ``None`` for no path.

    >>> owner_of("/system.slice/nginx.service").unit
    'nginx.service'
    """
    if not path or not path.startswith("/"):
        return None
    return _known(path) if len(path) <= _LONGEST else _read(path)


def _read(path: str) -> CgroupOwner:
    parts = [part for part in path.split("/") if part]
    if not parts:
        return CgroupOwner("root", level="root")
    unit = unit_around(parts)
    found = _container(parts)
    if found is None:
        return unit or CgroupOwner("plain")
    container, below, outer = found
    if unit is None:
        return replace(container, below=below, outer=outer)
    return replace(
        container,
        below=below,
        outer=outer,
        unit=unit.unit,
        user=unit.user,
        slice=unit.slice,
        uid=unit.uid if container.uid is None else container.uid,
    )


# A log tells of few cgroups, again and again.
_known = lru_cache(maxsize=2048)(_read)


def _container(parts: Sequence[str]) -> tuple[CgroupOwner, str, CgroupOwner | None] | None:
    """Return the innermost container of the path, what is below it, and the outermost of those around it."""
    outer: CgroupOwner | None = None
    found: CgroupOwner | None = None
    start = end = 0
    while start < len(parts):
        here = kubernetes(parts, start) or scheduler(parts, start) or engine(parts, start)
        if here is None:
            start += 1
            continue
        outer = outer or found
        found, used = here
        start += used
        end = start
    if found is None:
        return None
    below = parts[end:]
    if (found.kind == "podman" or found.runtime == "cri-o") and below == ["container"]:
        below = []  # crun's own level, with the same limit
    return found, "/".join(below), outer
