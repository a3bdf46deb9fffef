"""Each piece of advice: what it says for an event that calls for it, and that others do not get it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from oomlog.explain.actions import actions_for
from oomlog.explain.actions.adj import burstable_adj
from oomlog.explain.actions.suggested import with_headroom
from oomlog.explain.case import Case
from oomlog.explain.model import Action
from oomlog.model import Details

from .conftest import finding, made

ID = "4f1d0c6b7f0e2a93c8d15e4b6a7f8091a2b3c4d5e6f708192a3b4c5d6e7f8091"
UID = "0c7f5d1e-3a52-4b0e-9d3c-7d2a8a1b6c44"
UNLIMITED = 9007199254740988
GIB = 1048576


def given(case: Case, *findings: str) -> dict[str, Action]:
    return {action.id: action for action in actions_for(case, [finding(id) for id in findings])}


@pytest.mark.parametrize(
    ("kb", "mib"), [(1, 4), (16384, 20), (GIB, 1280), (3 * GIB, 3840), (100 * GIB, 131072)]
)
def test_headroom(kb: int, mib: int) -> None:
    """A suggestion is a quarter more, rounded up to a round number."""
    assert with_headroom(kb).mib == mib
    assert with_headroom(kb).kb >= kb * 5 / 4


def test_service_limit_is_a_drop_in() -> None:
    """The file is where systemctl edit would put it, with the limit and what it came from."""
    found = given(made(path=r"/system.slice/a\x2db.service"), "memcg_limit")
    action = found["unit_memory_max"]
    assert action.text == "[Service]\nMemoryMax=1280M\n"
    assert action.path == r"/etc/systemd/system/a\x2db.service.d/50-memory.conf"
    assert action.values == {"from_kb": GIB, "suggested_kb": 1280 * 1024, "unit": "a-b.service"}
    assert found["unit_memory_high"].text == "[Service]\nMemoryHigh=1024M\nMemoryMax=1280M\n"


def test_other_units_limits() -> None:
    """A slice has its own section, a user's unit its own folder, and a scope no file."""
    slice_ = given(made(path="/foo.slice"), "memcg_limit")["unit_memory_max"]
    assert slice_.text == "[Slice]\nMemoryMax=1280M\n"
    user = made(path="/user.slice/user-1.slice/user@1.service/app.slice/x.service")
    assert (
        given(user, "memcg_limit")["unit_memory_max"].path
        == "~/.config/systemd/user/x.service.d/50-memory.conf"
    )
    scope = given(made(path="/user.slice/user-1.slice/session-2.scope"), "memcg_limit")["scope_memory_max"]
    assert scope.text == "systemctl --runtime set-property -- session-2.scope MemoryMax=1280M"


def test_limit_inside_of_somebody_elses_cgroup() -> None:
    """A limit below a unit or in a nested container is not the unit's, so nothing is said about it."""
    for path in ("/system.slice/a.service/worker", f"/lxc/1/docker/{ID}", f"/docker/{ID}/init.scope", "/"):
        kinds = {action.kind for action in given(made(path=path), "memcg_limit").values()}
        assert kinds <= {"look"}, path


def test_limit_that_was_not_hit() -> None:
    """Where the counters show room, raising the limit is not suggested."""
    for memory in (
        {"usage_kb": 100, "limit_kb": GIB, "failcnt": 0},
        {"usage_kb": GIB, "limit_kb": UNLIMITED, "failcnt": 0},
    ):
        found = given(made(path="/system.slice/a.service", memory=memory), "memcg_limit")
        assert {action.kind for action in found.values()} == {"look"}


@pytest.mark.parametrize(
    ("swap_kb", "both"), [(0, "1280m"), (GIB, "2304m"), (UNLIMITED, "-1")], ids=["none", "some", "any"]
)
def test_docker_update_keeps_the_swap(swap_kb: int, both: str) -> None:
    """The memory limit is raised, and swap stays what it was."""
    swap = {"usage_kb": 0, "limit_kb": swap_kb, "failcnt": 0}
    found = given(made(path=f"/system.slice/docker-{ID}.scope", swap=swap), "memcg_limit")
    assert found["docker_update"].text == f"docker update --memory 1280m --memory-swap {both} 4f1d0c6b7f0e"


def test_docker_v1_swap(sample: Callable[[str], Case]) -> None:
    """With cgroup v1 the difference of both limits is the swap."""
    found = given(sample("v6.1-memcg-v1-docker-swap"), "memcg_limit")
    assert found["docker_update"].text == "docker update --memory 20m --memory-swap 36m 4f1d0c6b7f0e"
    assert "/sys/fs/cgroup/memory/docker/" in found["cgroup_files_v1"].text


