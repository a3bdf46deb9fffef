"""Tables whose columns are not all known: the kernel, or a vendor's, may print more."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import pandas

from oomlog.frame.arrays import array_of, frame_of
from oomlog.frame.columns import Kind, columns_of

__all__ = ["MOST", "OpenTable"]

MOST = 256
"""Columns beyond the documented ones; a kernel has fewer, and a forged log could name any number."""


class OpenTable:
    """Collects rows column by column: the documented ones, and behind them what else was printed.

    :param name: Name of the table.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._columns = columns_of(name)
        self._known: dict[str, list[Any]] = {column.name: [] for column in self._columns}
        self._more: dict[str, list[Any]] = {}
        self._left_out: set[str] = set()
        self._rows = 0

    def add(self, own: Mapping[str, Any], printed: Mapping[str, Any]) -> None:
        """Add one row.

        :param own: Cells of documented columns that are oomlog's.
        :param printed: What the kernel printed, under its names; one that is taken gets ``other_`` in front.
        """
        for name, values in self._known.items():
            values.append(own[name] if name in own else printed.get(name))
        for name, value in printed.items():
            if name not in self._known:
                self._add_more(name, value)
            elif name in own:
                self._add_more(f"other_{name}", value)
        self._rows += 1

    def _add_more(self, name: str, value: Any) -> None:
        values = self._more.get(name)
        if values is None:
            if len(self._more) >= MOST:
                self._left_out.add(name)
                return
            values = self._more[name] = []
        values += [None] * (self._rows - len(values))
        values.append(value)

    def frame(self) -> pandas.DataFrame:
        """Return the table."""
        if self._left_out:
            warnings.warn(
                f"{self._name}: more than {MOST} kinds of values that no kernel is known to print; "
                f"{len(self._left_out)} of them are left out",
                stacklevel=3,
            )
        table = frame_of(self._columns, self._known.values())
        more = {}
        for name, values in self._more.items():
            values += [None] * (self._rows - len(values))
            types = {type(value) for value in values if value is not None}
            kind: Kind = "int" if types <= {int} else "bool" if types == {bool} else "text"
            more[name] = array_of(kind, values)
        if not more:
            return table
        return pandas.concat([table, pandas.DataFrame(more, index=table.index)], axis="columns")
