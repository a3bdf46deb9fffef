"""The fields that one report has, each with its value there and its entry in the glossary."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from oomlog.explain.gfp import decode_gfp
from oomlog.explain.mem_info import counters, hugepages, nodes, swap, totals, zones
from oomlog.explain.terms import Entry, Topic, load, lookup
from oomlog.kernel import is_unlimited
from oomlog.model import OomEvent
from oomlog.units import human_kb

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


def fields_of(event: OomEvent, page_kb: int) -> tuple[FieldValue, ...]:
    """Return the report's fields in the glossary's order; a field that was not printed is left out.

    :param page_kb: For the sizes of what is printed in pages.
    """
    glossary = load()
    topics = {topic.name: topic for topic in glossary.topics}
    values: dict[str, list[str]] = {}
    for path, value, name in _values(event):
        shown = _sized(path, value, page_kb)
        values.setdefault(path, []).append(f"{name} {shown}" if name else shown)
    found = []
    for entry in glossary.entries:
        own = [value for field in entry.fields for value in values.get(field, ())]
        if own:
            unique = list(dict.fromkeys(own))
            more = f" +{len(unique) - _SHOWN}" if len(unique) > _SHOWN else ""
            found.append(FieldValue(topics[entry.topic], entry, "; ".join(unique[:_SHOWN]) + more))
    names, _ = _flags(event)
    return (*found, *(FieldValue(topics[e.topic], e, "1") for name in names for e in lookup(name)))


def _sized(path: str, value: object, page_kb: int) -> str:
    if not isinstance(value, int) or isinstance(value, bool):
        return str(value)
    for suffix, unit, kb in (
        ("_kb", "kB", value),
        ("_pages", "pages", value * page_kb),
        ("_bytes", "bytes", value // 1024),
    ):
        if path.endswith(suffix):
            big = abs(kb) >= 1024 and not (suffix == "_kb" and is_unlimited(kb))
            return f"{value} {unit} ({human_kb(kb)})" if big else f"{value} {unit}"
    return str(value)


def _flags(event: OomEvent) -> tuple[tuple[str, ...], str | None]:
    """Return the names of the request's flags, and as text; derived from the number until 4.5."""
    trigger = event.trigger
    if trigger is None:
        return (), None
    if trigger.gfp_flags is not None:
        return trigger.gfp_flags, "|".join(trigger.gfp_flags) or None
    decoded = None if trigger.gfp_mask is None else decode_gfp(int(trigger.gfp_mask, 16))
    if decoded is None or not decoded.names:
        return (), None
    rest = (f"{decoded.rest:#x}",) if decoded.rest else ()
    return decoded.names, "|".join((*decoded.names, *rest)) + " (derived)"


def _values(event: OomEvent) -> Iterator[tuple[str, object, str]]:
    trigger = event.trigger
    if trigger is not None:
        for name in ("comm", "gfp_mask", "order", "oom_score_adj"):
            yield from _one(f"invoked.{name}", getattr(trigger, name))
        yield from _one("invoked.gfp_flags", _flags(event)[1])
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


def _one(path: str, value: object, name: str = "") -> Iterator[tuple[str, object, str]]:
    if value is not None and isinstance(value, int | float | str):
        yield path, value, name


def _pairs(path: str, pairs: Mapping[str, Any], name: str = "") -> Iterator[tuple[str, object, str]]:
    for key, value in pairs.items():
        yield from _one(f"{path}.{key}", value, name)
