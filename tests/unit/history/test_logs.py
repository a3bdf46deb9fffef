"""From whole logs to a history: real reports at the times and on the hosts of a made-up fortnight."""

from __future__ import annotations

import gzip
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

import oomlog
from oomlog.history import History
from oomlog.report.document import Heading, Paragraph, Table
from oomlog.report.history_headline import headline, remarks
from oomlog.report.history_json import history_dict
from oomlog.report.history_page import history_blocks
from oomlog.store import Adder, Store

from .logs import FLEET, SAMPLES, SMALL, fleet, report, syslog


@pytest.fixture(scope="module")
def past() -> History:
    """The history of the fortnight."""
    return oomlog.history(fleet())


def test_kills_are_counted_by_victim_host_and_place(past: History) -> None:
    """15 + 14 kills of php-fpm on two hosts and 6 of python3 on a third."""
    assert past.victims[["comm", "kills", "hosts"]].values.tolist() == [
        ["php-fpm8.2", 29, 2],
        ["python3", 6, 1],
    ]
    assert past.hosts[["host", "kills"]].values.tolist() == [["web1", 15], ["web2", 14], ["db1", 6]]
    assert past.places[["where", "kills"]].values.tolist() == [["web.service", 29], ["/", 6]]
    assert past.scopes[["scope", "kills"]].values.tolist() == [["memcg", 29], ["global", 6]]


def test_times_are_those_of_the_log(past: History) -> None:
    """Hours are what the log prints, in the one zone that it prints."""
    assert past.zones == ["+01:00"]
    hours = past.hours[past.hours["kills"] > 0]
    assert dict(hours.values.tolist()) == {3: 8 + 1, 9: 14, 15: 7, 23: 1, 0: 1, 1: 1, 2: 1, 4: 1}


def test_a_zone_moves_the_hours() -> None:
    """In another zone the same kills are at other hours."""
    hours = oomlog.history(fleet(), tz=ZoneInfo("Asia/Seoul")).hours
    assert int(hours["kills"][17]) == 14


def test_limits_are_counted_and_their_change_is_seen(past: History) -> None:
    """Web1's limit was hit 14 times before it was doubled, and once after."""
    found = past.limits[["host", "limit_kb", "events"]].values.tolist()
    assert found == [["web1", 16384, 14], ["web2", 16384, 14], ["web1", 32768, 1]]
    [change] = past.limit_changes.to_dict("records")
    assert (change["host"], change["from_kb"], change["to_kb"]) == ("web1", 16384, 32768)
    assert (change["kills_before"], change["kills_after"]) == (14, 1)
    assert change["after"] < change["before"]


def test_who_grows_from_kill_to_kill_is_told(past: History) -> None:
    """Mysqld has 20 MiB more at each hour; python3, though larger, was another process each time."""
    likely = past.growth[past.growth["confidence"] == "likely"]
    assert likely[["host", "comm", "pids", "tables"]].values.tolist() == [["db1", "mysqld", "175", 6]]
    assert likely["kb_per_hour"].tolist() == [20 * 1024]
    assert "python3" not in past.growth["comm"].tolist()


def test_a_storm_is_what_the_gap_makes_it() -> None:
    """Kills an hour apart are six incidents, or one with a gap of an hour."""
    night = [line for line in fleet().splitlines(keepends=True) if " db1 " in line]
    log = "".join(night)
    assert len(oomlog.history(log).incidents) == 6
    [storm] = oomlog.history(log, gap_s=3601).storms.to_dict("records")
    assert (storm["kills"], storm["host"], storm["victim"]) == (6, "db1", "python3")


def test_two_weeks_are_compared(past: History) -> None:
    """The second week has fewer kills of php-fpm, and none of python3."""
    found = past.compare(
        (datetime(2026, 11, 2), datetime(2026, 11, 9)), (datetime(2026, 11, 9), datetime(2026, 11, 16))
    )
    assert found.kills == (27, 8)
    assert found.victims[["comm", "change"]].fillna("").values.tolist() == [
        ["php-fpm8.2", ""],
        ["python3", "gone"],
    ]


