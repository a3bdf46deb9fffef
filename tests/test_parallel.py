"""``--jobs 2`` prints what ``--jobs 1`` prints, byte by byte, wherever a log is cut.

Logs are cut into pieces of 16 MiB; here at the first header after some KiB, and then once a MiB at most,
because that is how much of a log is looked at for a header at a time.
"""

from __future__ import annotations

import io
import random
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from oomlog.cli.context import Context
from oomlog.cli.main import main
from oomlog.events import parallel

SAMPLES = Path(__file__).parent.parent / "samples"
SIZES = (24 << 10, 300 << 10)
NOISE = b"[ %5d.%06d] audit: type=1400 apparmor=DENIED operation=open name=/proc/%d/stat comm=node\n"

Log = Callable[[bytes], Path]


@pytest.fixture(params=SIZES, ids=lambda size: f"{size >> 10}KiB")
def piece(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Cut logs into pieces of this size."""
    monkeypatch.setattr(parallel, "PIECE", request.param)
    return int(request.param)


@pytest.fixture
def log(tmp_path: Path, piece: int) -> Log:
    """Write a log, and make sure that it is cut."""

    def write(data: bytes) -> Path:
        path = tmp_path / "kern.log"
        path.write_bytes(data)
        assert len(list(parallel._cuts(path, len(data)))) > 1 + len(data) // (2 << 20)
        return path

    return write


def printed(*args: str | Path) -> tuple[int, bytes, str]:
    out, err = io.BytesIO(), io.StringIO()
    now = datetime(2026, 1, 1, tzinfo=UTC)
    context = Context(stdin=None, stdout=out, stderr=err, environ={}, now=now)
    status = main(["parse", "--format", "ndjson", *map(str, args)], context)
    return status, out.getvalue(), err.getvalue()


def alike(*args: str | Path) -> bytes:
    """Return what is printed, by one process and by two."""
    one, two = printed("--jobs", "1", *args), printed("--jobs", "2", *args)
    lines, others = one[1].splitlines(), two[1].splitlines()
    for line, other in zip(lines, others, strict=False):
        assert line == other
    assert len(lines) == len(others)
    assert one == two
    return one[1]


def sample(name: str) -> bytes:
    return (SAMPLES / f"{name}.log").read_bytes()


def report(name: str) -> list[bytes]:
    """Return the lines of a sample's first report."""
    lines = sample(name).split(b"\n")
    start = next(i for i, line in enumerate(lines) if b" invoked oom-killer: " in line)
    end = next(i for i, line in enumerate(lines) if b"Killed process " in line)
    return lines[start : end + 1]


def noise(size: int, second: int = 5) -> bytes:
    count = size // len(NOISE % (0, 0, 0)) + 1
    return b"".join(NOISE % (second, i % 1_000_000, i) for i in range(count))


def at(second: float, lines: list[bytes]) -> list[bytes]:
    """Set the time of the lines to some microseconds after ``second``."""
    stamps: Iterator[float] = (second + i / 1e6 for i in range(len(lines)))
    return [
        re.sub(rb"^\[ *\d+\.\d+\]", b"[%12.6f]" % stamp, line)
        for line, stamp in zip(lines, stamps, strict=True)
    ]


@pytest.mark.parametrize("channel", ["dmesg", "kmsg", "console"])
def test_all_samples_in_one_log(log: Log, channel: str) -> None:
    """Reports of all kinds and kernels that follow each other are found alike."""
    path = log(b"\n".join(file.read_bytes() for file in sorted(SAMPLES.glob(f"*.{channel}.log")) * 3))
    assert alike(path).count(b"\n") > 30


@pytest.mark.parametrize("name", ["v5.10-storm.dmesg", "v6.12-storm.kmsg"])
def test_kills_without_header_after_a_cut(log: Log, name: str) -> None:
    """Kill lines whose header was held back, with noise and cuts between them, come once each."""
    storm = [line + b"\n" for line in sample(name).split(b"\n")]
    mixed = b"".join(line + (noise(3000) if b"Killed process" in line else b"") for line in storm)
    assert alike(log(mixed * 6)).count(b"\n") == 6 * 42


def test_reports_that_cross_cuts(log: Log) -> None:
    """A report far longer than a piece, full of other lines, is one event."""
    parts = []
    for second in range(10, 22):
        lines = at(second, report("v6.1-global.console"))
        parts += [line + b"\n" + noise(1500, second) for line in lines]
    out = alike(log(b"".join(parts)))
    assert out.count(b"\n") == 12
    assert out.count(b'"complete":true') == 12


def test_reports_interleaved_by_caller(log: Log) -> None:
    """Two reports whose lines alternate are kept apart by printk's caller id, also around a cut."""
    parts: list[bytes] = []
    for second in range(10, 60):
        one = at(second, report("v6.12-global.console"))
        two = at(second, report("v7.2-global.console"))
        for i in range(max(len(one), len(two))):
            for lines, caller in ((one, b"T%d" % second), (two, b"T%d" % (1000 + second))):
                if i < len(lines):
                    parts.append(lines[i].replace(b"] ", b"][%7s] " % caller, 1) + b"\n")
    path = log(b"".join(parts))
    out = alike(path)
    assert out.count(b"\n") == 100
    assert out.count(b'"complete":true') == 100
    assert alike("--since", "2020-01-01", path) == b""


def test_reapers_beyond_a_cut(log: Log) -> None:
    """The reaper's line is joined to its kill although a cut lies between them."""
    reaped = (
        b"[%12.6f] oom_reaper: reaped process 121 (python3), now anon-rss:0kB, file-rss:0kB, shmem-rss:4kB\n"
    )
    parts = []
    for second in range(10, 20):
        parts += [b"\n".join(at(second, report("v6.1-global.console"))), b"\n", noise(30_000, second)]
        parts += [
            b"\n".join(at(second + 0.5, report("v6.1-memcg-v2-group.dmesg"))),
            b"\n",
            noise(50_000, second),
        ]
        parts.append(reaped % (second + 0.9))
    out = alike(log(b"".join(parts)))
    assert out.count(b'"reaped":{') == 10


def test_any_mixture(log: Log) -> None:
    """Reports, pieces of reports, noise and broken lines in any order are read alike."""
    chance = random.Random(20)
    logs = [file.read_bytes().split(b"\n") for file in sorted(SAMPLES.glob("*.dmesg.log"))]
    parts: list[bytes] = []
    for second in range(250):
        lines = chance.choice(logs)
        start = chance.randrange(len(lines))
        stop = chance.randrange(start, len(lines))
        parts += at(second, lines[start:stop] if chance.random() < 0.7 else lines)
        if chance.random() < 0.3:
            parts.append(parts[-1][: len(parts[-1]) // 2])
        if chance.random() < 0.5:
            parts.append(noise(chance.randrange(9000), second).rstrip(b"\n"))
    alike(log(b"\n".join(parts)))


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (("--scope", "memcg"), True),
        (("--comm", "^job-"), True),
        (("--comm", "no such name"), False),
        (("--since", "2020-01-01"), False),
    ],
)
def test_filters_choose_alike(log: Log, wanted: tuple[str, str], found: bool) -> None:
    """The same events are left by a filter, and as many are told to have no time."""
    path = log(b"\n".join(file.read_bytes() for file in sorted(SAMPLES.glob("*.dmesg.log"))))
    assert bool(alike(*wanted, path)) == found


@pytest.mark.parametrize("line", range(5, 64, 14))
def test_a_report_that_a_rotation_cut(tmp_path: Path, piece: int, line: int) -> None:
    """Of a rotated log whose older file ends inside a report both ways of reading make the same."""
    lines = [each + b"\n" for each in report("v6.1-global.console")]
    before, after = noise(200_000, 1), noise(200_000, 9)
    (tmp_path / "kern.log.1").write_bytes(before + b"".join(lines[:line]))
    (tmp_path / "kern.log").write_bytes(b"".join(lines[line:]) + after)
    assert alike(tmp_path).count(b"\n") >= 1


def test_several_logs_and_missing_ones(log: Log, tmp_path: Path) -> None:
    """With several inputs each event has its source, and an input that is not there is told of."""
    path = log(b"\n".join(file.read_bytes() for file in sorted(SAMPLES.glob("*.console.log"))))
    other = SAMPLES / "v6.1-global.dmesg.log"
    out = alike(path, tmp_path / "missing.log", other)
    assert list(dict.fromkeys(re.findall(rb'"source":"(.*?)"', out))) == [bytes(path), bytes(other)]


def test_line_numbers_count_from_the_start_of_the_log(log: Log) -> None:
    """Numbers of lines are the log's own, not the piece's."""
    text = b"".join(
        noise(20_000, i) + b"\n".join(at(i, report("v6.12-global.dmesg"))) + b"\n" for i in range(10, 30)
    )
    numbers = [int(no) for no in re.findall(rb'"first_line":(\d+)', alike(log(text)))]
    headers = [i for i, line in enumerate(text.split(b"\n"), 1) if b" invoked oom-killer: " in line]
    assert numbers == headers
