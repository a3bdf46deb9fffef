"""The samples against what the guests saw: ``/proc`` is a source that knows nothing of the log.

Each sample's ``.truth.json`` has readings of ``/proc`` (see samples/README.md).  The records of each channel
must name the processes that died, and say of them and of the machine what ``/proc`` said.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from functools import cache
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import pytest

import oomlog
from oomlog.report.json import event_bytes

SAMPLES = Path(__file__).parent.parent / "samples"
Json = dict[str, Any]
ENTRIES: list[Json] = tomllib.loads((SAMPLES / "index.toml").read_text())["sample"]
LOGS = [(entry, channel) for entry in ENTRIES for channel in entry["files"]]

# A hog waits for a reading before each step, and a step is 1 MiB at most; RSS counters that the kernel
# keeps per CPU may lag by some pages more.
RSS_TOLERANCE_KB = 1024 + 256

each_log = pytest.mark.parametrize(
    ("entry", "channel"), LOGS, ids=[f"{entry['name']}.{channel}" for entry, channel in LOGS]
)
each_sample = pytest.mark.parametrize("entry", ENTRIES, ids=[entry["name"] for entry in ENTRIES])


@cache
def records_of(name: str) -> list[Json]:
    return [json.loads(event_bytes(event)) for event in oomlog.parse(SAMPLES / name)]


def records(entry: Json, channel: str) -> list[Json]:
    return records_of(entry["files"][channel])


@cache
def truth_of(name: str) -> Json:
    truth: Json = json.loads((SAMPLES / name).read_text())
    return truth


def readings_of(entry: Json) -> list[Json]:
    found: list[Json] = truth_of(entry["truth"])["readings"]
    return found


def last_seen(entry: Json, pid: int) -> Json | None:
    """Return the process as the last reading has it in which it still had memory.

    Nothing of what came and went between two readings: the storm's hogs, which wait for no reading, and
    programs that ended by themselves.
    """
    for reading in reversed(readings_of(entry)):
        for process in reading["processes"]:
            if process["pid"] == pid and process["VmRSS_kb"]:
                found: Json = process
                return found
    exited = truth_of(entry["truth"])["exited"]
    assert entry["scenario"] == "storm" or str(pid) in exited, f"no reading has process {pid}"
    return None


def dmesg_writes(text: str) -> str:
    r"""Return the text as ``dmesg`` writes it in the C locale: bytes that do not print are \xNN."""
    return "".join(
        c if " " <= c <= "~" or c in "\t\n\r" else "".join(f"\\x{byte:02x}" for byte in c.encode())
        for c in text
    )


def name_of(process: Json, channel: str) -> str:
    exact = bytes.fromhex(process["comm_hex"]).decode(errors="backslashreplace")
    return dmesg_writes(exact) if channel == "dmesg" else exact


def memcg_of(process: Json) -> str:
    """Return the path in the memory hierarchy: of the v1 controller, else of v2."""
    lines = [line.split(":", 2) for line in process["cgroup"].split("\n")]
    paths = {kind: path for _, kind, path in lines} if process["cgroup"] else {}
    return str(paths.get("memory", paths.get("", "/")))


def causes_and(entry: Json, events: list[Json]) -> Iterator[tuple[str, Json]]:
    causes: list[str] = entry["causes"]
    return zip(chain(causes, repeat(causes[-1])), events, strict=False)


# -- who died ------------------------------------------------------------------------------------------


@each_log
def test_killed_are_those_that_died(entry: Json, channel: str) -> None:
    """The records name as killed the processes that died by SIGKILL, each once."""
    killed = [kill["pid"] for record in records(entry, channel) for kill in record["kills"]]
    assert sorted(entry["victims"]) == sorted(killed)


@each_log
def test_a_kill_says_what_proc_said(entry: Json, channel: str) -> None:
    """A kill has the uid, the oom_score_adj and the exact name that /proc showed before."""
    for record in records(entry, channel):
        for kill in record["kills"]:
            process = last_seen(entry, kill["pid"])
            if process is None:
                continue
            expected = (process["uid"], process["oom_score_adj"], name_of(process, channel))
            assert expected == (kill["uid"], kill["oom_score_adj"], kill["comm"])


@each_log
def test_a_kill_has_the_memory_that_proc_showed(entry: Json, channel: str) -> None:
    """RSS parts and size of a kill are those of the last reading, but for the hog's last step."""
    if entry["scenario"] == "storm":
        pytest.skip("the hogs of a storm do not wait for readings")
    for record in records(entry, channel):
        for kill in record["kills"]:
            process = last_seen(entry, kill["pid"])
            assert process is not None
            for key, field in (
                ("anon_rss_kb", "RssAnon_kb"),
                ("file_rss_kb", "RssFile_kb"),
                ("shmem_rss_kb", "RssShmem_kb"),
            ):
                assert kill[key] == pytest.approx(process[field], abs=RSS_TOLERANCE_KB), key
            assert kill["total_vm_kb"] == process["VmSize_kb"]


