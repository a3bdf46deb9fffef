"""Events as tables."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta, timezone
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import oomlog
from oomlog.frame.columns import EXPORTED, TABLES, columns_of
from oomlog.frame.event_list import EventList
from oomlog.frame.text import original

pandas = pytest.importorskip("pandas")

from oomlog import frame  # noqa: E402
from oomlog.frame.arrays import DTYPES  # noqa: E402

SAMPLES = Path(__file__).parents[3] / "samples"
GROUP = SAMPLES / "v6.12-memcg-v2-group.dmesg.log"
KUBERNETES = SAMPLES / "v6.12-memcg-v2-kubernetes.dmesg.log"
KILL = "Killed process 7 (x) total-vm:9kB, anon-rss:4kB, file-rss:1kB, shmem-rss:0kB"

each_table = pytest.mark.parametrize("name", TABLES)


@cache
def read() -> EventList:
    """Read one sample a kernel and scenario."""
    return oomlog.read(sorted(SAMPLES.glob("v6.1*.dmesg.log")))


def row(table: Any, at: int = 0) -> dict[str, Any]:
    """Return one row, with ``None`` for what is NA."""
    return {k: None if pandas.isna(v) else v for k, v in table.iloc[at].to_dict().items()}


@each_table
def test_columns_are_the_documented_ones(name: str) -> None:
    """A table begins with its documented columns, in their order and with the dtype of their kind."""
    table = getattr(read(), name)
    columns = columns_of(name)
    assert len(table)
    assert [*table.columns][: len(columns)] == [column.name for column in columns]
    assert [str(table.dtypes[column.name]) for column in columns] == [DTYPES[c.kind] for c in columns]
    assert "object" not in {str(dtype) for dtype in table.dtypes}


@each_table
def test_nothing_gives_an_empty_table_of_the_same_form(name: str) -> None:
    """Without events a table has no rows, and the dtypes it would have with some."""
    empty = getattr(oomlog.read([]), name)
    assert len(empty) == 0
    filled = getattr(read(), name)[[*empty.columns]]
    assert empty.dtypes.equals(filled.dtypes)


def test_a_name_is_one_kind_of_value() -> None:
    """Columns of one name hold the same kind in all tables, and no table has a name twice."""
    kinds: dict[str, str] = {}
    for table in TABLES.values():
        assert len({column.name for column in table.columns}) == len(table.columns)
        for column in table.columns:
            assert kinds.setdefault(column.name, column.kind) == column.kind, column.name


def test_keys_join_the_tables() -> None:
    """``event`` counts the events as they are read, and tables joined by it tell of the same event."""
    frames = read()
    assert frames.events.event.tolist() == [*range(1, len(frames.oom_events) + 1)]
    assert frames.kills.set_index(["event", "kill"]).index.is_unique
    joined = frames.kills.merge(frames.events, on="event", suffixes=("", "_of_event"))
    assert len(joined) == len(frames.kills)
    assert (joined.source == joined.source_of_event).all()
    assert (joined.event_id == joined.event_id_of_event).all()
    for name in ("tasks", "zones", "memcg", "findings"):
        other = getattr(frames, name).merge(frames.events, on="event", suffixes=("", "_of_event"))
        assert (other.event_id == other.event_id_of_event).all()


def test_kills_have_what_the_records_have() -> None:
    """Each kill is a row with the values of its record."""
    frames = read()
    records = [(event, kill) for event in frames.oom_events for kill in event.kills]
    assert len(frames.kills) == len(records)
    for at, (event, kill) in enumerate(records):
        found = row(frames.kills, at)
        for name in ("pid", "comm", "anon_rss_kb", "file_rss_kb", "shmem_rss_kb", "rss_kb", "line", "score"):
            assert found[name] == getattr(kill, name)
        for name in ("source", "host", "scope", "outcome", "oom_memcg", "task_memcg", "kernel_release"):
            assert found[name] == getattr(event, name)


def test_kills_of_one_event_are_numbered() -> None:
    """The three kills of a group share event and id."""
    kills = frame.kills(oomlog.parse(GROUP))
    assert kills.event.tolist() == [1, 1, 1]
    assert kills.kill.tolist() == [1, 2, 3]
    assert kills.event_id.nunique() == 1
    assert kills.comm.tolist() == ["leader", "worker", "worker"]


def test_the_limit_that_was_hit() -> None:
    """``limit_kb`` is the cgroup's limit, of what says ``limit_of``, and NA where the machine ran out."""
    found = row(frame.kills(oomlog.parse(KUBERNETES)))
    assert (found["limit_kb"], found["limit_of"]) == (24576, "memory")
    swapped = SAMPLES / "v5.10-memcg-v1-docker-swap.dmesg.log"
    found = row(frame.kills(oomlog.parse(swapped)))
    assert (found["limit_kb"], found["limit_of"]) == (32768, "memory+swap")
    machine = frame.kills(oomlog.parse(SAMPLES / "v5.10-global.dmesg.log"))
    assert row(machine)["limit_kb"] is None


