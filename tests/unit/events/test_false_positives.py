"""Nothing but an OOM killer's own lines makes a kill."""

# ruff: noqa: E501 - log lines are as long as they are

from __future__ import annotations

import json

import pytest

import oomlog

KILL = (
    "Out of memory: Killed process 4242 (mysqld) total-vm:1234kB, anon-rss:99kB, file-rss:1kB, "
    "shmem-rss:0kB, UID:27 pgtables:400kB oom_score_adj:0"
)
OLD_KILL = "Killed process 4242 (mysqld) total-vm:1234kB, anon-rss:99kB, file-rss:1kB"
SELECT = "Out of memory: Kill process 4242 (mysqld) score 912 or sacrifice child"
HEADER = "mysqld invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0"

LINES = {
    "java": "Aug 12 03:54:09 web1 java[4242]: java.lang.OutOfMemoryError: Java heap space",
    "java bare": 'Exception in thread "main" java.lang.OutOfMemoryError: unable to create native thread: '
    "possibly out of memory or process/resource limits reached",
    "cuda": "RuntimeError: CUDA out of memory. Tried to allocate 2.00 GiB (GPU 0; 15.78 GiB total capacity)",
    "python": "MemoryError: Unable to allocate 8.00 GiB for an array with shape (32768, 32768)",
    "postgres": "2026-08-12 03:54:09 UTC [811] ERROR:  out of memory",
    "postgres server": "LOG:  server process (PID 811) was terminated by signal 9: Killed",
    "redis": "811:M 12 Aug 03:54:09.123 # Can't save in background: fork: Cannot allocate memory",
    "php": "PHP Fatal error:  Allowed memory size of 134217728 bytes exhausted (tried to allocate 20480 bytes)",
    "source 5.x": '\tpr_err("%s: Killed process %d (%s) total-vm:%lukB, anon-rss:%lukB, file-rss:%lukB, '
    'shmem-rss:%lukB, UID:%u pgtables:%lukB oom_score_adj:%hd\\n",',
    "source 2.6": '\tprintk(KERN_ERR "Out of Memory: Kill process %d (%s) score %li and children.\\n", p->pid, p->comm);',
    "source header": '\tpr_warn("%s invoked oom-killer: gfp_mask=%#x(%pGg), order=%d, oom_score_adj=%hd\\n",',
    "source summary": '\tpr_info("oom-kill:constraint=%s,nodemask=%*pbl", oom_constraint_text[oc->constraint], nodemask);',
    "regex": r"OOM = re.compile(r'Killed process (\d+) \((.*?)\) total-vm:(\d+)kB, anon-rss:(\d+)kB')",
    "grok": "match => { message => '%{WORD:c} invoked oom-killer: gfp_mask=%{NOTSPACE}, order=%{INT}, oom_score_adj=%{INT}' }",
    "prose": "The log says 'Killed process 4242 (mysqld)' although the machine was not out of memory at all.",
    "prose 2": "When the system is out of memory the kernel logs \"Out of memory: Killed process PID (NAME)\".",
    "heading": "Kernel panic - not syncing: Out of memory and no killable processes",
    "prose 3": "Look for a line with `invoked oom-killer`, e.g. by dmesg | grep -i 'killed process'",
    "docs": "oom_kill_allocating_task: if this is set to zero, the OOM killer will scan through the entire tasklist",
    "docs 2": "the kernel panics when out-of-memory happens; panic_on_oom=2: compulsory",
    "history": "  811  dmesg -T | egrep -i 'killed process|out of memory: kill|oom-killer'",
    "history stamped": "#1786502043\ngrep -E 'Out of memory: Killed process [0-9]+ \\(mysqld\\)' /var/log/kern.log",
    "audit grep": 'Aug 12 03:54:09 web1 audit[811]: EXECVE argc=3 a0="grep" a1="invoked oom-killer" a2="/var/log/syslog"',
    "audit kernel": 'Aug 12 03:54:09 web1 kernel: [ 9.999999] audit: type=1309 audit(1763805600.123:45): argc=2 a0="grep" '
    'a1="Out of memory: Killed process 4242 (mysqld) total-vm:1234kB, anon-rss:99kB, file-rss:1kB"',
    "sudo": "Aug 12 03:54:09 web1 sudo:     root : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/grep Out of memory: /var/log",
    "kubelet image": 'Aug 12 03:54:09 web1 kubelet[9]: E0812 pod_workers.go:1294] "Error syncing pod" reason="OOMKilled" exitCode=137',
    "containerd": 'time="2026-08-12T03:54:09Z" level=info msg="TaskOOM event &TaskOOM{ContainerID:4f1d0c6b}"',
    "malloc": "Aug 12 03:54:09 web1 app[9]: tcmalloc: large alloc failed: out of memory",
    "docker": 'time="2026-08-12T03:54:09Z" level=error msg="container killed: out of memory: killed process"',
    "kernel enomem": "[   12.345678] __vm_enough_memory: pid: 811, comm: java, bytes: 4096 not enough memory for the allocation",
    "kernel huh": "[   12.345678] Huh VM_FAULT_OOM leaked out to the #PF handler. Retrying PF",
    "kernel disabled": "[   12.345678] OOM killer disabled.",
    "kernel alloc failure": "[   12.345678] mysqld: page allocation failure: order:4, mode:0xcc0(GFP_KERNEL), nodemask=(null)",
    "segfault": "[   12.345678] traps: mysqld[4242] general protection fault ip:7f sp:7f error:0 in libc.so[7f+1]",
    "cgroup removed": "[   12.345678] Memory cgroup charge failed because of no reclaimable memory! This looks like a misconfiguration",
    "journal of another": f"Aug 12 03:54:09 web1 myapp[811]: {KILL}",
    "journal of another, old": f"Aug 12 03:54:09 web1 myapp[811]: {SELECT}",
    "journal of another, header": f"Aug 12 03:54:09 web1 myapp[811]: {HEADER}",
    "no pid": f"Aug 12 03:54:09 web1 logger: {KILL}",
    "root": f"Aug 12 03:54:09 web1 root: {KILL}",
    "user with kernel stamp": f"Aug 12 03:54:09 web1 root: [   12.345678] {KILL}",
    "iso": f"2026-08-12T03:54:09.123456+02:00 web1 myapp[811]: {KILL}",
    "iso stamp inside": f"2026-08-12T03:54:09.123456+02:00 web1 myapp[811]: [   12.345678] {KILL}",
    "rfc5424": f"<14>1 2026-08-12T03:54:09.123456Z web1 myapp 811 - - {KILL}",
    "unix": f"1786502043.123456 web1 myapp[811]: {KILL}",
    "monotonic": f"[   12.345678] web1 myapp[811]: {KILL}",
    "with unit": f"Wed 2026-08-12 03:54:09 UTC web1 app.service[811]: {KILL}",
    "kmsg of userspace": f"12,811,12345678,-;{KILL}",
    "console of userspace": f"<12>[   12.345678] {KILL}",
    "dmesg -x of userspace": f"user  :warn  : [   12.345678] {KILL}",
    "systemd kmsg": f"[   12.345678] systemd[1]: {KILL}",
    "json app": json.dumps({"level": "error", "msg": f"worker died, kernel said: {KILL}", "ts": 1786502043.5}),
    "json app start": json.dumps({"level": "error", "app": "watcher", "msg": f"found '{KILL}' in dmesg"}),
    "json journal": json.dumps({"_TRANSPORT": "stdout", "SYSLOG_IDENTIFIER": "watcher", "MESSAGE": KILL}),
    "json journal comm": json.dumps({"_TRANSPORT": "journal", "_COMM": "watcher", "MESSAGE": HEADER}),
    "json journal user": json.dumps({"_TRANSPORT": "syslog", "SYSLOG_IDENTIFIER": "kernel", "_UID": "1000", "_COMM": "logger", "MESSAGE": KILL}),
    "npd": f"Aug 12 03:54:09 web1 node-problem-detector[6018]: I0812 log_monitor.go:160] New status generated: {KILL}",
    "quoted in message": f"Aug 12 03:54:09 web1 watcher[811]: kernel: [   12.345678] {KILL}",
    "ansible": f'ok: [web1] => {{"stdout": "{KILL}"}}',
}  # fmt: skip


