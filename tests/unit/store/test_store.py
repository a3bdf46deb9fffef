"""A store has each event once, says what the logs said, and gives it back."""

from __future__ import annotations

import itertools
import json
import random
import re
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import oomlog_render as render
import pandas
import pytest
from oomlog_render import TRANSPORTS

import oomlog
from oomlog import store
from oomlog.frame import tables
from oomlog.frame.columns import PLACE, columns_of
from oomlog.model import OomEvent
from oomlog.report.json import event_bytes
from oomlog.store import Adder, Bound, Store, Wanted
from oomlog.store.schema import PLACES

ROOT = Path(__file__).parents[3]
SAMPLES = ROOT / "samples"
DMESG = sorted(SAMPLES.glob("*.dmesg.log"))
GROUP = (SAMPLES / "v6.12-memcg-v2-group.dmesg.log").read_bytes()
KILL = "Out of memory: Killed process 7 (a) total-vm:90kB, anon-rss:80kB, file-rss:0kB, shmem-rss:0kB\n"


def add(db: Path, *logs: object, **options: object) -> store.Added:
    with Store(db, write=True) as opened:
        adder = Adder(opened, "test")
        for log in logs:
            name = ""
            for event in oomlog.parse(log, **options):
                adder.add(event)
                name = event.source
            adder.end(name or "none", 0)
        return adder.total


def of(*events: OomEvent) -> Sequence[dict[str, object]]:
    return [json.loads(event_bytes(event)) for event in events]


def pairs(db: Path) -> list[tuple[object, ...]]:
    with sqlite3.connect(db) as connection:
        rows = connection.execute("SELECT pid, comm, anon_rss_kb, host, time, uptime_s FROM kills").fetchall()
    connection.close()
    return sorted(rows, key=repr)


def same_values(left: pandas.DataFrame, right: pandas.DataFrame) -> None:
    order = ["source", "line"]
    left, right = (
        f.drop(columns=["event", "event_id"]).sort_values(order, ignore_index=True) for f in (left, right)
    )
    pandas.testing.assert_frame_equal(left, right)


def test_kills_are_the_tables_of_frame(tmp_path):
    """Every column and dtype is that of ``oomlog.frame``, and so is every value."""
    add(tmp_path / "k.sqlite", *DMESG)
    got = store.kills(tmp_path / "k.sqlite")
    want = tables.kills(event for path in DMESG for event in oomlog.parse(path))
    assert list(got.columns) == [column.name for column in columns_of("kills")]
    same_values(got, want)
    assert got.event_id.nunique() == want.event_id.nunique()


def test_an_empty_answer_has_all_columns(tmp_path):
    """Nothing found is a table with the right dtypes."""
    add(tmp_path / "k.sqlite", GROUP)
    got = store.kills(tmp_path / "k.sqlite", Wanted(host="nowhere"))
    assert len(got) == 0
    assert got.dtypes.equals(tables.kills([]).dtypes)


def test_a_store_without_events(tmp_path):
    """A log without a kill makes a store that has none."""
    assert add(tmp_path / "k.sqlite", b"nothing\n") == store.Added()
    assert len(store.kills(tmp_path / "k.sqlite")) == 0
    assert list(store.oom_events(tmp_path / "k.sqlite")) == []


def test_columns_can_be_chosen(tmp_path):
    """Fewer columns are the same columns."""
    add(tmp_path / "k.sqlite", GROUP)
    whole = store.kills(tmp_path / "k.sqlite")
    names = ["comm", "rss_kb", "event_id", "unit", "time"]
    pandas.testing.assert_frame_equal(store.kills(tmp_path / "k.sqlite", columns=names), whole[names])
    with pytest.raises(KeyError):
        store.kills(tmp_path / "k.sqlite", columns=["nonsense"])


def test_the_place_columns_are_those_of_frame():
    """The schema, which may not change, has the columns that frame fills."""
    assert tuple(column.name for column in PLACE) == PLACES


def test_events_come_back_as_they_were(tmp_path):
    """A stored event has every value it had, in whatever its log was written."""
    add(tmp_path / "k.sqlite", *DMESG)
    want = [event for path in DMESG for event in oomlog.parse(path)]
    got = list(store.oom_events(tmp_path / "k.sqlite"))
    assert of(*got) == of(*want)