def test_whose_process_it_was() -> None:
    """Container columns are those of the path, and names come from a registry."""
    from oomlog.containers.maps.load import load
    from oomlog.containers.registry import Registry

    found = row(frame.kills(oomlog.parse(KUBERNETES)))
    assert (found["owner_kind"], found["runtime"], found["qos"]) == ("kubernetes", "containerd", "burstable")
    assert found["container_id"].startswith("4f1d0c6b7f0e")
    assert (found["owner_level"], found["limit_level"], found["pod"]) == ("container", "container", None)
    registry = Registry(load(str(SAMPLES / "maps" / "kubectl-pods.json")))
    known = oomlog.read(KUBERNETES, registry=registry)
    for table in (known.kills, known.events):
        named = row(table)
        assert named["pod"]
        assert named["namespace"]
        assert named["container"]


# -- time ----------------------------------------------------------------------------------------------


def test_a_time_with_a_zone_is_a_moment() -> None:
    """``time`` is in UTC, and beside it stands what the log shows."""
    found = row(frame.kills(oomlog.parse(f"2024-05-01T12:30:00.250000+02:00 web1 kernel: {KILL}\n")))
    assert found["time"] == pandas.Timestamp("2024-05-01 10:30:00.25", tz="UTC")
    assert found["local_time"] == pandas.Timestamp("2024-05-01 12:30:00.25")
    assert (found["utc_offset_s"], found["time_origin"]) == (7200, "printed")


def test_a_time_without_a_zone_stays_as_it_was_logged() -> None:
    """No zone is invented: the moment is NA until somebody says the zone."""
    log = f"May  1 12:30:00 web1 kernel: {KILL}\n"
    found = row(frame.kills(oomlog.parse(log, year=2024)))
    assert (found["time"], found["utc_offset_s"]) == (None, None)
    assert found["local_time"] == pandas.Timestamp("2024-05-01 12:30")
    assert found["time_origin"] == "inferred"
    berlin = timezone(timedelta(hours=2))
    told = row(frame.kills(oomlog.parse(log, year=2024), tz=berlin))
    assert told == row(oomlog.read(log, year=2024, tz=berlin).kills)
    assert told["time"] == pandas.Timestamp("2024-05-01 10:30", tz="UTC")
    assert (told["local_time"], told["utc_offset_s"]) == (found["local_time"], 7200)


def test_times_out_of_reach_are_missing() -> None:
    """A year that nanoseconds cannot reach is NA instead of another year."""
    log = f"9999-05-01T12:30:00+02:00 web1 kernel: {KILL}\n0001-01-01T00:00:00+14:00 web1 kernel: {KILL}\n"
    kills = frame.kills(oomlog.parse(log))
    assert len(kills)
    assert kills.time.isna().all()
    assert kills.local_time.isna().all()


# -- the other tables ----------------------------------------------------------------------------------


def test_events_without_a_kill_have_a_row() -> None:
    """A panic is an event with no kills."""
    frames = oomlog.read(SAMPLES / "v5.10-panic.console.log")
    assert len(frames.kills) == 0
    assert row(frames.events)["kills"] == 0
    assert row(frames.events)["outcome"] == "panic"


