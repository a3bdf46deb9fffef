"""totalpages: the memory the tasks of one report could have used; never printed, so always derived.

Mirrors constrained_alloc() in mm/oom_kill.c and mem_cgroup_get_max() in mm/memcontrol.c
(mem_cgroup_get_limit() before 4.17).
"""

from __future__ import annotations

from typing import NamedTuple

from oomlog.explain.formula import release_of
from oomlog.explain.ledger_lists import whole
from oomlog.explain.ledger_sheet import kilobytes, merged
from oomlog.explain.mem_info import counters, swap, totals, zones
from oomlog.explain.model import Derived
from oomlog.explain.page_size import page_size
from oomlog.explain.quote import lines_with
from oomlog.kernel import is_unlimited
from oomlog.model import Memcg, OomEvent, Scope

__all__ = [
    "TotalPages",
    "nodes_in",
    "nodes_of",
    "of_memcg",
    "ram_contradicts",
    "ram_pages",
    "scope_of",
    "shows_all_zones",
    "total_swap_kb",
    "totalpages",
]

_OFF = 0.02
"""Share of RAM by which the zones' sum may differ from it."""


class TotalPages(NamedTuple):
    """totalpages, and how large it may be when not all of its inputs are in the log."""

    derived: Derived
    highest: int | None
    """Upper bound in pages, ``None`` when nothing bounds it."""
    lowest: int | None = None
    """Lower bound in pages where it is not the value itself."""

    @property
    def is_told(self) -> bool:
        """Return whether it is the value, or the one that it has by default, and not only a bound of it."""
        by_default = self.derived.basis == "totalpages_memcg_swap"
        return self.highest == self.derived.value and (self.lowest is None or by_default)


def totalpages(event: OomEvent, page_kb: int, swap_kb: int | None = None) -> TotalPages | None:
    """Return totalpages by the event's scope.

    :param swap_kb: The machine's swap where another report or the boot messages told it; this report's own
        value counts first.
    """
    own = total_swap_kb(event)
    swap_kb = own if own is not None else swap_kb
    scope = scope_of(event)
    if scope == "memcg":
        return of_memcg(event.memcg, page_kb, swap_kb)
    if scope in ("cpuset", "mempolicy"):
        return _of_nodes(event, page_kb, swap_kb)
    return _of_machine(event, page_kb, swap_kb)


def scope_of(event: OomEvent) -> Scope:
    """Return what ran out, told by the nodes where no constraint is printed.

    Until 4.20 a report bound to some nodes has the words of a global one, and 5.0 and 5.1 always print
    CONSTRAINT_NONE.  But since 4.9 the mask of a memory policy is there (oom_kill_process(), mm/oom_kill.c),
    and one that leaves out nodes which the task may use is no cpuset's.  A cpuset's nodes are all that the
    report shows (since 2.6.39, dump_header()): so it is if just these are shown of a machine that has more.
    A report that breaks off before the kill has no words of it, but a Mem-Info block.
    """
    scope = "global" if event.scope == "unknown" and _shows_machine(event) else event.scope
    if scope != "global" or _tells_constraint(event):
        return scope
    mask, allowed = nodes_in(event.nodemask), nodes_in(event.mems_allowed)
    if mask and allowed and mask < allowed:
        return "mempolicy"
    return "cpuset" if allowed and _shows_only(event, allowed) else "global"


def _shows_machine(event: OomEvent) -> bool:
    """Tell whether a report without an end shows the machine's memory, and nothing of a cgroup.

    A cgroup's report has no Mem-Info since 3.9, and until then has its own counters before it
    (dump_header(), mm/oom_kill.c); the trace leads through mm/memcontrol.c.
    """
    if event.killer != "kernel" or event.trigger is None or event.memcg is not None:
        return False
    return bool(zones(event)) and not lines_with(event, "mem_cgroup_", "memcg_oom", "try_charge")