def test_chosen_events_come_back(tmp_path):
    """Ids, or how they begin, choose events."""
    add(tmp_path / "k.sqlite", GROUP, SAMPLES / "v7.2-series.dmesg.log")
    ids = store.kills(tmp_path / "k.sqlite").event_id.unique().tolist()
    for each in ids:
        for word in (each, each[:7]):
            [event] = store.oom_events(tmp_path / "k.sqlite", [word])
            assert event.kills
    assert list(store.oom_events(tmp_path / "k.sqlite", [])) == []
    assert list(store.oom_events(tmp_path / "k.sqlite", ["zz", "%", "' OR 1", ""])) == []


def test_hostile_names_come_back(tmp_path):
    """Names with quotes, escapes and broken UTF-8 are stored as text and come back exactly."""
    log = SAMPLES / "v6.12-hostile-comm.kmsg.log"
    add(tmp_path / "k.sqlite", log)
    assert of(*store.oom_events(tmp_path / "k.sqlite")) == of(*oomlog.parse(log))


def test_a_file_name_that_is_no_utf8(tmp_path):
    """A byte that is no text is spelled in the table and exact in the event."""
    log = tmp_path / "k\udcff'; DROP TABLE kill; --.log"
    log.write_text(KILL)
    add(tmp_path / "k.sqlite", log)
    [event] = store.oom_events(tmp_path / "k.sqlite")
    assert event.source == str(log)
    assert store.kills(tmp_path / "k.sqlite").source.tolist() == [str(log).replace("\udcff", "\\udcff")]


def test_numbers_beyond_64_bits_are_missing(tmp_path):
    """What no kernel prints is NA."""
    add(tmp_path / "k.sqlite", KILL.replace("total-vm:90kB", f"total-vm:{10**30}kB"))
    assert store.kills(tmp_path / "k.sqlite").total_vm_kb.isna().all()


@pytest.mark.parametrize("other", ["kmsg", "console"])
def test_another_channel_adds_nothing(tmp_path, other):
    """What dmesg showed and /dev/kmsg or the console shows again is known."""
    pairs_ = [(path, Path(str(path).replace(".dmesg.", f".{other}."))) for path in DMESG]
    both = [pair for pair in pairs_ if pair[1].exists()]
    assert both
    first = add(tmp_path / "k.sqlite", *(one for one, _ in both))
    again = add(tmp_path / "k.sqlite", *(two for _, two in both))
    assert first.new_events == first.events
    assert (again.new_events, again.new_kills) == (0, 0)


def test_recordings_are_not_mixed_up(tmp_path):
    """All recordings together are as many kills as they are one by one, though some killed alike."""
    assert add(tmp_path / "k.sqlite", *DMESG).new_kills == sum(
        len(event.kills) for path in DMESG for event in oomlog.parse(path)
    )


def test_every_transport_is_one_event(tmp_path):
    """The same kills through every logger, in any order, are stored once, with all that each one knew."""
    records = tuple(render.read_records((SAMPLES / "v7.2-series.kmsg.log").read_bytes()))
    logs = [t.render(records) for t in TRANSPORTS if (t.uptime or t.wall is not None) and not t.losses]
    want = list(oomlog.parse((SAMPLES / "v7.2-series.kmsg.log").read_bytes()))
    chance = random.Random(1)
    for attempt in range(4):
        chance.shuffle(logs)
        db = tmp_path / f"{attempt}.sqlite"
        total = add(db, *logs, year=2026, tz=UTC)
        assert (total.new_events, total.new_kills) == (len(want), sum(len(event.kills) for event in want))
        got = store.kills(db)
        assert got.host.eq(render.HOST).all()
        assert got.boot_id.eq(render.BOOT_ID).all()
        assert got.uptime_s.notna().all()
        assert got.time.notna().all()


