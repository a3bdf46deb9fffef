"""What a cgroup's path says about whom it belongs to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

__all__ = ["CgroupOwner", "Kind", "Level", "Match", "unescape"]

Kind = Literal[
    "root",
    "plain",
    "systemd",
    "docker",
    "podman",
    "containerd",
    "kubernetes",
    "lxc",
    "machine",
    "kata",
    "ecs",
    "nomad",
    "slurm",
    "garden",
    "mesos",
    "android",
    "container",
]
"""Whose tools manage it; ``container`` is one of an engine that the path does not name."""
Level = Literal[
    "root",
    "slice",
    "scope",
    "service",
    "unit",
    "container",
    "pod",
    "qos",
    "node",
    "machine",
    "task",
    "step",
    "job",
    "user",
    "process",
    "cgroup",
]


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
    :ivar outer: The outermost of the containers around this one; its engine's commands belong there.
    :ivar runtime: The engine that the path names, ``cri-o`` for example; also ``snap`` and ``flatpak``.
    :ivar slice: The innermost slice of systemd around it.
    :ivar uid: The user it belongs to: by ``user-1000.slice``, ``uid_1000`` and the like.
    :ivar job: A scheduler's own number: Slurm's job, the task of ECS, the allocation of Nomad.
    :ivar step: The step of a Slurm job, the task of a Nomad allocation.
    :ivar name: What people call it: an application, a virtual machine, an LXC container.
    """

    kind: Kind
    unit: str | None = None
    container_id: str | None = None
    pod_uid: str | None = None
    qos: str | None = None
    level: Level = "cgroup"
    below: str = ""
    user: int | None = None
    outer: CgroupOwner | None = None
    runtime: str | None = None
    slice: str | None = None
    uid: int | None = None
    job: str | None = None
    step: str | None = None
    name: str | None = None

    @property
    def nested(self) -> bool:
        """Return whether the container runs inside of another one, where its engine's commands belong."""
        return self.outer is not None

    @property
    def unit_shown(self) -> str | None:
        """Return the unit's name for reading: ``app-org.x\\x2dy.scope`` is ``app-org.x-y.scope``."""
        return None if self.unit is None else unescape(self.unit)

    @property
    def told(self) -> bool:
        """Return whether the path says more than that there is a cgroup."""
        return self.kind not in ("root", "plain")


Match = tuple[CgroupOwner, int]
"""An owner, and how many parts of the path say it."""

_ESCAPED = re.compile(r"(?:\\x[0-9a-f]{2})+")


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
