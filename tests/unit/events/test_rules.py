"""Which lines make one event, and what the event says."""

# ruff: noqa: E501 - log lines are as long as they are

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta, timezone

import pytest

import oomlog
from oomlog.model import OomEvent

GFP = "gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0"


def header(comm: str = "java", *, order: int = 0) -> str:
    """Return the line that opens a report."""
    return f"{comm} invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order={order}, oom_score_adj=0"


def kill(pid: int, comm: str = "mysqld", message: str = "Out of memory", rss: int = 99) -> str:
    """Return a kill line of 5.4 and later."""
    return (
        f"{message}: Killed process {pid} ({comm}) total-vm:1234kB, anon-rss:{rss}kB, file-rss:1kB, "
        f"shmem-rss:0kB, UID:27 pgtables:400kB oom_score_adj:0"
    )


def reaped(pid: int, comm: str = "mysqld") -> str:
    """Return the line of the OOM reaper."""
    return f"oom_reaper: reaped process {pid} ({comm}), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB"


def summary(
    pid: int, comm: str = "mysqld", constraint: str = "CONSTRAINT_NONE", rest: str = "global_oom,task_memcg=/"
) -> str:
    """Return the summary line of 5.0 and later."""
    return (
        f"oom-kill:constraint={constraint},nodemask=(null),cpuset=/,mems_allowed=0,{rest},"
        f"task={comm},pid={pid},uid=27"
    )


def log(*lines: str, start: float = 100.0, step: float = 0.001) -> str:
    """Return the lines with printk's time; a line that has a prefix of its own keeps it."""
    out = []
    for number, line in enumerate(lines):
        own = line.startswith("[")
        out.append(line if own else f"[{start + number * step:12.6f}] {line}")
    return "".join(f"{line}\n" for line in out)


def parse(*lines: str, **options: object) -> list[OomEvent]:
    """Return the events of a log of these lines."""
    return list(oomlog.parse(log(*lines), **options))


def pids(events: list[OomEvent]) -> list[list[int | None]]:
    """Return the victims of each event."""
    return [[each.pid for each in event.kills] for event in events]


# -- one event ---------------------------------------------------------------------------------------


def test_an_event_goes_from_the_header_to_the_kill():
    """The header opens, the kill line ends; both belong, and the event is complete."""
    (event,) = parse("nfs: server ok", header(), summary(7), kill(7), "nfs: server ok")
    assert (event.first_line, event.last_line) == (2, 4)
    assert (event.trigger.comm, event.kills[0].pid, event.complete) == ("java", 7, True)
    assert (event.outcome, event.scope, event.killer) == ("killed", "global", "kernel")


def test_a_new_header_ends_an_unfinished_event():
    """A report without a kill line is kept, unfinished, when the next one starts."""
    first, second = parse(header("a"), "Mem-Info:", header("b"), kill(7))
    assert (first.trigger.comm, first.kills, first.outcome, first.complete) == ("a", (), "unknown", False)
    assert (second.trigger.comm, [each.pid for each in second.kills]) == ("b", [7])


def test_a_header_alone_is_an_event():
    """A header with nothing after it is an event without kill; nothing is made up."""
    (event,) = parse(header())
    assert (event.kills, event.outcome, event.complete, event.tasks, event.mem_info) == (
        (),
        "unknown",
        False,
        None,
        None,
    )


@pytest.mark.parametrize(
    "sign", ["", "[    0.000000] Linux version 6.1.0-13-amd64 (gcc) #1 SMP"], ids=["clock", "banner"]
)
def test_a_reboot_never_joins_a_kill_to_an_old_header(sign):
    """When uptime runs backwards the kill is of another boot than the header before it."""
    lines = [f"[  900.000000] {header('old')}", *([sign] if sign else []), f"[    5.000000] {kill(7)}"]
    first, second = parse(*lines)
    assert (first.trigger.comm, first.kills) == ("old", ())
    assert (second.trigger, pids([second]), second.complete) == (None, [[7]], False)


def test_a_boot_banner_ends_a_report_without_uptime():
    """Where no uptime is printed, "Linux version" alone tells of the reboot."""
    prefix = "Aug 12 03:54:09 web1 kernel: "
    text = "".join(
        f"{prefix}{line}\n" for line in (header("old"), "Linux version 6.1.0-13-amd64 (gcc) #1 SMP", kill(7))
    )
    events = list(oomlog.parse(text, year=2026))
    assert [(event.trigger and event.trigger.comm, pids([event])) for event in events] == [
        ("old", [[]]),
        (None, [[7]]),
    ]


