"""Collect the memory sections of one report: Mem-Info, memcg block, slab table.

Mirrors show_free_areas()/__show_mem() (mm/page_alloc.c, mm/show_mem.c since 6.5),
mem_cgroup_print_oom_meminfo() (mm/memcontrol.c) and dump_unreclaimable_slab() (mm/slab_common.c).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from oomlog.grammar import Match
from oomlog.grammar.pairs import Pairs
from oomlog.model import Memcg, Value

__all__ = ["MemInfo", "MemcgBlock", "without_first_pair"]

# Until 6.4 all statistics are one record (mem_cgroup_print_oom_meminfo() prints them one by one since
# 6.5), and printk cuts a record at LOG_LINE_MAX: 1024 bytes less 32 or 48 for the prefix.
_RECORD_CUT = (970, 1024)

# Alibaba's kernels (4.19) print in place of a path that it was the machine's own limit.
_MACHINE = "host"

# Statistics that count events; every other name of the multi-line form is a size in bytes
# (memory_stats[] and memcg_vm_event_stat[] in mm/memcontrol.c).
_COUNTS = ("pg", "workingset_", "thp_", "zswpin", "zswpout", "zswpwb", "pswp", "numa_", "swpin_", "swpout_")


def without_first_pair(match: Match) -> Match:
    """Return the match of a line that a cut may have begun inside of its first key.

    Of ``sec_pagetables:0`` that leaves ``pagetables:0``, which is another counter.
    """
    fields = dict(match.fields)
    for key, value in fields.items():
        if isinstance(value, Pairs):
            fields[key] = Pairs(dict([*value.items()][1:]), value.garbage)
    return match._replace(fields=fields)


class MemInfo:
    """Gather the Mem-Info lines of one report."""

    def __init__(self) -> None:
        self.counters: dict[str, Value] = {}
        self.nodes: list[dict[str, Value]] = []
        self.zones: list[dict[str, Value]] = []
        self.hugepages: list[dict[str, Value]] = []
        self.swap: dict[str, Value] = {}
        self.totals: dict[str, Value] = {}
        self.pagecache_pages: int | None = None
        self.seen = False

    def add(self, match: Match) -> list[str]:
        """Take one line; return what in it was no pair."""
        self.seen = True
        fields: dict[str, Any] = match.fields
        name = match.id.partition(".")[2]
        if name.startswith("counters"):
            pairs = fields["counters"]
            self.counters.update(pairs)
            return list(pairs.garbage)
        if name.startswith("node"):
            pairs = fields["pairs"]
            self.nodes.append({"node": fields["node"], **pairs})
            return list(pairs.garbage)
        if name.startswith("zone"):
            pairs = fields["pairs"]
            zone = {"node": fields.get("node"), "zone": fields["zone"]}
            known = self._zone(fields.get("node"), fields["zone"])
            if known is None or "free_kb" in known:
                self.zones.append({**zone, **pairs})
            else:
                known.update(pairs)
            return list(pairs.garbage)
        if name.startswith("lowmem_reserve"):
            if self.zones:
                self.zones[-1]["lowmem_reserve_pages"] = list(next(iter(fields.values())))
        elif name.startswith("free_list"):
            self._free_list(fields)
        elif name.startswith("hugepages"):
            self.hugepages.append(dict(fields))
        elif name.startswith("pagecache"):
            self.pagecache_pages = next(iter(fields.values()))
        elif "swap" in name:
            self.swap.update(fields)
        elif name not in ("head",) and not name.startswith("per_cpu"):
            self.totals.update(fields)
        return []

    def _zone(self, node: object, zone: object) -> dict[str, Value] | None:
        for known in reversed(self.zones):
            if known["zone"] == zone and known["node"] == node:
                return known
        return None

    def _free_list(self, fields: dict[str, Any]) -> None:
        node, name, found = fields.get("node"), fields["zone"], fields["free_list"]
        zone = self._zone(node, name)
        if zone is None:
            zone = {"node": node, "zone": name}
            self.zones.append(zone)
        zone["free_list"] = [
            {"count": block.count, "size_kb": block.size_kb, "types": block.types} for block in found.blocks
        ]
        zone["free_list_total_kb"] = found.total_kb

    def result(self) -> Mapping[str, Value] | None:
        """Return the block with the schema's keys, ``None`` when no line of it was there."""
        if not self.seen:
            return None
        return {
            "counters": self.counters,
            "nodes": self.nodes,
            "zones": self.zones,
            "hugepages": self.hugepages,
            "pagecache_pages": self.pagecache_pages,
            "swap": self.swap or None,
            "totals": self.totals or None,
        }


