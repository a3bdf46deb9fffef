"""The samples: each log of a real kernel gives exactly the records kept beside it.

``samples/<stem>.json`` holds the records of ``samples/<stem>.log``.  ``make golden`` writes them anew from
what the parser says; the review reads the diff.  So that a wrong record cannot be waved through, an
independent reader below also picks every value out of the log's text with patterns of its own and looks for
it in the record.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import oomlog
from oomlog.report.json import event_bytes
from oomlog.report.schema import schema_bytes

SAMPLES = Path(__file__).parent.parent / "samples"
LOGS = sorted(SAMPLES.glob("*.log"))
WIDTH = 110

Record = dict[str, Any]


def index() -> list[Record]:
    entries: list[Record] = tomllib.loads((SAMPLES / "index.toml").read_text())["sample"]
    return entries


@cache
def records_of(log: Path) -> list[Record]:
    """Return the log's records as ndjson has them, but for the folder in ``source``."""
    records = [json.loads(event_bytes(event)) for event in oomlog.parse(log)]
    return [{**record, "source": log.name} for record in records]


def pretty(value: object, indent: int = 0, *, rows: bool = False) -> str:
    """Render as indented JSON in which what fits stands on one line, and so does each row of a table."""
    short = json.dumps(value)
    if not isinstance(value, dict | list) or not value or (not rows and len(short) + indent <= WIDTH):
        return short
    space = " " * (indent + 1)
    if isinstance(value, dict):
        parts = [
            f"{json.dumps(key)}: {pretty(each, indent + 1, rows=key == 'tasks')}"
            for key, each in value.items()
        ]
        return "{\n" + ",\n".join(space + part for part in parts) + f"\n{' ' * indent}}}"
    parts = [json.dumps(each) if rows else pretty(each, indent + 1) for each in value]
    return "[\n" + ",\n".join(space + part for part in parts) + f"\n{' ' * indent}]"


by_log = pytest.mark.parametrize("log", LOGS, ids=lambda log: log.stem)


@by_log
def test_a_sample_gives_the_records_kept_beside_it(log: Path, update_golden: bool) -> None:
    """A log gives its records: values, types and order of keys."""
    golden = log.with_suffix(".json")
    records = records_of(log)
    written = pretty(records) + "\n"
    if update_golden:
        golden.write_text(written)
        return
    if not golden.exists():
        pytest.fail(f"samples/{golden.name} is missing; write it with: make golden", pytrace=False)
    expected = json.loads(golden.read_text())
    assert [record["first_line"] for record in expected] == [record["first_line"] for record in records]
    for was, now in zip(expected, records, strict=True):
        assert was == now
    assert golden.read_text() == written, "the values are equal, their order or notation is not"


def test_keys_come_in_the_order_of_the_schema() -> None:
    """A record's keys come in the schema's order, all of them always."""
    order = list(json.loads(schema_bytes())["properties"])
    for log in LOGS:
        for record in records_of(log):
            assert order == list(record), log.name


def test_records_fit_the_schema() -> None:
    """What is printed for the samples is valid by the schema that is shipped."""
    validator = jsonschema.Draft202012Validator(json.loads(schema_bytes()))
    wrong = {
        f"{log.name}: {error.json_path}: {error.message[:80]}"
        for log in LOGS
        for record in records_of(log)
        for error in validator.iter_errors(record)
    }
    assert set() == wrong


def test_every_log_has_its_records_and_its_index_entry() -> None:
    """No file in samples/ stands alone: each log has records and an index entry, and the other way round."""
    indexed = {name for entry in index() for name in entry["files"].values()}
    stems = {log.stem for log in LOGS}
    golden = {path.stem for path in SAMPLES.glob("*.json") if not path.name.endswith(".truth.json")}
    truths = {path.name for path in SAMPLES.glob("*.truth.json")}
    assert {f"{stem}.log" for stem in stems} == indexed
    assert stems == golden, "make golden writes what is missing; delete what has no log"
    assert {entry["truth"] for entry in index()} == truths


def test_an_index_entry_says_what_its_files_are() -> None:
    """A sample's files are named ``<name>.<channel>.log`` and its truth tells of the same sample."""
    for entry in index():
        for channel, name in entry["files"].items():
            assert f"{entry['name']}.{channel}.log" == name
        truth = json.loads((SAMPLES / entry["truth"]).read_text())
        for key in ("name", "scenario", "causes", "victims", "panics"):
            assert entry[key] == truth[key], entry["name"]
        assert entry["kernel"] == truth["release"]
        assert entry["licence"] and entry["made_by"], entry["name"]


# -- the second reader ---------------------------------------------------------------------------------


ESCAPE = re.compile(rb"\\x([0-9a-f]{2})")


def messages(log: Path) -> list[tuple[int, str]]:
    """Return (line number, text) of each line of each kernel message, by the rules of its channel."""
    found: list[tuple[int, str]] = []
    for number, line in enumerate(log.read_bytes().split(b"\n"), 1):
        line = line.rstrip(b"\r")
        if ".kmsg." in log.name:
            if line.startswith(b" "):
                continue
            line = ESCAPE.sub(lambda match: bytes.fromhex(match[1].decode()), line.partition(b";")[2])
        else:
            line = re.sub(rb"^\[ *\d+\.\d+\] |^ {15}(?= )", b"", line)
        found += [(number, text.decode(errors="replace")) for text in line.split(b"\n")]
    return found