def test_hosts_are_kept_apart():
    """In a central log a kill on one host does not end the report of another."""
    one, two = "Aug 12 03:54:09 web1 kernel: ", "Aug 12 03:54:09 db1 kernel: "
    text = f"{one}{header('a')}\n{two}{header('b')}\n{one}{kill(7)}\n{two}{kill(8)}\n"
    events = list(oomlog.parse(text, year=2026))
    assert [(event.host, event.trigger.comm, pids([event])) for event in events] == [
        ("web1", "a", [[7]]), ("db1", "b", [[8]]),
    ]  # fmt: skip


@pytest.mark.parametrize(("stamp", "first"), [("Aug 12 03:54:09 ", "b1"), ("", "db1")])
def test_a_host_is_completed_only_where_the_log_begins_inside_of_it(stamp, first):
    """With its time before it a host's name is whole, however another machine's ends."""
    text = f"{stamp}b1 kernel: {kill(7)}\nAug 12 03:54:10 db1 kernel: {kill(8)}\n"
    assert [event.host for event in oomlog.parse(text.encode(), year=2026)] == [first, "db1"]


def test_a_report_among_many_others_is_given_up_and_its_kill_still_counted():
    """Headers of a hundred hosts in a row: those with at most 64 after them wait for their kills, and no kill is lost."""
    hosts = [f"Aug 12 03:54:09 web{number} kernel: " for number in range(100)]
    lines = [f"{host}{header('a')}\n" for host in hosts]
    lines += [f"{host}{kill(number)}\n" for number, host in enumerate(hosts, 1)]
    events = list(oomlog.parse("".join(lines), year=2026))
    assert sorted(number for each in pids(events) for number in each) == list(range(1, 101))
    whole = [event.host for event in events if event.trigger and event.kills]
    assert whole == [f"web{number}" for number in range(35, 100)]


# -- the reaper --------------------------------------------------------------------------------------


def test_the_reaper_is_joined_by_process_id():
    """Its line belongs to the kill of that process, not to the last one."""
    first, second = parse(header("a"), kill(7), header("b"), kill(8), reaped(7), reaped(8))
    assert [event.kills[0].reaped.line for event in (first, second)] == [5, 6]


def test_the_reaper_may_come_inside_the_next_report():
    """A reaper line after the next header belongs to the earlier kill."""
    first, second = parse(header("a"), kill(7), header("b"), reaped(7), kill(8))
    assert first.kills[0].reaped.line == 4
    assert second.kills[0].reaped is None


def test_the_reaper_of_another_boot_is_not_joined():
    """Process ids repeat after a reboot: the reaper of the new boot did not reap the old victim."""
    (event,) = parse(f"[  900.000000] {header()}", f"[  900.000001] {kill(7)}", f"[    5.000000] {reaped(7)}")
    assert event.kills[0].reaped is None


def test_a_reaper_that_failed_says_so():
    """ "unable to reap" is kept, with no numbers."""
    (event,) = parse(header(), kill(7), "oom_reaper: unable to reap pid:7 (mysqld)")
    assert (event.kills[0].reaped.failed, event.kills[0].reaped.anon_rss_kb) == (True, None)


def test_a_reaper_without_its_kill_is_no_event():
    """A reaper line whose kill is not in the log reports nothing of its own."""
    assert parse(reaped(7)) == []


def test_the_same_process_id_twice_takes_each_its_reaper():
    """A process id killed twice in one boot: each reaper line goes to the kill before it."""
    events = parse(header("a"), kill(7), reaped(7), header("b"), kill(7), reaped(7))
    assert [event.kills[0].reaped.line for event in events] == [3, 6]


# -- several victims ---------------------------------------------------------------------------------

GROUP = "Tasks in /app.slice are going to be killed due to memory.oom.group set"
MEMCG = "Memory cgroup out of memory"


