"""The fields that one report has, each with its value there and its entry in the glossary."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from oomlog.explain.mem_info import counters, hugepages, nodes, swap, totals, zones
from oomlog.explain.terms import Entry, Topic, load
from oomlog.model import OomEvent

__all__ = ["FieldValue", "fields_of"]

_KILL = (
    "pid", "comm", "total_vm_kb", "anon_rss_kb", "file_rss_kb", "shmem_rss_kb", "uid", "pgtables_kb",
    "oom_score_adj", "score",
)  # fmt: skip
_SHOWN = 4
"""Values of one field (of zones, say) that are shown."""


class FieldValue(NamedTuple):
    """One field of the report."""

    topic: Topic
    entry: Entry
    value: str


def fields_of(event: OomEvent) -> tuple[FieldValue, ...]:
    """Return the report's fields in the glossary's order; a field that was not printed is left out."""
    glossary = load()
    topics = {topic.name: topic for topic in glossary.topics}
    values: dict[str, list[str]] = {}
    for path, value in _values(event):
        values.setdefault(path, []).append(value)
    found = []
    for entry in glossary.entries:
        own = [value for field in entry.fields for value in values.get(field, ())]
        if own:
            shown = list(dict.fromkeys(own))
            more = f" +{len(shown) - _SHOWN}" if len(shown) > _SHOWN else ""
            found.append(FieldValue(topics[entry.topic], entry, "; ".join(shown[:_SHOWN]) + more))
    return tuple(found)


def _values(event: OomEvent) -> Iterator[tuple[str, str]]:
    trigger = event.trigger
    if trigger is not None:
        for name in ("comm", "gfp_mask", "order", "oom_score_adj"):
            yield from _one(f"invoked.{name}", getattr(trigger, name))
        yield from _one("invoked.gfp_flags", "|".join(trigger.gfp_flags or ()) or None)
    for name in ("nodemask", "cpuset", "mems_allowed", "constraint", "oom_memcg", "task_memcg"):
        yield from _one(f"constraint.{name}", getattr(event, name))
    yield from _one("context.kernel_release", event.kernel_release)
    for kill in event.kills[:1]:
        for name in _KILL:
            yield from _one(f"kill.{name}", getattr(kill, name))
        row = next((row for row in event.tasks or () if row.get("pid") == kill.pid), {})
        yield from _pairs("tasks", row)
    yield from _pairs("mem_info.counters", counters(event))
    for node in nodes(event):
        yield from _pairs("mem_info.nodes", node, f"node {node.get('node')}")
    for zone in zones(event):
        yield from _pairs("mem_info.zones", zone, str(zone.get("zone")))
    for pool in hugepages(event):
        yield from _pairs("mem_info", pool)
    for part in (swap(event), totals(event)):
        yield from _pairs("mem_info", part)
    yield from _one("mem_info.pagecache_pages", (event.mem_info or {}).get("pagecache_pages"))
    if event.memcg is not None:
        for name in ("memory", "memory_swap", "swap", "kmem", "stats"):
            yield from _pairs(f"memcg.{name}", getattr(event.memcg, name) or {})
    for cache in (event.slab or ())[:1]:
        yield from _pairs("slab", cache)


def _one(path: str, value: object, name: str = "") -> Iterator[tuple[str, str]]:
    if value is not None and isinstance(value, int | float | str):
        yield path, f"{name} {value}".strip()


def _pairs(path: str, pairs: Mapping[str, Any], name: str = "") -> Iterator[tuple[str, str]]:
    for key, value in pairs.items():
        yield from _one(f"{path}.{key}", value, name)
