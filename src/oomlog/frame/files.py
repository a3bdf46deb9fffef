"""Tables as files, out and back without loss: Parquet, Arrow and CSV.

Parquet and Arrow files (the IPC file format, also called Feather) hold the types themselves.  A CSV has none:
documented columns get theirs by name, any other is what its cells look like, and for that a text there that
looks like a number gets a ``'`` in front.  An empty cell is NA, ``""`` is an empty text.  How texts are made
safe, and read back, is told in ``oomlog.frame.text``.

What comes back is equal but for one thing: NaN, which no table of oomlog has, comes back as NA.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import pandas
import pyarrow
from pyarrow import csv, feather, parquet

from oomlog.errors import SourceError, UsageError
from oomlog.frame.columns import Kind, kind_of
from oomlog.frame.text import sheet_original, sheet_text

__all__ = ["FileFormat", "read_table", "write"]

FileFormat = Literal["parquet", "csv", "arrow"]

_SUFFIXES: dict[str, FileFormat] = {
    ".parquet": "parquet",
    ".csv": "csv",
    ".arrow": "arrow",
    ".feather": "arrow",
}
_TYPES: dict[Kind, pyarrow.DataType] = {
    "text": pyarrow.string(),
    "int": pyarrow.int64(),
    "float": pyarrow.float64(),
    "bool": pyarrow.bool_(),
    "time": pyarrow.timestamp("ns", "UTC"),
    "local": pyarrow.timestamp("ns"),
}
_NUMBER = re.compile(r"\s*[-+]?(?:[0-9]|\.[0-9]|inf|nan)|(?:true|false)\Z", re.IGNORECASE)


def write(table: pandas.DataFrame, path: str | Path, format: FileFormat | None = None) -> None:
    """Write a table to a file, which appears when it is complete.

    :param format: By default what the name ends in: ``.parquet``, ``.csv``, ``.arrow`` or ``.feather``.
    :raise UsageError: The name says no format, or the table has an index of its own.
    :raise OSError: The file cannot be written.
    """
    path = Path(path)
    form = format or _format_of(path)
    if not isinstance(table.index, pandas.RangeIndex) or isinstance(table.columns, pandas.MultiIndex):
        raise UsageError(
            "a table with an index cannot be kept without loss: table.reset_index() makes columns of it"
        )
    arrow = pyarrow.Table.from_pandas(table, preserve_index=False)
    writers: dict[FileFormat, Callable[[str], None]] = {
        "parquet": lambda name: parquet.write_table(arrow, name, compression="zstd"),
        "arrow": lambda name: feather.write_feather(arrow, name, compression="uncompressed"),
        "csv": lambda name: csv.write_csv(_as_sheet(arrow), name),
    }
    # Beside the file, as a rename must not leave the file system; the name is nobody else's guess.
    temporary = path.with_name(f".{path.name[:200]}.{os.urandom(6).hex()}.tmp")
    try:
        writers[form](str(temporary))
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def read_table(path: str | Path, format: FileFormat | None = None) -> pandas.DataFrame:
    """Return the table that ``write()`` was given.

    :param format: By default what the name ends in.
    :raise UsageError: The name says no format.
    :raise SourceError: The file cannot be read, or is no such table.
    """
    path = Path(path)
    form = format or _format_of(path)
    try:
        if form == "csv":
            return _from_sheet(path)
        arrow = parquet.read_table(path) if form == "parquet" else feather.read_table(path)
        return _frame(arrow, None if b"pandas" in (arrow.schema.metadata or {}) else _nullable)
    except FileNotFoundError:
        raise SourceError(str(path), "no such file or folder") from None
    except OSError as error:
        raise SourceError(str(path), error.strerror or str(error)) from error
    except pyarrow.ArrowException as error:
        raise SourceError(str(path), f"cannot be read as {form}: {error}") from error


def _format_of(path: Path) -> FileFormat:
    try:
        return _SUFFIXES[path.suffix.lower()]
    except KeyError:
        raise UsageError(
            f"{path}: which format? The name must end in .parquet, .csv or .arrow, or give format="
        ) from None


def _frame(arrow: pyarrow.Table, types: Callable[[Any], Any] | None) -> pandas.DataFrame:
    return arrow.to_pandas(types_mapper=types)


def _nullable(kind: pyarrow.DataType) -> Any:
    """Return the pandas dtype that holds an Arrow type with its missing values."""
    if pyarrow.types.is_string(kind) or pyarrow.types.is_large_string(kind):
        return pandas.StringDtype()
    return {
        pyarrow.int64(): pandas.Int64Dtype(),
        pyarrow.float64(): pandas.Float64Dtype(),
        pyarrow.bool_(): pandas.BooleanDtype(),
    }.get(kind)


# -- CSV -----------------------------------------------------------------------------------------------


def _as_sheet(arrow: pyarrow.Table) -> pyarrow.Table:
    columns = [
        _cells(column, kind_of(name)) for name, column in zip(arrow.column_names, arrow.columns, strict=True)
    ]
    return pyarrow.table(columns, names=[sheet_text(name) for name in arrow.column_names])


def _cells(column: pyarrow.ChunkedArray, kind: Kind | None) -> pyarrow.ChunkedArray:
    if pyarrow.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if not (pyarrow.types.is_string(column.type) or pyarrow.types.is_large_string(column.type)):
        return column

    def shown(text: str) -> str:
        return f"'{text}" if kind is None and _NUMBER.match(text) else sheet_text(text)

    return _mapped(column, shown)


def _mapped(column: pyarrow.ChunkedArray, change: Callable[[str], str]) -> pyarrow.ChunkedArray:
    """Return a column of texts with each changed; the same few come again and again."""
    coded = column.combine_chunks().dictionary_encode()
    words = pyarrow.array([change(word) for word in coded.dictionary.to_pylist()], pyarrow.string())
    return words.take(coded.indices)


def _from_sheet(path: Path) -> pandas.DataFrame:
    with csv.open_csv(path) as reader:
        names = reader.schema.names
    known = {name: _TYPES[kind] for name in names if (kind := kind_of(sheet_original(name))) is not None}
    arrow = csv.read_csv(
        path,
        parse_options=csv.ParseOptions(ignore_empty_lines=False),
        convert_options=csv.ConvertOptions(
            column_types={name: known.get(name, pyarrow.string()) for name in names},
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            true_values=["true"],
            false_values=["false"],
        ),
    )
    columns = [
        _text(column) if name in known else _guessed(column)
        for name, column in zip(names, arrow.columns, strict=True)
    ]
    return _frame(pyarrow.table(columns, names=[sheet_original(name) for name in names]), _nullable)


def _text(column: pyarrow.ChunkedArray) -> pyarrow.ChunkedArray:
    return _mapped(column, sheet_original) if column.type == pyarrow.string() else column


def _guessed(column: pyarrow.ChunkedArray) -> pyarrow.ChunkedArray:
    """Return an undocumented column as what its cells look like."""
    for kind in (pyarrow.int64(), pyarrow.float64(), pyarrow.bool_()):
        try:
            return column.cast(kind)
        except pyarrow.ArrowInvalid:
            continue
    return _text(column)
