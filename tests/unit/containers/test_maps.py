"""Maps: what docker, podman, crictl and kubectl print is told by its shape, and nothing secret is kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oomlog.containers.known import Known
from oomlog.containers.maps.load import known_of, load
from oomlog.containers.maps.values import quantity
from oomlog.containers.registry import Registry
from oomlog.errors import SourceError

MAPS = Path(__file__).parents[3] / "samples" / "maps"
ID = "4f1d0c6b7f0e2a93c8d15e4b6a7f8091a2b3c4d5e6f708192a3b4c5d6e7f8091"
ID2 = "b7c2a9d0e4f35168790a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60"
UID = "0c7f5d1e-3a52-4b0e-9d3c-7d2a8a1b6c44"
LABELS = {
    "io.kubernetes.container.name": "shop",
    "io.kubernetes.pod.name": "shop-1",
    "io.kubernetes.pod.namespace": "store",
    "io.kubernetes.pod.uid": UID,
}


def written(folder: Path, *values: Any) -> list[Known]:
    path = folder / "map.json"
    path.write_text("\n".join(json.dumps(value) for value in values))
    return load(str(path))


def test_docker_inspect() -> None:
    """Name, image, limit, last end and the JVM's options are taken; no other variable leaves a trace."""
    (known,) = load(str(MAPS / "docker-inspect.json"))
    assert (known.name, known.image, known.runtime) == ("nexus", "sonatype/nexus3:3.70.1", "docker")
    assert (known.limit_bytes, known.restarts) == (512 << 20, 3)
    assert (known.exit_code, known.oom_killed) == (137, True)
    assert known.jvm is not None
    assert known.jvm.heap_bytes(0) == 512 << 20
    assert "password" not in repr(known)


def test_a_running_container_has_no_exit_code(tmp_path: Path) -> None:
    """Docker prints 0 for a container that runs; that is not how it ended last."""
    value = json.loads((MAPS / "docker-inspect.json").read_text())[0]
    value["State"] |= {"Running": True, "Pid": 4711, "ExitCode": 0}
    (known,) = written(tmp_path, [value])
    assert (known.exit_code, known.finished_at, known.pid) == (None, None, 4711)


def test_docker_ps_prints_an_object_a_line(tmp_path: Path) -> None:
    """Short ids, the first of several names, and the exit code in the status."""
    row = {"ID": ID[:12], "Names": "nexus,web/alias", "Image": "nexus3", "Status": "Exited (137) 2 hours ago"}
    first, second = written(tmp_path, row, {**row, "ID": ID2[:12], "Status": "Up 2 hours"})
    assert (first.container_id, first.name, first.exit_code) == (ID[:12], "nexus", 137)
    assert second.exit_code is None


def test_podman(tmp_path: Path) -> None:
    """Podman's own keys, both of ps and of inspect."""
    ps = {"Id": ID, "Names": ["web"], "Image": "nginx", "Exited": True, "ExitCode": 137, "PodName": "p"}
    (known,) = written(tmp_path, [ps])
    assert (known.runtime, known.name, known.pod, known.exit_code) == ("podman", "web", "p", 137)
    inspect = {"Id": ID, "Name": "web", "ImageName": "nginx", "State": {"OOMKilled": True, "Pid": 0}}
    (known,) = written(tmp_path, [inspect])
    assert (known.runtime, known.name, known.image, known.oom_killed) == ("podman", "web", "nginx", True)
    assert known.limit_bytes is None


def test_crictl(tmp_path: Path) -> None:
    """Containers, pods and the details of one, by the labels that the kubelet sets."""
    container = {"id": ID, "metadata": {"name": "shop", "attempt": 2}, "image": {"image": "s:1"}}
    (known,) = written(tmp_path, {"containers": [{**container, "labels": LABELS}]})
    assert (known.full_name, known.pod_uid, known.restarts) == ("store/shop-1/shop", UID, 2)
    pods = {"items": [{"id": ID2, "metadata": {"name": "shop-1", "namespace": "store", "uid": UID}}]}
    (known,) = written(tmp_path, pods)
    assert (known.pod_shown, known.pod_uid, known.container_id) == ("store/shop-1", UID, None)
    args = ["sh", "-c", "exec java -Xmx256m -jar app.jar --password=not-a-real-one"]
    inspect = {
        "status": {**container, "labels": LABELS, "exitCode": 137, "reason": "OOMKilled", "finishedAt": "x"},
        "info": {
            "pid": 0,
            "runtimeSpec": {
                "process": {"args": args, "env": ["A=b"]},
                "linux": {"resources": {"memory": {"limit": 1 << 29}}},
            },
        },
    }
    (known,) = written(tmp_path, inspect)
    assert (known.exit_code, known.reason, known.limit_bytes) == (137, "OOMKilled", 1 << 29)
    assert known.jvm is not None
    assert known.jvm.heap_bytes(0) == 256 << 20
    assert "password" not in repr(known)


