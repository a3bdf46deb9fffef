"""Where memory was by node and zone, or by child cgroup: one row each, under the ledger of the whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from oomlog.explain.mem_info import zones
from oomlog.explain.model import Ledger
from oomlog.explain.phrases import say
from oomlog.model import OomEvent
from oomlog.report.document import Block, Heading, Table
from oomlog.units import human_kb

__all__ = ["parts_blocks"]

_SHOWN = 16
# The lists of pages that processes and files have, however far a kernel tells them apart.
_PAGES = ("anon", "shmem", "anon_shmem", "lru", "file", "cache", "unevictable")


def parts_blocks(event: OomEvent, parts: Sequence[Ledger], lang: str) -> Iterator[Block]:
    """Yield a table of the parts where there is more than one; the JSON has all of their items."""
    if len(parts) < 2:
        return
    groups = parts[0].of not in ("node", "zone")
    yield Heading(say("page.children" if groups else "page.parts", lang, {}))
    names = ("part", "size", "pages") if groups else ("part", "size", "free", "min", "pages", "reserved")
    rows = [_group(part) if groups else _zone(event, part) for part in parts[:_SHOWN]]
    yield Table(tuple(say(f"page.{name}", lang, {}) for name in names), rows, frozenset(range(1, len(names))))


def _group(part: Ledger) -> tuple[str, ...]:
    return part.name or "", human_kb(part.total_kb), _pages(part)


def _zone(event: OomEvent, part: Ledger) -> tuple[str, ...]:
    name = f"node {part.name}" if part.of == "node" else (part.name or "")
    return (
        name,
        human_kb(part.total_kb),
        _kb(part.kb("free")),
        _kb(_min_kb(event, part)),
        _pages(part),
        _kb(part.kb("reserved")),
    )


def _pages(part: Ledger) -> str:
    found = [part.kb(item) for item in _PAGES]
    known = [kb for kb in found if kb is not None]
    return human_kb(sum(known)) if known else ""


def _min_kb(event: OomEvent, part: Ledger) -> int | None:
    """Return the min watermark of a zone, or of all zones of a node."""
    found = []
    for zone in zones(event):
        node, name = zone.get("node"), zone.get("zone")
        label = str(name) if node is None else f"{node}/{name}"
        if part.name in (label, str(node) if part.of == "node" else None):
            found.append(zone.get("min_kb"))
    known = [kb for kb in found if isinstance(kb, int)]
    return sum(known) if known and len(known) == len(found) else None


def _kb(kb: int | None) -> str:
    return "" if kb is None else human_kb(kb)
