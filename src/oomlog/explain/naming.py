"""Names of processes inside a sentence; any byte may be in a comm, so it stands in quotes."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["SHOWN", "named"]

SHOWN = 3
"""So many names are told; the rest are dots."""


def named(processes: Sequence[tuple[str | None, int]]) -> str:
    """Return names and pids as a list for a sentence.

    >>> named([("bash", 1), (None, 2)])
    '"bash" (1), pid 2'
    """
    shown = [f"pid {pid}" if comm is None else f'"{comm}" ({pid})' for comm, pid in processes[:SHOWN]]
    return ", ".join(shown) + (", ..." if len(processes) > SHOWN else "")