def number_or_none(text: str | None) -> int | None:
    """Return a node's number; a kernel without NUMA prints none."""
    return None if text is None else int(text)


def numbers(text: str) -> Iterator[int]:
    yield from map(int, re.findall(r"-?\b\d+(?=kB|KB|\b)", text))


def pairs(text: str) -> dict[str, int]:
    """Return ``key:value`` pairs of a line of Mem-Info; isolated(anon) is isolated_anon."""
    found = re.findall(r"([a-z_]+(?:\([a-z]+\))?): ?(-?\d+)(?:[kK]B)?(?= |$)", text, re.IGNORECASE)
    return {key.replace("(", "_").replace(")", "").lower(): int(value) for key, value in found}


def values_of(record: Record, unit: str) -> dict[str, Any]:
    return {key.removesuffix(unit): value for key, value in record.items()}


def report_lines(log: Path, record: Record) -> list[str]:
    return [text for no, text in messages(log) if record["first_line"] <= no <= record["last_line"]]


@by_log
def test_every_memory_value_in_the_text_is_in_the_record(log: Path) -> None:
    """Counters, nodes, zones, free lists, huge pages, swap and totals are the numbers of the text."""
    for record in records_of(log):
        lines = report_lines(log, record)
        if "Mem-Info:" not in lines:
            assert record["mem_info"] is None
            continue
        start = lines.index("Mem-Info:") + 1
        mem, block = record["mem_info"], lines[start:]
        counters: dict[str, int] = {}
        nodes, zones, lists, reserves, huge = [], [], [], [], []
        for line in block:
            line = line.strip()
            if found := re.match(r"Node (\d+) active_anon:", line):
                yes = "all_unreclaimable? yes" in line
                nodes.append({"node": int(found[1]), **pairs(line), "all_unreclaimable": yes})
            elif found := re.match(r"(?:Node (\d+) )?(\S+) free:", line):
                zones.append({"node": number_or_none(found[1]), "zone": found[2], **pairs(line)})
            elif line.startswith("lowmem_reserve[]:"):
                reserves.append(list(numbers(line.partition(":")[2])))
            elif found := re.match(r"(?:Node (\d+) )?(\w+): (\d+\*.*) = (\d+)kB", line):
                blocks = re.findall(r"(\d+)\*(\d+)kB(?: \((\w+)\))?", found[3])
                lists.append(
                    (
                        number_or_none(found[1]),
                        found[2],
                        [(int(n), int(kb), t) for n, kb, t in blocks],
                        int(found[4]),
                    )
                )
            elif line.startswith("Node ") and "hugepages_total" in line:
                huge.append([*numbers(line.replace("=", " "))])
            elif re.match(r"[a-z_]+:\d+( |$)", line) and not nodes:
                counters |= pairs(line)
        assert counters == values_of(mem["counters"], "_pages")
        assert nodes == [values_of(node, "_kb") for node in mem["nodes"]]
        derived = {"lowmem_reserve_pages", "free_list", "free_list_total_kb"}
        plain = [{k: v for k, v in zone.items() if k not in derived} for zone in mem["zones"]]
        assert zones == [values_of(zone, "_kb") for zone in plain]
        assert reserves == [zone["lowmem_reserve_pages"] for zone in mem["zones"]]
        assert lists == [
            (
                zone["node"],
                zone["zone"],
                [(each["count"], each["size_kb"], each["types"]) for each in zone["free_list"]],
                zone["free_list_total_kb"],
            )
            for zone in mem["zones"]
        ]
        assert huge == [list(each.values()) for each in mem["hugepages"]]
        single = {
            "total pagecache pages": mem["pagecache_pages"],
            "pages in swap cache": mem["swap"]["swap_cache_pages"],
            "Free swap": mem["swap"]["free_swap_kb"],
            "Total swap": mem["swap"]["total_swap_kb"],
            "pages RAM": mem["totals"]["ram_pages"],
            "pages HighMem/MovableOnly": mem["totals"]["highmem_pages"],
            "pages reserved": mem["totals"]["reserved_pages"],
        }
        for words, value in single.items():
            assert [value] == [n for line in block if words in line for n in numbers(line)], words


@by_log
def test_every_task_in_the_text_is_in_the_record(log: Path) -> None:
    """Each row of the task table has its numbers under the columns the kernel named."""
    units = {"total_vm": "_pages", "rss": "_pages", "rss_anon": "_pages", "rss_file": "_pages"}
    units |= {"rss_shmem": "_pages", "swapents": "_pages"}
    for record in records_of(log):
        lines = report_lines(log, record)
        head = next((i for i, line in enumerate(lines) if line.startswith("[  pid  ]")), None)
        if head is None:
            assert record["tasks"] is None
            continue
        names = lines[head].replace("[  pid  ]", "pid").split()[:-1]
        keys = [name + units.get(name, "") for name in names]
        pattern = re.compile(rf"\[ *(\d+)\]((?: +-?\d+){{{len(keys) - 1}}}) ")
        rows = [pattern.match(line) for line in lines[head + 1 :]]
        expected = [[int(row[1]), *numbers(row[2])] for row in rows if row]
        assert expected == [[row[key] for key in keys] for row in record["tasks"]]
        assert {*keys, "comm"} == set(record["tasks"][0])


