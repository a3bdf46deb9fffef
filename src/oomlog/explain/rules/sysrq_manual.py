"""Somebody asked for the kill with SysRq-f; memory need not have been short.

Holds when the request is ``order=-1`` (since 4.3) or the log has the line of SysRq before the report.
"""

from __future__ import annotations

from oomlog.explain.case import Case
from oomlog.explain.model import Finding
from oomlog.explain.quote import lines_of

__all__ = ["ID", "REFERENCE", "find"]

ID = "sysrq_manual"
REFERENCE = "moom_callback(), drivers/tty/sysrq.c, since 2.6.18"

# Newest first; SysRq's own line stands before the header.
_SIGNS = ("Manual OOM execution", "order=-1,", "moom_callback")


def find(case: Case) -> Finding | None:
    """Return that the kill was asked for."""
    if case.event.scope != "sysrq":
        return None
    evidence = tuple(line for line in lines_of(case.event) if any(sign in line.text for sign in _SIGNS))
    return Finding(ID, {}, evidence, "certain", REFERENCE)