def test_tasks_have_sizes_in_kb_where_the_page_size_shows() -> None:
    """Pages become kB by the page size that the report itself shows, and stay alone where it shows none."""
    table = frame.tasks(oomlog.parse(KUBERNETES))
    assert (table.rss_kb == table.rss_pages * 4).all()
    assert table.row.tolist() == [1, 2, 3]
    assert table.kill.tolist()[-1] == 1
    assert table.kill[:-1].isna().all()
    bare = (
        "[    1.000000] x invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0\n"
        "[    1.000001] [  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name\n"
        "[    1.000002] [      9]     0     9     2000      300    40960        0             0 sshd\n"
        f"[    1.000003] Out of memory: {KILL}\n"
    )
    alone = row(frame.tasks(oomlog.parse(bare)))
    assert (alone["rss_pages"], alone["page_size_kb"], alone["rss_kb"]) == (300, None, None)
    told = row(frame.tasks(oomlog.parse(bare), page_size_kb=64))
    assert (told["page_size_kb"], told["rss_kb"]) == (64, 19200)


def test_columns_of_a_vendor_stand_at_the_end() -> None:
    """What the grammar does not know is kept behind the documented columns, as numbers if it is numbers."""
    log = (
        "[    1.000000] x invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0\n"
        "[    1.000001] [  pid  ]   uid  tgid total_vm      rss 01_nrss event oom_score_adj name\n"
        "[    1.000002] [      9]     0     9     2000      300       5    ab             0 sshd\n"
        "[    1.000003] [      7]     0     7     2000      300       6    cd             0 x\n"
        f"[    1.000004] Out of memory: {KILL}\n"
    )
    table = frame.tasks(oomlog.parse(log))
    assert [*table.columns][-2:] == ["01_nrss", "other_event"]
    assert table["01_nrss"].tolist() == [5, 6]
    assert table["other_event"].tolist() == ["ab", "cd"]
    assert table.event.tolist() == [1, 1]


def test_more_columns_than_any_kernel_has_are_left_out() -> None:
    """A forged log cannot make a table of any width, and what is left out is said."""
    header = "[  pid  ]   uid  tgid total_vm      rss {} oom_score_adj name"
    reports = "".join(
        f"[  {at}0.000000] x invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0\n"
        f"[  {at}0.000001] {header.format(' '.join(f'c{at}x{n}' for n in range(30)))}\n"
        f"[  {at}0.000002] [      9]     0     9     2000      300 {' '.join(['5'] * 30)}         0 sshd\n"
        f"[  {at}0.000003] Out of memory: {KILL}\n"
        for at in range(1, 10)
    )
    with pytest.warns(UserWarning, match="14 of them are left out"):
        table = frame.tasks(oomlog.parse(reports))
    assert len(table) == 9
    assert len(table.columns) == len(columns_of("tasks")) + 256


def test_zones_are_as_printed() -> None:
    """A zone has its watermarks in kB, its reserve in printed order and its free blocks by order."""
    frames = read()
    event = next(event for event in frames.oom_events if event.mem_info is not None)
    printed: Any = event.mem_info["zones"][0]  # type: ignore[index]
    found = row(frame.zones([event]))
    for name in ("node", "zone", "free_kb", "min_kb", "low_kb", "high_kb", "present_kb", "managed_kb"):
        assert found[name] == printed[name]
    assert found["lowmem_reserve_pages"] == " ".join(map(str, printed["lowmem_reserve_pages"]))
    counts = [found[f"free_order_{order}"] for order in range(11)]
    assert counts == [block["count"] for block in printed["free_list"]]
    assert sum(count * 4 << order for order, count in enumerate(counts)) == found["free_list_total_kb"]


FORGED = "node:1 zone:5 event:6 free_order_3:7 lowmem_reserve_pages:8 free? yes all_unreclaimable:3 odd? no"


@pytest.mark.parametrize("line", ["lowmem_reserve[]: 0 1 2", "x"])
def test_forged_zones_break_nothing(line: str) -> None:
    """Words for numbers and names that are taken are kept apart or missing, and never in a wrong column."""
    log = (
        "[    1.000000] x invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0\n"
        "[    1.000001] Mem-Info:\n"
        f"[    1.000002] Node 0 DMA free:848kB min:140kB low:172kB high:204kB {FORGED}\n"
        f"[    1.000003] {line}\n"
        f"[    1.000004] Out of memory: {KILL}\n"
    )
    found = row(frame.zones(oomlog.parse(log)))
    assert (found["event"], found["free_kb"], found["free_order_3"]) == (1, 848, None)
    assert (found["other_event"], found["other_free_order_3"]) == (6, 7)
    assert found["all_unreclaimable"] is None
    assert found["lowmem_reserve_pages"] == ("0 1 2" if line != "x" else None)
    assert (found["free"], found["odd"]) == (True, False)


