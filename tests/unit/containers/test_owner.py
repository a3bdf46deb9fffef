"""Owners of cgroups: what a path looks like, and that any text may be a path."""

from __future__ import annotations

import time
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oomlog.containers.owner import CgroupOwner, owner_of, unescape
from oomlog.explain.phrases import LANGUAGES
from oomlog.explain.whose import what

ID = "4f1d0c6b7f0e2a93c8d15e4b6a7f8091a2b3c4d5e6f708192a3b4c5d6e7f8091"
ID2 = "b7c2a9d0e4f35168790a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60"
UID = "0c7f5d1e-3a52-4b0e-9d3c-7d2a8a1b6c44"
UID_ = UID.replace("-", "_")
STATIC = "0c7f5d1e3a524b0e9d3c7d2a8a1b6c44"
POD = f"kubepods-burstable-pod{UID_}.slice"
SLICES = f"/kubepods.slice/kubepods-burstable.slice/{POD}"
USER = "/user.slice/user-1000.slice/user@1000.service"
SHELL = "vte-spawn-dbb4a75e-031f-480d-924b-5de5af7579d2.scope"
ON_DEMAND = "dbus-:1.2-org.gnome.Nautilus@0.service"
NSPAWN = "/machine.slice/systemd-nspawn@web.service"


def unit(name: str, slice: str | None, /, **more: Any) -> dict[str, Any]:
    level = name.rpartition(".")[2]
    more.setdefault("level", level)
    return {"kind": "systemd", "unit": name, "slice": slice, **more}


def box(runtime: str, id: str = ID, /, **more: Any) -> dict[str, Any]:
    return {"kind": runtime, "runtime": runtime, "container_id": id, "level": "container", **more}


def kube(level: str, qos: str | None = None, /, **more: Any) -> dict[str, Any]:
    return {"kind": "kubernetes", "level": level, "qos": qos, **more}