class MemcgBlock:
    """Gather the lines about the cgroup that hit its limit."""

    def __init__(self) -> None:
        self.counters: dict[str, Mapping[str, int]] = {}
        self.stats: dict[str, dict[str, int]] = {}
        self.protection: dict[str, int] = {}
        self.oom_memcg: str | None = None
        self.task_memcg: str | None = None
        self.seen = False
        self.cut = False
        self._current: dict[str, int] | None = None
        self._record_bytes = 0

    def add(self, match: Match, *, same_record: bool = False) -> list[str]:
        """Take one line; return what in it was no pair.

        :param same_record: The line came in one record with the line before it.
        """
        self.seen = True
        fields: dict[str, Any] = match.fields
        name = match.id.partition(".")[2]
        if name in ("memory", "memory_swap", "swap", "kmem"):
            self.counters[name] = dict(fields)
        elif name.startswith("stats_line"):
            pairs = fields["stats"]
            self.stats[fields.get("stats_memcg", "")] = {k: v for k, v in pairs.items() if v is not None}
            return list(pairs.garbage)
        elif name.startswith("stats_head"):
            self._current = self.stats.setdefault(fields.get("stats_memcg", ""), {})
            self._record_bytes = 0
            if "name" in fields:
                self._stat(fields["name"], fields["value"])
        elif name == "stat":
            length = len(match.text.strip())
            self.add_stat(fields["name"], fields["value"], length, same_record=same_record)
        elif name.startswith("protection"):
            self.protection.update(fields)
        else:
            if fields.get("oom_memcg") != _MACHINE:
                self.oom_memcg = fields.get("oom_memcg", self.oom_memcg)
            self.task_memcg = fields.get("task_memcg", self.task_memcg)
        return []

    def add_stat(self, name: str, value: int, length: int, *, same_record: bool) -> None:
        """Take one statistic of a list.

        :param length: Of its line, without blanks around it.
        """
        self._record_bytes = (self._record_bytes if same_record else 0) + length + 1
        self._stat(name, value)

    def _stat(self, name: str, value: int) -> None:
        if self._current is None:
            self._current = self.stats.setdefault("", {})
        self._current[_stat_key(name)] = value

    def result(self) -> Memcg | None:
        """Return the block, ``None`` when no line of it was there."""
        if not self.counters and not self.stats:
            return None
        if _RECORD_CUT[0] <= self._record_bytes <= _RECORD_CUT[1] and self._current:
            self.cut = True  # printk stored no more than this: digits of the last value may be missing
            self._current.popitem()
        paths = list(self.stats)
        if self.oom_memcg is None and paths and paths[0]:
            self.oom_memcg = paths[0]  # the limit's owner comes first, and since 5.3 alone
        own = self.oom_memcg if self.oom_memcg in self.stats else (paths[0] if paths else None)
        return Memcg(
            memory=self.counters.get("memory"),
            memory_swap=self.counters.get("memory_swap"),
            swap=self.counters.get("swap"),
            kmem=self.counters.get("kmem"),
            stats=self.stats[own] if own is not None else None,
            children=tuple((path, self.stats[path]) for path in paths if path != own),
        )


@lru_cache(maxsize=1024)
def _stat_key(name: str) -> str:
    """Return a statistic's key, with its unit; a log has the same few dozen names again and again."""
    return name if name.removeprefix("total_").startswith(_COUNTS) else f"{name}_bytes"
