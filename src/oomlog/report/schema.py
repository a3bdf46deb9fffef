"""The JSON Schemas of what oomlog writes."""

from __future__ import annotations

__all__ = ["schema_bytes"]


def schema_bytes(name: str = "event") -> bytes:
    """Return a JSON Schema (draft 2020-12), as shipped.

    :param name: ``event`` for ``oomlog.event/1``, ``explanation`` for ``oomlog.explanation/1``,
        ``history`` for ``oomlog.history/1``, ``report`` for ``oomlog.report/1``,
        ``scores`` for ``oomlog.scores/1`` and its lines, ``system`` for ``oomlog.system/1``.
    """
    from importlib.resources import files

    return files("oomlog.report").joinpath(f"{name}.schema.json").read_bytes()
