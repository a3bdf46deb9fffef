"""Settings of the whole machine, as files for /etc/sysctl.d; ``sysctl --system`` reads them."""

from __future__ import annotations

from oomlog.explain.actions.sizes import used_kb
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
    """Refuse the victim's mappings instead, where all others would have had room.

    The address space of the others is more than they can have committed, so it bounds Committed_AS without
    the victim from above, page cache in tmpfs aside, which is added.
    """
    event, victim = case.event, case.victim
    if (
        event.scope != "global"
        or victim is None
        or event.tasks is None
        or event.sections.get("tasks") == "cut"
    ):
        return ()
    others = {row["tgid"]: row.get("total_vm_pages") for row in event.tasks if row.get("tgid") != victim.pid}
    sizes = [pages for pages in others.values() if isinstance(pages, int)]
    own, used = victim.total_vm_kb, used_kb(case)
    if own is None or used is None or len(sizes) != len(others):
        return ()
    shmem = counters(event).get("shmem_pages")
    needed = (sum(sizes) + (shmem if isinstance(shmem, int) else 0)) * case.page_kb
    for ratio in _RATIOS:
        limit = commit_limit(case, ratio)
        if limit is None or needed + own <= limit.value or needed > limit.value:
            continue
        values = {"limit_kb": limit.value, "others_kb": needed, "victim_kb": own, "ratio": ratio}
        text = f"vm.overcommit_memory = 2\nvm.overcommit_ratio = {ratio}\n"
        path = "/etc/sysctl.d/90-overcommit.conf"
        return (Action("strict_overcommit", finding.id, "file", text, values, path),)
    return ()
