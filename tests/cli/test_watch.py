"""``oomlog watch`` as a process: signals, SIGKILL at any moment, rotation, hooks, metrics, systemd."""

from __future__ import annotations

import contextlib
import json
import random
import threading
import time
from pathlib import Path

import pytest
from watched import BOOT, FAST, Journal, kill, pids, stop, wait_for, watching


def test_kills_are_told_as_they_happen(tmp_path: Path) -> None:
    """A watch begins at the end of the log, tells what comes, and goes on there after SIGTERM."""
    log, out = tmp_path / "kern.log", tmp_path / "out"
    log.write_text(kill(1))
    args = (str(log), *FAST, "-o", str(out), "--state", str(tmp_path / "state"))
    with watching(*args) as process:
        wait_for(tmp_path / "state", "offset")
        with log.open("a") as file:
            file.write(kill(2))
        wait_for(out, '"pid":2')
        assert stop(process) == (0, b"")
    with log.open("a") as file:
        file.write(kill(3) + kill(4)[:50])
    with watching(*args) as process:
        wait_for(out, '"pid":3')
        with log.open("a") as file:
            file.write(kill(4)[50:])
        wait_for(out, '"pid":4')
        assert stop(process) == (0, b"")
    assert pids(out.read_text()) == [2, 3, 4]


@pytest.mark.parametrize("to", ["-o", ">>"])
def test_sigkill_neither_loses_nor_repeats(tmp_path: Path, to: str) -> None:
    """A log grows and rotates while the watch is killed again and again: each kill is told once."""
    chance = random.Random(to)
    log, out, state = tmp_path / "kern.log", tmp_path / "out", tmp_path / "state"
    log.write_text("")
    args = [str(log), *FAST, "--state", str(state), "--from", "start"]
    if to == "-o":
        args += ["-o", str(out)]
    written = 0
    end = threading.Event()

    def write() -> None:
        nonlocal written
        file = log.open("a")
        while not end.is_set():
            for _ in range(chance.randrange(1, 4)):
                written += 1
                line = kill(written)
                cut = chance.randrange(len(line))
                file.write(line[:cut])
                file.flush()
                file.write(line[cut:] + f"[{written:12.6f}] eth0: link is up\n")
                file.flush()
            if chance.random() < 0.04 and state.exists():
                for number in range(30, 0, -1):
                    with contextlib.suppress(FileNotFoundError):
                        Path(f"{log}.{number}").rename(f"{log}.{number + 1}")
                log.rename(f"{log}.1")
                file.close()
                file = log.open("a")
            time.sleep(0.02)
        file.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(7):
            with out.open("ab") as output, watching(*args, stdout=output):
                time.sleep(0.25 + chance.random() * 0.7)
    finally:
        end.set()
        writer.join()
    with log.open("a") as file:
        file.write(kill(999_999))
    with out.open("ab") as output, watching(*args, stdout=output) as process:
        told = wait_for(out, '"pid":999999')
        status, err = stop(process)
    assert (status, err) == (0, b"")
    assert pids(told) == [*range(1, written + 1), 999_999]


def test_sigkill_while_the_ring_buffer_fills(tmp_path: Path) -> None:
    """Records of the kernel are told once; after a boot the ring buffer is read from its start."""
    chance = random.Random(5)
    ring, out, state = tmp_path / "kmsg", tmp_path / "out", tmp_path / "state"
    ring.touch()
    args = (f"--kmsg={ring}", *FAST, "-o", str(out), "--state", str(state), "--from", "start")
    written = 0
    for _ in range(4):
        with watching(*args):
            for _ in range(8):
                written += 1
                with ring.open("a") as file:
                    file.write(f"3,{written - 1},{written}000000,-;{kill(written)[15:]}")
                time.sleep(chance.random() * 0.15)
    with watching(*args) as process:
        wait_for(out, f'"pid":{written},')
        assert stop(process) == (0, b"")
    ring.write_text(f"3,0,5000000,-;{kill(999_999)[15:]}")
    state.write_text(state.read_text().replace(json.loads(state.read_text())["position"]["boot"], "earlier"))
    with watching(*args) as process:
        output = wait_for(out, '"pid":999999')
        assert stop(process) == (0, b"")
    assert pids(output) == [*range(1, written + 1), 999_999]


def test_sigkill_while_the_journal_grows(tmp_path: Path) -> None:
    """What journald stores while the watch is killed again and again is told once."""
    pytest.importorskip("systemd.journal")
    journal = Journal(tmp_path)
    out, state = tmp_path / "out", tmp_path / "state"
    args = (f"--journal={journal.folder}", *FAST, "-o", str(out), "--state", str(state), "--from", "start")
    chance = random.Random(3)
    written = 0
    for _ in range(4):
        with watching(*args):
            for _ in range(8):
                journal.add([kill(written + 1), "eth0: link is up\n", kill(written + 2)])
                written += 2
                time.sleep(chance.random() * 0.15)
    journal.add([kill(999_999)])
    with watching(*args) as process:
        output = wait_for(out, '"pid":999999')
        status, err = stop(process)
    assert (status, err) == (0, b"")
    assert pids(output) == [*range(1, written + 1), 999_999]
    first = json.loads(output.splitlines()[0])
    assert (first["boot_id"], first["host"], first["uptime_s"]) == (BOOT, "web1", 1.0)
    journal.close()


@pytest.mark.parametrize("before", [0, 1])
def test_first_run_begins_at_the_end_of_the_journal(tmp_path: Path, before: int) -> None:
    """What was in the journal before is not told, what comes is, and a message in bytes is read, too."""
    pytest.importorskip("systemd.journal")
    journal, out, state = Journal(tmp_path), tmp_path / "out", tmp_path / "state"
    journal.add([kill(1)] * before, transport="kernel")
    journal.add([kill(2)], transport="syslog")
    deadline = time.monotonic() + 10
    while not list(journal.folder.glob("*.journal")) and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(0.2)
    with watching(f"--journal={journal.folder}", *FAST, "-o", str(out), "--state", str(state)) as process:
        wait_for(state, "cursor")
        journal.add([kill(3, "\udcff"), kill(4)])
        told = wait_for(out, '"pid":4')
        assert stop(process) == (0, b"")
    journal.close()
    assert pids(told) == [3, 4]
    assert json.loads(told.splitlines()[0])["kills"][0]["comm"] == "\\xff"
