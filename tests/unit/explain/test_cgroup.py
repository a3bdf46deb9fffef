"""Owners of cgroups: what a path looks like, and that any text may be a path."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oomlog.explain.cgroup import CgroupOwner, owner_of, unescape

ID = "4f1d0c6b7f0e2a93c8d15e4b6a7f8091a2b3c4d5e6f708192a3b4c5d6e7f8091"
UID = "0c7f5d1e-3a52-4b0e-9d3c-7d2a8a1b6c44"
UID_ = UID.replace("-", "_")
STATIC = "0c7f5d1e3a524b0e9d3c7d2a8a1b6c44"
SLICES = f"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{UID_}.slice"
USER = "/user.slice/user-1000.slice/user@1000.service"


def kube(level: str, qos: str | None = None, **more: object) -> CgroupOwner:
    return CgroupOwner("kubernetes", level=level, qos=qos, **more)  # type: ignore[arg-type]


CASES = {
    "/": CgroupOwner("root", level="root"),
    "/foo": CgroupOwner("plain"),
    "/my app, blue": CgroupOwner("plain"),
    "/system.slice": CgroupOwner("systemd", "system.slice", level="slice"),
    "/system.slice/nginx.service": CgroupOwner("systemd", "nginx.service", level="service"),
    "/system.slice/system-getty.slice/getty@tty1.service": CgroupOwner(
        "systemd", "getty@tty1.service", level="service"
    ),
    "/system.slice/foo.service/worker": CgroupOwner(
        "systemd", "foo.service", level="service", below="worker"
    ),
    r"/system.slice/app\x2dblue.service": CgroupOwner("systemd", r"app\x2dblue.service", level="service"),
    "/init.scope": CgroupOwner("systemd", "init.scope", level="scope"),
    "/user.slice/user-0.slice/session-3.scope": CgroupOwner("systemd", "session-3.scope", level="scope"),
    USER: CgroupOwner("systemd", "user@1000.service", level="service"),
    f"{USER}/app.slice/run-u5.service": CgroupOwner("systemd", "run-u5.service", level="service", user=1000),
    "/foo.slice/bar": CgroupOwner("plain"),
    f"/docker/{ID}": CgroupOwner("docker", container_id=ID, level="container"),
    f"/system.slice/docker-{ID}.scope": CgroupOwner(
        "docker", f"docker-{ID}.scope", container_id=ID, level="container"
    ),
    f"/docker/{ID}/system.slice/a.service": CgroupOwner(
        "docker", container_id=ID, level="container", below="system.slice/a.service"
    ),
    f"/machine.slice/libpod-{ID}.scope/container": CgroupOwner(
        "podman", f"libpod-{ID}.scope", container_id=ID, level="container"
    ),
    f"/machine.slice/libpod-conmon-{ID}.scope": CgroupOwner(
        "systemd", f"libpod-conmon-{ID}.scope", level="scope"
    ),
    f"/system.slice/web.service/libpod-payload-{ID}": CgroupOwner(
        "podman", "web.service", container_id=ID, level="container"
    ),
    f"{USER}/user.slice/libpod-{ID}.scope": CgroupOwner(
        "podman", f"libpod-{ID}.scope", container_id=ID, level="container", user=1000
    ),
    f"/system.slice/nerdctl-{ID}.scope": CgroupOwner(
        "containerd", f"nerdctl-{ID}.scope", container_id=ID, level="container"
    ),
    "/lxc/101": CgroupOwner("lxc", container_id="101", level="container"),
    "/lxc.payload.web-1/init.scope": CgroupOwner(
        "lxc", container_id="web-1", level="container", below="init.scope"
    ),
    f"/lxc/101/ns/system.slice/docker-{ID}.scope": CgroupOwner(
        "docker", container_id=ID, level="container", nested=True
    ),
    "/kubepods": kube("node"),
    "/kubepods.slice": kube("node", unit="kubepods.slice"),
    "/kubepods/besteffort": kube("qos", "besteffort"),
    f"/kubepods/pod{UID}": kube("pod", "guaranteed", pod_uid=UID),
    f"/kubepods/burstable/pod{UID}/{ID}": kube("container", "burstable", pod_uid=UID, container_id=ID),
    f"/kubepods/besteffort/pod{STATIC}/{ID}": kube(
        "container", "besteffort", pod_uid=STATIC, container_id=ID
    ),
    SLICES: kube("pod", "burstable", pod_uid=UID, unit=f"kubepods-burstable-pod{UID_}.slice"),
    f"{SLICES}/crio-{ID}.scope": kube(
        "container", "burstable", pod_uid=UID, container_id=ID, unit=f"crio-{ID}.scope"
    ),
    f"/kubepods.slice/kubepods-pod{UID_}.slice/cri-containerd-{ID}.scope": kube(
        "container", "guaranteed", pod_uid=UID, container_id=ID, unit=f"cri-containerd-{ID}.scope"
    ),
    f"/system.slice/containerd.service/kubepods-burstable-pod{UID_}.slice:cri-containerd:{ID}": kube(
        "container", "burstable", pod_uid=UID, container_id=ID, unit="containerd.service"
    ),
    f"/docker/{ID}/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice": kube(
        "qos", "burstable", nested=True
    ),
}


@pytest.mark.parametrize("path", CASES)
def test_owner(path: str) -> None:
    """Each engine's and systemd's way to name a cgroup is known."""
    assert CASES[path] == owner_of(path)


def test_no_path_has_no_owner() -> None:
    """What is not a path tells nothing."""
    assert owner_of(None) is None
    assert owner_of("") is None
    assert owner_of("foo.service") is None


def test_unescape_shows_no_control_characters() -> None:
    """A name cannot smuggle an escape sequence through systemd's escapes."""
    assert unescape(r"a\x2db") == "a-b"
    assert unescape(r"\xed\x95\x9c.service") == "한.service"
    assert unescape(r"a\x1b[31m\x0a") == r"a\x1b[31m\x0a"
    assert unescape(r"\xff") == r"\xff"


@given(st.text(), st.sampled_from(["", "docker", "kubepods", "system.slice", "lxc"]))
def test_any_text_is_a_path(text: str, before: str) -> None:
    """Whatever a cgroup is called, its owner has only parts of known shapes."""
    owner = owner_of(f"/{before}/{text}")
    assert owner is not None
    for part in (owner.unit, owner.container_id, owner.pod_uid):
        assert part is None or (part.isascii() and part.isprintable() and " " not in part and "/" not in part)
