"""The systemd unit that runs the watch as a service."""

from __future__ import annotations

from pathlib import Path

__all__ = ["unit_text"]

_UNIT = Path(__file__).with_name("oomlog.service")
_PROGRAM = "/usr/local/bin/oomlog"


def unit_text(program: str | None) -> str:
    """Return the unit, for the program at this path if that is a plain one."""
    text = _UNIT.read_text("utf-8")
    # systemd would split, or expand, a path with anything else in it.
    if program is None or not program.replace("/", "").replace("-", "").replace(".", "").isalnum():
        return text
    return text.replace(_PROGRAM, program)
