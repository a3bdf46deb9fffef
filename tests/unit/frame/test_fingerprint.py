"""One event is one event in whichever log it is seen, and two are two."""

from __future__ import annotations

import doctest
import os
from collections import defaultdict
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import oomlog_render as render
import pytest
from oomlog_render import TRANSPORTS

import oomlog
from oomlog.frame import fingerprint as module
from oomlog.frame.event_ids import event_ids
from oomlog.frame.fingerprint import Seen, fingerprint, kill_key, same_moment

ROOT = Path(__file__).parents[3]
SAMPLES = sorted((ROOT / "samples").glob("*.log"))
CORPUS = sorted(Path(os.environ.get("OOMLOG_CORPUS", ROOT / "../shared/corpus")).glob("*.log"))
BOOT, OTHER_BOOT = "a" * 32, "b" * 32
NOON = datetime(2026, 8, 12, 12, 0, 0, tzinfo=UTC)
KILL = "Out of memory: Killed process 7 (a) total-vm:90kB, anon-rss:80kB, file-rss:0kB, shmem-rss:0kB\n"


def scenario(path: Path) -> str:
    return path.name.rsplit(".", 2)[0]


def ids(log: object, **options: object) -> list[str]:
    return list(event_ids(oomlog.parse(log, **options)))


def test_doctest():
    """The example in the docstring is true."""
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_each_event_of_a_recording_has_its_own_id(path):
    """No two events of a recording are taken for one, repeated reports without a kill included."""
    found = ids(path, include_untrusted=True)
    assert len(set(found)) == len(found)


def test_channels_of_a_recording_agree():
    """The console, dmesg and /dev/kmsg give the same ids."""
    by_scenario = defaultdict(dict)
    for path in SAMPLES:
        by_scenario[scenario(path)][path.name] = sorted(ids(path))
    several = [found for found in by_scenario.values() if len(found) > 1]
    assert len(several) > 50
    for found in several:
        assert len({tuple(each) for each in found.values()}) == 1, found


def test_all_recordings_in_one_run():
    """Read together, two channels of a recording give each event once, and recordings are never mixed up.

    Some recordings killed the same process id with the same sizes; the time since boot keeps them apart.
    """
    paths = [path for path in SAMPLES if path.name.endswith((".dmesg.log", ".kmsg.log"))]
    channels = defaultdict(set)
    alone = set()
    for path in paths:
        channels[path.suffixes[-2]].add(scenario(path))
    both = channels[".dmesg"] & channels[".kmsg"]
    names = defaultdict(set)
    events = [e for p in paths if scenario(p) in both for e in oomlog.parse(p)]
    for event, found in zip(events, event_ids(events), strict=True):
        names[found].add(scenario(Path(event.source)))
        alone.add((scenario(Path(event.source)), event.uptime_s))
    assert all(len(found) == 1 for found in names.values())
    assert len(names) == len(alone)
    assert len(names) * 2 == len(events)


@pytest.mark.parametrize("transport", TRANSPORTS, ids=lambda transport: transport.name)
@pytest.mark.parametrize(
    "sample", ["v6.12-hostile-comm", "v5.10-memcg-no-killable", "v7.2-series", "v6.12-memcg-v2-group"]
)
def test_transports_agree(transport, sample):
    """Whatever a logger put before the lines, or did to the names in them, the content is the same."""
    data = (ROOT / "samples" / f"{sample}.kmsg.log").read_bytes()
    want = [fingerprint(event) for event in oomlog.parse(data)]
    shown = transport.render(tuple(render.read_records(data)))
    got = [fingerprint(event) for event in oomlog.parse(shown, year=2026, tz=UTC)]
    if "wrapped" in transport.losses:
        assert [each for each in got if each in want]
        return
    assert got == want


