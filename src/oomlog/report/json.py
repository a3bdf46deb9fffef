"""Events as JSON: one object an event, with the keys of the ``oomlog.event/1`` schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

import orjson

from oomlog.events.tasks import full_rows, rows_json
from oomlog.model import Kill, OomEvent, TaskTable
from oomlog.report.container import container_of
from oomlog.report.escape import without_surrogates

if TYPE_CHECKING:
    from oomlog.containers.registry import Registry

__all__ = ["SCHEMA_ID", "JsonReport", "NdjsonReport", "event_bytes", "event_dict", "json_bytes"]

SCHEMA_ID = "oomlog.event/1"
_LIMIT_KEYS = ("usage_kb", "limit_kb", "failcnt")


def _time(when: datetime | None) -> str | None:
    return None if when is None else when.isoformat()


def _limits(values: Mapping[str, int] | None) -> dict[str, int | None] | None:
    return None if values is None else {key: values.get(key) for key in _LIMIT_KEYS}


def _kill(kill: Kill) -> dict[str, Any]:
    return {
        "pid": kill.pid,
        "comm": kill.comm,
        "total_vm_kb": kill.total_vm_kb,
        "anon_rss_kb": kill.anon_rss_kb,
        "file_rss_kb": kill.file_rss_kb,
        "shmem_rss_kb": kill.shmem_rss_kb,
        "uid": kill.uid,
        "pgtables_kb": kill.pgtables_kb,
        "oom_score_adj": kill.oom_score_adj,
        "score": kill.score,
        "selected": None if kill.selected is None else asdict(kill.selected),
        "reaped": None if kill.reaped is None else asdict(kill.reaped),
        "time": _time(kill.time),
        "line": kill.line,
    }


def _tasks(table: TaskTable | None) -> orjson.Fragment | None:
    if table is None:
        return None
    return orjson.Fragment(table.json() if table.json is not None else rows_json(table))


def event_dict(event: OomEvent, registry: Registry | None = None) -> dict[str, Any]:
    """Return the event with the schema's keys; ``tasks`` is a ready-made JSON fragment."""
    return _record(event, _tasks(event.tasks), registry)


def _record(event: OomEvent, tasks: object, registry: Registry | None) -> dict[str, Any]:
    trigger = event.trigger
    memcg = event.memcg
    return {
        "schema": SCHEMA_ID,
        "source": event.source,
        "first_line": event.first_line,
        "last_line": event.last_line,
        "time": _time(event.time),
        "uptime_s": event.uptime_s,
        "host": event.host,
        "boot_id": event.boot_id,
        "kernel_release": event.kernel_release,
        "killer": event.killer,
        "trusted": event.trusted,
        "scope": event.scope,
        "constraint": event.constraint,
        "outcome": event.outcome,
        "complete": event.complete,
        "trigger": None
        if trigger is None
        else {
            "comm": trigger.comm,
            "pid": trigger.pid,
            "uid": trigger.uid,
            "gfp_mask": trigger.gfp_mask,
            "gfp_flags": trigger.gfp_flags,
            "order": trigger.order,
            "oom_score_adj": trigger.oom_score_adj,
        },
        "nodemask": event.nodemask,
        "cpuset": event.cpuset,
        "mems_allowed": event.mems_allowed,
        "oom_memcg": event.oom_memcg,
        "task_memcg": event.task_memcg,
        "container": container_of(event, registry),
        "memcg": None
        if memcg is None
        else {
            "memory": _limits(memcg.memory),
            "memory_swap": _limits(memcg.memory_swap),
            "swap": _limits(memcg.swap),
            "kmem": _limits(memcg.kmem),
            "stats": memcg.stats,
            "children": [{"memcg": path, "stats": stats} for path, stats in memcg.children],
        },
        "mem_info": event.mem_info,
        "slab": event.slab,
        "tasks": tasks,
        "kills": [_kill(kill) for kill in event.kills],
        "suppressed": event.suppressed,
        "sections": {**event.sections, "time": event.time_origin},
        "problems": [
            {"line": problem.line, "text": problem.text, "expected": problem.expected}
            for problem in event.problems
        ],
    }


def event_bytes(event: OomEvent, *, indent: bool = False, registry: Registry | None = None) -> bytes:
    """Render one event as JSON, on one line unless ``indent``."""
    try:
        return orjson.dumps(event_dict(event, registry), option=orjson.OPT_INDENT_2 if indent else 0)
    except TypeError:
        return _odd_bytes(event, registry, indent=indent)


# orjson refuses integers of more than 64 bits, which a damaged or forged log may hold, and surrogates,
# which are how a file name holds a byte that is not UTF-8.
def _odd_bytes(event: OomEvent, registry: Registry | None, *, indent: bool) -> bytes:
    return _plain_bytes(
        _record(event, None if event.tasks is None else full_rows(event.tasks), registry), indent=indent
    )


def json_bytes(record: Mapping[str, Any]) -> bytes:
    """Render any record on one line, whatever numbers and characters a log put into it."""
    try:
        return orjson.dumps(record)
    except TypeError:
        return _plain_bytes(record, indent=False)


def _plain_bytes(record: Mapping[str, Any], *, indent: bool) -> bytes:
    from json import dumps

    record = _plain(record)
    if indent:
        return dumps(record, ensure_ascii=False, indent=2).encode()
    return dumps(record, ensure_ascii=False, separators=(",", ":")).encode()


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return without_surrogates(value)
    if isinstance(value, Mapping):
        return {_plain(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value


class NdjsonReport:
    """Writes one line per event."""

    def __init__(self, write: Callable[[bytes], None], registry: Registry | None = None) -> None:
        self._write = write
        self._registry = registry

    def add(self, event: OomEvent) -> None:
        """Write the event."""
        self._write(event_bytes(event, registry=self._registry) + b"\n")

    def flush(self) -> None:
        """Hand over what is ready; nothing is held back here."""

    def finish(self) -> None:
        """End the output."""


class JsonReport:
    """Writes one array, with one event a line."""

    def __init__(self, write: Callable[[bytes], None], registry: Registry | None = None) -> None:
        self._write = write
        self._registry = registry
        self._before = b"[\n"

    def add(self, event: OomEvent) -> None:
        """Write the event."""
        self._write(self._before + event_bytes(event, registry=self._registry))
        self._before = b",\n"

    def flush(self) -> None:
        """Hand over what is ready; nothing is held back here."""

    def finish(self) -> None:
        """Close the array."""
        self._write(b"[]\n" if self._before == b"[\n" else b"\n]\n")