SYSTEMD = {
    "/foo": {"kind": "plain"},
    "/my app, blue": {"kind": "plain"},
    "/foo.slice/bar": {"kind": "plain"},
    "/": {"kind": "root", "level": "root"},
    "/system.slice": unit("system.slice", "system.slice"),
    "/system.slice/nginx.service": unit("nginx.service", "system.slice"),
    "/system.slice/system-getty.slice/getty@tty1.service": unit("getty@tty1.service", "system-getty.slice"),
    "/system.slice/foo.service/worker": unit("foo.service", "system.slice", below="worker"),
    r"/system.slice/app\x2dblue.service": unit(r"app\x2dblue.service", "system.slice"),
    "/system.slice/_tasks.service": unit("tasks.service", "system.slice"),
    "/init.scope": unit("init.scope", None),
    f"{USER}/app.slice/app-org.gnome.Terminal.slice/{SHELL}": unit(
        SHELL,
        "app-org.gnome.Terminal.slice",
        user=1000,
        uid=1000,
        name="org.gnome.Terminal",
    ),
    rf"{USER}/app.slice/app-dbus\x2d:1.2\x2dorg.gnome.Nautilus.slice/{ON_DEMAND}": unit(
        ON_DEMAND,
        r"app-dbus\x2d:1.2\x2dorg.gnome.Nautilus.slice",
        user=1000,
        uid=1000,
        name="org.gnome.Nautilus",
    ),
    rf"{USER}/app.slice/app-graphical.slice/app-print\x2dapplet@autostart.service": unit(
        r"app-print\x2dapplet@autostart.service",
        "app-graphical.slice",
        user=1000,
        uid=1000,
        name="print-applet",
    ),
    f"{USER}/background.slice/tracker-miner-fs-3.service": unit(
        "tracker-miner-fs-3.service", "background.slice", user=1000, uid=1000
    ),
    "/user.slice/user-1000.slice": unit("user-1000.slice", "user-1000.slice", uid=1000),
    "/user.slice/user-0.slice/session-3.scope": unit("session-3.scope", "user-0.slice", uid=0),
    "/user.slice/user-121.slice/session-c1.scope": unit("session-c1.scope", "user-121.slice", uid=121),
    USER: unit("user@1000.service", "user-1000.slice", uid=1000),
    f"{USER}/init.scope": unit("init.scope", None, user=1000, uid=1000),
    f"{USER}/app.slice/run-u5.service": unit("run-u5.service", "app.slice", user=1000, uid=1000),
    f"{USER}/app.slice/app-firefox-2417.scope": unit(
        "app-firefox-2417.scope", "app.slice", user=1000, uid=1000, name="firefox"
    ),
    rf"{USER}/app.slice/app-gnome-google\x2dchrome-4233.scope": unit(
        r"app-gnome-google\x2dchrome-4233.scope", "app.slice", user=1000, uid=1000, name="google-chrome"
    ),
    f"{USER}/app.slice/app-flatpak-org.mozilla.firefox-1234.scope": unit(
        "app-flatpak-org.mozilla.firefox-1234.scope",
        "app.slice",
        user=1000,
        uid=1000,
        runtime="flatpak",
        name="org.mozilla.firefox",
    ),
    rf"{USER}/app.slice/app-org.kde.konsole@ab12.service": unit(
        "app-org.kde.konsole@ab12.service", "app.slice", user=1000, uid=1000, name="org.kde.konsole"
    ),
    f"{USER}/app.slice/snap.firefox.firefox-0f5e1c70-1f4f.scope": unit(
        "snap.firefox.firefox-0f5e1c70-1f4f.scope",
        "app.slice",
        user=1000,
        uid=1000,
        runtime="snap",
        name="firefox",
    ),
    "/system.slice/snap.lxd.daemon.service": unit(
        "snap.lxd.daemon.service", "system.slice", runtime="snap", name="lxd"
    ),
}
ENGINES = {
    f"/docker/{ID}": box("docker"),
    f"/system.slice/docker-{ID}.scope": box("docker", unit=f"docker-{ID}.scope", slice="system.slice"),
    f"/batch.slice/docker-{ID}.scope": box("docker", unit=f"docker-{ID}.scope", slice="batch.slice"),
    f"{USER}/user.slice/docker-{ID}.scope": box(
        "docker", unit=f"docker-{ID}.scope", slice="user.slice", user=1000, uid=1000
    ),
    f"/docker/{ID}/system.slice/a.service": box("docker", below="system.slice/a.service"),
    "/docker/buildkit/x06h4frfg15dzsf4ovttfoyok": box("buildkit", "x06h4frfg15dzsf4ovttfoyok")
    | {"kind": "container"},
    "/system.slice/system.slice:docker:jvifp9a6b1lxa1kuw8bwfcovf": box(
        "buildkit", "jvifp9a6b1lxa1kuw8bwfcovf"
    )
    | {"kind": "container"},
    f"/system.slice/system.slice:docker:{ID}": box("docker"),
    "/system.slice/system.slice:docker:abc": {"kind": "plain"},
    f"/nomad.slice/docker-{ID}.scope": box("docker", unit=f"docker-{ID}.scope", slice="nomad.slice"),
    f"/machine.slice/libpod-{ID}.scope": box("podman", unit=f"libpod-{ID}.scope", slice="machine.slice"),
    f"/machine.slice/libpod-{ID}.scope/container": box(
        "podman", unit=f"libpod-{ID}.scope", slice="machine.slice"
    ),
    f"/machine.slice/machine-libpod_pod_{ID2}.slice/libpod-{ID}.scope/container": box(
        "podman", unit=f"libpod-{ID}.scope", slice=f"machine-libpod_pod_{ID2}.slice"
    ),
    f"/libpod_parent/libpod-{ID}": box("podman"),
    f"/machine.slice/libpod-conmon-{ID}.scope": unit(f"libpod-conmon-{ID}.scope", "machine.slice"),
    f"/system.slice/web.service/libpod-payload-{ID}": box("podman", unit="web.service", slice="system.slice"),
    f"{USER}/user.slice/libpod-{ID}.scope": box(
        "podman", unit=f"libpod-{ID}.scope", slice="user.slice", user=1000, uid=1000
    ),
    f"{USER}/user.slice/user-libpod_pod_{ID2}.slice/libpod-{ID}.scope/container": box(
        "podman",
        unit=f"libpod-{ID}.scope",
        slice=f"user-libpod_pod_{ID2}.slice",
        user=1000,
        uid=1000,
    ),
    f"/system.slice/nerdctl-{ID}.scope": box("containerd", unit=f"nerdctl-{ID}.scope", slice="system.slice"),
    f"/k8s.io/{ID}": box("containerd") | {"kind": "container"},
    f"/my-parent/{ID}": {"kind": "container", "container_id": ID, "level": "container"},
    f"/kata_{ID}": box("kata"),
    "/lxc/101": box("lxc", "101", name="101"),
    "/lxc/39004/ns": box("lxc", "39004", name="39004"),
    "/lxc.payload.web-1/init.scope": box("lxc", "web-1", name="web-1", below="init.scope"),
    "/lxc.payload.snapcraft_some-container": box(
        "lxc", "snapcraft_some-container", name="snapcraft_some-container"
    ),
    "/lxc.monitor.web-1": {"kind": "plain"},
    r"/machine.slice/machine-qemu\x2d1\x2dweb\x2d1.scope/libvirt/emulator": {
        "kind": "machine",
        "level": "machine",
        "runtime": "qemu",
        "name": "web-1",
        "unit": r"machine-qemu\x2d1\x2dweb\x2d1.scope",
        "slice": "machine.slice",
        "below": "libvirt/emulator",
    },
    "/machine.slice/machine-fedora.scope": {
        "kind": "machine",
        "level": "machine",
        "runtime": "systemd-nspawn",
        "name": "fedora",
        "unit": "machine-fedora.scope",
        "slice": "machine.slice",
    },
    f"{NSPAWN}/payload/system.slice/mariadb.service": {
        "kind": "machine",
        "level": "machine",
        "runtime": "systemd-nspawn",
        "name": "web",
        "unit": "systemd-nspawn@web.service",
        "slice": "machine.slice",
        "below": "system.slice/mariadb.service",
    },
    "/qemu.slice/100.scope": {
        "kind": "machine",
        "level": "machine",
        "runtime": "qemu",
        "name": "100",
        "unit": "100.scope",
        "slice": "qemu.slice",
    },
}
POD_FIELDS = {"pod_uid": UID, "unit": POD, "slice": POD}
KUBERNETES = {
    "/kubepods": kube("node"),
    "/kubepods.slice": kube("node", unit="kubepods.slice", slice="kubepods.slice"),
    "/kubepods/besteffort": kube("qos", "besteffort"),
    "/kubepods.slice/kubepods-burstable.slice": kube(
        "qos", "burstable", unit="kubepods-burstable.slice", slice="kubepods-burstable.slice"
    ),
    f"/kubepods/pod{UID}": kube("pod", "guaranteed", pod_uid=UID),
    f"/kubepods/burstable/pod{UID}/{ID}": kube("container", "burstable", pod_uid=UID, container_id=ID),
    f"/kubepods/besteffort/pod{STATIC}/{ID}": kube(
        "container", "besteffort", pod_uid=STATIC, container_id=ID
    ),
    f"/kubepods/pod{UID}/crio-{ID}": kube(
        "container", "guaranteed", pod_uid=UID, container_id=ID, runtime="cri-o"
    ),
    SLICES: kube("pod", "burstable", **POD_FIELDS),
    f"{SLICES}/crio-{ID}.scope": kube(
        "container",
        "burstable",
        pod_uid=UID,
        container_id=ID,
        unit=f"crio-{ID}.scope",
        slice=POD,
        runtime="cri-o",
    ),
    f"{SLICES}/crio-{ID}.scope/container": kube(
        "container",
        "burstable",
        pod_uid=UID,
        container_id=ID,
        unit=f"crio-{ID}.scope",
        slice=POD,
        runtime="cri-o",
    ),
    f"{SLICES}/crio-conmon-{ID}.scope": kube(
        "pod",
        "burstable",
        pod_uid=UID,
        unit=f"crio-conmon-{ID}.scope",
        slice=POD,
        below=f"crio-conmon-{ID}.scope",
    ),
    f"{SLICES}/docker-{ID}.scope": kube(
        "container",
        "burstable",
        pod_uid=UID,
        container_id=ID,
        unit=f"docker-{ID}.scope",
        slice=POD,
        runtime="docker",
    ),
    f"/kubepods.slice/kubepods-pod{UID_}.slice/cri-containerd-{ID}.scope": kube(
        "container",
        "guaranteed",
        pod_uid=UID,
        container_id=ID,
        unit=f"cri-containerd-{ID}.scope",
        slice=f"kubepods-pod{UID_}.slice",
        runtime="containerd",
    ),
    f"/system.slice/containerd.service/kubepods-burstable-pod{UID_}.slice:cri-containerd:{ID}": kube(
        "container",
        "burstable",
        pod_uid=UID,
        container_id=ID,
        unit="containerd.service",
        slice="system.slice",
        runtime="containerd",
    ),
}
OUTER = CgroupOwner("docker", container_id=ID, level="container", runtime="docker")
LXC = CgroupOwner("lxc", container_id="101", level="container", runtime="lxc", name="101")
NESTED = {
    # A node of kind, with and without its host's systemd.
    f"/docker/{ID}/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice": kube(
        "qos", "burstable", outer=OUTER
    ),
    f"/system.slice/docker-{ID}.scope/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod{UID_}.slice"
    f"/cri-containerd-{ID2}.scope": kube(
        "container",
        "guaranteed",
        pod_uid=UID,
        container_id=ID2,
        outer=OUTER,
        unit=f"docker-{ID}.scope",
        slice="system.slice",
        runtime="containerd",
    ),
    f"/docker/{ID}/docker/{ID2}": box("docker", ID2, outer=OUTER),
    # Three deep: the outermost is the host's, the innermost the victim's.
    f"/lxc/101/ns/docker/{ID}/docker/{ID2}": box("docker", ID2, outer=LXC),
    f"/lxc/101/ns/system.slice/docker-{ID}.scope": box("docker", outer=LXC),
    f"/mesos/{UID}/mesos/{UID}/kubepods/besteffort/pod{UID}/{ID}": kube(
        "container",
        "besteffort",
        pod_uid=UID,
        container_id=ID,
        outer=CgroupOwner("mesos", container_id=UID, level="container", runtime="mesos"),
    ),
}
SLURM_SCOPE = {"kind": "slurm", "unit": "slurmstepd.scope", "slice": "system.slice"}
SCHEDULERS = {
    "/slurm": {"kind": "slurm", "level": "node"},
    "/slurm/uid_1001/job_48210": {"kind": "slurm", "uid": 1001, "job": "48210", "level": "job"},
    "/slurm_node7/uid_1001/job_4/step_batch": {
        "kind": "slurm",
        "uid": 1001,
        "job": "4",
        "step": "batch",
        "level": "step",
    },
    "/slurm/uid_0/job_4/step_0/task_2": {
        "kind": "slurm",
        "uid": 0,
        "job": "4",
        "step": "0",
        "level": "task",
    },
    "/system.slice/slurmstepd.scope/job_1392969/step_0/user/task_0": {
        **SLURM_SCOPE,
        "job": "1392969",
        "step": "0",
        "level": "task",
    },
    "/system.slice/node1_slurmstepd.scope/job_4/step_extern/user": {
        **SLURM_SCOPE,
        "unit": "node1_slurmstepd.scope",
        "job": "4",
        "step": "extern",
        "level": "step",
    },
    "/system.slice/slurmstepd.scope/system": {**SLURM_SCOPE, "level": "node", "below": "system"},
    f"/ecs/{UID}/{ID}": {
        "kind": "ecs",
        "job": UID,
        "container_id": ID,
        "level": "container",
        "runtime": "docker",
    },
    f"/ecs/test-ecs-classic/{STATIC}/{ID}": {
        "kind": "ecs",
        "job": STATIC,
        "container_id": ID,
        "level": "container",
        "runtime": "docker",
    },
    # Fargate.
    f"/ecs/{STATIC}/{STATIC}-2531612879": {
        "kind": "ecs",
        "job": STATIC,
        "container_id": f"{STATIC}-2531612879",
        "level": "container",
    },
    f"/ecs/{STATIC}": {"kind": "ecs", "job": STATIC, "level": "task"},
    f"/ecstasks.slice/ecstasks-{STATIC}.slice/docker-{ID}.scope": {
        "kind": "ecs",
        "job": STATIC,
        "container_id": ID,
        "level": "container",
        "runtime": "docker",
        "unit": f"docker-{ID}.scope",
        "slice": f"ecstasks-{STATIC}.slice",
    },
    f"/nomad.slice/share.slice/{UID}.cat.scope": {
        "kind": "nomad",
        "job": UID,
        "step": "cat",
        "level": "task",
        "unit": f"{UID}.cat.scope",
        "slice": "share.slice",
    },
    f"/nomad.slice/{UID}.envtask.scope": {
        "kind": "nomad",
        "job": UID,
        "step": "envtask",
        "level": "task",
        "unit": f"{UID}.envtask.scope",
        "slice": "nomad.slice",
    },
    f"/nomad/{UID}": {"kind": "nomad", "job": UID, "level": "task"},
    "/garden/6f265890-5165-7fab-6b52-18d1": box("garden", "6f265890-5165-7fab-6b52-18d1"),
    "/system.slice/runc-bpm-garden.scope/garden/good/6f265890-5165-7fab-6b52-18d1": box(
        "garden",
        "6f265890-5165-7fab-6b52-18d1",
        unit="runc-bpm-garden.scope",
        slice="system.slice",
    ),
    "/mesos/168b386b-893f-478e-bbf1-209482231b88": box("mesos", "168b386b-893f-478e-bbf1-209482231b88"),
    "/uid_10123/pid_4567": {"kind": "android", "uid": 10123, "level": "process"},
    "/apps/uid_10123/pid_4567": {"kind": "android", "uid": 10123, "level": "process"},
    "/uid_10123": {"kind": "android", "uid": 10123, "level": "user"},
}
CASES: dict[str, dict[str, Any]] = {**SYSTEMD, **ENGINES, **KUBERNETES, **NESTED, **SCHEDULERS}