def test_transports_are_one_event_each():
    """All transports of a recording, read one after the other, give each event once."""
    data = (ROOT / "samples" / "v7.2-series.kmsg.log").read_bytes()
    records = tuple(render.read_records(data))
    events = [e for t in TRANSPORTS for e in oomlog.parse(t.render(records), year=2026, tz=UTC)]
    timed = [e for e in events if e.uptime_s is not None or e.time is not None]
    assert len(set(event_ids(timed))) == len(list(oomlog.parse(data)))


@pytest.mark.skipif(not CORPUS, reason="the corpus of real logs is not here")
def test_events_of_real_logs_are_all_different():
    """No two of the events in the corpus share an id, within a log and across logs with times."""
    for path in CORPUS:
        found = ids(path, include_untrusted=True)
        assert len(set(found)) == len(found), path.name


def test_a_cut_report_keeps_its_content():
    """A report that lost its header, or all after its first kill, has the same fingerprint."""
    lines = (ROOT / "samples/v6.12-memcg-v2-group.dmesg.log").read_bytes().splitlines(keepends=True)
    whole = [fingerprint(event) for event in oomlog.parse(b"".join(lines))]
    assert [fingerprint(event) for event in oomlog.parse(b"".join(lines[60:]))] == whole
    assert [fingerprint(event) for event in oomlog.parse(b"".join(lines[:112]))] == whole


def test_a_group_kill_cut_in_the_middle():
    """Parts of a group kill in overlapping logs are one event, whichever is read first."""
    lines = (ROOT / "samples/v6.12-memcg-v2-group.dmesg.log").read_text().splitlines(keepends=True)
    kills = [at for at, line in enumerate(lines) if "Killed process" in line]
    begin, end = "".join(lines[: kills[1] + 1]), "".join(lines[kills[0] + 1 :])
    for parts in ((begin, end, "".join(lines)), ("".join(lines), end, begin)):
        events = [event for part in parts for event in oomlog.parse(part)]
        assert len(set(event_ids(events))) == 1


def test_every_number_that_names_a_kill_counts():
    """Another process id, size or killer is another content; a value cut off the line's end is not."""
    kill = oomlog.Kill(7, "a", 90, 80, 70, 60)
    changed = [
        oomlog.Kill(8, "a", 90, 80, 70),
        oomlog.Kill(7, "a", 91, 80, 70),
        oomlog.Kill(7, "a", 90, 81, 70),
    ]
    changed += [oomlog.Kill(7, "a", 90, 80, 71), oomlog.Kill(7, "a"), oomlog.Kill(7, "b")]
    keys = {kill_key("kernel", each) for each in (kill, *changed)} | {kill_key("earlyoom", kill)}
    assert len(keys) == len(changed) + 2
    assert kill_key("kernel", oomlog.Kill(7, "a\n", 90, 80, 70, None)) == kill_key("kernel", kill)


def at(uptime: float | None = None, seconds: float | None = None, **more: object) -> Seen:
    time = None if seconds is None else NOON + timedelta(seconds=seconds)
    return Seen(more.pop("boot", None), more.pop("host", None), uptime, time, **more)


def naive(seen: Seen, hours: float = 0) -> Seen:
    return seen._replace(time=(seen.time + timedelta(hours=hours)).replace(tzinfo=None))


