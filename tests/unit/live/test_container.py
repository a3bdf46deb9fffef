"""Signs of containers, and what is none."""

from __future__ import annotations

from typing import Any

import pytest

from oomlog.live.container import surroundings
from oomlog.live.processes import Process
from oomlog.live.units import Unit, engine_of, unit_of

ID = "0123456789abcdef" * 4


def namespace(machine: Any, number: int) -> None:
    link = machine.root / "proc/self/ns/pid"
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(f"pid:[{number}]")


def test_a_machine_has_no_signs(machine: Any) -> None:
    """A machine that runs the engine is no container."""
    namespace(machine, 4026531836)
    machine.write("proc/self/cgroup", "0::/system.slice/docker.service\n")
    machine.write("proc/1/cgroup", "0::/init.scope\n")
    machine.write("proc/1/environ", "HOME=/\0TERM=linux\0")
    found = surroundings(machine.root, {"KUBECONFIG": "x"})
    assert found.signs == ()
    assert (found.looks_like_container, found.first_pid_namespace, found.kubernetes) == (False, True, False)


@pytest.mark.parametrize(
    ("path", "text", "sign"),
    [
        (".dockerenv", "", "/.dockerenv exists"),
        ("run/.containerenv", "", "/run/.containerenv exists"),
        ("proc/1/cgroup", f"4:memory:/docker/{ID}\n", "/proc/1/cgroup names docker"),
        ("proc/self/cgroup", f"0::/machine.slice/libpod-{ID}.scope\n", "/proc/self/cgroup names libpod"),
        ("proc/1/environ", "A=1\0container=podman\0", "container=podman"),
        ("proc/self/mountinfo", "9 8 0:5 /proc/meminfo /proc/meminfo rw - fuse.lxcfs lxcfs rw\n", "lxcfs"),
    ],
)
def test_each_sign_is_named(machine: Any, path: str, text: str, sign: str) -> None:
    """One sign is enough to say that it looks like a container, and the sign is told."""
    machine.write(path, text)
    found = surroundings(machine.root)
    assert len(found.signs) == 1
    assert sign in found.signs[0]
    assert found.first_pid_namespace is None


def test_root_cgroup_with_a_limit(machine: Any) -> None:
    """In a cgroup namespace the root group has files that the machine's has not."""
    machine.write("proc/self/cgroup", "0::/\n")
    assert not surroundings(machine.root).signs
    machine.group("", usage=1, limit="2")
    assert "root cgroup has a limit" in surroundings(machine.root).signs[0]


def test_own_processes_and_kubernetes(machine: Any) -> None:
    """A process namespace of its own and the marks of Kubernetes."""
    namespace(machine, 4026532999)
    found = surroundings(machine.root, {"KUBERNETES_SERVICE_HOST": "10.0.0.1"})
    assert (found.first_pid_namespace, found.kubernetes) == (False, True)
    assert len(found.signs) == 2


@pytest.mark.parametrize(
    ("cgroups", "unit"),
    [
        ({"": "/system.slice/nginx.service"}, Unit("nginx.service", user=False)),
        ({"": "/system.slice/system-getty.slice/getty@tty1.service"}, Unit("getty@tty1.service", user=False)),
        ({"": "/", "name=systemd": "/system.slice/a\\x2db.service"}, Unit("a\\x2db.service", user=False)),
        ({"": "/system.slice/db.service", "name=systemd": "/"}, Unit("db.service", user=False)),
        ({"": "/system.slice/db.service/evil.service"}, Unit("db.service", user=False)),
        ({"": "/user.slice/user-7.slice/user@7.service/app.slice/x.service"}, Unit("x.service", user=True)),
        ({"": "/user.slice/user-7.slice/user@7.service/init.scope"}, None),
        ({"": "/user.slice/user-7.slice/session-1.scope"}, None),
        ({"": f"/system.slice/docker-{ID}.scope"}, None),
        ({"": "/a;reboot.service"}, None),
        ({"": "/$(reboot).service"}, None),
        ({"": "/-n.service"}, None),
        ({"": "/" + "a" * 250 + ".service"}, None),
        ({"memory": "/system.slice/x.service"}, None),
        ({}, None),
    ],
)
def test_service_of_a_process(cgroups: dict[str, str], unit: Unit | None) -> None:
    """The system's service comes first, and what cannot be the name of a unit is none."""
    assert unit_of(Process(7, cgroups=cgroups)) == unit


def test_engine_of_a_process() -> None:
    """The cgroup of a container names its engine."""
    assert engine_of(Process(7, cgroups={"": f"/system.slice/docker-{ID}.scope"})) == "docker"
    assert engine_of(Process(7, cgroups={"": "/kubepods.slice/kubepods-pod1.slice"})) == "kubepods"
    assert engine_of(Process(7, cgroups={"": "/system.slice/docker.service"})) is None