def test_a_group_is_one_event():
    """memory.oom.group kills every member: one event, each process once."""
    (event,) = parse(
        header(), summary(7, constraint="CONSTRAINT_MEMCG", rest="oom_memcg=/app.slice,task_memcg=/app.slice"),
        kill(7, message=MEMCG), GROUP, kill(8, "w", MEMCG), kill(7, message=MEMCG), kill(9, "w", MEMCG), reaped(8, "w"),
    )  # fmt: skip
    assert pids([event]) == [[7, 8, 9]]
    assert (event.scope, event.oom_memcg, event.complete) == ("memcg", "/app.slice", True)
    assert [each.reaped is not None for each in event.kills] == [False, True, False]


def test_a_kill_after_a_group_is_another_event():
    """The next report is not drawn into the group."""
    events = parse(header(), kill(7, message=MEMCG), GROUP, kill(8, "w", MEMCG), header("b"), kill(9))
    assert pids(events) == [[7, 8], [9]]


GROUP_EVENT = (
    header(), summary(7, constraint="CONSTRAINT_MEMCG", rest="oom_memcg=/a,task_memcg=/a"),
    kill(7, message=MEMCG), GROUP, kill(8, "w", MEMCG),
)  # fmt: skip


def test_a_kill_an_hour_after_a_group_is_another_event():
    """A group dies in one go; what comes later, without a header, is the rest of another report."""
    events = parse(*GROUP_EVENT, f"[ 4000.000000] {kill(9, 'w', MEMCG)}")
    assert pids(events) == [[7, 8], [9]]
    assert [(each.first_line, each.last_line) for each in events] == [(1, 5), (6, 6)]


def test_a_second_group_is_another_event():
    """Its header may be suppressed (printk_ratelimit); the kernel names a group after its first victim."""
    events = parse(
        *GROUP_EVENT, kill(10, "x", MEMCG), GROUP, kill(11, "x", MEMCG), reaped(8, "w"), reaped(11, "x")
    )
    assert pids(events) == [[7, 8], [10, 11]]
    assert [[each.reaped is not None for each in event.kills] for event in events] == [
        [False, True],
        [False, True],
    ]


def test_a_kill_on_another_host_is_not_of_the_group():
    """A log server's file mixes hosts."""
    lines = [
        *(f"Aug 12 03:54:01 a kernel: {line}" for line in GROUP_EVENT[:4]),
        f"Aug 12 03:54:01 b kernel: {kill(7, message=MEMCG)}",
        f"Aug 12 03:54:01 a kernel: {kill(8, message=MEMCG)}",
    ]
    events = list(oomlog.parse("".join(f"{line}\n" for line in lines)))
    assert [(event.host, pids([event])[0]) for event in events] == [("a", [7, 8]), ("b", [7])]


@pytest.mark.parametrize(("second", "count"), [(1, 1), (5, 2)])
def test_the_same_pid_at_another_time_is_another_kill(second, count):
    """Pids are used again; the same line twice at the same time is one kill printed twice."""
    lines = [f"Aug 12 03:54:0{at} a kernel: {kill(7)}" for at in (1, second)]
    assert len(list(oomlog.parse("".join(f"{line}\n" for line in lines)))) == count


def test_a_sacrificed_child_names_who_was_selected():
    """Until 5.0 the selected task and the killed one may differ; the score is the selected task's."""
    (event,) = parse(
        header(), "Out of memory: Kill process 7 (apache2) score 912 or sacrifice child",
        "Killed process 8 (php) total-vm:1234kB, anon-rss:99kB, file-rss:1kB, shmem-rss:0kB",
    )  # fmt: skip
    (victim,) = event.kills
    assert (victim.pid, victim.comm, victim.anon_rss_kb) == (8, "php", 99)
    assert (victim.selected.pid, victim.selected.comm, victim.selected.score) == (7, "apache2", 912)


def test_a_selected_task_that_dies_itself_is_not_named_twice():
    """Where selected and killed are one, only the score is left of the selection."""
    (event,) = parse(
        header(), "Out of memory: Kill process 7 (apache2) score 912 or sacrifice child",
        "Killed process 7 (apache2) total-vm:1234kB, anon-rss:99kB, file-rss:1kB, shmem-rss:0kB",
    )  # fmt: skip
    assert [(each.pid, each.score, each.selected) for each in event.kills] == [(7, 912, None)]


def test_tasks_sharing_the_memory_are_victims():
    """ "sharing same memory" names a further victim of the same event, without sizes."""
    (event,) = parse(
        header(), "Out of memory: Kill process 7 (java) score 912 or sacrifice child",
        "Killed process 7 (java) total-vm:1234kB, anon-rss:99kB, file-rss:1kB",
        "Kill process 8 (java) sharing same memory",
    )  # fmt: skip
    assert [(each.pid, each.anon_rss_kb) for each in event.kills] == [(7, 99), (8, None)]


