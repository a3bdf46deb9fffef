"""A kernel booted now: what it prints when it runs out of memory is what its guest saw happen.

Needs qemu, busybox, cpio, gcc and Debian's kernel package, which is fetched through apt once and kept in the
user's cache directory (see samples/README.md).
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import oomlog
from oomlog import OomEvent

ROOT = Path(__file__).parent.parent
SERIES, SCENARIO = "6.1", "global"
TOOLS = ("qemu-system-x86_64", "busybox", "cpio", "gcc")
# The hog waits for a reading before each step, and its steps are 512 KiB; see tests/test_truth.py.
RSS_TOLERANCE_KB = 1024

pytestmark = pytest.mark.qemu


def python(*args: str | Path, timeout: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *map(str, args)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=timeout, check=False)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Boot the kernel, let it run out of memory, and return the folder with its logs and its truth."""
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)} (tests/system-packages.sh installs them)")
    fetch = (
        "from samples.capture.kernels import default_cache, find_kernel; find_kernel({!r}, default_cache())"
    )
    try:
        done = python("-c", fetch.format(SERIES), timeout=300)
    except subprocess.TimeoutExpired:
        pytest.skip(f"no kernel {SERIES} to boot: the download takes too long")
    if done.returncode:
        pytest.skip(f"no kernel {SERIES} to boot: {done.stderr.strip().splitlines()[-1]}")
    out = tmp_path_factory.mktemp("live")
    done = python(
        "-m", "samples.capture", "--kernel", SERIES, "--scenario", SCENARIO, "--out", out, timeout=600
    )
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture(scope="module")
def truth(recorded: Path) -> dict[str, Any]:
    (path,) = recorded.glob("*.truth.json")
    found: dict[str, Any] = json.loads(path.read_text())
    return found


@pytest.fixture(scope="module")
def events(recorded: Path) -> dict[str, OomEvent]:
    """Return the one event of each channel."""
    found = {}
    for path in sorted(recorded.glob("*.log")):
        (event,) = oomlog.parse(path)
        found[path.suffixes[-2]] = event
    assert set(found) == {".console", ".dmesg", ".kmsg"}
    return found


def test_a_live_kill_is_what_the_guest_saw(events: dict[str, OomEvent], truth: dict[str, Any]) -> None:
    """The process that died is the one recorded, with the uid, name, adj and memory that /proc showed."""
    (victim,) = truth["victims"]
    (seen,) = [each for each in truth["readings"][0]["processes"] if each["pid"] == victim]
    for event in events.values():
        (kill,) = event.kills
        assert (event.outcome, event.scope, event.complete) == ("killed", "global", True)
        assert (victim, seen["comm"], seen["uid"]) == (kill.pid, kill.comm, kill.uid)
        assert seen["oom_score_adj"] == kill.oom_score_adj
        assert seen["VmSize_kb"] == kill.total_vm_kb
        assert kill.anon_rss_kb == pytest.approx(seen["RssAnon_kb"], abs=RSS_TOLERANCE_KB)
        assert truth["release"] == event.kernel_release


def test_a_live_report_is_understood_to_the_last_line(events: dict[str, OomEvent]) -> None:
    """No line of the report is left over."""
    for event in events.values():
        assert event.problems == ()
        for section in ("invoked", "context", "mem_info", "tasks", "constraint", "kill"):
            assert event.sections[section] == "present"


def test_a_live_task_table_lists_the_guest(events: dict[str, OomEvent], truth: dict[str, Any]) -> None:
    """The processes listed are those of /proc but process 1, with their uid and oom_score_adj."""
    seen = {
        each["pid"]: (each["uid"], each["oom_score_adj"], each["comm"])
        for each in truth["readings"][0]["processes"]
        if each["pid"] != 1
    }
    for event in events.values():
        assert event.tasks is not None
        assert seen == {row["pid"]: (row["uid"], row["oom_score_adj"], row["comm"]) for row in event.tasks}


def test_live_channels_agree(events: dict[str, OomEvent]) -> None:
    """Console, dmesg and /dev/kmsg give the same event."""
    kmsg = events[".kmsg"]
    for event in events.values():
        assert kmsg.trigger == event.trigger
        assert kmsg.mem_info == event.mem_info
        assert list(kmsg.tasks or ()) == list(event.tasks or ())
        assert [kill.rss_kb for kill in kmsg.kills] == [kill.rss_kb for kill in event.kills]