def test_forged_tables_break_nothing() -> None:
    """A vendor's column that is named like one of oomlog's is never taken for it."""
    log = (
        "[    1.000000] x invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0\n"
        "[    1.000001] [  pid  ]   uid  tgid total_vm      rss rss_kb comm kill oom_score_adj name\n"
        "[    1.000002] [      9]     0     9     2000      300      5    6    7             0 sshd\n"
        f"[    1.000003] Out of memory: {KILL}\n"
    )
    found = row(frame.tasks(oomlog.parse(log)))
    assert (found["rss_pages"], found["rss_kb"], found["kill"]) == (300, None, None)
    assert (found["other_rss_kb"], found["other_kill"]) == (5, 7)


def test_memcg_has_counters_and_statistics() -> None:
    """The cgroup whose limit was hit has a row with its counters, and statistics under the kernel's names."""
    event = next(oomlog.parse(KUBERNETES))
    found = row(frame.memcg([event]))
    assert (found["memcg"], found["hit"]) == (event.oom_memcg, True)
    assert (found["memory_usage_kb"], found["memory_limit_kb"], found["memory_failcnt"]) == (24576, 24576, 19)
    assert event.memcg is not None
    for name, value in (event.memcg.stats or {}).items():
        assert found[name] == value


def test_findings_are_those_of_explain() -> None:
    """Each finding is a row with the lines that it rests on; one of an event is the cause."""
    from oomlog.explain import explain_all

    events = [*oomlog.parse(KUBERNETES)]
    (explanation,) = explain_all(events)
    table = frame.findings([explanation])
    assert table.finding.tolist() == [each.id for each in explanation.findings]
    assert table.primary.sum() == 1
    for at, each in enumerate(explanation.findings):
        found = row(table, at)
        assert found["evidence_lines"].split() == [str(line.no) for line in each.evidence]
        assert json.loads(original(found["values"])) == dict(each.values)
    assert oomlog.read(KUBERNETES).findings.equals(table)


def test_values_of_findings_may_be_any_text() -> None:
    """Names in them are exact, also half a character and what looks like one that is spelled out."""
    from oomlog.explain import explain_all

    (explanation,) = explain_all(oomlog.parse(KUBERNETES))
    values = {"a": "\U0001f600", "b": "\udcff", "c": "\\udcff", "d": None, "e": 1.5}
    finding = replace(explanation.findings[0], values=values)
    (cell,) = frame.findings([replace(explanation, findings=(finding,))])["values"]
    assert json.loads(original(cell)) == values


# -- reading -------------------------------------------------------------------------------------------


def test_tables_are_made_once() -> None:
    """Asking again gives the same table, and the events are read once."""
    frames = oomlog.read(KUBERNETES)
    assert frames.kills is frames.kills
    assert repr(frames) == "<EventList of 1 event, 1 kill>"
    assert repr(oomlog.read([])) == "<EventList of 0 events, 0 kills>"


def test_numbers_beyond_64_bits_are_missing() -> None:
    """No kernel prints them; in a table they are NA."""
    log = f"kernel: {KILL.replace('anon-rss:4kB', f'anon-rss:{1 << 63}kB')}\n"
    kills = frame.kills(oomlog.parse(log))
    assert kills.anon_rss_kb.isna().all()
    assert kills.file_rss_kb.tolist() == [1]


def test_csv_has_the_first_columns_of_kills() -> None:
    """What csv and parquet have is in the table of kills too."""
    names = [column.name for column in columns_of("kills")]
    assert [name for name in names if name in {c.name for c in EXPORTED}] == [c.name for c in EXPORTED]


def test_importing_the_package_does_not_import_pandas() -> None:
    """csv and the start of ``oomlog parse`` use the columns, and must not wait for pandas."""
    code = "import sys, oomlog.frame.exported, oomlog.frame; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert {"pandas", "numpy", "pyarrow"}.isdisjoint(done.stdout.split())


def test_without_pandas() -> None:
    """Without pandas the message says what to install, before anything is read."""
    code = (
        "import sys; sys.modules['pandas'] = None\n"
        "import oomlog\n"
        "try:\n    oomlog.read('no-such.log')\n"
        "except oomlog.UsageError as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "tables need pandas: pip install 'oomlog[pandas]'\n"