# -- no header ---------------------------------------------------------------------------------------


def test_kill_lines_without_header_are_events():
    """In a storm the header is rate limited away: each kill is an event without trigger."""
    events = parse("oom_kill_process: 14 callbacks suppressed", kill(7), "nfs: ok", kill(8))
    assert pids(events) == [[7], [8]]
    assert [(event.trigger, event.complete, event.outcome) for event in events] == [
        (None, False, "killed")
    ] * 2


def test_summary_and_kill_without_header_are_one_event():
    """What is left of the report is used: constraint and cgroups from the summary line."""
    (event,) = parse(
        summary(7, constraint="CONSTRAINT_MEMCG", rest="oom_memcg=/a,task_memcg=/a/b"), kill(7, message=MEMCG)
    )
    assert (event.trigger, event.scope, event.oom_memcg, event.task_memcg) == (None, "memcg", "/a", "/a/b")


def test_the_reapers_line_begins_no_event():
    """It is about the kill before; a kill without header begins where its own lines do."""
    reaped = "oom_reaper: reaped process 7 (java), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB"
    first, second = parse(kill(7), reaped, kill(8))
    assert (first.first_line, second.first_line) == (1, 3)
    assert first.kills[0].reaped is not None


# -- counters ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("oom_kill_process: 14 callbacks suppressed", {"callbacks": 14, "messages_dropped": None}),
        ("out_of_memory: 14 messages suppressed", {"callbacks": 14, "messages_dropped": None}),
        ("printk: 14 messages suppressed.", {"callbacks": None, "messages_dropped": 14}),
        ("** 27 printk messages dropped **", {"callbacks": None, "messages_dropped": 27}),
        ("** 27 printk messages dropped ** ", {"callbacks": None, "messages_dropped": 27}),
    ],
)
@pytest.mark.parametrize("place", ["before", "inside"])
def test_lost_messages_are_counted(line, expected, place):
    """What the kernel says it held back or lost stands on the event."""
    lines = [header(), "Mem-Info:", summary(7), kill(7)]
    lines.insert(0 if place == "before" else 2, line)
    (event,) = parse(*lines)
    assert event.suppressed == expected


def test_callbacks_of_another_function_are_not_ours():
    """ "net_ratelimit: 14 callbacks suppressed" says nothing about the report."""
    (event,) = parse(
        "net_ratelimit: 14 callbacks suppressed", header(), "warn_alloc: 3 callbacks suppressed", kill(7)
    )
    assert event.suppressed is None


# -- outcomes and scopes -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "outcome"),
    [
        ([kill(7)], "killed"),
        (["Kernel panic - not syncing: Out of memory: system-wide panic_on_oom is enabled"], "panic"),
        (["Kernel panic - not syncing: Out of memory: compulsory panic_on_oom is enabled"], "panic"),
        (["Kernel panic - not syncing: out of memory. panic_on_oom is selected"], "panic"),
        (["Kernel panic - not syncing: Out of memory and no killable processes..."], "panic"),
        (["Kernel panic - not syncing: Out of memory and no killable processes"], "panic"),
        (
            [
                "Out of memory and no killable processes...",
                "Kernel panic - not syncing: System is deadlocked on memory",
            ],
            "panic",
        ),
        (["Out of memory and no killable processes..."], "no_killable"),
        (["Out of memory: OOM victim 7 (mysqld) is already exiting. Skip killing the task"], "unknown"),
        ([], "unknown"),
    ],
)
def test_outcome(lines, outcome):
    """How the event ended is what its last lines say."""
    (event,) = parse(header(), "Mem-Info:", *lines)
    assert event.outcome == outcome
    assert bool(event.kills) == (outcome == "killed")


def test_a_panic_for_another_reason_is_no_event():
    """Other panics do not concern us."""
    assert parse("Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)") == []


