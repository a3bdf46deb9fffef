"""Events as JSON, and the schema that describes them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import jsonschema
import pytest

import oomlog
from oomlog.model import Details, Kill, Memcg, OomEvent, Problem, Reaped, Selected, TaskTable, Trigger
from oomlog.report.json import JsonReport, NdjsonReport, event_bytes, event_dict
from oomlog.report.schema import schema_bytes

MakeEvent = Callable[..., OomEvent]
COLUMNS = (
    "pid", "uid", "tgid", "total_vm_pages", "rss_pages", "pgtables_bytes", "swapents_pages",
    "oom_score_adj", "comm",
)  # fmt: skip


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(schema_bytes())
    return found


@pytest.fixture
def full(make_event: MakeEvent) -> OomEvent:
    counter = {"usage_kb": 1, "limit_kb": 2, "failcnt": 3}
    zone = {
        "node": 0, "zone": "DMA", "free_kb": 1, "lowmem_reserve_pages": [0, 1],
        "free_list": [{"count": 1, "size_kb": 4, "types": "UM"}], "free_list_total_kb": 4,
    }  # fmt: skip
    details = Details(
        trigger_pid=7,
        kernel_release="6.1.0",
        nodemask="(null)",
        cpuset="/",
        mems_allowed="0",
        memcg=Memcg(memory=counter, stats={"anon_bytes": 1}, children=(("/a/b", {"cache_kb": 1}),)),
        mem_info={
            "counters": {"free_pages": 1},
            "nodes": [{"node": 0, "all_unreclaimable": True}],
            "zones": [zone],
            "hugepages": [],
            "pagecache_pages": None,
            "swap": None,
            "totals": {"ram_pages": 1},
        },
        slab=({"name": "bio", "used_kb": 1, "total_kb": 2},),
        tasks=TaskTable(COLUMNS, [(1, 0, 1, 10, 5, 4096, 0, 0, "init")]),
        callbacks_suppressed=3,
        sections={"tasks": "present", "mem_info": "cut"},
        problems=(Problem(2, "?", None),),
    )
    kill = Kill(
        42, "java", 1, 2, 3, 4, 5, 6, 7, 8, Selected(41, "sh", 1), Reaped(0, 0, 0, False, 4),
        datetime(2024, 5, 1, tzinfo=UTC), 1.5, 3,
    )  # fmt: skip
    return make_event(details, kills=(kill,), time=datetime(2024, 5, 1), time_origin="inferred")


def test_schema_is_valid(schema: dict[str, Any]) -> None:
    """The schema is a JSON Schema of draft 2020-12."""
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_every_key_is_described(schema: dict[str, Any]) -> None:
    """Each key of the schema says in words what it holds."""

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            for key, value in node.get("properties", {}).items():
                described = (
                    value if "description" in value else schema["$defs"].get(value.get("$ref", "")[8:], {})
                )
                assert described.get("description"), key
            for value in node.values():
                walk(value)

    walk(schema)


def test_keys_are_those_of_the_schema(schema: dict[str, Any], full: OomEvent) -> None:
    """An event has every key of the schema, in its order, and no other."""
    assert [*event_dict(full)] == [*schema["properties"]] == schema["required"]
    assert schema["additionalProperties"] is False


def test_full_event_fits_the_schema(schema: dict[str, Any], full: OomEvent) -> None:
    """An event with everything in it is valid, and its values come back."""
    found = json.loads(event_bytes(full))
    jsonschema.Draft202012Validator(schema).validate(found)
    assert found["sections"] == {"tasks": "present", "mem_info": "cut", "time": "inferred"}
    assert found["tasks"][0]["comm"] == "init"
    assert json.loads(event_bytes(full, indent=True)) == found


def test_empty_event_fits_the_schema(schema: dict[str, Any], make_event: MakeEvent) -> None:
    """An event of which next to nothing is known is valid: what was not printed is null."""
    nobody = Trigger(None, None, None, None, None, None, None)
    for trigger in (None, nobody):
        found = json.loads(
            event_bytes(make_event(kills=(), outcome="unknown", uptime_s=None, trigger=trigger))
        )
        jsonschema.Draft202012Validator(schema).validate(found)
        assert found["time"] is None


def test_unknown_key_does_not_fit_the_schema(schema: dict[str, Any], full: OomEvent) -> None:
    """The schema refuses keys that it does not know."""
    found = {**json.loads(event_bytes(full)), "comm": "java"}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema).validate(found)


@pytest.mark.parametrize("indent", [False, True])
def test_odd_values_are_rendered(make_event: MakeEvent, indent: bool) -> None:
    """Names that are not UTF-8 and numbers of more than 64 bits do not stop the output."""
    row = (1, 0, 1, 1 << 70, 5, 0, 0, 0, "\ud800")
    event = make_event(
        Details(tasks=TaskTable(COLUMNS, [row])),
        source="kern\udcff.log",
        kills=(Kill(42, "a\x1b\ud83d", total_vm_kb=1 << 70, line=3),),
    )
    found = json.loads(event_bytes(event, indent=indent))
    assert found["source"] == r"kern\xff.log"
    assert found["kills"][0]["comm"] == "a\x1b\\ud83d"
    assert found["kills"][0]["total_vm_kb"] == found["tasks"][0]["total_vm_pages"] == 1 << 70
    assert event_bytes(event).count(b"\n") == 0


def test_reports(make_event: MakeEvent) -> None:
    """json is one array, also when it is empty; ndjson is one line an event."""
    for count in (0, 1, 3):
        array: list[bytes] = []
        lines: list[bytes] = []
        as_array, as_lines = JsonReport(array.append), NdjsonReport(lines.append)
        for _ in range(count):
            as_array.add(make_event())
            as_lines.add(make_event())
        as_array.finish()
        as_lines.finish()
        assert len(json.loads(b"".join(array))) == count
        assert b"".join(lines).count(b"\n") == count


@pytest.mark.parametrize(
    ("kill", "constraint"),
    [
        ("Memory cgroup out of memory: Kill process 7 (a) score 900 or sacrifice child", "CONSTRAINT_MEMCG"),
        (
            "No available memory (MPOL_BIND): Kill process 7 (a) score 9 or sacrifice child",
            "CONSTRAINT_MEMORY_POLICY",
        ),
        ("No available memory in cpuset: Kill process 7 (a) score 9 or sacrifice child", "CONSTRAINT_CPUSET"),
        ("Out of memory: Kill process 7 (a) score 9 or sacrifice child", None),
    ],
)
def test_constraint_is_what_the_schema_says(
    schema: dict[str, Any], kill: str, constraint: str | None
) -> None:
    """Before 5.0 the constraint is what the kill line's words stand for, and sections has no such line."""
    log = (
        "a invoked oom-killer: gfp_mask=0x24200ca, order=0, oom_score_adj=0\n"
        f"{kill}\nKilled process 7 (a) total-vm:4kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB\n"
    )
    found = json.loads(event_bytes(next(oomlog.parse(log))))
    assert (found["constraint"], found["sections"]["constraint"]) == (constraint, "absent")
    words = schema["properties"]["constraint"]["description"]
    assert constraint is None or constraint in words


def test_schema_explains_what_is_cut(schema: dict[str, Any]) -> None:
    """The schema says what each word about a section means."""
    presence = schema["$defs"]["presence"]
    assert all(f"{word}: " in presence["description"] for word in presence["enum"])
    assert "the log stops inside it, or a line of it is broken off" in presence["description"]
