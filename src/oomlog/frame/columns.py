"""What the columns of all tables mean: the one place where they are documented.

``oomlog schema --columns`` prints it, the tables of ``oomlog.frame`` and the csv and parquet of ``oomlog
parse`` have their columns from it.  A name means the same kind of value in every table.  Nothing here needs
pandas.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

__all__ = ["EXPORTED", "PLACE", "TABLES", "Column", "Kind", "Table", "columns_of", "kind_of"]

Kind = Literal["text", "time", "local", "int", "float", "bool"]
"""``time`` is a moment (in frames in UTC), ``local`` what a clock on the wall showed."""


class Column(NamedTuple):
    """One column: its name, what kind of value it holds, and what that means."""

    name: str
    kind: Kind
    meaning: str


class Table(NamedTuple):
    """One table: its name, what a row is, and its columns."""

    name: str
    row: str
    columns: tuple[Column, ...]


PLACE = (
    Column("owner_kind", "text", "whose the victim's cgroup is by its path: docker, kubernetes, systemd ..."),
    Column("runtime", "text", "the container engine that the path names"),
    Column("container_id", "text", "the engine's id of the container"),
    Column("container", "text", "name of the container, virtual machine or application"),
    Column("pod", "text", "name of the pod, where a map tells it"),
    Column("namespace", "text", "the pod's namespace, where a map tells it"),
    Column("image", "text", "the container's image, where a map tells it"),
    Column("pod_uid", "text", "uid of the pod"),
    Column("qos", "text", "the pod's class: guaranteed, burstable or besteffort"),
    Column("unit", "text", "systemd unit around it"),
    Column("slice", "text", "innermost slice of systemd around it"),
    Column("job", "text", "a scheduler's number: Slurm's job, the task of ECS, the allocation of Nomad"),
    Column("step", "text", "step of a Slurm job, task of a Nomad allocation"),
    Column("owner_level", "text", "what the victim's cgroup stands for: container, pod, service, scope ..."),
    Column("limit_level", "text", "what hit its limit: container, pod, service, slice ..."),
)
"""Whose process it was: in the tables ``kills`` and ``events``, and in csv and parquet."""

EXPORTED = (
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
    *PLACE,
)
"""The columns of csv and parquet: one row per killed process."""

LIMIT = (
    Column("limit_kb", "int", "the limit in kB that oom_memcg hit"),
    Column("limit_of", "text", "what this limit counts: memory, or memory+swap (cgroup v1's memsw)"),
)
"""Columns on the limit that was hit."""

_EVENT = (
    Column("event", "int", "number of the event in what was read, from 1: the key that joins the tables"),
    Column("event_id", "text", "identity of the event: records of one event have it in common, in every log"),
)
_KILL = Column("kill", "int", "number of the kill in its event, from 1")
_TIMES = (
    Column("time", "time", "when it was logged, in UTC; empty where neither the log nor tz= says the zone"),
    Column("local_time", "local", "the same as the log shows it, without a zone"),
    Column("utc_offset_s", "int", "what local_time is ahead of UTC, in seconds, where that is known"),
    Column("time_origin", "text", "printed, inferred (the log prints no year) or absent"),
)


def _timed(columns: tuple[Column, ...]) -> tuple[Column, ...]:
    return tuple(each for column in columns for each in (_TIMES if column.name == "time" else (column,)))


_KILLS = (
    _EVENT[0],
    _KILL,
    _EVENT[1],
    *_timed(EXPORTED),
    Column("rss_kb", "int", "derived: anon, file and shmem RSS together, of those that were printed"),
    *LIMIT,
    Column("kernel_release", "text", "release of the kernel, as its report says it"),
)
_EVENTS = (
    *_EVENT,
    Column("source", "text", "file, or archive:member, the event was found in"),
    Column("first_line", "int", "line number of the report's first line"),
    Column("last_line", "int", "line number of its last line"),
    *_TIMES,
    Column("uptime_s", "float", "seconds since boot at the report's first line"),
    *(column for column in EXPORTED if column.name in ("host", "boot_id")),
    Column("kernel_release", "text", "release of the kernel, as its report says it"),
    *(
        column
        for column in EXPORTED
        if column.name in ("killer", "scope", "constraint", "outcome", "complete", "trusted")
    ),
    Column("kills", "int", "how many processes were killed"),
    Column("trigger_comm", "text", "task that asked for memory when the OOM killer ran"),
    Column("trigger_pid", "int", "its process id"),
    Column("trigger_uid", "int", "its user id (since 6.11)"),
    Column("trigger_oom_score_adj", "int", "its oom_score_adj"),
    Column("gfp_mask", "text", "what the allocation allowed, as a number"),
    Column("gfp_flags", "text", "the same as names joined by |, where the kernel printed them"),
    Column("order", "int", "2^order pages in one piece were asked for; -1 is sysrq-f"),
    Column("nodemask", "text", "NUMA nodes the allocation was bound to"),
    Column("cpuset", "text", "cpuset of the trigger"),
    Column("mems_allowed", "text", "NUMA nodes that cpuset allowed"),
    *(column for column in EXPORTED if column.name in ("oom_memcg", "task_memcg")),
    *PLACE,
    *LIMIT,
    Column("page_size_kb", "int", "derived: the machine's page size, where the report shows it"),
    Column("ram_pages", "int", "pages of memory that the machine has"),
    Column("total_swap_kb", "int", "its swap space"),
    Column("free_swap_kb", "int", "how much of that was free"),
    Column("tasks", "int", "rows of the task table; empty without one"),
    Column("suppressed_callbacks", "int", "messages that rate limiting held back, as the kernel counted"),
    Column("messages_dropped", "int", "messages that were lost before they were logged, likewise"),
    Column("problems", "int", "lines of the report that could not be understood"),
)
_TASKS = (
    *_EVENT,
    Column("row", "int", "number of the row in its task table, from 1"),
    Column("kill", "int", "derived: which kill of the event this process was; empty for one that was spared"),
    Column("pid", "int", "thread id of the first thread that still has memory; usually the same as tgid"),
    Column("tgid", "int", "process id as users know it"),
    Column("uid", "int", "real user id"),
    Column("comm", "text", "name of the task, 15 bytes at most"),
    Column("oom_score_adj", "int", "its oom_score_adj, -1000 to 1000 (since 2.6.36)"),
    Column("total_vm_pages", "int", "address space in pages"),
    Column("rss_pages", "int", "resident memory in pages"),
    Column("rss_anon_pages", "int", "resident anonymous memory in pages (since 6.8)"),
    Column("rss_file_pages", "int", "resident file pages (since 6.8)"),
    Column("rss_shmem_pages", "int", "resident shared memory in pages (since 6.8)"),
    Column("swapents_pages", "int", "pages swapped out (since 3.6)"),
    Column("pgtables_bytes", "int", "page tables in bytes (since 4.15)"),
    Column("nr_ptes", "int", "page-table pages of the lowest level (3.6 to 4.14)"),
    Column("nr_pmds", "int", "page-table pages of the second level (4.0 to 4.14)"),
    Column("cpu", "int", "CPU it ran on last (until 3.5)"),
    Column("oom_adj", "int", "old setting, -17 to 15 (until 3.5)"),
    Column("page_size_kb", "int", "derived: the machine's page size, where the report shows it"),
    Column("total_vm_kb", "int", "derived: address space in kB"),
    Column("rss_kb", "int", "derived: resident memory in kB"),
    Column("rss_anon_kb", "int", "derived: resident anonymous memory in kB"),
    Column("rss_file_kb", "int", "derived: resident file pages in kB"),
    Column("rss_shmem_kb", "int", "derived: resident shared memory in kB"),
    Column("swapents_kb", "int", "derived: swapped out, in kB"),
)
_ZONE_PARTS = (
    ("free_kb", "free"),
    ("boost_kb", "what the watermarks are raised by at the moment, already in them (since 5.17)"),
    ("min_kb", "watermark: below it only urgent allocations get memory"),
    ("low_kb", "watermark: below it kswapd begins to reclaim"),
    ("high_kb", "watermark: above it kswapd stops"),
    ("reserved_highatomic_kb", "set aside for urgent allocations of several pages (since 5.6)"),
    ("free_highatomic_kb", "what of that is free (since 6.17)"),
    ("active_anon_kb", "anonymous memory in use"),
    ("inactive_anon_kb", "anonymous memory not used lately"),
    ("active_file_kb", "file pages in use"),
    ("inactive_file_kb", "file pages not used lately"),
    ("unevictable_kb", "cannot be reclaimed: mlocked and the like"),
    ("isolated_anon_kb", "anonymous memory taken out for reclaim (until 4.7)"),
    ("isolated_file_kb", "file pages taken out for reclaim (until 4.7)"),
    ("writepending_kb", "dirty or being written (since 4.8)"),
    ("dirty_kb", "dirty (until 4.7)"),
    ("writeback_kb", "being written (until 4.7)"),
    ("unstable_kb", "sent to an NFS server and not yet safe there (until 4.7)"),
    ("writeback_tmp_kb", "being written by FUSE (until 4.7)"),
    ("mapped_kb", "file pages mapped by processes (until 4.7)"),
    ("shmem_kb", "shared memory and tmpfs (until 4.7)"),
    ("slab_reclaimable_kb", "the kernel's caches that can be reclaimed (until 4.12)"),
    ("slab_unreclaimable_kb", "those that cannot (until 4.12)"),
    ("kernel_stack_kb", "stacks of threads (until 5.8)"),
    ("pagetables_kb", "page tables (until 5.10)"),
    ("bounce_kb", "bounce buffers"),
    ("zspages_kb", "compressed memory of zsmalloc (since 6.18)"),
    ("present_kb", "RAM of the zone"),
    ("managed_kb", "what of it the page allocator hands out (since 3.8)"),
    ("mlocked_kb", "locked in memory"),
    ("free_pcp_kb", "free, in lists of the CPUs"),
    ("local_pcp_kb", "free, in the list of this CPU"),
    ("free_cma_kb", "free, and only for movable pages"),
)
ORDERS = 11
"""Sizes of free blocks in ``zones``: from one page to 2^10 pages."""
_ZONES = (
    *_EVENT,
    Column("node", "int", "NUMA node; empty where the kernel names none"),
    Column("zone", "text", "DMA, DMA32, Normal, HighMem, Movable ..."),
    *(Column(name, "int", f"{meaning}, in kB") for name, meaning in _ZONE_PARTS),
    Column("pages_scanned", "int", "pages scanned since something was freed (until 4.7)"),
    Column("all_unreclaimable", "bool", "whether the kernel had given up on the zone (until 4.7)"),
    Column(
        "lowmem_reserve_pages", "text", "pages kept from allocations that could use a higher zone, for each"
    ),
    *(
        Column(f"free_order_{order}", "int", f"free blocks of {1 << order} page{'s' if order else ''}")
        for order in range(ORDERS)
    ),
    Column("free_list_total_kb", "int", "what the free blocks come to, as the kernel added them up"),
)
_COUNTERS = (
    ("memory", "memory"),
    ("memory_swap", "memory and swap together (cgroup v1)"),
    ("swap", "swap (cgroup v2)"),
    ("kmem", "kernel memory (cgroup v1)"),
)
_MEMCG = (
    *_EVENT,
    Column("memcg", "text", "path of the cgroup; empty where the report does not name it"),
    Column("hit", "bool", "true: its limit was hit; false: a cgroup below that one (3.9 to 5.2 print them)"),
    *(
        Column(f"{name}_{part}", "int", f"{meaning}: {what}")
        for name, meaning in _COUNTERS
        for part, what in (
            ("usage_kb", "used, in kB"),
            ("limit_kb", "the limit, in kB; a huge one means none"),
            ("failcnt", "how often the limit was hit"),
        )
    ),
)
_FINDINGS = (
    *_EVENT,
    Column("finding", "text", "id of the claim: memcg_limit, swap_full ..."),
    Column("primary", "bool", "whether it is the cause, as far as the log tells"),
    Column("confidence", "text", "certain, likely or possible"),
    Column("first_line", "int", "number of the first line that it rests on"),
    Column("evidence_lines", "text", "numbers of all these lines, parted by blanks"),
    Column("values", "text", "its numbers and names as JSON"),
    Column("reference", "text", "function of the kernel that makes it true"),
)

TABLES = {
    table.name: table
    for table in (
        Table("kills", "one row per killed process", _KILLS),
        Table("events", "one row per event, with or without a kill", _EVENTS),
        Table("tasks", "one row per process of a task table", _TASKS),
        Table("zones", "one row per memory zone that a report shows", _ZONES),
        Table(
            "memcg", "one row per cgroup whose numbers a report shows; then a column per statistic", _MEMCG
        ),
        Table("findings", "one row per claim of an explanation (oomlog explain)", _FINDINGS),
    )
}
"""All tables, by name."""

_KINDS = {column.name: column.kind for table in TABLES.values() for column in table.columns}


def columns_of(table: str) -> tuple[Column, ...]:
    """Return the documented columns of a table of ``oomlog.frame``.

    >>> [column.name for column in columns_of("kills")][:3]
    ['event', 'kill', 'event_id']
    """
    return TABLES[table].columns


def kind_of(name: str) -> Kind | None:
    """Return what kind of value a column of that name holds in every table, ``None`` for an unknown one."""
    return _KINDS.get(name)
