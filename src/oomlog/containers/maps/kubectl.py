"""Kubernetes' own word: ``kubectl get pods -A -o json``, a list of pods or a single one.

The container that was killed is most often no longer there: its id is in ``lastState``, with its exit code
and reason, while ``state`` is of the one that was started in its place.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from oomlog.containers.jvm import jvm_of
from oomlog.containers.known import Known
from oomlog.containers.maps.values import Table, number, quantity, rows, table, text, texts, variables

__all__ = ["is_pod", "pod_and_containers"]

_KINDS = ("containers", "initContainers", "ephemeralContainers")
_STATUSES = ("containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses")
# The cgroup of a pod that the kubelet reads from a file is named after this, not after the mirror's uid.
_STATIC = "kubernetes.io/config.hash"
_RUNTIMES = {"containerd": "containerd", "cri-o": "cri-o", "docker": "docker"}


def is_pod(value: Table) -> bool:
    """Tell whether this is a pod, not something else that kubectl can get."""
    return value.get("kind") in ("Pod", None) and bool(rows_of(value)) and bool(table(value, "metadata"))


def rows_of(value: Table) -> list[Table]:
    """Return the containers of a pod's specification."""
    return [row for kind in _KINDS for row in rows(table(value, "spec").get(kind))]


def pod_and_containers(value: Table, source: str) -> Iterator[Known]:
    """Yield the pod, and its containers: those that run, and those that ended last."""
    metadata = table(value, "metadata")
    hash = text(table(metadata, "annotations").get(_STATIC))
    pod = Known(
        source=source,
        pod_uid=hash or text(metadata.get("uid")),
        pod=text(metadata.get("name")),
        namespace=text(metadata.get("namespace")),
    )
    specified = {text(row.get("name")): _specified(row, pod) for row in rows_of(value)}
    yield replace(
        pod,
        limit_bytes=quantity(table(value, "spec", "resources", "limits").get("memory")),
        request_bytes=quantity(table(value, "spec", "resources", "requests").get("memory")),
    )
    for name in _STATUSES:
        for status in rows(table(value, "status").get(name)):
            known = specified.get(text(status.get("name")))
            if known is not None:
                yield from _instances(status, known)


def _specified(row: Table, pod: Known) -> Known:
    resources = table(row, "resources")
    limits = table(resources, "limits")
    command = [*texts(row.get("command")), *texts(row.get("args"))]
    return replace(
        pod,
        name=text(row.get("name")),
        image=text(row.get("image")),
        # A container without a limit says nothing about memory there.
        limit_bytes=quantity(limits.get("memory")) if "memory" in limits else 0,
        request_bytes=quantity(table(resources, "requests").get("memory")),
        jvm=jvm_of(command, variables(row.get("env"))),
    )


def _instances(status: Table, known: Known) -> Iterator[Known]:
    known = replace(known, restarts=number(status.get("restartCount")))
    seen = set()
    for place in ("state", "lastState"):
        ended = table(status, place, "terminated")
        id = text(ended.get("containerID")) or (text(status.get("containerID")) if place == "state" else None)
        if id is None or id in seen:
            continue
        seen.add(id)
        runtime, _, plain = id.rpartition("://")
        reason = text(ended.get("reason"))
        yield replace(
            known,
            runtime=_RUNTIMES.get(runtime),
            container_id=plain,
            exit_code=number(ended.get("exitCode")),
            reason=reason,
            oom_killed=None if reason is None else reason == "OOMKilled",
            finished_at=text(ended.get("finishedAt")),
        )