def test_kubernetes_limit() -> None:
    """A Burstable container keeps its request; a Guaranteed one stays Guaranteed."""
    burstable = given(made(path=f"/kubepods/burstable/pod{UID}/{ID}"), "memcg_limit")
    assert "requests" not in burstable["k8s_limit"].text
    assert burstable["k8s_limit"].text.endswith("            limits:\n              memory: 1280Mi\n")
    guaranteed = given(made(path=f"/kubepods/pod{UID}/{ID}"), "memcg_limit")
    assert guaranteed["k8s_limit"].text.count("memory: 1280Mi") == 2
    assert guaranteed["k8s_find_pod"].text.endswith(f"| grep -F -- {UID}")


def test_kubernetes_pod_and_node_limits() -> None:
    """The limit of a pod or of a class is not a container's, and gets no manifest."""
    assert "k8s_pod_limit" in given(made(path=f"/kubepods/burstable/pod{UID}"), "parent_memcg_limit")
    assert "k8s_qos_limit" in given(made(path="/kubepods/burstable"), "parent_memcg_limit")
    assert "k8s_node_limit" in given(made(path="/kubepods"), "parent_memcg_limit")


def test_kubelet_formula() -> None:
    """oom_score_adj is the kubelet's, clamped to 3..999."""
    assert [burstable_adj(kb, 1000) for kb in (0, 1, 500, 999, 1000)] == [999, 999, 500, 3, 3]


def test_biased_pod_gets_a_request() -> None:
    """A Burstable victim's request is what lowers its oom_score_adj; choom would be undone."""
    mem = Details(mem_info={"totals": {"ram_pages": 262144}})
    path = f"/kubepods/burstable/pod{UID}/{ID}"
    found = given(made(path=path, scope="global", adj=990, details=mem), "biased_victim")
    assert found["k8s_request"].values["new_adj"] == burstable_adj(52 * 1024, GIB)
    assert "limits" not in found["k8s_request"].text
    assert "choom_biased" not in found
    assert "k8s_requests" in given(made(path=path, scope="global", adj=990), "biased_victim")
    assert not given(made(path=path, scope="global", adj=-997), "biased_victim").keys() & {
        "k8s_request",
        "k8s_requests",
    }


def test_biased_service() -> None:
    """A service's OOMScoreAdjust= goes to 0; a victim without a bias gets nothing."""
    found = given(made(path="/system.slice/a.service", adj=500), "biased_victim")
    assert found["unit_adj"].text == "[Service]\nOOMScoreAdjust=0\n"
    assert found["choom_biased"].text == "pgrep -x -- app | xargs -r -I{} choom -n 0 -p {}"
    assert given(made(path="/system.slice/a.service"), "biased_victim") == {}


def test_protected_hog_would_have_come_first() -> None:
    """The suggested value is the lowest with which the hog outscores the victim."""
    case = made(path="/a", rows=((7, 90000, -900, "hog"),))
    total = case.choice.totalpages
    assert total is not None
    action = given(case, "protected_hog")["choom_protected"]
    wanted = action.values["new_adj"]
    assert isinstance(wanted, int)
    per_adj = total.value // 1000
    assert 90000 + wanted * per_adj > 10000 >= 90000 + (wanted - 1) * per_adj
    assert action.text == f"pgrep -x -- hog | xargs -r -I{{}} choom -n {wanted} -p {{}}"


def test_hog_that_would_not_have_come_first() -> None:
    """Where the victim's own bias decided, the hog's protection ends at the default."""
    case = made(path="/a", adj=1000, rows=((7, 90000, -900, "hog"),))
    action = given(case, "protected_hog")["choom_default"]
    assert action.text == "pgrep -x -- hog | xargs -r -I{} choom -n 0 -p {}"


def test_small_or_essential_processes_stay_protected() -> None:
    """Nobody is told to give up sshd, or a process that had less than the victim."""
    small = made(path="/a", rows=((7, 9000, -900, "small"),))
    assert "choom_protected" not in given(small, "protected_hog")
    vital = given(made(path="/a", rows=((7, 90000, -1000, "sshd"),)), "protected_hog")
    assert "choom_protected" not in vital
    assert vital["essential_hog"].kind == "look"


