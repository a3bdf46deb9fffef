"""Long logs through a watch, with kills in between: its memory stays as it is.  The slow tests of watch."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import watched as watch

RECORDS = 1_000_000
GROWTH_KB = 10 << 10


def rss_kb(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status[status.index("VmRSS:") + 6 :].split()[0])


def record(seq: int, text: str) -> str:
    return f"4,{seq},{seq * 10},-;{text}\n"


def killed(pid: int) -> str:
    return watch.kill(pid).split("] ", 1)[1].rstrip()


def test_a_million_records_of_the_ring_buffer(tmp_path: Path) -> None:
    """A million kernel records take less than a minute and no more memory than the first tenth."""
    fifo, out = tmp_path / "kmsg", tmp_path / "out"
    os.mkfifo(fifo)
    sizes: list[int] = []
    with watch.watching(
        f"--kmsg={fifo}", *watch.FAST, "--from", "start", "-o", str(out), "--state", str(tmp_path / "state")
    ) as process:
        kills = []
        with fifo.open("w") as file:
            for first in range(0, RECORDS, 10_000):
                lines = [record(seq, f"usb 1-1: device {seq} is here") for seq in range(first, first + 9_990)]
                file.write("".join(lines))
                for seq in range(first + 9_990, first + 10_000):
                    kills.append(seq)
                    file.write(record(seq, killed(seq)))
                file.flush()
                if first >= RECORDS // 10:
                    sizes.append(rss_kb(process.pid))
            watch.wait_for(out, f'"pid":{kills[-1]},')
            status, err = watch.stop(process)
    assert (status, err) == (0, b"")
    assert watch.pids(out.read_text()) == kills
    assert max(sizes) - sizes[0] < GROWTH_KB
    assert sizes[-1] - sizes[0] < GROWTH_KB


def test_tens_of_thousands_of_records_of_a_journal(tmp_path: Path) -> None:
    """A real journal is read to its end, and goes on growing, without more memory."""
    pytest.importorskip("systemd.journal")
    journal, out = watch.Journal(tmp_path), tmp_path / "out"
    kills = []
    for first in range(0, 30_000, 1_000):
        journal.add([f"usb 1-1: device {number} is here" for number in range(first, first + 999)])
        journal.add([watch.kill(first + 999)])
        kills.append(first + 999)
    journal.close()
    with watch.watching(
        f"--journal={journal.folder}", *watch.FAST, "--from", "start", "-o", str(out),
        "--state", str(tmp_path / "state"),
    ) as process:  # fmt: skip
        watch.wait_for(out, f'"pid":{kills[0]},')
        before = rss_kb(process.pid)
        watch.wait_for(out, f'"pid":{kills[-1]},')
        after = rss_kb(process.pid)
        status, err = watch.stop(process)
    assert (status, err) == (0, b"")
    assert watch.pids(out.read_text()) == kills
    # The files of a journal are mapped, and count as memory while they are in the cache.
    size_kb = sum(each.stat().st_size for each in journal.folder.iterdir()) >> 10
    assert after - before < GROWTH_KB + size_kb