def test_kubectl_knows_the_container_that_was_replaced() -> None:
    """The killed container's id is in lastState, with its exit code; the new one has the restarts only."""
    pod, new, old, sidecar = load(str(MAPS / "kubectl-pods.json"))
    assert (pod.pod_shown, pod.container_id) == ("store/shop-7c9d8b6f5-x2x7q", None)
    assert (old.container_id, old.exit_code, old.reason, old.restarts) == (ID, 137, "OOMKilled", 4)
    assert (new.exit_code, new.name, new.limit_bytes) == (None, "shop", 24 << 20)
    assert sidecar.name == "istio-proxy"
    assert "password" not in repr((pod, new, old, sidecar))


def test_static_pods_are_found_by_their_hash(tmp_path: Path) -> None:
    """The cgroup of a pod that the kubelet reads from a file has that file's hash, not the mirror's uid."""
    pod = {
        "metadata": {"name": "etcd", "uid": UID, "annotations": {"kubernetes.io/config.hash": "ab" * 16}},
        "spec": {"containers": [{"name": "etcd"}]},
    }
    assert written(tmp_path, pod)[0].pod_uid == "ab" * 16


def test_several_maps_fill_each_others_gaps() -> None:
    """A short id finds the long one; what the first says stays, and both files are named."""
    registry = Registry([Known("ps", container_id=ID[:12], name="a"), Known("x", container_id=ID, name="b")])
    registry.add(Known("y", container_id=ID, restarts=2))
    (known,) = registry.containers()
    assert (known.container_id, known.name, known.restarts, known.source) == (ID, "a", 2, "ps, x, y")
    assert len(registry) == 1


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "is empty"),
        ("{", "line 1 is no JSON"),
        ("[1]\n\noops", "line 3 is no JSON"),
        ('{"a": 1}', "says nothing of containers"),
        (
            '{"kind": "List", "items": [{"kind": "Service", "spec": {}, "metadata": {"name": "x"}}]}',
            "nothing",
        ),
        ("[" * 100_000, "JSON"),
        ("1" * 10_000, "JSON"),
        ("17", "is empty"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, text: str, problem: str) -> None:
    """The error names the file, what was expected, and what to type."""
    path = tmp_path / "map.json"
    path.write_text(text)
    with pytest.raises(SourceError) as raised:
        load(str(path))
    for part in (str(path), problem, "docker inspect", "kubectl get pods -A -o json"):
        assert part in str(raised.value)


def test_missing_map() -> None:
    """A file that is not there is named."""
    with pytest.raises(SourceError, match=r"^nowhere\.json: no such file or folder"):
        load("nowhere.json")


def test_no_containers_are_no_error(tmp_path: Path) -> None:
    """A list of nothing is a list."""
    assert written(tmp_path, []) == []
    assert written(tmp_path, {"kind": "List", "items": []}) == []


@pytest.mark.parametrize("text", ["", "x", "1.5.1Gi", "-1", "1e99", "9" * 40, "1Zi", None, True, 1.5, []])
def test_odd_quantities_are_none(text: object) -> None:
    """What is no size of Kubernetes is not known."""
    assert quantity(text) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
KEYS = st.from_regex(
    r"Id|ID|Names?|Image|State|Config|HostConfig|Memory|Env|Path|Args|status|info|id|metadata|labels|items|"
    r"containers|spec|resources|limits|memory|containerStatuses|lastState|terminated|containerID|kind",
    fullmatch=True,
)
NESTED = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=30,
)


@given(st.dictionaries(KEYS, NESTED | JSON))
def test_any_json_is_read_or_refused(value: dict[str, Any]) -> None:
    """Values of any type may stand anywhere; what is not of the type wanted is not known."""
    for known in known_of(value, "x") or ():
        Registry([known])
        assert known.limit_bytes is None or isinstance(known.limit_bytes, int)