def _shows_only(event: OomEvent, nodes: frozenset[int]) -> bool:
    """Tell whether a cpuset of less than the machine has exactly those nodes that are shown."""
    if event.cpuset in (None, "/") or {zone.get("node") for zone in zones(event)} != nodes:
        return False
    page_kb = page_size(event).value
    ram = totals(event).get("ram_pages")
    hides = ram is not None and _hides_nodes(event, ram * page_kb)
    return hides and not shows_all_zones(event, page_kb)


def _tells_constraint(event: OomEvent) -> bool:
    return event.constraint is not None and release_of(event) not in ((5, 0), (5, 1))


def total_swap_kb(event: OomEvent) -> int | None:
    """Return "Total swap" of the report."""
    return swap(event).get("total_swap_kb")


def ram_pages(event: OomEvent, page_kb: int) -> Derived | None:
    """Return totalram: the pages that the page allocator owns.

    RAM less reserved, except where "reserved" was printed wrong: 3.13 to 3.17 counted only the last zone's,
    and 3.19 to 4.1 left the CMA area out.  The zones' ``managed`` then tells, if all zones are printed.
    ``None`` too where the lines contradict each other.
    """
    printed = totals(event)
    ram, reserved = printed.get("ram_pages"), printed.get("reserved_pages")
    managed = _zones_kb(event, "managed_kb")
    if ram_contradicts(event, page_kb):
        return None
    if ram is None or reserved is None:
        if managed is None or not shows_all_zones(event, page_kb):
            return None
        return Derived(managed // page_kb, "ram_managed", {"managed_kb": managed}, exact=False)
    inputs = {"ram_pages": ram, "reserved_pages": reserved}
    pages = ram - reserved
    # A report of a bound allocation hides the other nodes' zones.
    if managed is not None and managed // page_kb < pages and scope_of(event) not in ("cpuset", "mempolicy"):
        cma = printed.get("cma_reserved_pages")
        if cma and pages - cma == managed // page_kb:
            return Derived(pages - cma, "ram_less_cma", {**inputs, "cma_reserved_pages": cma})
        if "free_pcp_pages" not in counters(event) and "cma_reserved_pages" not in printed:  # before 4.1
            if not shows_all_zones(event, page_kb):
                return Derived(pages, "ram_less_reserved", inputs, exact=False)
            return Derived(managed // page_kb, "ram_managed", {**inputs, "managed_kb": managed})
    return Derived(pages, "ram_less_reserved", inputs)


def ram_contradicts(event: OomEvent, page_kb: int) -> bool:
    """Tell whether RAM differs from what is present in the zones, whose sum it is since 3.13: a damaged line.

    Before, it had holes in it.
    """
    ram, present = totals(event).get("ram_pages"), _zones_kb(event, "present_kb")
    if ram is None or present is None or _zones_kb(event, "managed_kb") is None:
        return False
    if "shared_pages" in totals(event) or not shows_all_zones(event, page_kb):
        return False
    return bool(abs(present - ram * page_kb) > _OFF * ram * page_kb)


def shows_all_zones(event: OomEvent, page_kb: int) -> bool:
    """Tell whether the zones that are printed have all that the machine's counters count."""
    lines = merged([kilobytes(zone, page_kb) for zone in zones(event)])
    return whole(lines, kilobytes(counters(event), page_kb))


def _zones_kb(event: OomEvent, key: str) -> int | None:
    found = [zone[key] for zone in zones(event) if isinstance(zone.get(key), int)]
    return sum(found) if found else None


def _of_machine(event: OomEvent, page_kb: int, swap_kb: int | None) -> TotalPages | None:
    ram = ram_pages(event, page_kb)
    if ram is None:
        return None
    pages = ram.value + (swap_kb or 0) // page_kb
    if swap_kb is None:
        derived = Derived(pages, f"totalpages_{ram.basis}_swap_unknown", ram.inputs, exact=False)
        return TotalPages(derived, None)
    inputs = {**ram.inputs, "total_swap_kb": swap_kb}
    hides = not _tells_constraint(event) and _hides_nodes(event, ram.value * page_kb)
    exact = ram.exact and not hides
    derived = Derived(pages, f"totalpages_{ram.basis}", inputs, exact)
    return TotalPages(derived, pages, lowest=None if exact else swap_kb // page_kb)


def _hides_nodes(event: OomEvent, ram_kb: int) -> bool:
    """Tell whether zones are missing, as in a cpuset's report (since 2.6.39): some nodes may be meant."""
    shown = _zones_kb(event, "present_kb")
    return shown is not None and shown < ram_kb * 9 // 10


def nodes_of(event: OomEvent) -> frozenset[int] | None:
    """Return the NUMA nodes that the allocation was bound to, ``None`` when it was not."""
    return nodes_in(event.nodemask if scope_of(event) == "mempolicy" else event.mems_allowed)


def nodes_in(text: str | None) -> frozenset[int] | None:
    """Return the nodes of a list as the kernel prints it, ``None`` for none or a broken one.

    >>> sorted(nodes_in("0,2-3") or ())
    [0, 2, 3]
    """
    if not text or text == "(null)":
        return None
    nodes: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        if not (first.isdigit() and (last or first).isdigit()):
            return None
        if int(last or first) - int(first) > 4096:
            return None
        nodes.update(range(int(first), int(last or first) + 1))
    return frozenset(nodes)


def _of_nodes(event: OomEvent, page_kb: int, swap_kb: int | None) -> TotalPages | None:
    nodes = nodes_of(event)
    found = [
        zone["present_kb"]
        for zone in zones(event)
        if isinstance(zone.get("present_kb"), int) and (nodes is None or zone.get("node") in nodes)
    ]
    if not found or nodes is None:
        return None
    pages = (sum(found) + (swap_kb or 0)) // page_kb
    inputs: dict[str, int | float | str | None] = {"present_kb": sum(found)}
    basis = "totalpages_nodes"
    if swap_kb is None:
        basis = "totalpages_nodes_swap_unknown"
    else:
        inputs["total_swap_kb"] = swap_kb
    # node_present_pages() since 5.4, when the kill line got page tables; node_spanned_pages() before, which
    # is not printed.
    told = swap_kb is not None and any(kill.pgtables_kb is not None for kill in event.kills)
    return TotalPages(Derived(pages, basis, inputs, exact=told), pages if told else None)


def of_memcg(memcg: Memcg | None, page_kb: int, swap_kb: int | None) -> TotalPages | None:
    """Return totalpages of a cgroup, by its limits and the machine's swap."""
    limit = (memcg.memory or {}).get("limit_kb") if memcg else None
    if memcg is None or limit is None or is_unlimited(limit):
        return None
    inputs: dict[str, int | float | str | None] = {"limit_kb": limit}
    more: int | None  # what swap can add
    if memcg.swap is not None:  # v2: swap.max counts swap alone
        more = memcg.swap.get("limit_kb")
        inputs["swap_limit_kb"] = more
    elif memcg.memory_swap is not None and memcg.memory_swap.get("usage_kb"):
        both = memcg.memory_swap.get("limit_kb")
        inputs["memory_swap_limit_kb"] = both
        more = None if both is None or is_unlimited(both) else max(both - limit, 0)
    else:
        more = None
    if more is not None and is_unlimited(more):
        more = None
    if swap_kb is not None:
        inputs["total_swap_kb"] = swap_kb
        more = swap_kb if more is None else min(more, swap_kb)
    if more == 0:
        return TotalPages(Derived(limit // page_kb, "totalpages_memcg", inputs), limit // page_kb)
    highest = None if more is None else (limit + more) // page_kb
    if more is not None and swap_kb is not None:
        # Swap counts unless the cgroup's swappiness is 0 (mem_cgroup_get_max()), which no log shows.
        derived = Derived((limit + more) // page_kb, "totalpages_memcg_swap", inputs, exact=False)
        return TotalPages(derived, highest, lowest=limit // page_kb)
    return TotalPages(Derived(limit // page_kb, "totalpages_memcg_open", inputs, exact=False), highest)