@each_log
def test_the_task_table_lists_processes_of_the_guest(entry: Json, channel: str) -> None:
    """Each listed process was in /proc with the same uid, oom_score_adj, tgid and name."""
    for record in records(entry, channel):
        for task in record["tasks"] or ():
            process = last_seen(entry, task["pid"])
            if process is None:
                continue
            expected = tuple(process[key] for key in ("uid", "oom_score_adj", "tgid"))
            assert expected == (task["uid"], task["oom_score_adj"], task["tgid"])
            assert name_of(process, channel) == task["comm"]


@each_log
def test_a_victim_is_listed_with_its_memory(entry: Json, channel: str) -> None:
    """The victim's row of the table and its kill line agree, as far as the kernel prints both."""
    for record in records(entry, channel):
        rows = {task["pid"]: task for task in record["tasks"] or ()}
        for kill in record["kills"]:
            if kill["pid"] in rows:
                row = rows[kill["pid"]]
                assert row["total_vm_pages"] * 4 == kill["total_vm_kb"]
                assert (row["comm"], row["uid"]) == (kill["comm"], kill["uid"])
                assert row["pgtables_bytes"] == kill["pgtables_kb"] * 1024


@each_log
def test_the_reaper_is_recorded(entry: Json, channel: str) -> None:
    """Where the victim hung on a frozen file system the record has what the reaper left, if it could."""
    reaped = [kill["reaped"] for record in records(entry, channel) for kill in record["kills"]]
    if entry["scenario"] == "reaper":
        assert [each and each["failed"] for each in reaped] == [False]
    if entry["scenario"] == "reaper-failed":
        assert [each and each["failed"] for each in reaped] == [True, None]
    text = (SAMPLES / entry["files"][channel]).read_bytes()
    assert text.count(b"oom_reaper: ") == len(reaped) - reaped.count(None)


# -- why -----------------------------------------------------------------------------------------------


@each_log
def test_the_cause_is_the_one_that_was_made(entry: Json, channel: str) -> None:
    """Scope, outcome and cgroups say what the scenario did to its machine."""
    at_limit = ("memcg_limit", "memcg swap full", "memcg kernel memory")
    other = ("cpuset", "mempolicy", "sysrq")
    for cause, record in causes_and(entry, records(entry, channel)):
        if cause in ("panic_on_oom", "no killable"):
            ending = "panic" if entry["panics"] else "no_killable"
            assert (ending, []) == (record["outcome"], record["kills"])
            assert ("memcg" if record["memcg"] else "global") == record["scope"]
            continue
        scope = cause if cause in other else "memcg" if cause in (*at_limit, "parent limit") else "global"
        assert (scope, "killed") == (record["scope"], record["outcome"])
        limited, lived = record["oom_memcg"], record["task_memcg"]
        if cause in at_limit:
            assert limited == lived
        elif cause == "parent limit":
            assert lived.startswith(f"{limited}/")
        else:
            assert limited is None
        if cause == "allocating task":
            assert [record["trigger"]["pid"]] == [kill["pid"] for kill in record["kills"]]
        if cause == "sysrq":
            assert record["trigger"]["order"] == -1


