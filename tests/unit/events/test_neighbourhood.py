"""What else a log says near its events."""

from __future__ import annotations

import gzip

import pytest

import oomlog
from oomlog.events import neighbourhood
from oomlog.events.neighbourhood import Neighbourhood
from oomlog.events.parse import shared_matcher

KILL = (
    "Memory cgroup out of memory: Killed process 4242 (java) total-vm:2097152kB, anon-rss:1572864kB, "
    "file-rss:512kB, shmem-rss:0kB, UID:1000 pgtables:100kB oom_score_adj:0"
)
BESIDE = {
    "allocation": "kernel: swapper/0: page allocation failure: order:1, mode:0x20",
    "boot": "kernel: Linux version 6.1.0-13-amd64 (debian-kernel@lists.debian.org) (gcc-12) #1 SMP",
    "reboot": "kernel: reboot: Restarting system",
    "noticed": "systemd[1]: app.service: A process of this unit has been killed by the OOM killer.",
    "exited": "systemd[1]: app.service: Main process exited, code=killed, status=9/KILL",
    "failed": "systemd[1]: app.service: Failed with result 'oom-kill'.",
    "restart": "systemd[1]: app.service: Scheduled restart job, restart counter is at 1.",
    "started": "systemd[1]: Started app.service - The application.",
}
OTHERS = (
    "app[7]: app.service: Failed with result 'oom-kill'.",
    "app[7]: Linux version 6.1.0 (x) y",
    "systemd[1]: Started The application.",
    "kernel: usb 1-1: page allocation failure is what it says",
)


def line(text: str, second: int = 0) -> str:
    return f"2026-11-22T10:00:{second:02d}+01:00 db1 {text}\n"


def beside(log: str | bytes) -> Neighbourhood:
    found = Neighbourhood(shared_matcher())
    list(oomlog.parse(log, beside=found))
    return found


@pytest.mark.parametrize("kind", BESIDE)
def test_a_line_near_a_kill_is_found(kind: str) -> None:
    """Each kind is found before and after a kill, with its time, host and number."""
    log = line(BESIDE[kind], 1) + line(f"kernel: {KILL}", 2) + line(BESIDE[kind], 3)
    found = beside(log).found
    assert [(each.kind, each.line) for each in found] == [(kind, 1), (kind, 3)]
    assert [each.time.isoformat() for each in found if each.time] == [
        "2026-11-22T10:00:01+01:00",
        "2026-11-22T10:00:03+01:00",
    ]
    assert {each.host for each in found} == {"db1"}
    units = kind in ("noticed", "exited", "failed", "restart", "started")
    assert {each.unit for each in found} == ({"app.service"} if units else {None})


@pytest.mark.parametrize("text", OTHERS)
def test_what_others_write_is_not_believed(text: str) -> None:
    """The kernel's and systemd's words count only in lines of theirs, and whole."""
    assert beside(line(text) + line(f"kernel: {KILL}")).found == []


def test_each_pattern_has_its_example() -> None:
    """The example beside each of systemd's patterns is what it matches."""
    for _, pattern, example in neighbourhood._SYSTEMD:
        found = pattern.fullmatch(example)
        assert found is not None
        assert found["unit"] == "app.service"


def test_far_from_every_kill_nothing_is_looked_at() -> None:
    """A log without kills is not looked at, nor the part of one that is far from them."""
    filler = line("app[7]: nothing to see here, move along") * 70_000
    assert len(filler) > 4 << 20
    kill, restart = line(f"kernel: {KILL}"), line(BESIDE["restart"])
    assert beside(restart + filler * 2).found == []
    assert beside(restart + filler * 2 + kill).found == []
    numbers = [each.line for each in beside(filler * 2 + restart + kill + restart + filler * 2).found]
    assert numbers == [140_001, 140_003]


def test_lines_cut_by_blocks_are_whole(tmp_path) -> None:
    """However the log comes in blocks, the lines and their numbers are the same."""
    text = "".join(line(each, at) for at, each in enumerate([*BESIDE.values(), f"kernel: {KILL}"] * 3))
    expected = [(each.line, each.text) for each in beside(text).found]
    assert len(expected) == 3 * len(BESIDE)

    class Trickle:
        """A pipe that gives a few bytes at a time."""

        def __init__(self, data: bytes) -> None:
            self.data = data

        def read(self, _size: int = -1) -> bytes:
            taken, self.data = self.data[:37], self.data[37:]
            return taken

    found = Neighbourhood(shared_matcher())
    list(oomlog.parse(Trickle(text.encode()), beside=found))
    assert [(each.line, each.text) for each in found.found] == expected
    packed = tmp_path / "a.gz"
    packed.write_bytes(gzip.compress(text.encode()))
    found = Neighbourhood(shared_matcher())
    list(oomlog.parse(packed, beside=found))
    assert [(each.line, each.text) for each in found.found] == expected


def test_too_many_are_counted(monkeypatch) -> None:
    """Lines are looked at up to a number; what is beyond is counted, not lost in silence."""
    monkeypatch.setattr(neighbourhood, "_MOST", 10)
    found = beside(line(f"kernel: {KILL}") + line(BESIDE["restart"]) * 25)
    assert len(found.found) == 10
    assert found.left_out == 15


def test_the_events_are_the_same() -> None:
    """Looking beside changes nothing about the events."""
    text = line(BESIDE["noticed"]) + line(f"kernel: {KILL}") + line(BESIDE["failed"])
    plain = [(each.first_line, each.kills, each.notes) for each in oomlog.parse(text)]
    assert [
        (each.first_line, each.kills, each.notes)
        for each in oomlog.parse(text, beside=Neighbourhood(shared_matcher()))
    ] == plain


def test_hostile_lines_take_no_time() -> None:
    """Long lines of almost matching text are read in time that grows with their length only."""
    text = line("systemd[1]: " + "a" * 60_000 + ": Main process exited, code=") + line(f"kernel: {KILL}")
    assert beside(text * 20).found == []
