"""The flat form of an event: one row per killed process, for CSV and Parquet.

An event without a killed process (a panic, nothing killable, a report cut before its kill) has no row.
All columns can be filled without decoding the whole report where the kernel's summary line (since 5.0)
names the cgroups, which keeps large exports fast.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from oomlog.model import OomEvent

__all__ = ["COLUMNS", "Cell", "Column", "rows"]

Cell = str | int | float | bool | None


class Column(NamedTuple):
    """One column: its name, what kind of value it holds, and what that means."""

    name: str
    kind: Literal["text", "time", "int", "float", "bool"]
    meaning: str


COLUMNS = (
    Column("source", "text", "file, or archive:member, the event was found in"),
    Column("first_line", "int", "line number of the report's header; without one, of its first kill"),
    Column("line", "int", "line number of the kill"),
    Column("time", "time", "when the kill was logged; without an offset it is the log's local time"),
    Column("uptime_s", "float", "seconds since boot when the kill was logged"),
    Column("host", "text", "host name in the log"),
    Column("boot_id", "text", "systemd's id of the boot, where the log has it"),
    Column("killer", "text", "kernel, or the program that killed: systemd-oomd, earlyoom ..."),
    Column("scope", "text", "what ran out: global, memcg, cpuset, mempolicy, sysrq or unknown"),
    Column(
        "constraint",
        "text",
        "the kernel's constant, printed since 5.0; before, what the kill line's words stand for, else empty",
    ),
    Column("outcome", "text", "killed, panic, no_killable or unknown"),
    Column("complete", "bool", "whether the report has both its first line and its end"),
    Column("trigger_comm", "text", "task that asked for memory when the OOM killer ran"),
    Column("oom_memcg", "text", "cgroup that hit its limit"),
    Column("task_memcg", "text", "cgroup the killed task lived in"),
    Column("pid", "int", "process id of the killed task"),
    Column("comm", "text", "its name, 15 bytes at most"),
    Column("uid", "int", "its user id"),
    Column("total_vm_kb", "int", "its address space in kB (1024 bytes)"),
    Column("anon_rss_kb", "int", "its resident anonymous memory in kB"),
    Column("file_rss_kb", "int", "its resident file pages in kB"),
    Column("shmem_rss_kb", "int", "its resident shared memory in kB (since 4.6)"),
    Column("pgtables_kb", "int", "its page tables in kB (since 5.4)"),
    Column("oom_score_adj", "int", "its oom_score_adj, -1000 to 1000 (since 5.4)"),
    Column("score", "int", "the score the kernel printed (until 5.0)"),
    Column("selected_pid", "int", "task chosen first, when one of its children was killed instead"),
    Column("selected_comm", "text", "name of that task"),
    Column("reaped", "bool", "true: the OOM reaper freed its memory; false: it could not; empty: not said"),
    Column(
        "trusted", "bool", "true: the killer itself wrote this; false: it may be forged; empty: nobody knows"
    ),
)


def rows(event: OomEvent) -> Iterator[tuple[Cell, ...]]:
    """Yield the row of each kill, in the order of ``COLUMNS``; ``time`` is ISO 8601 text."""
    if not event.kills:
        return
    oom_memcg, task_memcg = event.quick_memcgs
    first_line = event.quick_first_line
    scope = event.quick_scope
    for kill in event.kills:
        when = event.time if kill.time is None else kill.time
        selected, reaped = kill.selected, kill.reaped
        yield (
            event.source,
            first_line,
            kill.line,
            None if when is None else when.isoformat(),
            event.uptime_s if kill.uptime_s is None else kill.uptime_s,
            event.host,
            event.boot_id,
            event.killer,
            scope,
            event.constraint,
            event.outcome,
            event.complete,
            event.trigger_comm,
            oom_memcg,
            task_memcg,
            kill.pid,
            kill.comm,
            kill.uid,
            kill.total_vm_kb,
            kill.anon_rss_kb,
            kill.file_rss_kb,
            kill.shmem_rss_kb,
            kill.pgtables_kb,
            kill.oom_score_adj,
            kill.score,
            None if selected is None else selected.pid,
            None if selected is None else selected.comm,
            None if reaped is None else not reaped.failed,
            event.trusted,
        )
