"""Frames of kills written by hand: what a test does not name is not in the log."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, tzinfo
from typing import Any

import pandas as pd
import pytest

from oomlog.history.prepare import prepare

_DTYPES = {
    "event": "Int64", "kill": "Int64", "event_id": "string", "source": "string", "line": "Int64",
    "uptime_s": "Float64", "host": "string", "boot_id": "string", "killer": "string", "scope": "string",
    "comm": "string", "pid": "Int64", "anon_rss_kb": "Int64", "rss_kb": "Int64", "limit_kb": "Int64",
    "limit_of": "string", "oom_memcg": "string", "task_memcg": "string", "trusted": "boolean",
}  # fmt: skip
_USUAL = {"source": "kern.log", "killer": "kernel", "scope": "global", "comm": "java"}


def kills_frame(rows: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """Return kills as ``oomlog.frame`` makes them; ``at`` is a time with or without a zone."""
    filled = []
    for number, row in enumerate(rows):
        at = row.get("at")
        at = datetime.fromisoformat(at) if isinstance(at, str) else at
        aware = at is not None and at.tzinfo is not None
        filled.append(
            {
                **dict.fromkeys(_DTYPES, pd.NA),
                "event": number,
                "kill": 0,
                "line": number + 1,
                **_USUAL,
                **{name: value for name, value in row.items() if name != "at"},
                "time": at if aware else None,
                "local_time": None if at is None else at.replace(tzinfo=None),
            }
        )
    frame = pd.DataFrame(filled, columns=[*_DTYPES, "time", "local_time"]).astype(_DTYPES)
    frame["time"] = pd.to_datetime(frame["time"], utc=True).astype("datetime64[us, UTC]")
    frame["local_time"] = pd.to_datetime(frame["local_time"]).astype("datetime64[us]")
    return frame


def prepared(rows: Sequence[dict[str, Any]], tz: tzinfo | None = None) -> pd.DataFrame:
    """Return the kernel's kills as the analyses take them."""
    return prepare(kills_frame(rows), tz=tz).kills


@pytest.fixture
def frame() -> Callable[[Sequence[dict[str, Any]]], pd.DataFrame]:
    """Make kills."""
    return kills_frame


@pytest.fixture
def ready() -> Callable[..., pd.DataFrame]:
    """Make prepared kills."""
    return prepared
