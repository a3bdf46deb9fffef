"""What stands in a journal arrives as it is: events, times, hosts, boots, and every byte of a name."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from journal_files import HEADER, KILL, MISSING, START_US, SUMMARY, Machine, write_journal

import oomlog
from oomlog import JournalQuery, OomEvent
from oomlog.lines.anchors import FOLLOWERS, NEEDLES
from oomlog.report.json import event_dict

pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"needs {', '.join(MISSING)}")

ROOT = Path(__file__).parent.parent.parent


def read(path: Path, **options: object) -> list[OomEvent]:
    return list(oomlog.parse(path, **options))  # type: ignore[arg-type]


def test_an_event_knows_its_boot_host_and_exact_times(tmp_path: Path) -> None:
    """The time has a zone and microseconds, the uptime is the kernel's; the line is the record's place."""
    machine = Machine()
    machine.chat(3)
    machine.kill(42)
    (event,) = read(write_journal(tmp_path / "a.journal", machine.records))
    assert event.time is not None
    assert round(event.time.timestamp() * 1e6) == START_US + 4000
    assert event.time.utcoffset() is not None
    assert (event.uptime_s, event.host, event.boot_id) == (1.0035, "web1", machine.boot)
    assert (event.source, event.first_line, event.last_line) == (str(tmp_path / "a.journal"), 4, 7)
    assert (event.trusted, event.complete, event.time_origin) == (True, True, "printed")
    (kill,) = event.kills
    assert (kill.pid, kill.line, kill.uptime_s) == (42, 6, 1.0055)
    assert kill.reaped is not None


@pytest.mark.parametrize(
    "name", ["v5.10-series.d", "v6.1-series.k", "v6.12-memcg-v2-kubernetes", "v6.12-series.d", "v7.2-sysrq"]
)
def test_a_sample_reads_the_same_from_a_journal(name: str, tmp_path: Path) -> None:
    """All sections of whole reports, as from the sample's text."""
    samples = sorted(ROOT.glob(f"samples/{name}*.log"))
    if not samples:
        pytest.skip(f"no sample is called {name}")
    log = samples[0].read_bytes()
    text = list(oomlog.parse(log))
    machine = Machine()
    from oomlog.lines.reader import expand

    for number, raw in enumerate(log.decode().splitlines(), 1):
        for line in expand(raw, number):
            machine.write(line.text)
    events = read(write_journal(tmp_path / "a.journal", machine.records))
    assert len(events) == len(text)
    for one, other in zip(events, text, strict=True):
        ours, theirs = event_dict(one), event_dict(other)
        for key in (
            "trigger",
            "memcg",
            "mem_info",
            "slab",
            "scope",
            "constraint",
            "kernel_release",
            "outcome",
        ):
            assert ours[key] == theirs[key]
        assert [(k.pid, k.comm, k.rss_kb) for k in one.kills] == [
            (k.pid, k.comm, k.rss_kb) for k in other.kills
        ]
        assert list(one.tasks or ()) == list(other.tasks or ())


@pytest.mark.parametrize(
    "comm",
    [
        "a\nb", "\nOut of memory:", "x) total-vm:9kB", "a\\x0ab", "tab\tesc\x1b[31m", "#012 #033",
        "=3D=\n=41",
        '{"log":"x"}', '{"MESSAGE":"x"', "a;b,c:d", " lead trail ", "\x01\x7f", "日本語", "#0", "'; --",
    ],
)  # fmt: skip
def test_every_name_is_exact(comm: str, tmp_path: Path) -> None:
    """Newlines, escapes of other loggers, transfer encodings, JSON: a name is what the kernel printed."""
    comm = comm[:15]
    machine = Machine()
    machine.kill(42, comm)
    events = read(write_journal(tmp_path / "a.journal", machine.records))
    assert [(kill.pid, kill.comm) for event in events for kill in event.kills] == [(42, comm)]
    assert events[0].complete


def test_bytes_that_are_no_utf8_are_shown(tmp_path: Path) -> None:
    """As everywhere, as \\xNN."""
    machine = Machine()
    machine.write(HEADER)
    machine.write(KILL.format(pid=7, comm="caf@").encode().replace(b"@", b"\xe9"))
    (event,) = read(write_journal(tmp_path / "a.journal", machine.records))
    assert [kill.comm for kill in event.kills] == ["caf\\xe9"]