def test_java_in_a_container() -> None:
    """A JVM's heap is bounded by the limit; others get no JVM advice."""
    found = given(made("java", f"/docker/{ID}"), "memcg_limit")
    assert found["jvm_heap"].text == "export JAVA_TOOL_OPTIONS=-XX:MaxRAMPercentage=75.0"
    assert found["jvm_heap"].values["heap_kb"] == GIB * 3 // 4
    assert found["jvm_native"].text == "docker exec 4f1d0c6b7f0e jcmd 1 VM.native_memory summary"
    assert not {"jvm_heap", "jvm_native"} & given(made("javac", f"/docker/{ID}"), "memcg_limit").keys()


def test_unlimited_container_gets_a_limit() -> None:
    """The size is the victim's alone, with the swap that Docker would give."""
    found = given(made(path=f"/docker/{ID}", scope="global"), "unlimited_container")
    sizes = "--memory 52m --memory-swap 104m"
    assert found["docker_set_limit"].text == f"docker update {sizes} 4f1d0c6b7f0e"
    assert found["run_with_limit"].text == f"docker run {sizes} IMAGE"
    assert given(made(path="/system.slice/a.service", scope="global"), "unlimited_container") == {}


def test_group_kill() -> None:
    """The group kill is switched off where it was switched on: in the unit, or by the kubelet."""
    assert given(made(path="/system.slice/a.service"), "oom_group")["unit_oom_policy"].text.endswith(
        "OOMPolicy=continue\n"
    )
    assert "k8s_single_kill" in given(made(path=f"/kubepods/pod{UID}/{ID}"), "oom_group")
    assert given(made(path="/plain"), "oom_group") == {}


def test_swap_limit_of_a_service(sample: Callable[[str], Case]) -> None:
    """A swap limit that was used up is raised; one that was not stays."""
    found = given(sample("v6.1-memcg-v2-service"), "swap_full")
    assert found["unit_swap_max"].text == "[Service]\nMemorySwapMax=12M\n"
    assert "unit_swap_max" not in given(made(path="/system.slice/a.service"), "swap_full")


def test_swap_is_allowed_where_the_machine_has_some() -> None:
    """Another report of the same boot must show swap; without it there is nothing to allow."""
    mem = Details(mem_info={"swap": {"total_swap_kb": GIB}})
    other = made(scope="global", details=mem).event
    path = "/system.slice/a.service"
    allowed = given(made(path=path, siblings=(other,)), "no_swap")["unit_allow_swap"]
    assert allowed.text == "[Service]\nMemorySwapMax=256M\n"
    assert "unit_allow_swap" not in given(made(path=path), "no_swap")


def test_hugepages() -> None:
    """Only pages nobody uses are given back, by the pool's own size."""
    pools = [
        {
            "node": 0,
            "hugepages_total": 100,
            "hugepages_free": 90,
            "hugepages_surp": 0,
            "hugepages_size_kb": 2048,
        }
    ]
    found = given(made(scope="global", details=Details(mem_info={"hugepages": pools})), "hugetlb_reserved")
    assert found["hugepages_shrink"].text == (
        "echo 10 > /sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages"
    )
    assert found["hugepages_file"].text == "vm.nr_hugepages = 10\n"
    assert found["hugepages_shrink"].values["free_kb"] == 90 * 2048
    pools[0]["hugepages_free"] = 0
    found = given(made(scope="global", details=Details(mem_info={"hugepages": pools})), "hugetlb_reserved")
    assert found.keys() == {"huge"}


def test_watermarks() -> None:
    """vm.min_free_kbytes is lowered only from well above what the kernel computes."""

    def case(min_kb: int) -> Case:
        zones = [{"node": 0, "zone": "Normal", "min_kb": min_kb, "managed_kb": 16 * GIB}]
        return made(scope="global", details=Details(mem_info={"zones": zones}))

    assert given(case(2 * GIB), "watermark_reserve")["min_free_kbytes"].text == "vm.min_free_kbytes = 22528\n"
    assert "min_free_kbytes" not in given(case(20000), "watermark_reserve")


def test_panic_is_switched_off_only_after_one() -> None:
    """A kill needs no change of vm.panic_on_oom."""
    found = given(made(scope="global", outcome="panic"), "panic_on_oom")
    assert found["panic_off"].text == "vm.panic_on_oom = 0\n"
    assert "panic_off" not in given(made(scope="global"), "panic_on_oom")


