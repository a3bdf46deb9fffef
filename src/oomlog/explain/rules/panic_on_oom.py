"""The kernel panicked instead of killing, because vm.panic_on_oom says so.

Holds when the panic's message names it.  A panic because nobody could be killed is ``no_killable``.
"""

from __future__ import annotations

from oomlog.explain.case import Case
from oomlog.explain.model import Finding

__all__ = ["ID", "REFERENCE", "find"]

ID = "panic_on_oom"
REFERENCE = "check_panic_on_oom(), mm/oom_kill.c, since 2.6.36; out_of_memory() before"


def find(case: Case) -> Finding | None:
    """Return which of the two values of vm.panic_on_oom caused the panic."""
    if case.event.outcome != "panic":
        return None
    evidence = case.quote("panic_on_oom")
    if not evidence:
        return None
    compulsory = "ompulsory panic_on_oom" in evidence[0].text
    words = f"{ID}_compulsory" if compulsory else ID
    return Finding(ID, {"panic_on_oom": 2 if compulsory else 1}, evidence, "certain", REFERENCE, words)