def test_what_another_log_knew_is_filled_in(tmp_path):
    """dmesg has no host and no time; the journal that comes later has both."""
    line = f"[    5.500000] {KILL}"
    add(tmp_path / "k.sqlite", line)
    total = add(tmp_path / "k.sqlite", f"2026-03-01T10:00:00.000000+01:00 web1 kernel: {line}")
    assert (total.new_events, total.new_kills) == (0, 0)
    [row] = store.kills(tmp_path / "k.sqlite").itertuples()
    assert (row.host, row.uptime_s, row.utc_offset_s) == ("web1", 5.5, 3600)
    assert row.time == pandas.Timestamp("2026-03-01T09:00:00Z")


def test_reboots_are_told_apart(tmp_path):
    """Kills alike at other times, after other boots or on other hosts are other kills."""
    lines = [f"Mar  1 10:{minute:02}:00 web1 kernel: {KILL}" for minute in range(0, 40, 5)]
    lines += [f"Mar  1 10:00:00 web2 kernel: {KILL}", f"Mar  1 10:00:00 web1 kernel: [    9.000000] {KILL}"]
    assert add(tmp_path / "a.sqlite", *lines[:-1], year=2026).new_kills == len(lines) - 1
    # The last may be the first one seen by another logger: nothing contradicts it.
    assert add(tmp_path / "a.sqlite", lines[-1], year=2026).new_kills == 0
    ids = store.kills(tmp_path / "a.sqlite").event_id.tolist()
    assert [each.partition("-")[2] for each in ids] == ["", *map(str, range(2, len(lines)))]
    ups = [f"[  {second}.500000] {KILL}" for second in range(100, 110)]
    assert add(tmp_path / "b.sqlite", "".join(ups)).new_kills == len(ups)


def test_parts_of_a_group_kill(tmp_path):
    """Wherever a report is cut in two, its parts and the whole are one event in every order."""
    lines = GROUP.splitlines(keepends=True)
    [whole] = oomlog.parse(GROUP)
    for at in (14, 20, 60, 100, 110, 111, 112, 113, 114):
        parts = [b"".join(lines[:at]), b"".join(lines[at:]), GROUP]
        for number, order in enumerate(itertools.permutations(parts)):
            db = tmp_path / f"{at}-{number}.sqlite"
            add(db, *order)
            [event] = store.oom_events(db)
            assert of(event)[0]["kills"] == of(whole)[0]["kills"], (at, number)
            assert event.complete
            assert len(store.kills(db)) == 3


def test_halves_of_a_group_kill(tmp_path):
    """Two logs that meet inside a group's kills have its first victim once, though both name it."""
    lines = GROUP.splitlines(keepends=True)
    for at in (112, 113, 114, 115):
        halves = [b"".join(lines[:at]), b"".join(lines[at:])]
        for number, order in enumerate((halves, halves[::-1])):
            db = tmp_path / f"{at}-{number}.sqlite"
            assert add(db, *order).new_kills == 3
            assert add(db, *order).new_kills == 0
            assert store.kills(db)[["comm", "limit_kb"]].drop_duplicates().to_numpy().tolist() == [
                ["leader", 24576],
                ["worker", 24576],
            ]
            assert store.kills(db)["event"].nunique() == 1


def test_any_cut_of_a_log(tmp_path):
    """A log cut into overlapping pieces at any lines gives the kills of the whole log."""
    lines = (SAMPLES / "v7.2-series.dmesg.log").read_bytes().splitlines(keepends=True)
    whole = add(tmp_path / "whole.sqlite", b"".join(lines))
    chance = random.Random(2)
    for attempt in range(12):
        cuts = sorted(chance.sample(range(len(lines)), 3))
        pieces = [b"".join(lines[a:b]) for a, b in itertools.pairwise([0, *cuts, len(lines)])]
        pieces.append(b"".join(lines[cuts[0] :]))
        pieces.append(b"".join(lines))
        chance.shuffle(pieces)
        db = tmp_path / f"{attempt}.sqlite"
        add(db, *pieces)
        assert pairs(db) == pairs(tmp_path / "whole.sqlite"), cuts
        with Store(db) as opened:
            assert store.counted(opened, Wanted()).events == whole.new_events


