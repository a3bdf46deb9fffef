"""What this machine's own runtimes have on their disks: ``--map auto``.

Read are Docker's config.v2.json, the names of the kubelet's log folders and links, the bundles of running
containers (containerd, CRI-O, Podman) and the list of containers/storage.  What is not there, may not be
read or is something else tells nothing.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from oomlog.containers.known import Known
from oomlog.containers.maps import cri, docker
from oomlog.containers.maps.values import Table, number, rows, table, text, texts
from oomlog.live.files import read_bytes

__all__ = ["local"]

_ID = re.compile(r"[0-9a-f]{64}")
_DOCKER = "var/lib/docker/containers"
_LINKS, _PODS = "var/log/containers", "var/log/pods"
# POD_NAMESPACE_CONTAINER-ID.log and NAMESPACE_POD_UID: no name has a "_" (pkg/kubelet/kuberuntime).
_LINK = re.compile(r"(?P<pod>[^_]+)_(?P<namespace>[^_]+)_(?P<name>.+)-(?P<id>[0-9a-f]{64})\.log")
_POD = re.compile(r"(?P<namespace>[^_]+)_(?P<pod>[^_]+)_(?P<uid>[0-9a-f-]{32,36})")
_BUNDLES = (
    ("run/containerd/io.containerd.runtime.v2.task/k8s.io", ""),
    ("run/containers/storage/overlay-containers", "userdata"),
    ("var/lib/containers/storage/overlay-containers", "userdata"),
)
_STORES = ("var/lib/containers/storage/overlay-containers/containers.json",)


def local(root: Path = Path("/")) -> list[Known]:
    """Return the containers and pods that this machine knows of.

    :param root: Where the machine's files are.
    """
    return [*_docker(root), *_links(root), *_pods(root), *_bundles(root), *_stored(root)]


def _names(folder: Path) -> list[str]:
    try:
        return sorted(os.listdir(folder))  # noqa: PTH208
    except OSError:
        return []


def _json(path: Path) -> object:
    data = read_bytes(path)
    try:
        return None if data is None else json.loads(data)
    except (ValueError, RecursionError):
        return None


def _docker(root: Path) -> Iterator[Known]:
    for name in _names(root / _DOCKER):
        folder = root / _DOCKER / name
        config = table(_json(folder / "config.v2.json"))
        if _ID.fullmatch(name) and docker.is_inspected(config):
            host = table(_json(folder / "hostconfig.json"))
            yield docker.inspected({**config, "HostConfig": host}, str(folder / "config.v2.json"))


def _links(root: Path) -> Iterator[Known]:
    for name in _names(root / _LINKS):
        found = _LINK.fullmatch(name)
        if found is not None:
            yield Known(
                source=str(root / _LINKS),
                container_id=found["id"],
                name=found["name"],
                pod=found["pod"],
                namespace=found["namespace"],
            )


def _pods(root: Path) -> Iterator[Known]:
    for name in _names(root / _PODS):
        found = _POD.fullmatch(name)
        if found is not None:
            yield Known(
                source=str(root / _PODS),
                pod_uid=found["uid"],
                pod=found["pod"],
                namespace=found["namespace"],
            )


def _bundles(root: Path) -> Iterator[Known]:
    for place, below in _BUNDLES:
        for name in _names(root / place):
            if not _ID.fullmatch(name):
                continue
            path = root / place / name / below / "config.json"
            config = table(_json(path))
            if "ociVersion" in config:
                known = cri.bundle(config, str(path), name)
                pid = number((read_bytes(path.parent / "init.pid") or b"").decode("ascii", "replace").strip())
                yield replace(known, pid=pid or None)


def _stored(root: Path) -> Iterator[Known]:
    for place in _STORES:
        for row in rows(_json(root / place)):
            id = text(row.get("id"))
            if id is not None and _ID.fullmatch(id):
                yield _of_store(row, str(root / place), id)


def _of_store(row: Table, source: str, id: str) -> Known:
    try:
        said = table(json.loads(text(row.get("metadata")) or "{}"))
    except (ValueError, RecursionError):
        said = {}
    names = texts(row.get("names"))
    # CRI-O stores a pod's container as k8s_NAME_POD_NAMESPACE_UID_ATTEMPT.
    pieces = names[0].split("_") if names else []
    image = text(said.get("image-name"))
    if len(pieces) == 6 and pieces[0] == "k8s":
        return Known(
            source=source,
            runtime="cri-o",
            container_id=id,
            name=pieces[1],
            pod=pieces[2],
            namespace=pieces[3],
            pod_uid=pieces[4],
            image=image,
        )
    return Known(source=source, container_id=id, name=names[0] if names else None, image=image)
