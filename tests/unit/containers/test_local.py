"""A machine's own runtimes: what their files say, below any root."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from oomlog.containers.maps.local import local
from oomlog.containers.owner import owner_of
from oomlog.containers.registry import Registry

ID = "4f1d0c6b7f0e2a93c8d15e4b6a7f8091a2b3c4d5e6f708192a3b4c5d6e7f8091"
UID = "0c7f5d1e-3a52-4b0e-9d3c-7d2a8a1b6c44"


def put(path: Path, value: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(value if isinstance(value, str) else json.dumps(value))


def test_docker(tmp_path: Path) -> None:
    """config.v2.json has the name, hostconfig.json the limit."""
    folder = tmp_path / "var/lib/docker/containers" / ID
    config = {"Env": ["TOKEN=not-a-real-one"], "Image": "nexus3"}
    put(folder / "config.v2.json", {"ID": ID, "Name": "/nexus", "State": {"Running": True}, "Config": config})
    put(folder / "hostconfig.json", {"Memory": 1 << 29})
    (known,) = local(tmp_path)
    assert (known.name, known.limit_bytes, known.image) == ("nexus", 1 << 29, "nexus3")
    assert "TOKEN" not in repr(known)


def test_kubelet_logs(tmp_path: Path) -> None:
    """Names of links and folders are enough to name a container and its pod."""
    put(tmp_path / "var/log/containers" / f"shop-7c9d8-x2x7q_store_shop-main-{ID}.log", "")
    (tmp_path / "var/log/pods" / f"store_shop-7c9d8-x2x7q_{UID}" / "shop-main").mkdir(parents=True)
    registry = Registry(local(tmp_path))
    container = registry.find(owner_of(f"/kubepods/burstable/pod{UID}/{ID}"))
    assert container is not None
    assert container.full_name == "store/shop-7c9d8-x2x7q/shop-main"
    pod = registry.find(owner_of(f"/kubepods/burstable/pod{UID}"))
    assert pod is not None
    assert pod.full_name == "store/shop-7c9d8-x2x7q"


def test_containerd_bundle(tmp_path: Path) -> None:
    """The bundle of a running container has its annotations, its limit and its first process."""
    folder = tmp_path / "run/containerd/io.containerd.runtime.v2.task/k8s.io" / ID
    notes = {"container-name": "shop", "sandbox-name": "shop-1", "sandbox-namespace": "store"}
    put(
        folder / "config.json",
        {
            "ociVersion": "1.1.0",
            "annotations": {f"io.kubernetes.cri.{name}": value for name, value in notes.items()},
            "process": {"args": ["java", "-Xmx1g"], "env": []},
            "linux": {"resources": {"memory": {"limit": 1 << 30}}},
        },
    )
    put(folder / "init.pid", "4711")
    (known,) = local(tmp_path)
    assert (known.full_name, known.runtime) == ("store/shop-1/shop", "containerd")
    assert (known.limit_bytes, known.pid) == (1 << 30, 4711)


def test_stored_names(tmp_path: Path) -> None:
    """containers/storage lists Podman's names, and CRI-O's with all their parts."""
    rows = [
        {
            "id": ID,
            "names": [f"k8s_shop_shop-1_store_{UID}_3"],
            "metadata": json.dumps({"image-name": "s:1"}),
        },
        {"id": ID.replace("4", "5"), "names": ["web"], "metadata": "{"},
    ]
    put(tmp_path / "var/lib/containers/storage/overlay-containers/containers.json", rows)
    first, second = local(tmp_path)
    assert (first.full_name, first.pod_uid, first.image) == ("store/shop-1/shop", UID, "s:1")
    assert second.full_name == "web"


def test_odd_files_tell_nothing(tmp_path: Path) -> None:
    """Folders that are no containers', broken files and none at all are passed by."""
    put(tmp_path / "var/lib/docker/containers" / ID / "config.v2.json", "{")
    put(tmp_path / "var/lib/docker/containers/other/config.v2.json", {"ID": "x", "State": {"a": 1}})
    put(tmp_path / "var/log/containers/other.log", "")
    put(tmp_path / "run/containerd/io.containerd.runtime.v2.task/k8s.io" / ID / "config.json", [1])
    put(tmp_path / "var/lib/containers/storage/overlay-containers/containers.json", {"id": 1})
    assert local(tmp_path) == []
    assert local(tmp_path / "nowhere") == []