SAME = [
    (at(5.000001), at(5.000001)),
    (at(5.0, 0, boot=BOOT, host="web1"), at(5.0)),
    (at(5.0, 0, host="web1"), at(5.0, 240, boot=BOOT, host="web1.example.com")),
    (at(None, 0, host="web1"), at(None, 40, boot=BOOT, host="WEB1")),
    (at(None, 0, host="web1"), naive(at(5.0, 3, host="web1"), hours=5.5)),
    (at(5.0, 0, boot=BOOT), at(5.4, 0.4, boot=BOOT, host="web1")),
    (at(None, 0), at(None, 0, inferred=True)._replace(time=NOON.replace(year=2024))),
    (at(None, 0), at(None, 1)._replace(time=NOON.astimezone(timezone(timedelta(hours=9))))),
    (at(864_000.0, 0, host="web1"), at(None, 120)),
    (at(5.0, 0, host="web1"), at(5.0, 60, host="web1")),
    (at(None, 0, host="web1"), at(None, 0.75, host="web1")),
]  # fmt: skip
DIFFERENT = [
    (at(5.0), at(5.001)),
    (at(5.0, boot=BOOT), at(5.0, boot=OTHER_BOOT)),
    (at(5.0, 0, host="web1"), at(5.0, 0, host="web2")),
    (at(5.0, 0, host="10.0.0.1"), at(5.0, 0, host="10.0.0.2")),
    (at(5.0, 0, host="web1"), at(5.0, 900, host="web1")),
    (at(None, 0, host="web1"), at(None, 3, host="web1")),
    (at(None, 0, host="web1"), at(None, 300, boot=BOOT, host="web1")),
    (at(5.0, 0, host="web1"), at(5.0, 3600, boot=BOOT, host="web1")),
    (at(None, 0, host="web1"), naive(at(5.0, 400, host="web1"), hours=1)),
    (at(5.0, 0), at(5.4, 0.4, boot=BOOT)._replace(time=None)),
    (at(None, 0), at(None, 86_400 * 3, inferred=True)),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), SAME)
def test_moments_of_one_event(one, other):
    """Loggers lag, shorten host names, count in other zones and leave things out."""
    assert same_moment(one, other) is True
    assert same_moment(other, one) is True


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_moments_of_two_events(one, other):
    """What both know and differs in tells two events apart."""
    assert same_moment(one, other) is False
    assert same_moment(other, one) is False


def test_nothing_to_compare():
    """A log with uptimes and a log with times alone say nothing about each other."""
    assert same_moment(at(5.0), at(None, 0, host="web1")) is None


def test_a_container_killed_alike_after_each_reboot():
    """The same process id and sizes at other times are other events, also half a minute later."""
    log = "".join(f"Mar  1 10:00:{second:02} web1 kernel: {KILL}" for second in (1, 31))
    assert len(set(ids(log, year=2026))) == 2
    assert len(set(ids("".join(f"[    {second}.500000] {KILL}" for second in (61, 62))))) == 2


def test_a_cut_line_is_the_kill_that_it_fits(tmp_path):
    """A line without its last sizes is a kill of another log, if both are at one time and nothing differs."""
    whole = f"Mar  1 10:00:01 web1 kernel: {KILL}"
    cut = whole[: whole.index("anon-rss")] + "\n"
    for other, same in (
        (whole, True),
        (whole.replace("10:00:01", "10:30:01"), False),
        (whole.replace("total-vm:90kB", "total-vm:91kB"), False),
        (whole.replace("web1", "web2"), False),
    ):
        (tmp_path / "a.log").write_text(cut)
        (tmp_path / "b.log").write_text(other)
        found = ids([tmp_path / "a.log", tmp_path / "b.log"], year=2026)
        assert (len(set(found)) == 1) is same, other


def test_many_lines_without_sizes_are_told_apart_in_time():
    """Kills of an old kernel are no cut lines of each other, and looking for that ends."""
    log = "".join(f"[{second}.000000] Out of memory: Killed process 7 (a)\n" for second in range(1, 400))
    assert len(set(ids(log))) == 399


def test_a_log_read_twice():
    """A log that was appended to itself has its events once."""
    log = f"Mar  1 10:00:01 web1 kernel: {KILL}" + "Mar  1 10:00:02 web1 sshd: hello\n" * 9
    assert len(set(ids(log + log, year=2026))) == 1


def test_content_without_numbers_needs_a_time():
    """systemd-oomd names only a cgroup: without anything else in common, two such lines are two events."""
    line = "systemd-oomd[600]: Killed /user.slice/app.scope due to memory pressure for /user.slice being "
    line += "60.00% > 50.00% for > 20s with reclaim activity\n"
    one, two = f"Mar  1 10:00:01 web1 {line}", f"Mar  1 11:00:01 web1 {line}"
    assert len(ids(one, year=2026)) == 1
    assert len(set(ids(one + two, year=2026))) == 2
