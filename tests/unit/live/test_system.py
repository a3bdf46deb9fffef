"""The machine in numbers and in sentences, old and new, full and empty."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from oomlog.errors import SourceError
from oomlog.live.system import read_system
from oomlog.report.system import readings, system_json

PSI = "some avg10=1.50 avg60=2.00 avg300=0.10 total=123\nfull avg10={} avg60=0.00 avg300=0.00 total=45\n"


def sentences(machine: Any, **options: Any) -> dict[str, tuple[str, str, bool]]:
    found = readings(read_system(machine.root, **options))
    return {each.what: (each.value, each.meaning, each.concern) for each in found}


def vm(machine: Any, **values: int) -> None:
    for name, value in values.items():
        machine.write(f"proc/sys/vm/{name}", f"{value}\n")


def test_old_kernel_says_less(machine: Any) -> None:
    """A kernel without PSI, cgroups, MemAvailable and counters has None and no zero."""
    machine.write("proc/meminfo", "MemTotal: 1000 kB\nMemFree: 10 kB\n")
    system = read_system(machine.root)
    assert (system.pressure, system.oom_kills, system.cgroups.version) == (None, None, None)
    assert (system.memory.mem_available_kb, system.zswap.enabled, system.hugetlb.pages_total) == (
        None,
        None,
        None,
    )
    found = sentences(machine)
    assert found["memory"][1] == "this kernel does not say how much is available"
    assert found["OOM kills"][0] == "-"
    assert "4.20" in found["memory pressure"][1]
    assert not any(concern for _, _, concern in found.values())


def test_nothing_to_read(tmp_path: Any) -> None:
    """Without meminfo there is nothing to say."""
    with pytest.raises(SourceError, match="meminfo: cannot be read"):
        read_system(tmp_path)


def test_little_memory_is_a_concern(machine: Any) -> None:
    """Less than a tenth available, swap full, work standing still."""
    machine.write(
        "proc/meminfo",
        "MemTotal: 1000000 kB\nMemAvailable: 50000 kB\nSwapTotal: 1000 kB\nSwapFree: 10 kB\n",
    )
    machine.write("proc/pressure/memory", PSI.format("35.00"))
    found = sentences(machine)
    assert found["memory available"][2]
    assert found["swap used"][1:] == ("nearly full: little more can leave RAM", True)
    assert found["memory pressure full"][2]
    assert found["memory pressure some"] == (
        "1.50 2.00 0.10 %", "of the last 10, 60 and 300 s at least one task waited for memory", False,
    )  # fmt: skip


def test_no_swap_is_told(machine: Any) -> None:
    """Without swap a shortage ends in a kill sooner."""
    assert sentences(machine)["swap"][0] == "none"


@pytest.mark.parametrize(("mode", "word"), [(0, "0 heuristic"), (1, "1 always"), (2, "2 strict"), (7, "7")])
def test_overcommit(machine: Any, mode: int, word: str) -> None:
    """Each mode has its sentence, and CommitLimit counts in mode 2 only."""
    vm(machine, overcommit_memory=mode, overcommit_ratio=50, overcommit_kbytes=0)
    meminfo = machine.root / "proc/meminfo"
    meminfo.write_text(meminfo.read_text() + "CommitLimit: 1000 kB\nCommitted_AS: 950 kB\n")
    found = sentences(machine)
    assert found["vm.overcommit_memory"][0] == word
    assert found["Committed_AS"][2] == (mode == 2)
    assert ("without effect" in found["vm.overcommit_ratio"][1]) == (mode != 2)


def test_settings(machine: Any) -> None:
    """A panic is a concern, the rest is told."""
    vm(
        machine, panic_on_oom=2, oom_kill_allocating_task=1, oom_dump_tasks=0, min_free_kbytes=819200,
        watermark_scale_factor=10, overcommit_kbytes=4096,
    )  # fmt: skip
    found = sentences(machine)
    assert found["vm.panic_on_oom"][1:] == ("the kernel panics on every OOM, even that of one cgroup", True)
    assert "whoever asks" in found["vm.oom_kill_allocating_task"][1]
    assert "hard to explain" in found["vm.oom_dump_tasks"][1]
    assert found["vm.min_free_kbytes"][0] == "800 MiB (10.0 %)"
    assert found["vm.watermark_scale_factor"][0] == "10 (0.10 %)"
    assert found["vm.overcommit_kbytes"][0] == "4.00 MiB"


def test_cgroups_near_their_limit(machine: Any) -> None:
    """Near groups have a line each with their cache, kills and what a kill takes along."""
    machine.group("", usage=0, limit="max")
    machine.group(
        "app", usage=950, limit="1000", events="oom 3\noom_kill 2\n", oom_group="1\n",
        stat="inactive_file 1048576\nactive_file 0\n",
    )  # fmt: skip
    machine.group("app/sub", usage=1900, limit="2000")
    machine.group("quiet", usage=1, limit="1000", events="oom 9\noom_kill 9\n")
    found = sentences(machine)
    assert found["cgroups"][:2] == ("3 limits (v2)", "2 near it, where the next kill may be")
    value, meaning, concern = found["cgroup /app"]
    assert value == "950 MiB of 1000 MiB (95 %)"
    assert "1.00 MiB of it is page cache" in meaning
    assert "2 killed in it so far" in meaning
    assert "takes the whole group" in meaning
    assert concern
    assert "/app above it has a tighter limit, 1000 MiB" in found["cgroup /app/sub"][1]
    assert found["cgroups with kills"][:2] == ("2", "have seen kills, most of them /quiet: 9")
    assert found["cgroups"][1] != sentences(machine, near=0.99)["cgroups"][1]


def test_v1_group_that_waits(machine: Any) -> None:
    """oom_kill_disable and a full memory+swap are told."""
    machine.old_group("", usage=10, limit=None)
    machine.old_group(
        "a", usage=10, limit=100,
        **{
            "memsw.usage_in_bytes": f"{99 << 20}\n", "memsw.limit_in_bytes": f"{100 << 20}\n",
            "oom_control": "oom_kill_disable 1\nunder_oom 0\n",
        },
    )  # fmt: skip
    value, meaning, _ = sentences(machine)["cgroup /a"]
    assert value == "99.0 MiB of 100 MiB (99 %)"
    assert meaning.startswith("memory and swap together; tasks will wait")


def test_compressed_memory_and_huge_pages(machine: Any) -> None:
    """zram, zswap and hugetlb are told where they are in use."""
    machine.write("sys/block/zram0/disksize", "1073741824\n")
    machine.write("sys/block/zram0/mm_stat", "104857600 20971520 26214400 0 26214400 0 0 0 0\n")
    machine.write("sys/block/zram1/disksize", "0\n")
    machine.write("proc/swaps", "Filename\tType\n/dev/zram0 partition 1048572 0 100\n")
    machine.write("sys/module/zswap/parameters/enabled", "Y\n")
    machine.write("sys/module/zswap/parameters/max_pool_percent", "20\n")
    meminfo = machine.root / "proc/meminfo"
    zswap = "Zswap: 1024 kB\nZswapped: 4096 kB\n"
    huge = "HugePages_Total: 3000\nHugePages_Free: 2500\nHugepagesize: 2048 kB\n"
    meminfo.write_text(meminfo.read_text() + zswap + huge)
    found = sentences(machine)
    assert found["zram0"][0] == "100 MiB in 25.0 MiB of RAM"
    assert "swap in RAM" in found["zram0"][1]
    assert "zram1" not in found
    assert found["zswap"][0] == "4.00 MiB in 1.00 MiB of RAM"
    assert found["hugetlb"][0] == "5.86 GiB"
    assert found["hugetlb"][2]


def test_container_says_what_it_cannot_see(machine: Any) -> None:
    """A container has the machine's memory and only its own processes."""
    machine.write(".dockerenv", "")
    found = sentences(machine)
    assert found["surroundings"][:2] == ("looks like a container", "/.dockerenv exists")
    assert "processes outside" in found["not seen"][1]


def test_json_has_numbers_and_sentences(machine: Any) -> None:
    """One object with a schema, None as null, and hostile names as text."""
    machine.group("a\x1b[2J", usage=99, limit="100")
    (machine.root / b"sys/fs/cgroup/b\xff".decode("utf-8", "surrogateescape")).mkdir()
    record = orjson.loads(system_json(read_system(machine.root), "2024-05-02T09:00:00+02:00"))
    assert record["schema"] == "oomlog.system/1"
    assert record["pressure"] is None
    assert record["cgroups"]["near"][0]["path"] == "/a\x1b[2J"
    assert {"what", "value", "meaning", "concern"} == record["derived"]["readings"][0].keys()
