"""containerd and CRI-O: ``crictl ps``, ``crictl pods``, ``crictl inspect``, and a bundle's config.json.

Names stand in labels that the kubelet sets (pkg/kubelet/types/labels.go); containerd repeats them as
annotations of the bundle with names of its own (internal/cri/annotations), CRI-O with the kubelet's.
"""

from __future__ import annotations

from collections.abc import Iterator

from oomlog.containers.jvm import jvm_of
from oomlog.containers.known import Known
from oomlog.containers.maps.values import Table, number, rows, table, text, texts, variables

__all__ = ["bundle", "inspected", "is_inspected", "listed_containers", "listed_pods"]

_NAME, _POD = "io.kubernetes.container.name", "io.kubernetes.pod.name"
_NAMESPACE, _UID = "io.kubernetes.pod.namespace", "io.kubernetes.pod.uid"
_CONTAINERD = "io.kubernetes.cri."


def listed_containers(value: Table, source: str) -> Iterator[Known]:
    """Yield the containers of ``crictl ps -o json``."""
    for row in rows(value.get("containers")):
        id = text(row.get("id"))
        if id is not None:
            yield _container(row, source, id)


def _container(row: Table, source: str, id: str) -> Known:
    labels, metadata = table(row, "labels"), table(row, "metadata")
    return Known(
        source=source,
        container_id=id,
        pod_uid=text(labels.get(_UID)),
        name=text(labels.get(_NAME)) or text(metadata.get("name")),
        pod=text(labels.get(_POD)),
        namespace=text(labels.get(_NAMESPACE)),
        image=text(table(row, "image").get("userSpecifiedImage")) or text(table(row, "image").get("image")),
        restarts=number(metadata.get("attempt", 0)) if metadata else None,
    )


def listed_pods(value: Table, source: str) -> Iterator[Known]:
    """Yield the pods of ``crictl pods -o json``."""
    for row in rows(value.get("items")):
        metadata = table(row, "metadata")
        uid = text(metadata.get("uid"))
        if uid is not None:
            yield Known(
                source=source,
                pod_uid=uid,
                pod=text(metadata.get("name")),
                namespace=text(metadata.get("namespace")),
            )


def is_inspected(value: Table) -> bool:
    """Tell whether this is an object of ``crictl inspect``."""
    return text(table(value, "status").get("id")) is not None and "info" in value


def inspected(value: Table, source: str) -> Known:
    """Return what ``crictl inspect`` says."""
    status, info = table(value, "status"), table(value, "info")
    known = _container(status, source, text(status.get("id")) or "")
    process = table(info, "runtimeSpec", "process")
    limit = number(table(status, "resources", "linux").get("memoryLimitInBytes"))
    if limit is None:
        limit = number(table(info, "runtimeSpec", "linux", "resources", "memory").get("limit"))
    ended = text(status.get("finishedAt"))
    ended = None if ended is None or ended.startswith(("0001-01-01", "1970-01-01")) or ended == "0" else ended
    return Known(
        source=source,
        runtime=known.runtime,
        container_id=known.container_id,
        pod_uid=known.pod_uid,
        name=known.name,
        pod=known.pod,
        namespace=known.namespace,
        image=known.image,
        limit_bytes=limit,
        restarts=known.restarts,
        exit_code=None if ended is None else number(status.get("exitCode")),
        reason=text(status.get("reason")),
        finished_at=ended,
        pid=number(info.get("pid")) or None,
        jvm=jvm_of(texts(process.get("args")), variables(process.get("env"))),
    )


def bundle(value: Table, source: str, id: str) -> Known:
    """Return what the config.json of a running container's bundle says (OCI runtime specification)."""
    notes, process = table(value, "annotations"), table(value, "process")
    runtime = "containerd" if any(key.startswith(_CONTAINERD) for key in notes) else None

    def note(kubelet: str, containerd: str) -> str | None:
        return text(notes.get(kubelet)) or text(notes.get(_CONTAINERD + containerd))

    return Known(
        source=source,
        runtime=runtime,
        container_id=id,
        pod_uid=note(_UID, "sandbox-uid"),
        name=note(_NAME, "container-name"),
        pod=note(_POD, "sandbox-name"),
        namespace=note(_NAMESPACE, "sandbox-namespace"),
        image=note("io.kubernetes.cri-o.ImageName", "image-name"),
        limit_bytes=number(table(value, "linux", "resources", "memory").get("limit")),
        jvm=jvm_of(texts(process.get("args")), variables(process.get("env"))),
    )
