"""One table of a history as CSV or Parquet."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from oomlog.errors import UsageError
from oomlog.report.escape import sheet_cell

if TYPE_CHECKING:
    import pandas as pd

    from oomlog.history.record import History

__all__ = ["csv_bytes", "parquet_bytes", "table_of"]


_TABLES = {
    "victim": "victims", "where": "places", "host": "hosts", "scope": "scopes", "hour": "hours",
    "weekday": "weekdays",
}  # fmt: skip
# Numbers by which the analyses compare; no other table has them.
_INNER = ["clock", "moment_s", "boot"]


def table_of(history: History, by: str | None) -> pd.DataFrame:
    """Return the table that ``--by`` names, without it the kills with where and when each was."""
    if by is not None:
        table: pd.DataFrame = getattr(history, _TABLES[by])
        return table
    return history.kills.drop(columns=_INNER)


def csv_bytes(frame: pd.DataFrame) -> bytes:
    """Return the table as CSV that is safe to open in a spreadsheet; an empty cell is an unknown value."""
    safe = frame.copy(deep=False)
    for name in frame.columns:
        if frame[name].dtype in ("string", "object"):
            safe[name] = frame[name].map(_text)
        elif frame[name].dtype == "boolean":
            safe[name] = frame[name].map({True: "true", False: "false"})
        elif frame[name].dtype.kind == "M":  # a zone is always UTC here
            offset = "" if frame[name].dt.tz is None else "+00:00"
            safe[name] = frame[name].dt.strftime(f"%Y-%m-%dT%H:%M:%S.%f{offset}")
    text = safe.to_csv(index=False, lineterminator="\n")
    return str(text).encode("utf-8", "backslashreplace")


def _text(value: Any) -> Any:
    return sheet_cell(value) if isinstance(value, str) else value


def parquet_bytes(frame: pd.DataFrame) -> bytes:
    """Return the table as Parquet, with its types.

    :raise UsageError: When pyarrow is not installed.
    """
    buffer = io.BytesIO()
    try:
        frame.to_parquet(buffer, index=False, compression="zstd")
    except ImportError:
        raise UsageError("parquet needs pyarrow: pip install 'oomlog[pandas]'") from None
    return buffer.getvalue()