def test_the_page_in_korean_says_the_same(past: History) -> None:
    """Each block is there in both languages, with the same rows; all that is said in Korean is Korean."""
    weeks = past.compare(
        (datetime(2026, 11, 2), datetime(2026, 11, 9)), (datetime(2026, 11, 8), datetime(2026, 11, 16))
    )
    for by in ((), ("hour", "weekday", "victim")):
        english, korean = (
            list(history_blocks(past, comparison=weeks, by=by, top=2, lang=lang)) for lang in ("en", "ko")
        )
        assert [type(block) for block in english] == [type(block) for block in korean]
        for one, two in zip(english, korean, strict=True):
            if isinstance(one, Table) and isinstance(two, Table):
                assert [len(row) for row in one.rows] == [len(row) for row in two.rows]
                assert any(re.search("[가-힣]", text) for text in two.head)
            elif isinstance(two, Heading | Paragraph):
                assert re.search("[가-힣]", two.text)


def test_the_headline_in_korean(past: History) -> None:
    """The headline has an order of its own in Korean, and the same numbers."""
    assert headline(past, "ko") == (
        "13일 동안 호스트 3대에서 kill 35건. php-fpm8.2 프로세스는 29번 강제 종료되었다."
    )
    swapped = oomlog.history(SAMPLES / "v5.10-memcg-v1-docker-swap.dmesg.log")
    assert headline(swapped, "ko") == (
        "kill 1건. php-fpm8.2 프로세스가 docker 4f1d0c6b7f0e의 32.0 MiB memory+swap 한도에 도달해 "
        "강제 종료되었다."
    )
    record = history_dict(past, lang="ko")
    assert record["headline"] == headline(past, "ko")
    assert record["remarks"] == list(remarks(past, "ko"))


def test_a_place_in_the_headline_is_marked() -> None:
    """A cgroup whose name is a sentence is in quotes; an engine's container is not."""
    log = (
        "[    1.0] memory: usage 400kB, limit 400kB, failcnt 1\n"
        "[    1.0] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=x,mems_allowed=0,"
        "oom_memcg=/a. All is well,task_memcg=/a. All is well,task=x,pid=7,uid=0\n"
        "[    1.0] Memory cgroup out of memory: Killed process 7 (x) total-vm:400kB, anon-rss:40kB, "
        "file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:4kB oom_score_adj:0\n"
    )
    assert '"/a. All is well"' in headline(oomlog.history(log))


def test_an_event_in_two_logs_is_told_once(tmp_path: Path) -> None:
    """A report from dmesg, with an uptime only, and from syslog is one event; its time is the known one."""
    lines = report("v6.12-series.dmesg.log", 14, 109)
    at = datetime(2026, 11, 2, 3, tzinfo=UTC)
    dmesg, kern = tmp_path / "dmesg", tmp_path / "kern.log"
    dmesg.write_bytes((SMALL / "v6.12-series.dmesg.log").read_bytes())
    kern.write_text(syslog(lines, at, "web1", lines[0][0]))
    past = oomlog.history([dmesg, kern])
    assert (len(past), past.folded, past.without_wall) == (4, 1, 3)
    assert past.kills["source"].str.endswith("kern.log").sum() == 1


@pytest.mark.parametrize("sample", ["v5.10-global.dmesg.log", "v6.12-memcg-v2-group.kmsg.log"])
def test_a_copy_that_ends_inside_a_kill_line(sample: str, tmp_path: Path) -> None:
    """A log that was copied while a kill was written tells of a kill that the whole log tells, too."""
    whole = SAMPLES / sample
    data = whole.read_bytes()
    copy = tmp_path / "copy.log"
    expected = oomlog.history(whole).kills[["pid", "anon_rss_kb", "file_rss_kb"]].to_numpy().tolist()
    last = data.rindex(b"Killed process")
    for cut in range(last, data.index(b"\n", last), 7):
        copy.write_bytes(data[:cut])
        for order in ([copy, whole], [whole, copy]):
            past = oomlog.history(order)
            assert past.kills[["pid", "anon_rss_kb", "file_rss_kb"]].to_numpy().tolist() == expected


@pytest.mark.parametrize("cut", [112, 113, 114, 115])
def test_halves_of_a_group(cut: int, tmp_path: Path) -> None:
    """Two logs that meet inside a group's kills: its first victim, who is named in both, is one."""
    lines = (SAMPLES / "v6.12-memcg-v2-group.dmesg.log").read_bytes().splitlines(keepends=True)
    one, two = tmp_path / "before.log", tmp_path / "after.log"
    one.write_bytes(b"".join(lines[:cut]))
    two.write_bytes(b"".join(lines[cut:]))
    for order in ([one, two], [two, one]):
        past = oomlog.history(order)
        assert sorted(past.kills["comm"]) == ["leader", "worker", "worker"]
        assert past.kills["event"].nunique() == 1
        assert set(past.kills["limit_where"]) == {"app.service"}
        assert past.kills["limit_kb"].tolist() == [24576] * 3