def test_a_line_that_was_being_written(tmp_path):
    """A log read while its last line is half written, and read again later, has its kill once."""
    line = f"Mar  1 10:00:00 web1 kernel: [    5.500000] {KILL}"
    for cut in range(line.index("total"), len(line)):
        db = tmp_path / f"{cut}.sqlite"
        add(db, line[:cut].encode(), line.encode(), year=2026)
        assert len(store.kills(db)) == 1, line[:cut]
        assert store.kills(db).anon_rss_kb.tolist() == [80]


def test_headers_without_an_end(tmp_path):
    """Two headers in one second are two, as nothing says that they are one."""
    header = "web1 kernel: a invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0\n"
    log = f"Mar  1 10:00:00 {header}" * 2
    assert (
        add(tmp_path / "k.sqlite", log, year=2026).new_events == len(list(oomlog.parse(log, year=2026))) == 2
    )


def test_kills_without_a_time_or_a_size(tmp_path):
    """What has neither is two events in one log, and known when a log is added again."""
    line = "Out of memory: Kill process %d (job) score 9 or sacrifice child\nKilled process %d (job)\n"
    log = "".join(line % (pid, pid) for pid in (7, 8)).encode()
    for _ in range(2):
        first = add(tmp_path / "k.sqlite", log)
    assert (first.events, first.new_events) == (2, 0)


def test_untrusted_events_stay_apart(tmp_path):
    """A forged kill is stored only when it is read, is marked, and never becomes part of a real one."""
    real = f"Mar  1 10:00:00 web1 kernel: {KILL}"
    forged = f"Mar  1 10:00:00 web1 evil[99]: {KILL}"
    add(tmp_path / "k.sqlite", real + forged, year=2026)
    assert len(store.kills(tmp_path / "k.sqlite", Wanted(untrusted=True))) == 1
    add(tmp_path / "k.sqlite", real + forged, year=2026, include_untrusted=True)
    assert len(store.kills(tmp_path / "k.sqlite")) == 1
    both = store.kills(tmp_path / "k.sqlite", Wanted(untrusted=True))
    assert both.trusted.tolist() == [pandas.NA, False]
    assert [event.trusted for event in store.oom_events(tmp_path / "k.sqlite")] == [None]


def test_killers_in_user_space(tmp_path):
    """Kills by systemd-oomd and earlyoom are stored under their names."""
    log = SAMPLES.parent / "tests/cli/logs"
    logs = [path for path in sorted(log.iterdir()) if any(e.killer != "kernel" for e in _tried(path))]
    assert logs
    add(tmp_path / "k.sqlite", *logs)
    want = [e.killer for path in logs for e in oomlog.parse(path)]
    assert sorted(e.killer for e in store.oom_events(tmp_path / "k.sqlite")) == sorted(want)


def _tried(path: Path) -> Iterable[OomEvent]:
    try:
        return list(oomlog.parse(path))
    except oomlog.SourceError:
        return []


def test_filters(tmp_path):
    """Time, host, name and scope choose whole events; a time without a zone is the log's own."""
    db = tmp_path / "k.sqlite"
    start = datetime(2026, 3, 1, 10, tzinfo=UTC)
    logs = []
    for number, host in enumerate(["web1", "web2", "web1"]):
        when = (start + timedelta(hours=number)).isoformat()
        logs.append(
            f"{when} {host} kernel: {KILL.replace('process 7 (a)', f'process {number} (job{number})')}"
        )
    logs.append(f"Mar  1 11:00:00 web3 kernel: {KILL}")
    add(db, *logs, year=2026)

    def comms(**wanted: object) -> list[str]:
        return store.kills(db, Wanted(**wanted)).comm.tolist()

    eleven = Bound(None, start + timedelta(hours=1))
    assert comms(since=eleven) == ["job1", "job2"]
    assert comms(until=eleven) == ["job0", "job1"]
    assert comms(until=Bound(datetime(2026, 3, 1, 11), None)) == ["job0", "job1", "a"]
    assert comms(host="web1") == ["job0", "job2"]
    assert comms(comm=re.compile("b[12]$")) == ["job1", "job2"]
    assert comms(scope="memcg") == []
    assert comms(host="web1' OR 1=1 --") == []


