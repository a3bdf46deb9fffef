"""Limits of cgroups, v1 and v2, on the machine and in a container."""

from __future__ import annotations

from typing import Any

import pytest

from oomlog.live.cgroups import Memcg, hierarchy, limited_groups

MIB = 1024


def groups(machine: Any) -> dict[str, Memcg]:
    where = hierarchy(machine.root)
    assert where is not None
    return {memcg.path: memcg for memcg in limited_groups(where)}


def test_v2_limits_and_counters(machine: Any) -> None:
    """Only groups with a limit of their own are given, with what their kernel counts."""
    machine.group("", usage=0, limit="max")
    machine.group(
        "app.slice", usage=950, limit="1000",
        events="low 0\nhigh 0\nmax 7\noom 3\noom_kill 2\n", oom_group="1\n",
        stat="anon 1\ninactive_file 1048576\nactive_file 2097152\n",
        swap_max="1048576\n", swap_current="0\n",
    )  # fmt: skip
    machine.group("free.slice", usage=10, limit="max")
    found = groups(machine)
    assert list(found) == ["/app.slice"]
    memcg = found["/app.slice"]
    assert memcg.share == 0.95
    assert (memcg.oom, memcg.oom_kill, memcg.oom_group) == (3, 2, True)
    assert (memcg.file_cache_kb, memcg.swap_limit_kb, memcg.swap_usage_kb) == (3 * MIB, MIB, 0)


def test_older_v2_says_less(machine: Any) -> None:
    """What a kernel has no file for is None."""
    machine.group("app", usage=1, limit="2")
    memcg = groups(machine)["/app"]
    assert (memcg.oom, memcg.oom_kill, memcg.oom_group, memcg.file_cache_kb) == (None, None, None, None)


def test_a_tighter_limit_above_is_told(machine: Any) -> None:
    """A group's own limit counts for its own OOM; a smaller one above is the one that will be hit first."""
    machine.group("a", usage=10, limit="100")
    machine.group("a/b", usage=10, limit="1000")
    machine.group("a/b/c", usage=10, limit="50")
    found = groups(machine)
    assert [(each.effective_limit_kb, each.limited_by) for each in found.values()] == [
        (100 * MIB, "/a"), (100 * MIB, "/a"), (50 * MIB, "/a/b/c"),
    ]  # fmt: skip


def test_v1_limits(machine: Any) -> None:
    """v1 has a number for no limit, and one for memory and swap together."""
    machine.old_group("", usage=1, limit=None)
    machine.old_group(
        "docker", usage=10, limit=1000,
        **{
            "memsw.usage_in_bytes": f"{990 << 20}\n", "memsw.limit_in_bytes": f"{1000 << 20}\n",
            "oom_control": "oom_kill_disable 1\nunder_oom 0\noom_kill 4\n", "swappiness": "0\n",
        },
    )  # fmt: skip
    found = groups(machine)
    assert list(found) == ["/docker"]
    memcg = found["/docker"]
    assert (memcg.version, memcg.limit_kb, memcg.share) == (1, 1000 * MIB, 0.99)
    assert (memcg.oom_kill, memcg.oom_kill_disable, memcg.swappiness) == (4, True, 0)


def test_hybrid_has_its_memory_in_v1(machine: Any) -> None:
    """Where v2 is mounted for systemd alone, the limits are those of v1."""
    machine.write("sys/fs/cgroup/unified/cgroup.controllers", "\n")
    machine.old_group("", usage=1, limit=None)
    where = hierarchy(machine.root)
    assert where is not None
    assert where.version == 1


def test_group_of_a_container_has_its_path(machine: Any) -> None:
    """Without a cgroup namespace, what is mounted is a part of the tree, and processes name it in full."""
    machine.group("", usage=95, limit="100")
    machine.group("sub", usage=1, limit="100")
    mount = "31 23 0:28 /docker/ab\\040c /sys/fs/cgroup ro - cgroup2 cgroup rw\nshort line\n"
    machine.write("proc/self/mountinfo", mount)
    found = groups(machine)
    assert list(found) == ["/docker/ab c", "/docker/ab c/sub"]
    assert found["/docker/ab c"].holds("/docker/ab c/sub/x")
    assert not found["/docker/ab c"].holds(None)


def test_unusual_mount_is_found(machine: Any) -> None:
    """Old distributions mount v1 elsewhere."""
    machine.write("cgroup/memory/memory.usage_in_bytes", "1048576\n")
    machine.write("cgroup/memory/memory.limit_in_bytes", "2097152\n")
    machine.write("proc/self/mountinfo", "31 23 0:28 / /cgroup/memory rw - cgroup cgroup rw,memory\n")
    assert list(groups(machine)) == ["/"]


def test_no_controller(machine: Any) -> None:
    """A kernel without cgroups has no hierarchy."""
    assert hierarchy(machine.root) is None


@pytest.mark.parametrize(
    ("memcg", "pages"),
    [
        (Memcg("/a", 2, 0, 4000, None, None), 1000 + 500),
        (Memcg("/a", 2, 0, 4000, None, None, swap_limit_kb=0), 1000),
        (Memcg("/a", 1, 0, 4000, None, None, memsw_limit_kb=4400, swappiness=60), 1100),
        (Memcg("/a", 1, 0, 4000, None, None, swappiness=0), 1000),
        (Memcg("/a", 1, 0, None, None, None), None),
    ],
)
def test_memory_that_an_oom_counts_with(memcg: Memcg, pages: int | None) -> None:
    """The limit, and as much swap as the group may use (mem_cgroup_get_max() since 5.10)."""
    assert memcg.totalpages(total_swap_kb=2000, page_size=4096, swappiness=60) == pages


def test_files_that_hold_nonsense(machine: Any) -> None:
    """A limit that is no number is no limit, and nothing raises."""
    machine.group("a", usage=1, limit="2", events="oom_kill many\n")
    machine.write("sys/fs/cgroup/b/memory.max", b"\xff\xfe")
    assert groups(machine)["/a"].oom_kill is None
    assert "/b" not in groups(machine)
