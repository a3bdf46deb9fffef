"""The way a log took from the kernel to the file changes nothing about its events."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import re
import tarfile
import tomllib
from datetime import UTC, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import oomlog_render as render
import pytest
import zstandard
from oomlog_facts import differences, facts, reduce_facts
from oomlog_render import TRANSPORTS, Record, Transport

import oomlog
from oomlog.model import OomEvent

SAMPLES = Path(__file__).parents[2] / "samples"
# Everything that occurs in the recordings, once per kernel where kernels print it differently.
CHOSEN = (
    "v5.10-global-adj", "v5.10-hostile-comm", "v5.10-memcg-no-killable", "v5.10-memcg-v1-docker-swap",
    "v6.1-cpuset", "v6.1-hostile-cgroup", "v6.1-sysrq", "v6.12-hostile-comm", "v6.12-memcg-v2-group",
    "v6.12-mempolicy", "v7.2-global", "v7.2-reaper", "v7.2-series",
)  # fmt: skip
ALL = sorted(path.name.removesuffix(".kmsg.log") for path in SAMPLES.glob("*.kmsg.log"))


CASES = [
    pytest.param(transport, sample, id=f"{transport.name}-{sample}")
    for transport in TRANSPORTS
    for sample in CHOSEN
]


@cache
def _records(sample: str) -> tuple[Record, ...]:
    return tuple(render.read_records((SAMPLES / f"{sample}.kmsg.log").read_bytes()))


@cache
def _expected(sample: str) -> tuple[tuple[float | None, dict[str, Any]], ...]:
    """Return (uptime, facts) of each event in the recording; names as the kernel stored them."""
    names = render.names_of(_records(sample))
    expected = []
    for event in oomlog.parse((SAMPLES / f"{sample}.kmsg.log").read_bytes()):
        record = facts(event)
        for row in record["tasks"] or ():
            row["comm"] = names[row["pid"]]
        expected.append((event.uptime_s, record))
    return tuple(expected)


@cache
def _parsed(transport: Transport, sample: str) -> list[OomEvent]:
    return list(oomlog.parse(transport.render(_records(sample)), year=2026, tz=UTC))


@pytest.mark.parametrize("sample", [name for name in ALL if (SAMPLES / f"{name}.dmesg.log").exists()])
def test_the_renderer_prints_what_dmesg_printed(sample):
    """The renderer is right: from the kernel's records it makes the bytes that dmesg made."""
    assert render.dmesg(_records(sample)) == (SAMPLES / f"{sample}.dmesg.log").read_bytes()


@pytest.mark.parametrize("sample", ["v6.12-hostile-comm", "v7.2-hostile-cgroup", "v7.2-global", "v6.1-sysrq"])
def test_the_renderer_prints_what_the_console_printed(sample):
    """The renderer is right: from the kernel's records it makes what came over the serial line."""
    assert (SAMPLES / f"{sample}.console.log").read_bytes().startswith(render.console(_records(sample)))


@pytest.mark.parametrize("sample", ALL)
def test_kills_are_those_the_guest_saw(sample):
    """The recording's kills are the processes that died by SIGKILL, in whichever order they ended."""
    truth = tomllib.loads((SAMPLES / "index.toml").read_text())["sample"]
    victims = next(each["victims"] for each in truth if each["name"] == sample)
    killed = [kill["pid"] for _, record in _expected(sample) for kill in record["kills"]]
    assert sorted(killed) == sorted(victims)


@pytest.mark.parametrize(("transport", "sample"), CASES)
def test_events_are_those_of_the_recording(transport, sample):
    """Each event has the same values as in /dev/kmsg, less the transport's stated losses."""
    got = [facts(event) for event in _parsed(transport, sample)]
    want = [reduce_facts(record, transport.losses) for _, record in _expected(sample)]
    if "wrapped" in transport.losses:
        got = [{key: record[key] for key in want[0]} for record in got]
    assert not list(differences(want, got))


@pytest.mark.parametrize(("transport", "sample"), CASES)
def test_prefix_says_when_and_where(transport, sample):
    """Host, boot, time since boot and wall time are what the logger printed, and absent where it did not."""
    expected = _expected(sample)
    events = _parsed(transport, sample)
    assert len(expected) == len(events)
    for (uptime, _), event in zip(expected, events, strict=True):
        assert event.uptime_s == (uptime if transport.uptime else None)
        assert event.host == (render.HOST if transport.host else None)
        assert event.boot_id == (render.BOOT_ID if transport.boot else None)
        if transport.wall is None:
            assert (event.time, event.time_origin) == (None, "absent")
            continue
        unit = 10 ** (6 - transport.wall)
        wall = render.BOOTED + timedelta(microseconds=round(uptime * 1_000_000))
        assert event.time == wall.replace(microsecond=wall.microsecond // unit * unit)
        assert event.time_origin == ("printed" if transport.year else "inferred")


@pytest.mark.parametrize(("transport", "sample"), CASES)
def test_a_whole_report_has_no_problems(transport, sample):
    """Nothing of a complete report is declared unreadable."""
    assert [problem for event in _parsed(transport, sample) for problem in event.problems] == []


# -- files ------------------------------------------------------------------------------------------

_PACKED = {
    "gz": lambda data: gzip.compress(data, mtime=0),
    "xz": lzma.compress,
    "bz2": bz2.compress,
    "zst": zstandard.compress,
    "utf16": lambda data: data.decode().encode("utf-16"),
    "utf16-be": lambda data: b"\xfe\xff" + data.decode().encode("utf-16-be"),
    "bom": lambda data: b"\xef\xbb\xbf" + data,
    "crlf": lambda data: data.replace(b"\n", b"\r\n"),
    "nul-padded": lambda data: data + b"\0" * 4096,
    "no-newline-at-end": lambda data: data.rstrip(b"\n"),
}


def _tar(data: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for name, content in (("etc/motd", b"hello\n"), ("var/log/dmesg", data)):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return out.getvalue()


@pytest.mark.parametrize("sample", ["v6.1-series", "v7.2-global"])
@pytest.mark.parametrize("packed", [*_PACKED, "tar"])
@pytest.mark.parametrize("as_path", [True, False], ids=["path", "bytes"])
def test_packing_changes_nothing(tmp_path, packed, sample, as_path):
    """A compressed, archived or re-encoded log holds the same events, from a path and as bytes."""
    data = render.dmesg(_records(sample))
    content = _tar(data) if packed == "tar" else _PACKED[packed](data)
    path = tmp_path / f"dmesg.{'tgz' if packed == 'tar' else packed}"
    path.write_bytes(content)
    events = [facts(event) for event in oomlog.parse(path if as_path else content)]
    assert not list(differences([record for _, record in _expected(sample)], events))


def test_rotated_files_are_read_as_one_history(tmp_path):
    """Two rotations given by name hold the events of both, each named with its file."""
    old, new = tmp_path / "kern.log.1", tmp_path / "kern.log"
    old.write_bytes(render.rfc3164(_records("v6.1-cpuset")))
    new.write_bytes(render.rfc3164(_records("v7.2-global")))
    events = list(oomlog.parse([old, new]))
    assert {Path(event.source).name for event in events} <= {"kern.log.1", "kern.log"}
    assert [facts(event) for event in events] == [
        record for sample in ("v6.1-cpuset", "v7.2-global") for _, record in _expected(sample)
    ]


def test_each_loss_is_used():
    """The list of what transports lose has no entry that no transport needs."""
    assert set(render.LOSSES) == {loss for transport in TRANSPORTS for loss in transport.losses}
    assert all(re.fullmatch(r"[a-z_]+", loss) for loss in render.LOSSES)