def test_views_for_sqlite3(tmp_path):
    """The views have the columns of ``oomlog.frame`` and the same values, times as ISO text and epoch."""
    add(
        tmp_path / "k.sqlite",
        f"2026-03-01T10:00:00.250000+01:00 web1 kernel: {GROUP.decode().splitlines()[111]}\n",
    )
    connection = sqlite3.connect(tmp_path / "k.sqlite")
    connection.row_factory = sqlite3.Row
    [row] = connection.execute("SELECT * FROM kills").fetchall()
    [event] = connection.execute("SELECT * FROM events").fetchall()
    connection.close()
    assert set(row.keys()) == {column.name for column in columns_of("kills")} | {"time_s"}
    assert (row["time"], row["local_time"]) == ("2026-03-01T09:00:00.250000Z", "2026-03-01T10:00:00.250000")
    assert row["time_s"] == datetime(2026, 3, 1, 9, 0, 0, 250000, tzinfo=UTC).timestamp()
    frame = store.kills(tmp_path / "k.sqlite")
    for name in ("event_id", "pid", "comm", "rss_kb", "host", "scope", "uptime_s"):
        assert row[name] == frame[name][0], name
    assert event["event_id"] == row["event_id"]
    assert event["kills"] == 1


def test_views_agree_with_the_table(tmp_path):
    """On every recording, each column of the view that is no time has the values of the table."""
    add(tmp_path / "k.sqlite", *DMESG)
    connection = sqlite3.connect(tmp_path / "k.sqlite")
    view = pandas.read_sql("SELECT * FROM kills ORDER BY event, kill", connection)
    connection.close()
    frame = store.kills(tmp_path / "k.sqlite")
    for name in frame.columns:
        if name in ("time", "local_time"):
            continue
        got = [None if pandas.isna(value) else value for value in view[name]]
        want = [None if pandas.isna(value) else value for value in frame[name]]
        assert got == want, name


def test_prune(tmp_path):
    """Events go with their kills and reports, and the rest stays."""
    db = tmp_path / "k.sqlite"
    add(db, GROUP, SAMPLES / "v7.2-series.dmesg.log")
    with Store(db, write=True) as opened:
        chosen = Wanted(comm=re.compile("leader"))
        assert store.counted(opened, chosen) == store.prune(opened, chosen) == (2, 5)
        left = opened.connection.execute("SELECT count(*) FROM kill").fetchone()[0]
        reports = opened.connection.execute("SELECT count(*) FROM report").fetchone()[0]
    assert (left, reports) == (2, 2)
    assert set(store.kills(db).comm) == {"php-fpm8.2", "python3"}
    # What was deleted is new again.
    assert add(db, GROUP).new_kills == 3


def test_vacuum(tmp_path):
    """The file becomes smaller, unused texts go, and what stays is the same."""
    db = tmp_path / "k.sqlite"
    add(db, *DMESG)
    with Store(db, write=True) as opened:
        store.prune(opened, Wanted(comm=re.compile("^[^p]")))
        before = store.kills(opened)
        sizes = store.vacuum(opened)
        assert sizes.after < sizes.before / 2
        pandas.testing.assert_frame_equal(store.kills(opened), before)
        assert opened.connection.execute("PRAGMA foreign_key_check").fetchall() == []
        names = {row[0] for row in opened.connection.execute("SELECT text FROM texts")}
    assert set(before.comm) <= names
    assert "mysqld" not in names
    assert len([event for event in store.oom_events(db) if event.kills]) == before.event_id.nunique()


def test_what_was_added_is_written_down(tmp_path):
    """The table of sources says which file was added when, by which oomlog, and what was new."""
    path = SAMPLES / "v7.2-series.dmesg.log"
    add(tmp_path / "k.sqlite", path, path)
    first, again = store.sources(tmp_path / "k.sqlite").itertuples()
    assert (first.name, first.size, first.inode) == (str(path), path.stat().st_size, path.stat().st_ino)
    assert (first.new_events, first.new_kills, again.new_events, again.kills) == (3, 4, 0, 4)
    assert first.oomlog == "test"
    assert datetime.fromisoformat(first.added).tzinfo is not None
