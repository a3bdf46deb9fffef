"""Prefixes of loggers that nobody has described."""

from __future__ import annotations

import time

import pytest

import oomlog
from oomlog.lines.unknown import unknown_prefix

PREFIXES = (
    *(
        "h: ",
        "[h] ",
        "user@h:~$ ",
        "KERN_ERR ",
        "20210501-120052 ",
        "web1 kernel ",
        "Nov 22 10:00 ",
        "10:00 ",
    ),
    *("web1 | ", "web1> ", "server # ", "[web1] kernel: ", "ttyS0: ", "console-web1: ", "// ", "(XEN) "),
)
REPORT = """\
python3 invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0
CPU: 2 PID: 60 Comm: python3 Not tainted 6.8.0 #1
Call Trace:
 dump_stack+0x64/0x80
Mem-Info:
active_anon:239 inactive_anon:6955 isolated_anon:0
Tasks state (memory values in pages):
[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name
[    222]     0   222     3951     3449    65536        0         -1000 dmeventd
[    227]     0   227     9670     2303    73728        0             0 python3
oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/,task=python3,pid=227,uid=0
Out of memory: Killed process 227 (python3) total-vm:38680kB, anon-rss:9212kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:72kB oom_score_adj:0
oom_reaper: reaped process 227 (python3), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB
"""  # noqa: E501 - log lines are as long as they are


@pytest.mark.parametrize("prefix", PREFIXES)
def test_repeated_prefix(prefix: str) -> None:
    """What all lines of a report begin with is no part of the trigger's name, nor of anything else."""
    text = "".join(f"{prefix}{line}\n" for line in REPORT.splitlines())
    (event,) = oomlog.parse(text.encode())
    (bare,) = oomlog.parse(REPORT.encode())
    assert event.trigger == bare.trigger
    assert event.kills == bare.kills and event.kills[0].reaped is not None
    assert event.mem_info == bare.mem_info and event.tasks is not None
    assert list(event.tasks) == list(bare.tasks or ())
    assert event.problems == ()


def test_repeated_kill_lines_prove_nothing() -> None:
    """Another program that repeats kill lines is not taken for an unknown logger of the kernel's."""
    line = "watcher says: Killed process 7 (x) total-vm:4kB, anon-rss:4kB, file-rss:0kB\n"
    assert list(oomlog.parse((line * 3).encode())) == []


def test_name_before_a_line_of_a_report() -> None:
    """One line whose beginning nothing repeats has no prefix."""
    near = {1: "x: CPU: 2 PID: 60 Comm: y Not tainted 6.8.0 #1"}
    assert unknown_prefix("x: y invoked oom-killer: gfp_mask=0x1, order=0", near.get) == "x: "
    assert unknown_prefix("y: z invoked oom-killer: gfp_mask=0x1, order=0", near.get) == ""
    assert unknown_prefix("CPU z invoked oom-killer: ", {1: near[1][3:]}.get) == ""


@pytest.mark.parametrize("piece", ["[ 1] ", "a", " 1", "[ pid ] uid ", "CPU: 1 PID: 1 "])
def test_long_lines_are_cheap(piece: str) -> None:
    """A neighbour of any length is looked at in time that grows with its length, at most."""
    start = time.process_time()
    unknown_prefix(piece * 200_000, {1: piece * 200_000}.get)
    assert time.process_time() - start < 1