@by_log
def test_every_cgroup_value_in_the_text_is_in_the_record(log: Path) -> None:
    """Limits and statistics of the cgroup are the numbers of the text, none left out."""
    for record in records_of(log):
        lines = report_lines(log, record)
        if not any(line.startswith("Memory cgroup stats for ") for line in lines):
            assert record["memcg"] is None or record["memcg"]["stats"] is None
            continue
        memcg = record["memcg"]
        for word in ("memory", "swap", "memory+swap", "kmem"):
            wanted = [list(numbers(line)) for line in lines if re.match(re.escape(word) + ": usage", line)]
            got = memcg[word.replace("+", "_")]
            assert wanted == ([] if got is None else [list(got.values())])
        start = next(i for i, line in enumerate(lines) if line.startswith("Memory cgroup stats for "))
        stats: dict[str, int] = {}
        for line in lines[start:]:
            if found := re.fullmatch(r"(?:Memory cgroup stats for .*:)? *([a-z_0-9]+) (\d+)", line):
                stats[found[1]] = int(found[2])
            elif found := re.match(r"Memory cgroup min protection (\d+)kB -- low protection (\d+)kB", line):
                stats |= {"min_kb": int(found[1]), "low_kb": int(found[2])}
        assert stats == values_of(memcg["stats"], "_bytes")


@by_log
def test_every_header_and_ending_in_the_text_is_in_the_record(log: Path) -> None:
    """Trigger, stack header, summary line, kills, reaper and suppressed calls are those of the text."""
    text = "\n".join(line for _, line in messages(log))
    records = records_of(log)
    triggers = [record["trigger"] for record in records if record["trigger"]]
    headers = re.findall(
        r"invoked oom-killer: gfp_mask=(0x[0-9a-f]+)\(([^)]*)\), order=(-?\d+), oom_score_adj=(-?\d+)"
        r"(?:\n(?!.*invoked).*)*?\nCPU: \d+ (?:UID: (\d+) )?PID: (\d+) Comm: ",
        text,
    )
    assert [(mask, flags.split("|"), int(order), int(adj)) for mask, flags, order, adj, _, _ in headers] == [
        (each["gfp_mask"], each["gfp_flags"], each["order"], each["oom_score_adj"]) for each in triggers
    ]
    assert [(int(uid) if uid else None, int(pid)) for *_, uid, pid in headers] == [
        (each["uid"], each["pid"]) for each in triggers
    ]
    summaries = re.findall(
        r"\noom-kill:constraint=(\w+),nodemask=(.*),cpuset=(.*),mems_allowed=([-\d,]+)"
        r",(?:global_oom|oom_memcg=)",
        text,
    )
    assert summaries == [
        tuple(record[key] for key in ("constraint", "nodemask", "cpuset", "mems_allowed"))
        for record in records
        if record["sections"]["constraint"] == "present"
    ]
    sizes = re.findall(
        r"Killed process (\d+) \([^:]*(?:total-vm:9kB|\n.*)?\) total-vm:(\d+)kB, anon-rss:(\d+)kB, "
        r"file-rss:(\d+)kB, shmem-rss:(\d+)kB, UID:(\d+) pgtables:(\d+)kB oom_score_adj:(-?\d+)",
        text,
    )
    keys = ("pid", "total_vm_kb", "anon_rss_kb", "file_rss_kb", "shmem_rss_kb", "uid", "pgtables_kb")
    killed = [tuple(kill[key] for key in (*keys, "oom_score_adj")) for r in records for kill in r["kills"]]
    assert dict.fromkeys(tuple(map(int, each)) for each in sizes) == dict.fromkeys(killed)
    left = r"now anon-rss:(\d+)kB, file-rss:(\d+)kB, shmem-rss:(\d+)kB"
    reaped = re.findall(rf"oom_reaper: reaped process (\d+) .*, {left}", text)
    assert [tuple(map(int, each)) for each in reaped] == [
        (kill["pid"], *(kill["reaped"][f"{part}_rss_kb"] for part in ("anon", "file", "shmem")))
        for record in records
        for kill in record["kills"]
        if kill["reaped"] and not kill["reaped"]["failed"]
    ]
    assert [int(pid) for pid in re.findall(r"oom_reaper: unable to reap pid:(\d+) ", text)] == [
        kill["pid"]
        for record in records
        for kill in record["kills"]
        if kill["reaped"] and kill["reaped"]["failed"]
    ]
    suppressed = [int(n) for n in re.findall(r"oom_kill_process: (\d+) callbacks suppressed", text)]
    assert suppressed == [record["suppressed"]["callbacks"] for record in records if record["suppressed"]]
