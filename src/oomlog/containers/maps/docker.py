"""Docker and Podman: ``inspect``, ``ps --format json``, and Docker's own config.v2.json.

``inspect`` of both is a list of objects with ``Id``, ``State`` and ``HostConfig``; Podman's have an
``ImageName``.  ``docker ps`` prints an object a line with the id's first 12 digits; ``podman ps`` a list.
"""

from __future__ import annotations

import re

from oomlog.containers.jvm import jvm_of
from oomlog.containers.known import Known
from oomlog.containers.maps.values import Table, flag, number, table, text, texts, variables

__all__ = ["inspected", "is_inspected", "is_listed", "listed"]

_EXITED = re.compile(r"Exited \((\d{1,3})\)")
# What Docker says of a container that never ended.
_NEVER = "0001-01-01"


def is_inspected(value: Table) -> bool:
    """Tell whether this is an object of ``inspect`` or config.v2.json."""
    return text(value.get("Id") or value.get("ID")) is not None and bool(table(value, "State"))


def inspected(value: Table, source: str) -> Known:
    """Return what ``docker inspect`` or ``podman inspect`` says."""
    state, host, config = table(value, "State"), table(value, "HostConfig"), table(value, "Config")
    podman = text(value.get("ImageName")) is not None
    labels = table(config, "Labels")
    command = [*texts(value.get("Path")), *texts(value.get("Args"))]
    if not command:
        command = [*texts(config.get("Entrypoint")), *texts(config.get("Cmd"))]
    ended = text(state.get("FinishedAt"))
    # A running container's exit code is 0 whatever the last one was.
    over = ended is not None and not ended.startswith(_NEVER) and not flag(state.get("Running"))
    name = text(value.get("Name"))
    # cri-dockerd names a container k8s_NAME_POD_NAMESPACE_UID_ATTEMPT and repeats that in labels.
    in_pod = text(labels.get("io.kubernetes.container.name"))
    return Known(
        source=source,
        runtime="podman" if podman else "docker",
        container_id=text(value.get("Id")) or text(value.get("ID")),
        pod_uid=text(labels.get("io.kubernetes.pod.uid")),
        name=in_pod or (None if name is None else name.removeprefix("/")),
        pod=text(labels.get("io.kubernetes.pod.name")),
        namespace=text(labels.get("io.kubernetes.pod.namespace")),
        image=text(value.get("ImageName")) or text(config.get("Image")),
        limit_bytes=number(host.get("Memory")),
        # 0 stands for "not set".
        request_bytes=number(host.get("MemoryReservation")) or None,
        restarts=number(value.get("RestartCount")),
        exit_code=number(state.get("ExitCode")) if over else None,
        oom_killed=flag(state.get("OOMKilled")),
        finished_at=ended if over else None,
        pid=number(state.get("Pid")) or None,
        jvm=jvm_of(command, variables(config.get("Env"))),
    )


def is_listed(value: Table) -> bool:
    """Tell whether this is a row of ``ps``."""
    id = text(value.get("ID")) or text(value.get("Id"))
    return id is not None and "Names" in value and "Image" in value


def listed(value: Table, source: str) -> Known:
    """Return what ``docker ps`` or ``podman ps`` says."""
    podman = isinstance(value.get("Names"), list)
    names = texts(value.get("Names"))
    ended = _EXITED.match(text(value.get("Status")) or "")
    exit_code = int(ended[1]) if ended else None
    if podman and flag(value.get("Exited")):
        exit_code = number(value.get("ExitCode"))
    return Known(
        source=source,
        runtime="podman" if podman else "docker",
        container_id=text(value.get("ID")) or text(value.get("Id")),
        # Docker lists "name,other/alias" for containers that others are linked to.
        name=names[0].split(",")[0] if names else None,
        pod=text(value.get("PodName")),
        image=text(value.get("Image")),
        restarts=number(value.get("Restarts")),
        exit_code=exit_code,
        pid=number(value.get("Pid")) or None,
    )
