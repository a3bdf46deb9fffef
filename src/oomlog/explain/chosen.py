"""The process that the kernel selected, beside the others of the task table.

oom_kill_process() (mm/oom_kill.c) names whom it selected only where a child died instead (until 5.0);
everywhere else the first victim is the selected one.
"""

from __future__ import annotations

from oomlog.explain.case import Case
from oomlog.explain.quote import lines_of
from oomlog.explain.ranking import Process
from oomlog.kernel import UNKILLABLE_ADJ
from oomlog.model import OomEvent

__all__ = [
    "CLEARLY_BIGGER",
    "biggest",
    "differs",
    "is_kernel_choice",
    "may_be_chosen",
    "selected",
    "selected_pid",
    "used_kb",
]

# The table is read process by process while the counters move, and threads cache part of them; below this
# factor two processes may as well have been equally big when the kernel looked.
CLEARLY_BIGGER = 1.25


def selected_pid(event: OomEvent) -> int | None:
    """Return the pid that the kernel selected, ``None`` when the log names no victim."""
    if not event.kills:
        return None
    first = event.kills[0]
    return first.pid if first.selected is None else first.selected.pid


def selected(case: Case) -> Process | None:
    """Return the selected process's row, ``None`` when it is not listed."""
    pid = selected_pid(case.event)
    found = (each for each in case.processes if pid is not None and pid in (each.pid, each.row_pid))
    return next(found, None)


def differs(case: Case) -> bool:
    """Tell whether the log shows that whom the formula chooses is not whom the kernel selected.

    So it is, too, when the kernel killed nobody.
    """
    choice = case.choice
    if choice.predicted is None or choice.reason in (None, "no_victim_named"):
        return False
    row = selected(case)
    return choice.agrees is not True if row is None else row.pid != choice.predicted.pid


def biggest(processes: tuple[Process, ...]) -> Process | None:
    """Return who uses most of what badness counts: RSS, swap and page tables."""
    able = [each for each in processes if each.rss_pages is not None]
    return max(able, key=lambda each: each.used_pages, default=None)


def used_kb(case: Case, process: Process) -> int:
    """Return RSS, swap and page tables in kB, of the parts that the table has."""
    return process.used_pages * case.page_kb


def is_kernel_choice(case: Case) -> bool:
    """Tell whether badness decided: the kernel's own choice, over a table that was printed to its end."""
    event = case.event
    if event.killer != "kernel" or not event.kills or event.sections.get("tasks") != "present":
        return False
    if any("(oom_kill_allocating_task)" in line.text for line in lines_of(event)):
        return False
    return all(each.oom_score_adj is not None for each in case.processes)


def may_be_chosen(case: Case, process: Process) -> bool:
    """Tell whether nothing in the log spares this process."""
    spared = {each.pid for each in case.choice.immune}
    return process.pid not in spared and process.oom_score_adj != UNKILLABLE_ADJ
