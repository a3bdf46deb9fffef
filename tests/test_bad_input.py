"""Whatever a file holds, reading it ends well."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path

import pytest

import oomlog
from oomlog.errors import SourceError

SAMPLE = (Path(__file__).parents[1] / "samples" / "v6.12-global.dmesg.log").read_bytes()
KILLS = [(kill.pid, kill.comm, kill.anon_rss_kb) for event in oomlog.parse(SAMPLE) for kill in event.kills]
HEADER = b"x invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0"
KILL = (
    b"Out of memory: Killed process 7 (x) total-vm:1kB, anon-rss:2kB, file-rss:3kB, shmem-rss:0kB, "
    b"UID:0 pgtables:4kB oom_score_adj:0"
)


def kills(data: bytes, **options: object) -> list[tuple[int | None, str | None, int | None]]:
    """Return (pid, name, rss) of each kill."""
    return [(k.pid, k.comm, k.anon_rss_kb) for event in oomlog.parse(data, **options) for k in event.kills]


@pytest.mark.parametrize(
    "data",
    [b"", b"\n", b"\r\n", b"\0", b"\0" * 5000, b" ", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\x1f\x8b"],
)
def test_nothing_in_it(data, tmp_path):
    """An empty file, or one of padding, a mark or a broken magic number, holds no event."""
    path = tmp_path / "kern.log"
    path.write_bytes(data)
    errors: list[Exception] = []
    assert list(oomlog.parse(path, on_error=errors.append)) == []
    assert all(isinstance(error, SourceError) for error in errors)


def test_binary_garbage():
    """Half a megabyte of noise inside and after a log: the log's kills are found, no other."""
    noise = random.Random(0).randbytes(1 << 19)
    assert kills(SAMPLE + noise + b"\n" + SAMPLE + noise) == KILLS * 2


@pytest.mark.parametrize("count", [1, 100, 4096, 70_000])
def test_nul_bytes(count):
    """The hole a crash leaves in a file (NUL bytes) costs no event before or after it."""
    assert kills(SAMPLE + b"\0" * count + b"\n" + SAMPLE) == KILLS * 2
    assert kills(b"\0" * count + b"\n" + SAMPLE) == KILLS


def test_nul_bytes_before_a_line():
    """NUL bytes directly before a line, as after a power cut, do not hide the line."""
    lines = SAMPLE.splitlines(keepends=True)
    at = next(i for i, line in enumerate(lines) if b"invoked oom-killer" in line)
    (event,) = oomlog.parse(b"".join([*lines[:at], b"\0" * 300, *lines[at:]]))
    assert event.trigger.comm == "python3"
    assert event.complete


@pytest.mark.parametrize("filler", [b"a", b"x=y ", b"(", b"\xff", b" memory", b"total-vm:"])
def test_a_line_of_20_mb(filler):
    """A line too long to be one is passed over: no event from it, all events around it."""
    monster = filler * (20 * (1 << 20) // len(filler))
    assert kills(SAMPLE + monster + b"\n" + SAMPLE) == KILLS * 2


def test_a_report_after_a_long_line_is_found():
    """What follows a line over 1 MiB is read from its first byte on."""
    assert kills(b"a" * (3 << 20) + b" total-vm:1kB\n" + SAMPLE) == KILLS


def test_a_long_line_with_anchors_is_reported():
    """A line over 1 MiB that looks like ours is counted as a problem of the file."""
    events = oomlog.parse(b"a" * (3 << 20) + b" total-vm:1kB\n")
    assert list(events) == []
    assert [problem.line for _, problem in events.stats.problems] == [1]


def test_lines_of_1_mb_json():
    """Big JSON lines are read or passed over, and nothing around them is lost."""
    big = json.dumps({"log": "x" * (1 << 20), "stream": "stdout"}).encode() + b"\n"
    real = json.dumps({"log": KILL.decode() + "\n", "pad": "y" * 1000}).encode() + b"\n"
    assert kills(big * 3 + real + big) == [(7, "x", 2)]
    assert kills(big * 2 + SAMPLE + big) == KILLS


@pytest.mark.parametrize("depth", [100, 100_000])
def test_deeply_nested_json(depth):
    """Nesting deeper than any parser's stack is not followed."""
    data = b'{"a":' * depth + b'"' + KILL + b'"' + b"}" * depth + b"\n"
    assert kills(data + SAMPLE) == KILLS


@pytest.mark.parametrize("end", [b"\r\n", b"\r\r\n", b"\n\n"])
def test_line_ends(end):
    """CR LF, the doubled CR of some consoles and blank lines between change nothing."""
    assert kills(SAMPLE.replace(b"\n", end)) == KILLS


def test_a_lone_carriage_return():
    """A progress bar drawn on the same line as a kernel message does not hide the message."""
    data = b"[    1.000000] " + HEADER + b"\n  10%\r  20%\r[    1.500000] " + KILL + b"\n"
    assert kills(data) == [(7, "x", 2)]


def test_old_mac_line_ends_do_not_raise():
    """A file with CR alone is one line to us: nothing is found, nothing breaks."""
    assert len(kills(SAMPLE.replace(b"\n", b"\r"))) <= len(KILLS)


@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b"\xef\xbb\xbf\xef\xbb\xbf"])
def test_byte_order_marks(mark):
    """A mark before the first line is not part of it."""
    (event,) = oomlog.parse(mark + b"[    1.000000] " + HEADER + b"\n[    1.500000] " + KILL + b"\n")
    assert (event.trigger.comm, event.uptime_s) == ("x", 1.0)


@pytest.mark.parametrize("keep", [0.1, 0.5, 0.9, 0.999])
def test_a_truncated_archive_gives_what_it_holds(tmp_path, keep):
    """A compressed log that breaks off gives the events before the break, then the error."""
    packed = gzip.compress(SAMPLE * 50, mtime=0)
    path = tmp_path / "kern.log.gz"
    path.write_bytes(packed[: int(len(packed) * keep)])
    errors: list[Exception] = []
    found = list(oomlog.parse(path, on_error=errors.append))
    assert len(errors) == 1
    assert len(found) <= 50
    assert [(k.pid, k.comm, k.anon_rss_kb) for event in found[:-1] for k in event.kills] == KILLS * (
        len(found) - 1
    )
    with pytest.raises(SourceError):
        list(oomlog.parse(path))


@pytest.mark.parametrize(
    "number",
    ["99999999999999999999", "18446744073709551615", "9" * 400, "-1", "0", "00000000007"],
)
def test_odd_numbers(number):
    """Numbers no kernel prints are kept or left out, and the record is still valid JSON."""
    from oomlog.report.json import event_bytes

    line = (
        KILL.decode()
        .replace("anon-rss:2kB", f"anon-rss:{number}kB")
        .replace("process 7", f"process {number}")
    )
    for event in oomlog.parse(f"{HEADER.decode()}\n{line}\n"):
        assert json.loads(event_bytes(event))["outcome"] in ("killed", "unknown")


def test_a_file_that_is_not_there(tmp_path):
    """A missing file is an error with its path, raised or handed over."""
    with pytest.raises(SourceError, match=r"nowhere\.log"):
        list(oomlog.parse(tmp_path / "nowhere.log"))
    errors: list[Exception] = []
    assert list(oomlog.parse(tmp_path / "nowhere.log", on_error=errors.append)) == []
    assert len(errors) == 1