@pytest.mark.parametrize(
    ("lines", "scope"),
    [
        ([header(), summary(7), kill(7)], "global"),
        ([header(), summary(7, constraint="CONSTRAINT_MEMCG", rest="oom_memcg=/a,task_memcg=/a"), kill(7, message=MEMCG)], "memcg"),
        ([header(), summary(7, constraint="CONSTRAINT_CPUSET"), kill(7)], "cpuset"),
        ([header(), summary(7, constraint="CONSTRAINT_MEMORY_POLICY"), kill(7)], "mempolicy"),
        (["sysrq: Manual OOM execution", header("kworker/0:1", order=-1), summary(7), kill(7)], "sysrq"),
        (["SysRq : Manual OOM execution", header("kworker/0:1"), kill(7)], "sysrq"),
        ([header(), "Memory cgroup out of memory: Kill process 7 (x) score 9 or sacrifice child", kill(7)], "memcg"),
        ([header(), "Out of memory: Kill process 7 (x) score 9 or sacrifice child", kill(7)], "global"),
        ([header(), "No available memory (MPOL_BIND): kill process 7 (x) score 9 or a child", "Killed process 7 (x)"], "mempolicy"),
    ],
)  # fmt: skip
def test_scope(lines, scope):
    """What ran out is what the report says, in whichever words its kernel has."""
    (event,) = parse(*lines)
    assert event.scope == scope


# -- old kernels -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "victims", "score"),
    [
        (
            [
                "oom-killer: gfp_mask=0x201d2, order=0",
                "Out of Memory: Kill process 7 (httpd) score 4321 and children.",
                "Out of memory: Killed process 8 (httpd).",
            ],
            [8],
            4321,
        ),
        (
            [
                "httpd invoked oom-killer: gfp_mask=0x201da, order=0, oomkilladj=0",
                "Out of memory: kill process 7 (httpd) score 4321 or a child",
                "Killed process 8 (httpd)",
            ],
            [8],
            4321,
        ),
        (
            [
                "httpd invoked oom-killer: gfp_mask=0x201da, order=0, oom_adj=0",
                "Out of memory: kill process 7 (httpd) score 4321 or a child",
                "Killed process 7 (httpd) vsz:1234kB, anon-rss:99kB, file-rss:1kB",
            ],
            [7],
            4321,
        ),
        (
            [
                "httpd invoked oom-killer: gfp_mask=0x201da, order=0, oom_adj=0, oom_score_adj=0",
                "Out of memory: Kill process 7 (httpd) score 432 or sacrifice child",
                "Killed process 7, UID 48, (httpd) total-vm:1234kB, anon-rss:99kB, file-rss:1kB",
            ],
            [7],
            432,
        ),
        (
            [
                "httpd invoked oom-killer: gfp_mask=0x201da, order=0, oom_score_adj=0",
                "Out of memory: Kill process 7 (httpd) score 432 or sacrifice child",
                "Killed process 7 (httpd), UID 48, total-vm:1234kB, anon-rss:99kB, file-rss:1kB, shmem-rss:0kB",
            ],
            [7],
            432,
        ),
    ],
    ids=["2.6.18", "2.6.24", "2.6.33", "el6", "el7"],
)
def test_forms_of_old_kernels(lines, victims, score):
    """Each era's words give the same record: one event, its victims, the score of the selection."""
    events = parse(*lines)
    assert pids(events) == [victims]
    assert (events[0].kills[0].score, events[0].complete, events[0].scope) == (score, True, "global")


def test_two_old_reports_without_sizes_stay_two():
    """Kill lines of 2.6.18 to 2.6.32 carry nothing but pid and name, and still end their report."""
    lines = []
    for pid in (7, 17):
        lines += [
            f"httpd{pid} invoked oom-killer: gfp_mask=0x201da, order=0, oomkilladj=0",
            f"Out of memory: kill process {pid} (httpd) score 4321 or a child",
            f"Killed process {pid} (httpd)",
        ]
    events = parse(*lines)
    assert pids(events) == [[7], [17]]


# -- userspace ---------------------------------------------------------------------------------------

_SYSLOG = "Aug 12 03:54:09 web1 "


