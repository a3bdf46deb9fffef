"""A Java virtual machine's memory against its container's limit: what is known of it, and what is assumed.

The limit counts everything: the heap is only the part that options bound by default.  Defaults are HotSpot's,
as upper bounds; how much of them was in use the report does not say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from oomlog.containers.jvm import Jvm, Setting, is_jvm
from oomlog.explain.case import Case
from oomlog.frame.limits import reached_limit

__all__ = ["HeapItem", "HeapSheet", "heap_sheet"]

Origin = Literal["report", "option", "default"]
# HotSpot's, 64-bit with tiered compilation (globals.hpp, codeCache): the most that it reserves.
_CODE_CACHE_KB = 240 * 1024
_STACK_KB = 1024


@dataclass(frozen=True, slots=True)
class HeapItem:
    """One part of the process's memory.

    :ivar id: Key of its name (``containers.heap_*``).
    :ivar kb: ``None`` where nothing bounds it.
    :ivar origin: The report says it, an option sets it, or it is HotSpot's default and assumed.
    :ivar option: The option, as written.
    """

    id: str
    kb: int | None
    origin: Origin
    option: str | None = None


@dataclass(frozen=True, slots=True)
class HeapSheet:
    """The heap's largest size, the limit, and the other parts.

    :ivar left_kb: What the limit leaves beside the largest heap; negative where the heap is larger.
    :ivar rss_kb: What the process had in memory when it was killed.
    """

    limit_kb: int
    heap_kb: int
    setting: Setting
    items: tuple[HeapItem, ...]
    left_kb: int
    rss_kb: int | None


def heap_sheet(case: Case) -> HeapSheet | None:
    """Return the arithmetic, ``None`` without a limit of the container's own and an option for the heap."""
    place, victim = case.place, case.victim
    if place is None or place.known is None or place.known.jvm is None or place.limit is None:
        return None
    if victim is None or not is_jvm(victim.comm) or place.owner != place.limit or place.owner.below:
        return None
    jvm, limit = place.known.jvm, reached_limit(case.event, case.page_kb)
    setting = jvm.heap_setting()
    heap = None if limit is None else jvm.heap_bytes(limit.limit_kb * 1024)
    if limit is None or setting is None or heap is None:
        return None
    heap_kb = heap // 1024
    items = (*_bounds(jvm, heap_kb), *_printed(case))
    return HeapSheet(limit.limit_kb, heap_kb, setting, items, limit.limit_kb - heap_kb, victim.rss_kb)


def _bounds(jvm: Jvm, heap_kb: int) -> tuple[HeapItem, ...]:
    return (
        _bound("metaspace", jvm.metaspace, None),
        _bound("code_cache", jvm.code_cache, _CODE_CACHE_KB),
        # -XX:MaxDirectMemorySize is the largest heap unless it is given.
        _bound("direct", jvm.direct, heap_kb),
        _bound("stack", jvm.stack, _STACK_KB),
    )


def _bound(id: str, setting: Setting | None, default: int | None) -> HeapItem:
    if setting is None:
        return HeapItem(id, default, "default")
    return HeapItem(id, int(setting.value) // 1024, "option", setting.option)


def _printed(case: Case) -> tuple[HeapItem, ...]:
    victim = case.victim
    found = []
    if victim is not None and victim.pgtables_kb is not None:
        found.append(HeapItem("page_tables", victim.pgtables_kb, "report"))
    others = [
        each.rss_pages
        for each in case.processes
        if victim is not None and victim.pid not in (each.pid, each.row_pid) and each.rss_pages is not None
    ]
    if others:
        found.append(HeapItem("others", sum(others) * case.page_kb, "report"))
    return tuple(found)
