"""Whether this looks like a container, and by what: then much of the machine cannot be seen.

Nothing tells for certain, as an image may carry any file and a container may share anything with its host.
So each sign is named, and the one fact that the kernel does tell, whose processes /proc shows, is apart.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from oomlog.live.files import exists, read_bytes, read_text

__all__ = ["ENGINES", "Surroundings", "surroundings"]

# PROC_PID_INIT_INO (include/linux/proc_ns.h): the inode of the first pid namespace, since 3.8.
_FIRST_PID_NAMESPACE = "pid:[4026531836]"
# As engines name the groups of containers; their own services (docker.service) are none.
ENGINES = re.compile(
    r"(docker)[-/][0-9a-f]{12}|(libpod)[-_][0-9a-f]|/(kubepods)|(cri-containerd)-|(crio)-[0-9a-f]|/(lxc)[./]"
)
_FILES = ("/.dockerenv", "/run/.containerenv", "/run/systemd/container")
_SECRETS = "/var/run/secrets/kubernetes.io"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What was found about containers."""

    signs: tuple[str, ...]
    """What looks like a container, in words; empty when nothing does."""
    kubernetes: bool
    """It looks like a pod of Kubernetes."""
    first_pid_namespace: bool | None
    """All processes of the machine can be seen; ``None`` when that is not known."""

    @property
    def looks_like_container(self) -> bool:
        """Return whether there is any sign."""
        return bool(self.signs)


def surroundings(root: Path = Path("/"), environ: Mapping[str, str] | None = None) -> Surroundings:
    """Look for signs of a container.

    :param environ: Variables of this process, where Kubernetes leaves its own.
    """
    first = _first_pid_namespace(root)
    pods = "kubepods" in (read_text(root / "proc" / "self" / "cgroup") or "")
    kubernetes = pods or "KUBERNETES_SERVICE_HOST" in (environ or {}) or exists(root / _SECRETS[1:])
    return Surroundings(tuple(_signs(root, first=first, kubernetes=kubernetes)), kubernetes, first)


def _signs(root: Path, *, first: bool | None, kubernetes: bool) -> Iterator[str]:
    if first is False:
        yield "a process namespace of its own"
    for name in _FILES:
        if exists(root / name[1:]):
            yield f"{name} exists"
    own = read_text(root / "proc" / "self" / "cgroup") or ""
    for whose, text in (("1", read_text(root / "proc" / "1" / "cgroup") or ""), ("self", own)):
        if found := ENGINES.search(text):
            yield f"/proc/{whose}/cgroup names {found[found.lastindex or 0]}"
            break
    # The machine's own root group has no limit file.
    if "0::/" in own.split("\n") and exists(root / "sys" / "fs" / "cgroup" / "memory.max"):
        yield "the root cgroup has a limit, so it is not the machine's"
    if engine := _engine_of_init(root):
        yield f"the first process was started with container={engine}"
    if " fuse.lxcfs " in (read_text(root / "proc" / "self" / "mountinfo") or ""):
        yield "lxcfs replaces files of /proc"
    if kubernetes:
        yield "Kubernetes left its marks"


def _first_pid_namespace(root: Path) -> bool | None:
    try:
        return os.readlink(root / "proc" / "self" / "ns" / "pid") == _FIRST_PID_NAMESPACE  # noqa: PTH115
    except OSError:
        return None


# https://systemd.io/CONTAINER_INTERFACE: the engine sets $container; only root may read it.
def _engine_of_init(root: Path) -> str | None:
    for variable in (read_bytes(root / "proc" / "1" / "environ") or b"").split(b"\0"):
        name, _, value = variable.partition(b"=")
        if name == b"container" and value:
            return value[:40].decode("utf-8", "replace")
    return None
