"""Places to look at next, where a log can say no more."""

from __future__ import annotations

import re
from collections.abc import Callable

from oomlog.explain.actions.shell import for_running
from oomlog.explain.case import Case
from oomlog.explain.model import Action, Finding

__all__ = [
    "COMMANDS",
    "Rule",
    "adj_of_all",
    "children_of_selected",
    "growth",
    "kernel_log",
    "look",
    "lowmem_ratio",
    "userspace_log",
]

Rule = Callable[[Case, Finding], tuple[Action, ...]]

COMMANDS = {
    "adj_all": "grep -H -v -x 0 /proc/[0-9]*/oom_score_adj",
    "allocinfo": "sort -rn /proc/allocinfo | head -n 20",
    "balloon": "grep -E '^balloon_' /proc/vmstat",
    "biggest": "ps -eo pid,rss,comm --sort=-rss | head -n 20",
    "buddyinfo": "cat /proc/buddyinfo",
    "cma": "grep -i cma /proc/meminfo",
    "commit": "grep -E '^(CommitLimit|Committed_AS):' /proc/meminfo",
    "dirty": "grep -E '^(Dirty|Writeback):' /proc/meminfo",
    "dma_buf": "cat /sys/kernel/debug/dma_buf/bufinfo",
    "dmesg": "dmesg --level=err,warn,notice,info",
    "drm": "grep -s -H -E '^drm-(total|resident|memory)-' /proc/[0-9]*/fdinfo/*",
    "huge": "grep -i huge /proc/meminfo",
    "ipcs": "ipcs -m",
    "kmem_failcnt": "grep -rHvx 0 --include=memory.kmem.failcnt /sys/fs/cgroup/memory",
    "lowmem_ratio": "sysctl vm.lowmem_reserve_ratio",
    "meminfo": "cat /proc/meminfo",
    "min_free": "sysctl vm.min_free_kbytes vm.watermark_scale_factor vm.watermark_boost_factor",
    "mlocked": "awk '/^VmLck:/ && $2 > 0 {print $2, FILENAME}' /proc/[0-9]*/status | sort -rn | head -n 20",
    "numactl": "numactl -H",
    "numastat": "numastat -m",
    "page_tables": "awk '/^VmPTE:/ {print $2, FILENAME}' /proc/[0-9]*/status | sort -rn | head -n 20",
    "pagetypeinfo": "cat /proc/pagetypeinfo",
    "panic_setting": "sysctl vm.panic_on_oom kernel.panic",
    "process_counts": "ps -eo comm= | sort | uniq -c | sort -rn | head -n 20",
    "set_aside": "grep -E -o 'crashkernel=[^ ]+' /proc/cmdline",
    "stuck": "ps -eo pid,stat,wchan:32,comm | awk '$2 ~ /^D/'",
    "swapon": "swapon --show",
    "swapped": "awk '/^VmSwap:/ && $2 > 0 {print $2, FILENAME}' /proc/[0-9]*/status | sort -rn | head -n 20",
    "sysrq": "sysctl kernel.sysrq",
    "tmpfs": "df -h -t tmpfs",
    "vmallocinfo": "sort -k2,2nr /proc/vmallocinfo | head -n 20",
    "zoneinfo": "cat /proc/zoneinfo",
    "zramctl": "zramctl",
}
"""Commands that need nothing from the log, by the id of their sentence."""

_BOOT_ID = re.compile(r"[0-9a-f]{32}")
_UNITS = {"systemd-oomd": "systemd-oomd", "earlyoom": "earlyoom", "oomd": "oomd"}


def look(id: str) -> Rule:
    """Return the rule that gives one of ``COMMANDS``."""
    command = COMMANDS[id]

    def rule(case: Case, finding: Finding) -> tuple[Action, ...]:
        return (Action(id, finding.id, "look", command),)

    return rule


def lowmem_ratio(case: Case, finding: Finding) -> tuple[Action, ...]:
    """See what zones keep from requests that could use higher ones, if the lower ones are there."""
    if finding.words.endswith("_only") or "movable" in finding.words:
        return ()
    return look("lowmem_ratio")(case, finding)


def adj_of_all(case: Case, finding: Finding) -> tuple[Action, ...]:
    """See all adjustments, where the log does not print the victim's own."""
    return look("adj_all")(case, finding) if finding.words == "biased_victim_score" else ()


def kernel_log(case: Case, finding: Finding) -> tuple[Action, ...]:
    """Read the kernel's messages of that boot from the journal."""
    boot = (case.event.boot_id or "").replace("-", "")
    text = "journalctl -k -b" + (f" {boot}" if _BOOT_ID.fullmatch(boot) else "")
    return (Action("kernel_log", finding.id, "look", text),)


def growth(case: Case, finding: Finding) -> tuple[Action, ...]:
    """Look what the memory of the victim's successor is made of."""
    victim = case.victim
    text = None if victim is None else for_running(victim.comm, "cat /proc/{}/smaps_rollup")
    if victim is None or text is None:
        return ()
    return (Action("growth", finding.id, "look", text, {"comm": victim.comm}),)


def children_of_selected(case: Case, finding: Finding) -> tuple[Action, ...]:
    """Look at the children of the process that was chosen and let a child die (until 5.0)."""
    selected = None if case.victim is None else case.victim.selected
    text = None if selected is None else for_running(selected.comm, "ps -o pid,rss,comm --ppid {}")
    if selected is None or text is None or finding.words:  # perhaps no process, but a thread
        return ()
    return (Action("children", finding.id, "look", text, {"comm": selected.comm}),)


def userspace_log(case: Case, finding: Finding) -> tuple[Action, ...]:
    """Read why the program that killed did so."""
    unit = _UNITS.get(case.event.killer)
    if unit is None:
        return ()
    found = [Action("killer_log", finding.id, "look", f"journalctl -u {unit}", {"killer": unit})]
    if unit == "systemd-oomd":
        found.append(Action("oomctl", finding.id, "look", "oomctl"))
    return tuple(found)
