"""The JSON Schema of an event."""

from __future__ import annotations

__all__ = ["schema_bytes"]


def schema_bytes() -> bytes:
    """Return the JSON Schema (draft 2020-12) of ``oomlog.event/1``, as shipped."""
    from importlib.resources import files

    return files("oomlog.report").joinpath("event.schema.json").read_bytes()
