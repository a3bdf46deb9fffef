"""Sizes of a case in kB: of the machine, its counters, nodes and zones, and of the cgroup at its limit.

Each is ``None`` when the kernel did not print it.  Mirrors __show_mem() (mm/show_mem.c) and
mem_cgroup_print_oom_meminfo() (mm/memcontrol.c).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from oomlog.explain import mem_info
from oomlog.explain.case import Case
from oomlog.explain.quote import lines_of
from oomlog.explain.totalpages import ram_contradicts, scope_of, shows_all_zones
from oomlog.kernel import is_unlimited
from oomlog.model import ReportLine

__all__ = [
    "counter_kb",
    "counter_of",
    "group_kb",
    "group_lines",
    "limit_kb",
    "nodes_kb",
    "number",
    "ram_kb",
    "share_of",
    "tells_machine",
    "zones_kb",
]

Part = Mapping[str, Any]


def number(part: Part, key: str) -> int | None:
    """Return a number of a part, ``None`` when it was not printed or could not be read."""
    found = part.get(key)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def tells_machine(case: Case) -> bool:
    """Tell whether the report is about the machine: a cgroup's had a Mem-Info block too, until 3.8."""
    return case.event.scope != "memcg" and case.event.mem_info is not None


def ram_kb(case: Case) -> int | None:
    """Return all RAM, with what is reserved, as in the machine's ledger; ``None`` if it is in doubt.

    A report for some nodes shows only their zones, so that a sum of zones is less than the machine.
    """
    if not tells_machine(case) or ram_contradicts(case.event, case.page_kb):
        return None
    pages = number(mem_info.totals(case.event), "ram_pages")
    if pages is not None:
        return pages * case.page_kb or None
    if scope_of(case.event) in ("cpuset", "mempolicy") or not shows_all_zones(case.event, case.page_kb):
        return None
    return zones_kb(case, "present")


def counter_kb(case: Case, *names: str) -> int | None:
    """Return the sum of the machine's counters of these names (``shmem``); all of them must be there."""
    found = [number(mem_info.counters(case.event), f"{name}_pages") for name in names]
    return None if None in found else sum(each or 0 for each in found) * case.page_kb


def nodes_kb(case: Case, name: str) -> int | None:
    """Return the sum over the nodes' lines."""
    return _sum(mem_info.nodes(case.event), name)


def zones_kb(case: Case, name: str) -> int | None:
    """Return the sum over the zones' lines."""
    return _sum(mem_info.zones(case.event), name)


def _sum(parts: Sequence[Part], name: str) -> int | None:
    found = [each for part in parts if (each := number(part, f"{name}_kb")) is not None]
    return sum(found) if found else None


def share_of(part_kb: int | None, whole_kb: int | None) -> float | None:
    """Return a part as a fraction of the whole, ``None`` when the numbers contradict each other."""
    if part_kb is None or not whole_kb or not 0 <= part_kb <= whole_kb:
        return None
    return part_kb / whole_kb


def limit_kb(case: Case) -> int | None:
    """Return the memory limit that the cgroup hit."""
    memcg = case.event.memcg
    limit = (memcg.memory or {}).get("limit_kb") if memcg and case.event.scope == "memcg" else None
    return None if not limit or is_unlimited(limit) else limit


def counter_of(case: Case, counter: str) -> tuple[int, int] | None:
    """Return usage and limit of a cgroup's counter (``swap``); a limit that stands for none is none."""
    memcg = case.event.memcg if case.event.scope == "memcg" else None
    found: Mapping[str, int] = (getattr(memcg, counter) if memcg else None) or {}
    usage, limit = found.get("usage_kb"), found.get("limit_kb")
    return None if usage is None or limit is None or is_unlimited(limit) else (usage, limit)


def group_kb(case: Case, *names: str) -> int | None:
    """Return the sum of a cgroup's statistics of these names (``shmem``), its subtree's included.

    Bytes since 5.3, for the subtree; v1 prints the subtree's as ``total_*`` beside the group's own since
    6.5.  From 3.9 to 5.2 each group of the subtree had a line of its own, in kB.
    """
    memcg = case.event.memcg if case.event.scope == "memcg" else None
    if memcg is None or memcg.stats is None:
        return None
    total = 0
    for name in names:
        found = _stat(memcg.stats, f"total_{name}")
        if found is None:
            found = _stat(memcg.stats, name)
            if found is not None and memcg.children:
                found += sum(_stat(stats, name) or 0 for _, stats in memcg.children)
        if found is None:
            return None
        total += found
    return total


def _stat(stats: Mapping[str, int], name: str) -> int | None:
    in_bytes = stats.get(f"{name}_bytes")
    return stats.get(f"{name}_kb") if in_bytes is None else in_bytes // 1024


def group_lines(case: Case, *names: str) -> tuple[ReportLine, ...]:
    """Return the lines that print a cgroup's usage and these statistics, each name's first."""
    found = {line.no: line for line in case.quote("memory: usage")}
    for name in names:
        value = re.compile(rf"(?:^|[\s:])(?:total_)?{name}[ :]\d")
        for line in lines_of(case.event):
            if line.no >= case.event.first_line and value.search(line.text):
                found[line.no] = line
                break
    return tuple(found[no] for no in sorted(found))