def test_the_same_report_at_another_time_is_another_event() -> None:
    """What happened again is counted again."""
    lines = report("v6.12-series.dmesg.log", 14, 109)
    first = datetime(2026, 11, 2, 3, tzinfo=UTC)
    log = syslog(lines, first, "web1", 100.0) + syslog(lines, first + timedelta(days=1), "web1", 86_500.0)
    past = oomlog.history(log)
    assert (len(past), past.folded) == (2, 0)


def test_a_log_with_uptimes_has_no_hours() -> None:
    """Nothing is said of the time of day, and the pause is that of the one boot."""
    past = oomlog.history(SAMPLES / "v6.12-storm.dmesg.log")
    assert past.without_wall == len(past) > 40
    assert int(past.hours["kills"].sum()) == 0
    assert past.victims["first"].isna().all()


def test_nothing_found_is_a_history_too() -> None:
    """Every table is there, and empty."""
    past = oomlog.history("nothing\n")
    assert len(past) == 0
    tables = ("victims", "places", "limits", "limit_changes", "incidents", "trends", "growth", "userspace")
    assert all(len(getattr(past, name)) == 0 for name in tables)


def test_frames_and_tables_of_kills_are_taken_too() -> None:
    """What ``oomlog.read`` gives, or its kills, have the history of the log; growth needs the task tables."""
    frames = oomlog.read(fleet())
    assert oomlog.history(frames).victims.equals(oomlog.history(fleet()).victims)
    assert len(oomlog.history(frames).growth) > 0
    assert len(oomlog.history(frames.kills).growth) == 0


def test_the_package_stays_a_function() -> None:
    """``oomlog.history`` can be called, however much of the package was imported before."""
    import oomlog.history.record

    assert len(oomlog.history("x\n")) == 0
    assert "victims" in dir(oomlog.history("x\n"))
    assert repr(oomlog.history("x\n")) == "<History: 0 kills, 0 named hosts>"


def test_the_fleet_of_the_documents_is_this_one() -> None:
    """The file that documents and command lines read is what is written here."""
    assert gzip.decompress(FLEET.read_bytes()).decode() == fleet()


def test_only_the_latest_tables_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of many events the last ones are searched for what grows, and the page says that others were not."""
    monkeypatch.setattr("oomlog.history.api.TABLES", 4)
    past = oomlog.history("".join(line for line in fleet().splitlines(keepends=True) if " db1 " in line))
    [row] = past.growth.to_dict("records")
    assert (row["comm"], row["tables"], row["confidence"]) == ("mysqld", 4, "possible")
    assert str(row["first"]) == "2026-11-05 01:00:00"
    assert any("of the 2 events read before them" in sentence for sentence in remarks(past))


def test_a_store_has_the_history_of_its_logs(tmp_path: Path) -> None:
    """A path that leads to a store, whatever its name, gives the tables that the log itself gives."""
    path = tmp_path / "kills.log"
    with Store(path, write=True) as store:
        adder = Adder(store, "0")
        for event in oomlog.parse(fleet()):
            adder.add(event)
        adder.end("fleet", 0, 0)
    stored, read = oomlog.history(path), oomlog.history(fleet())
    for name in ("victims", "places", "hosts", "limits", "limit_changes", "incidents", "growth"):
        pd.testing.assert_frame_equal(getattr(stored, name), getattr(read, name), check_dtype=False)


@pytest.mark.parametrize("column", ["limit_of", "unit", "time_origin", "event_id"])
def test_a_frame_saved_before_a_column_was_added_still_has_a_history(column: str) -> None:
    """What an older frame lacks is unknown, and every other number is the same."""
    kills = oomlog.read(fleet()).kills
    whole, older = oomlog.history(kills), oomlog.history(kills.drop(columns=column))
    assert older.victims.equals(whole.victims)
    assert older.limits["kills"].tolist() == whole.limits["kills"].tolist()


def test_a_frame_of_something_else_is_refused_with_the_way_to_make_one() -> None:
    """Tasks are not kills."""
    with pytest.raises(oomlog.UsageError, match=r"no frame of kills.*killer.*oomlog\.read"):
        oomlog.history(oomlog.read(SAMPLES / "v6.12-series.dmesg.log").tasks)
