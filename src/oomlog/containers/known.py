"""What a container runtime or Kubernetes knows of one container or pod, as far as it matters for an OOM kill.

Values are taken as they are said.  Of a container's environment and command nothing is kept but the options
of a Java virtual machine: they hold secrets.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

from oomlog.containers.jvm import Jvm

__all__ = ["Known", "merged"]


@dataclass(frozen=True, slots=True)
class Known:
    """One container, or a pod where there is no container id.

    :ivar source: The file that says it.
    :ivar container_id: The engine's id; 64 digits, or the first 12.
    :ivar pod_uid: As in the cgroup's name: of a static pod the hash of its configuration.
    :ivar name: The container's name: in a pod that of the manifest, else the engine's.
    :ivar limit_bytes: The configured memory limit; 0 where it is said that there is none.
    :ivar restarts: How often it was started again; containers of a pod are counted by their name.
    :ivar exit_code: Of its last end.
    :ivar reason: Why it ended last, in the runtime's word: ``OOMKilled``.
    :ivar oom_killed: The runtime saw an OOM kill in it.
    :ivar pid: Its first process, with the number that the host knows it by.
    """

    source: str
    runtime: str | None = None
    container_id: str | None = None
    pod_uid: str | None = None
    name: str | None = None
    pod: str | None = None
    namespace: str | None = None
    image: str | None = None
    limit_bytes: int | None = None
    request_bytes: int | None = None
    restarts: int | None = None
    exit_code: int | None = None
    reason: str | None = None
    oom_killed: bool | None = None
    finished_at: str | None = None
    pid: int | None = None
    jvm: Jvm | None = None

    @property
    def pod_shown(self) -> str | None:
        """Return the pod as people write it: ``namespace/name``."""
        if self.pod is None:
            return None
        return self.pod if self.namespace is None else f"{self.namespace}/{self.pod}"

    @property
    def full_name(self) -> str | None:
        """Return ``namespace/pod/container``, as far as it is known."""
        parts = [part for part in (self.pod_shown, self.name) if part is not None]
        return "/".join(parts) or None


def merged(first: Known, second: Known) -> Known:
    """Return what both say; where they differ the first counts, and both files are named."""
    filled = {
        field.name: getattr(second, field.name)
        for field in fields(Known)
        if getattr(first, field.name) is None and getattr(second, field.name) is not None
    }
    # A shortened id is completed.
    if first.container_id and second.container_id and len(second.container_id) > len(first.container_id):
        filled["container_id"] = second.container_id
    if not filled or second.source in first.source.split(", "):
        return replace(first, **filled) if filled else first
    return replace(first, source=f"{first.source}, {second.source}", **filled)
