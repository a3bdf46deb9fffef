"""Kills as Parquet: the CSV columns with types, written in row groups as they come.

``time`` is the wall clock of the log, as many logs do not say their zone; where they do, ``utc_offset_s``
behind it holds what to subtract for UTC.  Text is exact, but for bytes that UTF-8 cannot hold.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from oomlog.errors import UsageError
from oomlog.frame.columns import EXPORTED
from oomlog.frame.exported import rows
from oomlog.model import OomEvent
from oomlog.report.escape import without_surrogates

if TYPE_CHECKING:
    from oomlog.containers.registry import Registry

__all__ = ["ParquetReport"]

_GROUP = 1 << 16


class _Sink(io.RawIOBase):
    def __init__(self, write: Callable[[bytes], None]) -> None:
        self._hand_over = write

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        block = bytes(data)
        self._hand_over(block)
        return len(block)


class ParquetReport:
    """Writes one row per kill; the file is complete only after ``finish()``.

    :raise UsageError: When pyarrow is not installed.
    """

    def __init__(self, write: Callable[[bytes], None], registry: Registry | None = None) -> None:
        try:
            import pyarrow
            from pyarrow import parquet
        except ImportError:
            raise UsageError("parquet needs pyarrow: pip install 'oomlog[pandas]'") from None
        kinds = {
            "text": pyarrow.string(),
            "int": pyarrow.int64(),
            "float": pyarrow.float64(),
            "bool": pyarrow.bool_(),
            "time": pyarrow.timestamp("us"),
        }
        fields = []
        for column in EXPORTED:
            meaning = {"meaning": column.meaning}
            fields.append(pyarrow.field(column.name, kinds[column.kind], metadata=meaning))
            if column.kind == "time":
                meaning = {"meaning": "seconds the logged time is ahead of UTC, where the log says so"}
                fields.append(pyarrow.field("utc_offset_s", pyarrow.int32(), metadata=meaning))
        self._registry = registry
        self._schema = pyarrow.schema(fields)
        self._table = pyarrow.table
        self._writer = parquet.ParquetWriter(_Sink(write), self._schema, compression="zstd")
        self._columns: list[list[Any]] = [[] for _ in fields]
        self.without_row = 0
        """Events that have no kill and so no row."""

    def add(self, event: OomEvent) -> None:
        """Take the event's kills; full row groups are written."""
        if not event.kills:
            self.without_row += 1
            return
        for row in rows(event, self._registry):
            values = iter(self._columns)
            for column, value in zip(EXPORTED, row, strict=True):
                if column.kind == "time":
                    when = None if value is None else datetime.fromisoformat(str(value))
                    offset = None if when is None else when.utcoffset()
                    next(values).append(None if when is None else when.replace(tzinfo=None))
                    next(values).append(None if offset is None else int(offset.total_seconds()))
                elif column.kind == "text" and value is not None:
                    next(values).append(without_surrogates(str(value)))
                elif column.kind == "int" and isinstance(value, int) and not -(1 << 63) <= value < 1 << 63:
                    next(values).append(None)  # no kernel prints it; the line itself is in the log
                else:
                    next(values).append(value)
        if len(self._columns[0]) >= _GROUP:
            self.flush()

    def flush(self) -> None:
        """Write what was taken as a row group."""
        if self._columns[0]:
            self._writer.write_table(self._table(self._columns, schema=self._schema))
            self._columns = [[] for _ in self._columns]

    def finish(self) -> None:
        """Write the rest and the footer."""
        self.flush()
        self._writer.close()