def test_a_message_of_several_lines_is_one_record(tmp_path: Path) -> None:
    """Statistics of a cgroup may come as one record with newlines; its lines count as one."""
    machine = Machine()
    machine.write("mysqld invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0")
    machine.write("memory: usage 1024kB, limit 1024kB, failcnt 7")
    machine.write("Memory cgroup stats for /a:\nanon 4096\nfile 8192\nkernel_stack 0")
    machine.write(SUMMARY.format(pid=7, comm="x").replace("global_oom", "oom_memcg=/a"))
    machine.write("Memory cgroup out of memory: " + KILL.format(pid=7, comm="x").partition(": ")[2])
    (event,) = read(write_journal(tmp_path / "a.journal", machine.records))
    assert event.memcg is not None
    assert event.memcg.stats == {"anon_bytes": 4096, "file_bytes": 8192, "kernel_stack_bytes": 0}
    assert event.last_line == 5


def test_what_root_writes_to_the_kernels_log_changes_no_other_line(tmp_path: Path) -> None:
    """The statistics after it are the kernel's."""
    machine = Machine()
    machine.write("mysqld invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0")
    machine.write("still alive", SYSLOG_FACILITY="3", SYSLOG_IDENTIFIER="systemd")
    machine.write("memory: usage 1024kB, limit 2048kB, failcnt 7")
    machine.write(KILL.format(pid=7, comm="x"))
    (event,) = read(write_journal(tmp_path / "a.journal", machine.records))
    assert event.memcg is not None
    assert event.memcg.memory == {"usage_kb": 1024, "limit_kb": 2048, "failcnt": 7}


def test_a_host_name_cannot_break_the_record(tmp_path: Path) -> None:
    """It is a field like others, and may come from another machine."""
    machine = Machine(host="a;b,by:kernel\n{")
    machine.kill(42)
    (event,) = read(write_journal(tmp_path / "a.journal", machine.records))
    assert event.host == "a;b,by:kernel\n{"


def test_a_record_without_time_of_the_kernel_has_no_uptime(tmp_path: Path) -> None:
    """Missing stays missing."""
    machine = Machine()
    machine.write(HEADER, _SOURCE_MONOTONIC_TIMESTAMP=None)
    machine.write(KILL.format(pid=7, comm="x"), _SOURCE_MONOTONIC_TIMESTAMP=None)
    (event,) = read(write_journal(tmp_path / "a.journal", machine.records))
    assert event.uptime_s is None
    assert event.kills[0].uptime_s is None
    assert event.time is not None


@pytest.mark.parametrize("real_us", [5_000_000, 1 << 54])
def test_a_clock_that_is_wrong_is_no_obstacle(real_us: int, tmp_path: Path) -> None:
    """A machine without a battery starts in 1970."""
    machine = Machine(real_us=real_us)
    machine.kill(42)
    (event,) = read(write_journal(tmp_path / "a.journal", machine.records))
    assert event.time is not None
    assert event.time.timestamp() == pytest.approx(real_us / 1e6 + 0.001)
    assert event.uptime_s == 1.0005


def test_reports_among_many_records_are_found(tmp_path: Path) -> None:
    """Runs without interest are skipped; what is near their ends is not."""
    machine = Machine()
    pids = []
    for pid, gap in enumerate((0, 1, 509, 510, 511, 512, 513, 1024, 5), 100):
        machine.chat(gap)
        machine.kill(pid)
        pids.append(pid)
    events = read(write_journal(tmp_path / "a.journal", machine.records))
    assert [kill.pid for event in events for kill in event.kills] == pids
    assert [event.complete for event in events] == [True] * len(pids)
    lines = [event.first_line for event in events]
    assert lines[:3] == [1, 6, 519]


def test_words_are_in_everything_a_kill_is_found_by() -> None:
    """No line that the kernel's kills are found by is taken for one without interest."""
    from oomlog.sources.journal_records import WORDS

    samples = [
        sample["line"].encode()
        for section in ("invoked", "constraint", "kill", "reaper", "panic")
        for path in ROOT.glob(f"grammars/{section}*.toml")
        for variant in tomllib.loads(path.read_text())["variant"]
        for sample in variant["sample"]
    ]
    found = [line for line in samples if any(needle in line for needle in (*NEEDLES, *FOLLOWERS))]
    assert len(found) > 20
    assert [line for line in found if not any(word in line for word in WORDS)] == []


def test_since_and_until_are_sought(tmp_path: Path) -> None:
    """What is long before or after is not read at all."""
    machine = Machine()
    machine.kill(1)
    machine.chat(3000)
    machine.real_us += 3_600_000_000
    machine.kill(2)
    machine.real_us += 3_600_000_000
    machine.chat(3000)
    path = write_journal(tmp_path / "a.journal", machine.records)
    middle = START_US + 3_600_000_000
    events = oomlog.parse(path, journal=JournalQuery(since_us=middle, until_us=middle + 10_000_000))
    assert [kill.pid for event in events for kill in event.kills] == [2]
    assert events.stats.lines < 1500
