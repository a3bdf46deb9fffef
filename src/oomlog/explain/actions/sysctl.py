"""Settings of the whole machine, as files for /etc/sysctl.d; ``sysctl --system`` reads them."""

from __future__ import annotations

from oomlog.explain.case import Case
from oomlog.explain.mem_info import counters
from oomlog.explain.model import Action, Finding
from oomlog.explain.overcommit import commit_limit

__all__ = ["allocating_task_off", "panic_off", "strict_overcommit"]

_RATIOS = (50, 65, 80)


def _file(id: str, finding: Finding, name: str, text: str) -> Action:
    return Action(id, finding.id, "file", text, path=f"/etc/sysctl.d/90-{name}.conf")


def panic_off(case: Case, finding: Finding) -> tuple[Action, ...]:
    """Kill a process instead of the machine."""
    if case.event.outcome != "panic":
        return ()
    return (_file("panic_off", finding, "panic-on-oom", "vm.panic_on_oom = 0\n"),)


def allocating_task_off(case: Case, finding: Finding) -> tuple[Action, ...]:
    """Choose by badness again."""
    text = "vm.oom_kill_allocating_task = 0\n"
    return (_file("allocating_task_off", finding, "oom-kill-allocating-task", text),)


def strict_overcommit(case: Case, finding: Finding) -> tuple[Action, ...]:
    """Refuse a runaway's memory, where it alone had more than CommitLimit and all others have room below it.

    Committed_AS is not printed, but it is bounded: from below by anonymous memory, since mode 2 counts every
    private writable mapping, and without the victim from above by the others' whole address space and shmem.
    """
    event, victim = case.event, case.victim
    if (
        event.scope != "global"
        or victim is None
        or event.tasks is None
        or event.sections.get("tasks") == "cut"
        or "tgid" not in event.tasks.columns
    ):
        return ()
    others = {row["tgid"]: row.get("total_vm_pages") for row in event.tasks if row.get("tgid") != victim.pid}
    sizes = [pages for pages in others.values() if isinstance(pages, int)]
    shmem, own = counters(event).get("shmem_pages"), victim.anon_rss_kb
    if own is None or not isinstance(shmem, int) or len(sizes) != len(others):
        return ()
    needed = (sum(sizes) + shmem) * case.page_kb
    for ratio in _RATIOS:
        limit = commit_limit(case, ratio)
        if limit is None or not needed <= limit.value < own:
            continue
        values = {"limit_kb": limit.value, "others_kb": needed, "victim_kb": own, "ratio": ratio}
        text = f"vm.overcommit_memory = 2\nvm.overcommit_ratio = {ratio}\n"
        path = "/etc/sysctl.d/90-overcommit.conf"
        return (Action("strict_overcommit", finding.id, "file", text, values, path),)
    return ()