def said(owner: CgroupOwner | None) -> dict[str, Any]:
    """Return what the path told, without what it left open."""
    assert owner is not None
    open_ = {"level": "cgroup", "below": ""}
    found = {field.name: getattr(owner, field.name) for field in fields(owner)}
    return {name: value for name, value in found.items() if value is not None and value != open_.get(name)}


@pytest.mark.parametrize("path", CASES)
def test_owner(path: str) -> None:
    """Each engine's, scheduler's and systemd's way to name a cgroup is known, and nothing more is made up."""
    wanted = {name: value for name, value in CASES[path].items() if value is not None}
    assert wanted == said(owner_of(path))


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("path", CASES)
def test_every_owner_has_words(path: str, lang: str) -> None:
    """Whatever a path looks like can be said, with nothing missing."""
    owner = owner_of(path)
    assert owner is not None
    if owner.told:
        assert "?" not in what(owner, None, lang)


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


PARTS = st.one_of(
    st.text(st.characters(exclude_characters="/")),
    st.sampled_from(sorted({part for path in CASES for part in path.split("/") if part})),
    st.from_regex(r"[a-z0-9_.\\@:-]{0,30}(\.(slice|scope|service))?", fullmatch=True),
)


@given(st.lists(PARTS, max_size=8))
def test_any_text_is_a_path(parts: list[str]) -> None:
    """Whatever a cgroup is called, its owner has only parts of known shapes."""
    owner = owner_of("/" + "/".join(parts))
    assert owner is not None
    for part in (owner.unit, owner.slice, owner.container_id, owner.pod_uid, owner.job, owner.step):
        assert part is None or (part.isascii() and part.isprintable() and " " not in part and "/" not in part)
    assert owner.name is None or owner.name.isprintable()
    assert owner.outer is None or owner.outer.outer is None


@pytest.mark.parametrize(
    "part",
    [
        "a-",
        "kubepods-",
        "kubepods/",
        f"docker/{ID}/",
        f"lxc/{ID[:12]}/ns/",
        "user.slice/",
        "user-1.slice/user@1.service/",
        "app-a\\x2d",
        "machine-a",
        "snap.a.",
        "\\x2d",
        f"nomad/{UID}.a.",
        "slurm/uid_1/job_1/step_1/",
    ],
)
def test_long_paths_take_no_longer_per_byte(part: str) -> None:
    """A path of a megabyte, whatever repeats in it, is read in the time of its length and raises nothing."""
    begin = time.perf_counter()
    assert owner_of("/" + part * (1_000_000 // len(part)) + ".scope") is not None
    assert time.perf_counter() - begin < 5
