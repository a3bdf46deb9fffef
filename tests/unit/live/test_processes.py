"""Processes are read as they are: hostile names, hidden values, and some that end meanwhile."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oomlog.live.files import pairs
from oomlog.live.processes import CAP_SYS_ADMIN, folder_of, read_process, read_processes, started_ticks


@pytest.mark.parametrize(
    "comm", [b"a) S 1 2", b"\nUid:\t0", b"x\n", b"", b"\x1b[2J", b"((", b"\xff\xfe", b"VmRSS: 9 kB"]
)
def test_a_name_cannot_forge_a_value(machine: Any, comm: bytes) -> None:
    """Whatever a process calls itself, its name and its numbers are what they are."""
    machine.process(7, comm, rss_kb=64, started=1234)
    process = read_process(7, machine.root)
    assert process is not None
    assert process.comm is not None
    assert process.comm.encode("utf-8", "surrogateescape") == comm
    assert (process.uid, process.rss_kb, process.started_ticks, process.state) == (1000, 64, 1234, "S")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(comm=st.binary(max_size=15).filter(lambda text: b"\0" not in text))
def test_any_name_is_kept(machine: Any, comm: bytes) -> None:
    """A name is any 15 bytes."""
    machine.process(7, comm, rss_kb=64)
    process = read_process(7, machine.root)
    assert process is not None
    assert process.comm == comm.decode("utf-8", "surrogateescape")
    assert process.rss_kb == 64


@given(st.text())
def test_pairs_take_any_text(text: str) -> None:
    """No text of a file raises."""
    assert all(isinstance(value, int) for value in pairs(text).values())


def test_process_that_ended_is_left_out(machine: Any) -> None:
    """A folder whose files are gone is no process any more."""
    machine.process(7)
    (machine.root / "proc/8").mkdir()
    assert [process.pid for process in read_processes(machine.root)] == [7]
    assert read_process(9, machine.root) is None


@pytest.mark.parametrize(
    ("file", "field"),
    [
        ("oom_score", "oom_score"),
        ("oom_score_adj", "oom_score_adj"),
        ("comm", "comm"),
        ("status", "rss_kb"),
        ("stat", "started_ticks"),
    ],
)
@pytest.mark.parametrize("damage", ["missing", "empty", "nonsense", "folder"])
def test_what_cannot_be_read_is_none(machine: Any, file: str, field: str, damage: str) -> None:
    """A value that cannot be read is None, never 0, and the others stay."""
    machine.process(7, rss_kb=64)
    path = machine.root / "proc/7" / file
    path.unlink()
    if damage == "folder":
        path.mkdir()
    elif damage != "missing":
        path.write_text("" if damage == "empty" else "?\n")
    process = read_process(7, machine.root)
    assert process is not None
    if file == "comm" and damage in ("empty", "nonsense"):
        assert process.comm in ("", "?")
    else:
        assert getattr(process, field) is None
    assert process.pid == 7


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_hidden_process_is_a_number(machine: Any) -> None:
    """With hidepid=1 a process is seen and nothing of it."""
    machine.process(7)
    (machine.root / "proc/7").chmod(0)
    process = read_process(7, machine.root)
    (machine.root / "proc/7").chmod(0o700)
    assert process is not None
    assert (process.comm, process.oom_score) == (None, None)


def test_kernel_threads_are_told_by_flag_or_line(machine: Any) -> None:
    """PF_KTHREAD in stat, or Kthread: in status where the kernel prints it."""
    machine.process(2, "kthreadd", rss_kb=None, flags=0x00200000)
    machine.process(3, "liar", rss_kb=8)
    status = machine.root / "proc/3/status"
    status.write_text(status.read_text() + "Kthread:\t0\n")
    found = {process.pid: process for process in read_processes(machine.root)}
    assert (found[2].kernel_thread, found[2].has_memory) == (True, False)
    assert (found[3].kernel_thread, found[3].has_memory) == (False, True)


def test_first_thread_may_have_ended(machine: Any) -> None:
    """The memory of a process whose first thread is a zombie is that of its other threads."""
    machine.process(7, rss_kb=None, state="Z", score=700)
    machine.write("proc/7/task/7/status", "Name:\tx\n")
    machine.write("proc/7/task/9/status", "Name:\tx\nVmRSS:\t128 kB\nVmPTE:\t4 kB\nVmSwap:\t0 kB\n")
    process = read_process(7, machine.root)
    assert process is not None
    assert (process.rss_kb, process.has_memory) == (128, True)


def test_cgroups_by_controller(machine: Any) -> None:
    """The memory controller of v1 decides where there is one, else v2."""
    machine.process(7, cgroup="9:name=systemd:/a\n4:cpu,memory:/m:x\n0::/u\n")
    machine.process(8, cgroup="0::/u\n")
    found = read_processes(machine.root)
    assert [process.memcg for process in found] == ["/m:x", "/u"]


def test_page_tables_of_older_kernels_are_two_lines(machine: Any) -> None:
    """VmPMD (4.0 to 4.14) is added."""
    machine.process(7, rss_kb=64, caps=1 << CAP_SYS_ADMIN)
    status = machine.root / "proc/7/status"
    status.write_text(status.read_text().replace("VmPTE:\t0 kB", "VmPTE:\t8 kB\nVmPMD:\t12 kB"))
    process = read_process(7, machine.root)
    assert process is not None
    assert (process.pgtables_kb, process.sys_admin) == (20, True)


@pytest.mark.skipif(not Path("/proc/self/oom_score").exists(), reason="needs /proc")
def test_a_folder_outlives_its_process() -> None:
    """Once opened, the folder of a process never shows another one."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        with folder_of(child.pid) as folder:
            started = started_ticks(folder)
            assert child.stdin is not None
            child.communicate(b"\n")
            assert started is not None
            assert started_ticks(folder) is None
        assert read_process(child.pid) is None