@pytest.mark.parametrize(
    ("line", "killer", "pid", "memcg"),
    [
        (
            "systemd-oomd[411]: Killed /user.slice/user-1000.slice/app.scope due to memory pressure for /user.slice "
            "being 71.20% > 50.00% for > 20s with reclaim activity",
            "systemd-oomd", None, "/user.slice/user-1000.slice/app.scope",
        ),
        (
            "systemd-oomd[411]: Killed /system.slice/app.service due to memory used (7904186368) / total (8340824064) "
            "and swap used (8203120640) / total (9043963904) being more than 90.00%",
            "systemd-oomd", None, "/system.slice/app.service",
        ),
        (
            'earlyoom[511]: sending SIGTERM to process 4242 uid 1000 "firefox": badness 912, VmRSS 3456 MiB',
            "earlyoom", 4242, None,
        ),
        (
            'earlyoom[511]: sending SIGKILL to process 4242 uid 1000 "firefox": oom_score 912, oom_score_adj 0, '
            'VmRSS 3456 MiB, cmdline "firefox -P"',
            "earlyoom", 4242, None,
        ),
        ("kernel: [  12.345678] send sigkill to 4242 (com.app), adj 9, size 12345", "lowmemorykiller", 4242, None),
    ],
)  # fmt: skip
def test_killers_in_userspace_are_events(line, killer, pid, memcg):
    """Who else kills for memory is an event of its own, with the killer's name."""
    (event,) = oomlog.parse(f"{_SYSLOG}{line}\n", year=2026)
    assert (event.killer, event.outcome, event.trigger, event.task_memcg) == (killer, "killed", None, memcg)
    assert [each.pid for each in event.kills] == ([] if pid is None else [pid])


def test_systemd_speaks_about_the_kernels_kill():
    """What systemd says of the unit is a note on the event, not another event."""
    unit = "app.service: A process of this unit has been killed by the OOM killer."
    text = f"{_SYSLOG}kernel: {header()}\n{_SYSLOG}kernel: {kill(7)}\n{_SYSLOG}systemd[1]: {unit}\n"
    (event,) = oomlog.parse(text, year=2026)
    assert [(note.line, note.source, note.text) for note in event.notes] == [(3, "systemd", unit)]


def test_a_note_without_an_event_is_no_event():
    """systemd's word alone names no process, so there is no kill to report."""
    text = f"{_SYSLOG}systemd[1]: app.service: A process of this unit has been killed by the OOM killer.\n"
    assert list(oomlog.parse(text, year=2026)) == []


# -- interleaving ------------------------------------------------------------------------------------


def test_caller_ids_keep_two_reports_apart():
    """Two CPUs that print at once are told apart by printk's caller id, line by line."""

    def row(caller: str, number: int, text: str) -> str:
        return f"[  100.{number:06d}][{caller:>6}] {text}"

    text = "\n".join(
        [
            row("T1", 1, header("a")), row("T2", 2, header("b")),
            row("T1", 3, "memory: usage 11kB, limit 11kB, failcnt 1"), row("T2", 4, "memory: usage 22kB, limit 22kB, failcnt 2"),
            row("T2", 5, kill(8, message=MEMCG)), row("T1", 6, kill(7, message=MEMCG)),
        ]
    )  # fmt: skip
    events = list(oomlog.parse(text + "\n"))
    assert [(e.trigger.comm, pids([e]), e.memcg.memory["usage_kb"]) for e in events] == [
        ("a", [[7]], 11), ("b", [[8]], 22),
    ]  # fmt: skip


# -- time --------------------------------------------------------------------------------------------


def _syslog(*stamps: str) -> str:
    return "".join(f"{stamp} web1 kernel: {kill(number)}\n" for number, stamp in enumerate(stamps, 1))


def test_without_a_year_there_is_no_time():
    """Syslog prints no year: bytes without a file's date and without ``year`` have no time, not 1900."""
    (event,) = oomlog.parse(_syslog("Aug 12 03:54:09"))
    assert (event.time, event.time_origin, event.kills[0].time) == (None, "absent", None)


def test_the_given_year_is_used_and_rolls_over():
    """``year`` is the year of the first line; December followed by January is the next year."""
    events = oomlog.parse(
        _syslog("Dec 30 23:00:00", "Dec 31 23:59:59", "Jan  1 00:00:01", "Aug 12 03:54:09"), year=2025
    )
    times = [(event.time, event.time_origin) for event in events]
    assert [when.isoformat() for when, _ in times] == [
        "2025-12-30T23:00:00", "2025-12-31T23:59:59", "2026-01-01T00:00:01", "2026-08-12T03:54:09",
    ]  # fmt: skip
    assert {origin for _, origin in times} == {"inferred"}


