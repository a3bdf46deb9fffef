"""Kills as Parquet."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import pytest

from oomlog.errors import UsageError
from oomlog.frame.columns import EXPORTED
from oomlog.model import Kill, OomEvent
from oomlog.report.parquet import ParquetReport

MakeEvent = Callable[..., OomEvent]


def test_round_trip(make_event: MakeEvent) -> None:
    """Values keep their types, text is exact, and the offset of a time stands in its own column."""
    parquet = pytest.importorskip("pyarrow.parquet")
    file = io.BytesIO()
    report = ParquetReport(lambda data: (file.write(data), None)[1])
    when = datetime(2024, 5, 1, 12, 30, tzinfo=timezone(timedelta(hours=2)))
    report.add(make_event(time=when, kills=(Kill(42, "=\x1bx", total_vm_kb=1 << 70, line=3),)))
    report.add(make_event(source="kern\udcff.log", time=datetime(2024, 5, 1, 12, 30)))
    report.add(make_event(kills=()))
    report.finish()
    file.seek(0)
    first, second = parquet.read_table(file).to_pylist()
    assert [*first] == [name for c in EXPORTED for name in (c.name, *(["utc_offset_s"] * (c.kind == "time")))]
    assert (first["comm"], first["pid"], first["total_vm_kb"]) == ("=\x1bx", 42, None)
    assert (first["time"], first["utc_offset_s"]) == (datetime(2024, 5, 1, 12, 30), 7200)
    assert (second["time"], second["utc_offset_s"]) == (datetime(2024, 5, 1, 12, 30), None)
    assert second["source"] == r"kern\xff.log"
    assert report.without_row == 1


def test_without_pyarrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without pyarrow the message says what to install."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UsageError, match=r"pip install 'oomlog\[pandas\]'"):
        ParquetReport(lambda _: None)