@pytest.mark.parametrize("name", LINES)
def test_no_kill_from(name):
    """A line that only speaks of, quotes or forges a kill is none."""
    kills = [kill for event in oomlog.parse(LINES[name].encode() + b"\n") for kill in event.kills]
    assert kills == []


@pytest.mark.parametrize("name", LINES)
def test_no_kill_from_a_line_inside_a_report(name):
    """Nor does it become one between the lines of a real report, nor does it hide the real kill."""
    log = f"[   12.000000] {HEADER}\n{LINES[name]}\n[   12.500000] {KILL.replace('4242', '77')}\n"
    assert [kill.pid for event in oomlog.parse(log) for kill in event.kills] == [77]


def test_everything_at_once_makes_no_kill():
    """All of them in one file still make none."""
    log = "\n".join(LINES.values()) + "\n"
    assert [kill for event in oomlog.parse(log) for kill in event.kills] == []


@pytest.mark.parametrize(
    "comm",
    [
        "Out of memory:", "Killed process", "oom-kill:const", " total-vm:1kB,", ") total-vm:1kB", "\nOut of memory:",
        "a) total-vm:9kB", ") score 9 or s", "x,pid=1,uid=0", "invoked oom-kil", "[  12.345678] ", "kernel: Out of",
        "{\"a\":1}", "#012Out of mem", "\\x0aOut of me", "<3>Out of memo", "(null)", ": ", "%s%n", "](", "",
    ],
)  # fmt: skip
@pytest.mark.parametrize("caller", ["", "[  T123]"])
def test_a_name_can_not_make_a_kill_line(comm, caller):
    """Whatever 15 bytes a process calls itself, it is one trigger and one victim of that name."""
    head = f"[   12.345678]{caller} "
    body = (
        f"{comm} invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0\n"
        f"CPU: 0 PID: 4242 Comm: {comm} Not tainted 6.1.0-13-amd64 #1\n"
        f"oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/,"
        f"task={comm},pid=4242,uid=1000\n"
        f"{KILL.replace('mysqld', comm)}\n"
    )
    events = list(oomlog.parse("".join(f"{head}{line}\n" for line in body.splitlines() if line)))
    assert [[(kill.pid, kill.comm, kill.anon_rss_kb) for kill in event.kills] for event in events] == [
        [(4242, comm, 99)]
    ]


@pytest.mark.parametrize("comm", ["Killed process ", "invoked oom-kil", "Out of memory: ", "oom-kill:constr"])
def test_a_name_in_the_task_table_is_only_a_name(comm):
    """A task that is called like the start of a report line is a row of the table."""
    log = (
        f"[    1.000001] {HEADER}\n"
        "[    1.000002] Tasks state (memory values in pages):\n"
        "[    1.000003] [  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name\n"
        f"[    1.000004] [     77]     0    77     1000      100    40960        0             0 {comm}\n"
        "[    1.000005] [     78]     0    78     1000      100    40960        0             0 sh\n"
        f"[    1.000006] {KILL}\n"
    )
    (event,) = oomlog.parse(log)
    assert [row["comm"] for row in event.tasks] == [comm, "sh"]
    assert [kill.pid for kill in event.kills] == [4242]