def test_the_year_is_taken_from_the_file(tmp_path):
    """The newest year that does not lie after the file's last change is taken, line by line."""
    path = tmp_path / "kern.log"
    path.write_text(_syslog("Dec 31 23:59:59", "Jan  1 00:00:01"))
    written = datetime(2024, 1, 2, tzinfo=UTC).timestamp()
    os.utime(path, (written, written))
    assert [event.time.isoformat() for event in oomlog.parse(path)] == [
        "2023-12-31T23:59:59",
        "2024-01-01T00:00:01",
    ]


@pytest.mark.parametrize(("year", "found"), [(2024, "2024-02-29T10:00:00"), (2025, None)])
def test_the_29th_of_february_exists_in_leap_years_only(year, found):
    """An impossible date is no time rather than another day, and never an error."""
    (event,) = oomlog.parse(_syslog("Feb 29 10:00:00"), year=year)
    assert (event.time.isoformat() if event.time else None) == found


@pytest.mark.parametrize(
    "stamp", ["Feb 31 10:00:00", "Aug 12 25:61:00", "Aug  0 10:00:00", "Foo 12 10:00:00"]
)
def test_an_impossible_stamp_loses_no_kill(stamp):
    """A broken clock costs the time, not the event."""
    (event,) = oomlog.parse(_syslog(stamp), year=2026)
    assert (event.time, pids([event])) == (None, [[1]])


def test_zones():
    """A printed offset is kept; without one the time stays naive until the caller says where."""
    zoned = f"2026-08-12T03:54:09.123456+02:00 web1 kernel: {kill(7)}\n"
    (event,) = oomlog.parse(zoned)
    assert event.time == datetime(2026, 8, 12, 3, 54, 9, 123456, tzinfo=timezone(timedelta(hours=2)))
    assert event.time_origin == "printed"
    (naive,) = oomlog.parse(_syslog("Aug 12 03:54:09"), year=2026)
    assert naive.time.tzinfo is None
    (told,) = oomlog.parse(_syslog("Aug 12 03:54:09"), year=2026, tz=UTC)
    assert told.time == datetime(2026, 8, 12, 3, 54, 9, tzinfo=UTC)


def test_uptime_alone_is_no_time():
    """A dmesg without wall time has uptime and no date."""
    (event,) = parse(header(), kill(7))
    assert (event.time, event.time_origin, event.uptime_s) == (None, "absent", 100.0)


def test_a_report_that_broke_off_gives_nothing_to_the_next() -> None:
    """Of what stands right before a header only sysrq and suppressed messages are of its report."""
    table = "[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name"
    row = "[      7]     0     7     1000      100     8192        0             0 old"
    counters = "active_anon:5 inactive_anon:5 isolated_anon:0"
    (first, second) = parse(header(), table, row, header("sh"), counters, kill(9))
    assert first.tasks is not None and len(first.tasks) == 1
    assert (second.tasks, second.trigger_comm) == (None, "sh")
    (first, second) = parse(header(), counters, header("sh"), table, row, kill(9))
    assert first.mem_info is not None and second.mem_info is None
    assert second.tasks is not None and len(second.tasks) == 1
    assert second.sections["mem_info"] == "absent"
    *_, last = parse(header(), row, "SysRq : Manual OOM execution", header("sh"), kill(9))
    assert (last.tasks, last.scope) == (None, "sysrq")
    assert [line.no for line in last.lines] == [3, 4, 5]


def test_a_glance_has_nothing_of_a_report_that_broke_off() -> None:
    """The kernel's release is that of the report's own stack header."""
    old, new = (f"CPU: 0 PID: 7 Comm: java Not tainted {release} #1" for release in ("4.19.1", "6.12.0"))
    (_, event) = parse(header(), old, header("sh"), new, kill(9))
    assert event.quick_details.kernel_release == event.details.kernel_release == "6.12.0"


@pytest.mark.parametrize(
    ("end", "scope"), [((kill(9),), "global"), ((), "unknown")], ids=["whole", "cut before the kill"]
)
def test_the_limit_of_the_host_is_no_cgroups(end: tuple[str, ...], scope: str) -> None:
    """Alibaba's kernels say in each report whose limit it was, the machine's too."""
    zone = "Node 0 Normal free:46592kB min:46712kB low:58388kB high:70064kB"
    (event,) = parse(header(), "Task in /user.slice killed as a result of limit of host", zone, *end)
    assert (event.scope, event.oom_memcg, event.task_memcg) == (scope, None, "/user.slice")
