"""The section about the container, on the page of an explanation and in its JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from oomlog.containers.known import Known
from oomlog.containers.place import Place
from oomlog.explain.heap import HeapItem, HeapSheet
from oomlog.explain.model import Explanation
from oomlog.explain.phrases import say
from oomlog.explain.whose import names_victim, what
from oomlog.report.container import place_dict
from oomlog.report.document import Block, Heading, Item, Items, Paragraph, Table
from oomlog.report.shorten import short_ids
from oomlog.units import human_kb

__all__ = ["container_blocks", "explained_dict"]


def explained_dict(explanation: Explanation, lang: str) -> dict[str, Any] | None:
    """Return the place of an explanation, with what is to be said about it."""
    place = explanation.place
    if place is None:
        return None
    heap = explanation.heap
    return {
        **place_dict(place),
        "text": what(place.owner, place.known, lang),
        "remarks": [say(f"containers.{key}", lang, values) for key, values in explanation.remarks],
        "heap": None if heap is None else _heap_dict(heap),
    }


def _heap_dict(heap: HeapSheet) -> dict[str, Any]:
    return {
        "limit_kb": heap.limit_kb,
        "heap_kb": heap.heap_kb,
        "option": heap.setting.option,
        "left_kb": heap.left_kb,
        "rss_kb": heap.rss_kb,
        "items": [
            {"id": item.id, "kb": item.kb, "origin": item.origin, "option": item.option}
            for item in heap.items
        ],
    }


def container_blocks(explanation: Explanation, lang: str) -> Iterator[Block]:
    """Yield the section about the container, nothing for what systemd alone runs."""
    place = explanation.place
    if place is None or place.owner.kind == "systemd":
        return
    yield Heading(say("containers.heading", lang, {}))
    rows = [(say(f"containers.{key}", lang, {}), text) for key, text in _facts(explanation, place, lang)]
    yield Table((say("containers.item", lang, {}), say("containers.value", lang, {})), rows)
    if explanation.remarks:
        yield Items(tuple(Item(say(f"containers.{key}", lang, each)) for key, each in explanation.remarks))
    if explanation.heap is not None:
        yield Paragraph(say("containers.heap_heading", lang, {}), strong=True)
        yield _heap(explanation.heap, lang)


def _facts(explanation: Explanation, place: Place, lang: str) -> Iterator[tuple[str, str]]:
    owner, known = place.owner, place.known
    found: list[tuple[str, str | None]] = [
        (
            "field_what" if names_victim(explanation.event) else "field_whose",
            short_ids(what(owner, known, lang)),
        ),
        ("field_limit", _limit(explanation, place, lang)),
        ("field_runtime", owner.runtime),
        ("field_id", owner.container_id if owner.container_id != owner.name else None),
        ("field_pod_uid", owner.pod_uid),
        ("field_qos", owner.qos),
        (
            "field_outer",
            None if owner.outer is None else short_ids(what(owner.outer, place.outer_known, lang)),
        ),
    ]
    if known is not None:
        found += [
            ("field_image", known.image),
            ("field_configured", _bytes(known.limit_bytes, lang)),
            ("field_request", _bytes(known.request_bytes, lang)),
            ("field_restarts", None if known.restarts is None else str(known.restarts)),
            ("field_end", _end(known, lang)),
            ("field_source", known.source),
        ]
    yield from ((key, text) for key, text in found if text is not None)


def _limit(explanation: Explanation, place: Place, lang: str) -> str | None:
    level = place.limit_level
    if level is None or place.limit is None:
        return None
    values = {"qos": place.limit.qos, "path": explanation.event.oom_memcg}
    if level == "container" and not place.own_limit:
        outer = short_ids(what(place.limit, place.limit_known, lang))
        return say("containers.level_outer", lang, {"what": outer})
    return say(f"containers.level_{level}", lang, values)


def _bytes(size: int | None, lang: str) -> str | None:
    if size is None:
        return None
    return human_kb(size // 1024) if size else say("containers.no_limit", lang, {})


def _end(known: Known, lang: str) -> str | None:
    if known.exit_code is None:
        return None
    reason = known.reason or ("OOMKilled" if known.oom_killed else None)
    parts = [say("containers.end", lang, {"exit_code": known.exit_code}), reason, known.finished_at]
    return ", ".join(part for part in parts if part is not None)


def _heap(heap: HeapSheet, lang: str) -> Table:
    option = (
        heap.setting.option if heap.setting.where is None else f"{heap.setting.where}={heap.setting.option}"
    )
    rows = [
        _heap_row("limit", human_kb(heap.limit_kb), "report", None, lang),
        _heap_row("heap", human_kb(heap.heap_kb), "option", option, lang),
        _heap_row("left", human_kb(heap.left_kb), "sum", None, lang),
    ]
    rows += [_heap_item(item, lang) for item in heap.items if item.origin != "default"]
    if heap.rss_kb is not None:
        rows.append(_heap_row("rss", human_kb(heap.rss_kb), "report", None, lang))
    rows += [_heap_item(item, lang) for item in heap.items if item.origin == "default"]
    head = tuple(say(f"containers.heap_{name}", lang, {}) for name in ("item", "size", "origin"))
    return Table(head, rows, frozenset({1}))


def _heap_item(item: HeapItem, lang: str) -> tuple[str, ...]:
    size = say("containers.unbounded", lang, {}) if item.kb is None else human_kb(item.kb)
    return _heap_row(item.id, size, item.origin, item.option, lang)


def _heap_row(id: str, size: str, origin: str, option: str | None, lang: str) -> tuple[str, ...]:
    name = say(f"containers.heap_{id}", lang, {})
    return name, size, say(f"containers.origin_{origin}", lang, {"option": option})
