"""The kernel's task table as a sequence of rows, made when somebody asks for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import overload

__all__ = ["TaskTable"]


class TaskTable(Sequence[Mapping[str, int | str | None]]):
    """Rows of the kernel's task table in printed order; ``columns`` are the record keys it had."""

    __slots__ = ("_rows", "columns", "json")

    def __init__(
        self,
        columns: tuple[str, ...],
        rows: list[tuple[int | str | None, ...]] | Callable[[], list[tuple[int | str | None, ...]]],
        json: Callable[[], bytes] | None = None,
    ) -> None:
        self.columns = columns
        self._rows = rows
        self.json = json
        """Renders the rows as a JSON array without building them first; ``None`` when not possible."""

    @property
    def rows(self) -> list[tuple[int | str | None, ...]]:
        """Return the rows as tuples in the order of ``columns``."""
        if callable(self._rows):
            self._rows = self._rows()
        return self._rows

    def column(self, name: str) -> list[int | str | None]:
        """Return the values of one column, ``None`` for each row when the table has no such column."""
        rows = self.rows
        if name not in self.columns:
            return [None] * len(rows)
        at = len(self.columns) - 1 - self.columns[::-1].index(name)  # as in a row's mapping, the last one
        return [row[at] for row in rows]

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, index: int) -> Mapping[str, int | str | None]: ...
    @overload
    def __getitem__(self, index: slice) -> list[Mapping[str, int | str | None]]: ...
    def __getitem__(
        self, index: int | slice
    ) -> Mapping[str, int | str | None] | list[Mapping[str, int | str | None]]:
        if isinstance(index, slice):
            return [dict(zip(self.columns, row, strict=True)) for row in self.rows[index]]
        return dict(zip(self.columns, self.rows[index], strict=True))

    def __iter__(self) -> Iterator[Mapping[str, int | str | None]]:
        for row in self.rows:
            yield dict(zip(self.columns, row, strict=True))

    def __repr__(self) -> str:
        return f"TaskTable({len(self)} rows: {' '.join(self.columns)})"
