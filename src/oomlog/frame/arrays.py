"""Columns of a table from lists of values: nullable, typed, and never an object column.

What a column cannot hold becomes NA: integers beyond 64 bits, times that nanoseconds since 1970 do not reach
(before 1678, after 2261), a word for a number.  No kernel prints such; the line itself is in the log.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import numpy
import pandas

from oomlog.frame.columns import Column, Kind
from oomlog.frame.text import storable

__all__ = ["DTYPES", "array_of", "frame_of"]

DTYPES: Mapping[Kind, str] = {
    "text": "string",
    "int": "Int64",
    "float": "Float64",
    "bool": "boolean",
    "time": "datetime64[ns, UTC]",
    "local": "datetime64[ns]",
}
"""The pandas dtype of each kind of column."""

_INT64 = range(-(1 << 63), 1 << 63)
# A forged line may have a word where a number belongs.
_FITS: Mapping[Kind, Callable[[Any], bool]] = {
    "int": lambda value: type(value) is int and value in _INT64,
    "float": lambda value: type(value) is float,
    "bool": lambda value: value is True or value is False,
}
_REACH = numpy.timedelta64((1 << 63) // 1000 - 1, "us")
_EPOCH = numpy.datetime64(0, "us")


def frame_of(columns: Sequence[Column], values: Iterable[Sequence[Any]]) -> pandas.DataFrame:
    """Build a table from one list of values a column."""
    found = zip(columns, values, strict=True)
    return pandas.DataFrame({column.name: array_of(column.kind, each) for column, each in found})


def array_of(kind: Kind, values: Sequence[Any]) -> Any:
    """Return a pandas array of the dtype of the kind; ``None`` is NA."""
    if kind == "time" or kind == "local":
        return _moments([_utc(when) for when in values] if kind == "time" else values, kind)
    if kind == "text":
        # The same few hosts, cgroups and words come again and again.
        known: dict[Any, str | None] = {None: None}
        return pandas.array([_stored(value, known) for value in values], dtype=DTYPES[kind])
    if kind == "int" and set(map(type, values)) == {int}:
        with suppress(OverflowError):  # nothing is missing, and nearly always everything fits
            whole = numpy.array(values, dtype="int64")
            return pandas.arrays.IntegerArray(whole, numpy.zeros(len(whole), dtype="bool"))
    fits = _FITS[kind]
    return pandas.array([value if fits(value) else None for value in values], dtype=DTYPES[kind])


def _stored(value: Any, known: dict[Any, str | None]) -> str | None:
    try:
        return known[value]
    except KeyError:
        text = known[value] = storable(str(value))
        return text


def _utc(when: datetime | None) -> datetime | None:
    """Return a moment as a naive time in UTC, as numpy takes it; ``None`` for a time without a zone."""
    if when is None or when.tzinfo is None:
        return None
    try:
        return when.astimezone(UTC).replace(tzinfo=None)
    except OverflowError:
        return None


def _moments(values: Sequence[datetime | None], kind: Kind) -> Any:
    moments = numpy.array(values, dtype="datetime64[us]")
    with numpy.errstate(all="ignore"):
        moments[numpy.abs(moments - _EPOCH) > _REACH] = numpy.datetime64("NaT")
    index = pandas.DatetimeIndex(moments.astype("datetime64[ns]"))
    return (index.tz_localize("UTC") if kind == "time" else index).array