def test_strict_overcommit_only_where_the_others_fit() -> None:
    """Mode 2 is named when it would have refused the victim and nobody else."""

    def case(others: int, ram_pages: int = 18000) -> Case:
        swap = {"total_swap_kb": 0, "free_swap_kb": 0}
        totals = {"ram_pages": ram_pages, "reserved_pages": 0}
        mem = {"totals": totals, "swap": swap, "counters": {"shmem_pages": 0}}
        return made(scope="global", details=Details(mem_info=mem), rows=((7, others, 0, "other"),))

    action = given(case(2000), "system_exhausted")["strict_overcommit"]
    assert action.values["limit_kb"] == 36000 < 40000
    assert action.values["others_kb"] == 16000
    assert action.text == "vm.overcommit_memory = 2\nvm.overcommit_ratio = 50\n"
    assert "strict_overcommit" not in given(case(50000), "system_exhausted")
    assert "strict_overcommit" not in given(case(2000, 30000), "system_exhausted")


def test_userspace_killers_own_log() -> None:
    """Each killer's own messages are looked at, the kernel's not."""
    assert given(made(killer="earlyoom"), "userspace_killer")["killer_log"].text == "journalctl -u earlyoom"
    assert "oomctl" in given(made(killer="systemd-oomd"), "userspace_killer")
    assert given(made(), "userspace_killer") == {}


def test_nobody_is_compared_with_a_victim_that_is_not_there() -> None:
    """Without a victim a protected process is told only where it had much, and by its size alone."""
    for pages, expected in ((90000, {"choom_alone"}), (300, set())):
        case = made(outcome="no_killable", rows=((7, pages, -1000, "hog"), (8, 10000, -1000, "sshd")))
        case.event.kills = ()
        found = given(case, "no_killable")
        assert {id for id in found if "choom" in id or "hog" in id} - {"essential_hog_alone"} == expected


def test_no_value_is_computed_from_an_open_totalpages() -> None:
    """With a larger totalpages than the log shows, the least oom_score_adj would be another."""
    swap = {"usage_kb": 0, "limit_kb": UNLIMITED, "failcnt": 0}
    case = made(rows=((7, 90000, -900, "hog"),), swap=swap)
    assert case.choice.totalpages is not None
    assert not case.choice.totalpages.exact
    found = given(case, "protected_hog")
    assert "choom_protected" not in found
    assert "choom_default" in found


def test_an_engines_unit_is_not_to_blame_for_its_helpers() -> None:
    """containerd-shim sets its own oom_score_adj, which OOMScoreAdjust= of its engine does not change."""
    path = "/system.slice/containerd.service"
    assert "unit_adj" not in given(made("containerd-shim", path, scope="global", adj=1), "biased_victim")
    assert "unit_adj" in given(made("app", path, scope="global", adj=1), "biased_victim")


def test_no_limit_above_the_machine() -> None:
    """A container that had nearly all of the RAM gets no limit that the RAM cannot give."""
    for ram, expected in ((12000, False), (120000, True)):
        info = {"totals": {"ram_pages": ram, "reserved_pages": 0}}
        case = made(path=f"/docker/{ID}", scope="global", details=Details(mem_info=info))
        assert ("docker_set_limit" in given(case, "unlimited_container")) == expected


def test_both_limits_of_v1_are_raised() -> None:
    """v1 refuses a memory limit above the one for memory and swap together, so that comes first."""
    case = made(path="/batch/jobs")
    memcg = case.event.memcg
    assert memcg is not None
    both = {"usage_kb": GIB, "limit_kb": GIB, "failcnt": 0}
    case.event._details = replace(case.event.details, memcg=replace(memcg, swap=None, memory_swap=both))
    size = 1280 * 1024 * 1024
    folder = "/sys/fs/cgroup/memory/batch/jobs"
    assert given(case, "memcg_limit")["cgroup_limit"].text == (
        f"echo {size} > {folder}/memory.memsw.limit_in_bytes && echo {size} > {folder}/memory.limit_in_bytes"
    )


@pytest.mark.parametrize(("release", "file"), [("4.19.0", None), ("3.10.0", "memory.limit_in_bytes")])
def test_zeros_of_both_versions(release: str, file: str | None) -> None:
    """From 4.5 to 5.2 cgroup v2 printed v1's counters as zeros: where the files are is not told then."""
    case = made(path="/batch/jobs")
    memcg = case.event.memcg
    assert memcg is not None
    zeros = {"usage_kb": 0, "limit_kb": UNLIMITED, "failcnt": 0}
    case.event._details = replace(
        case.event.details, memcg=replace(memcg, swap=None, memory_swap=zeros), kernel_release=release
    )
    found = given(case, "memcg_limit")
    assert ("cgroup_limit" in found) == (file is not None)
    if file is not None:
        assert found["cgroup_limit"].text.endswith(file)
