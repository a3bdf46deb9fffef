"""A ledger while it is filled in: items are entered once, and closing it leaves the residue."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from oomlog.explain.model import Ledger, LedgerItem, Values

__all__ = ["Sheet", "kilobytes", "merged", "total"]

_LAG = 0.02
"""Share of a total by which its items may exceed it: counters move while they are read, and parts of them
wait on CPUs.  More is a damaged line."""


class Sheet:
    """Items and notes of one ledger; what was not printed (``None``) is not entered."""

    def __init__(self) -> None:
        self.items: list[LedgerItem] = []
        self.notes: list[tuple[str, Values]] = []

    def add(self, item: str, kb: int | None, within: str | None = None, *, derived: bool = False) -> None:
        """Enter one item, or with ``within`` a part of another one."""
        if kb is not None:
            self.items.append(LedgerItem(item, kb, within, derived))

    def part(self, item: str, kb: int | None, within: str, *, derived: bool = False) -> None:
        """Enter a part that is worth a line: it is not empty, and its whole is there and not smaller."""
        whole = self.kb(within)
        if kb and whole is not None and kb <= whole:
            self.add(item, kb, within, derived=derived)

    def note(self, key: str, **values: int | float | str | None) -> None:
        """Enter a remark (``ledger.toml``)."""
        self.notes.append((f"ledger.{key}", values))

    def kb(self, item: str) -> int | None:
        """Return an item's size."""
        return next((each.kb for each in self.items if each.id == item), None)

    def sum_kb(self) -> int:
        """Return the sum of the items, without their parts."""
        return sum(each.kb or 0 for each in self.items if each.within is None)

    def exceeds(self, total_kb: int) -> int | None:
        """Return by how much the items exceed the total, ``None`` if moving counters can do that."""
        over = self.sum_kb() - total_kb
        return over if over > max(_LAG * total_kb, 1024) else None

    def close(
        self,
        of: Literal["machine", "memcg", "node", "zone"],
        name: str | None,
        total_kb: int,
        *,
        complete: bool = True,
    ) -> Ledger:
        """Return the ledger.

        :param complete: All that the kernel counts is there, so that the residue means something.
        """
        rest = total_kb - self.sum_kb() if complete else None
        return Ledger(of, name, total_kb, tuple(self.items), rest, tuple(self.notes))


# Counters below zero are printed as unsigned; no machine has half of this.
_WRAPPED = 1 << 60


def kilobytes(part: Mapping[str, Any], page_kb: int) -> dict[str, int]:
    """Return the sizes of a line by their names without a unit, all in kB."""
    found = {}
    for key, value in part.items():
        if not isinstance(value, int) or isinstance(value, bool) or value >= _WRAPPED:
            continue
        if key.endswith("_kb"):
            found[key[:-3]] = value
        elif key.endswith("_pages"):
            found[key[:-6]] = value * page_kb
    return found


def merged(parts: list[dict[str, int]]) -> dict[str, int]:
    """Return the sums of what all these lines have."""
    found: dict[str, int] = {}
    for part in parts:
        for key, kb in part.items():
            found[key] = found.get(key, 0) + kb
    return {key: kb for key, kb in found.items() if all(key in part for part in parts)}


def total(kb: Mapping[str, int], *keys: str, need: int | None = None) -> int | None:
    """Return the sum of these keys, ``None`` when one is missing.

    :param need: Only the first so many must be there.
    """
    needed = keys if need is None else keys[:need]
    if any(key not in kb for key in needed):
        return None
    return sum(kb.get(key, 0) for key in keys)