@each_log
def test_the_cgroup_is_the_one_that_proc_named(entry: Json, channel: str) -> None:
    """task_memcg is the first victim's path in /proc/PID/cgroup; a limit read there is the limit printed."""
    for record in records(entry, channel):
        if record["memcg"] is not None:
            assert record["oom_memcg"] or not record["kills"]
        victim = last_seen(entry, record["kills"][0]["pid"]) if record["kills"] else None
        if record["task_memcg"] is not None and victim is not None:
            path = memcg_of(victim)
            assert (dmesg_writes(path) if channel == "dmesg" else path) == record["task_memcg"]
        files = readings_of(entry)[0]["files"]
        limits = [
            int(text) // 1024
            for name, text in files.items()
            if name.endswith(
                (f"{record['oom_memcg']}/memory.max", f"{record['oom_memcg']}/memory.limit_in_bytes")
            )
        ]
        if record["memcg"] is not None and limits:
            assert limits == [record["memcg"]["memory"]["limit_kb"]]


@each_log
def test_a_cgroup_report_names_its_cgroup(entry: Json, channel: str) -> None:
    """The cgroup at its limit is in the record wherever the text names it, also when nothing was killed."""
    for record in records(entry, channel):
        if record["memcg"] is not None and record["memcg"]["stats"] is not None:
            assert record["oom_memcg"] is not None


# -- the machine ---------------------------------------------------------------------------------------


@each_log
def test_the_machine_is_the_one_that_proc_showed(entry: Json, channel: str) -> None:
    """Zones, watermarks, memory and swap of a record are those of /proc."""
    reading = readings_of(entry)[0]
    zones = {(zone["node"], zone["zone"]): zone for zone in reading["zones"]}
    for record in records(entry, channel):
        mem = record["mem_info"]
        if mem is None:
            continue
        for zone in mem["zones"]:
            known = zones[zone["node"] or 0, zone["zone"]]  # without NUMA the log has no node
            for key in ("present", "managed"):
                assert known[key] * 4 == zone[f"{key}_kb"]
            # Watermarks include a boost, which 5.10 does not print: the three are moved by the same amount.
            boosts = {zone[f"{key}_kb"] - known[key] * 4 for key in ("min", "low", "high")}
            assert len(boosts) == 1
            assert boosts == {zone.get("boost_kb", max(boosts))}
        usable = mem["totals"]["ram_pages"] - mem["totals"]["reserved_pages"]
        assert reading["meminfo_kb"]["MemTotal"] == usable * 4
        assert reading["meminfo_kb"]["SwapTotal"] == mem["swap"]["total_swap_kb"]
        assert entry["kernel"] == record["kernel_release"]


# -- the channels --------------------------------------------------------------------------------------


def comparable(record: Json) -> Json:
    """Drop what belongs to the file and not to the event: names, line numbers."""
    plain = {key: value for key, value in record.items() if key not in ("source", "first_line", "last_line")}
    plain["kills"] = [
        {**kill, "line": 0, "reaped": kill["reaped"] and {**kill["reaped"], "line": 0}}
        for kill in record["kills"]
    ]
    return plain


def through_dmesg(value: Any) -> Any:
    if isinstance(value, str):
        return dmesg_writes(value)
    if isinstance(value, dict):
        return {key: through_dmesg(each) for key, each in value.items()}
    return [through_dmesg(each) for each in value] if isinstance(value, list) else value


@each_sample
def test_all_channels_tell_the_same(entry: Json) -> None:
    r"""A sample's channels give the same records, but for what a channel itself takes away.

    - ``dmesg`` writes bytes that do not print as \xNN, which is text like any other: a process may be named
      so.  They stay as printed.
    - Until 6.4 the statistics of a cgroup are one record of many lines.  The console has a buffer of about
      1 KiB for a record with a prefix before each of its lines, so the end of the list is not printed there.
    """
    if "kmsg" not in entry["files"]:
        pytest.skip("a panic is seen on the console only")
    exact = [comparable(record) for record in records(entry, "kmsg")]
    if "dmesg" in entry["files"]:
        assert [through_dmesg(record) for record in exact] == [comparable(r) for r in records(entry, "dmesg")]
    if "console" in entry["files"]:
        shown = [comparable(record) for record in records(entry, "console")]
        for whole, short in zip(exact, shown, strict=True):
            if whole["memcg"] and len(short["memcg"]["stats"]) < len(whole["memcg"]["stats"]):
                assert entry["kernel"].startswith(("5.", "6.1.")), (
                    "each statistic is a record of its own since 6.5"
                )
                stats = list(whole["memcg"]["stats"].items())[: len(short["memcg"]["stats"])]
                whole = {**whole, "memcg": {**whole["memcg"], "stats": dict(stats)}}
            assert whole == short
