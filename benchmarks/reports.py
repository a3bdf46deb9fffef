"""Print whole OOM reports of several kernel eras, line by line, without a logger's prefix.

A report has the sections a real one has, in the kernel's order: header, stack, Mem-Info or
memcg block, task table, summary, kill, reaper.  The victim is the task with the most badness
points, and what the kernel prints twice is the same twice.
Mirrors dump_header() and oom_kill_process() in mm/oom_kill.c.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from memory import mem_info, memcg_info
from tasks import PAGE_KB, Task, table

TOTALPAGES = 8_186_847


@dataclass(frozen=True, slots=True)
class Era:
    """What one kernel prints differently from another."""

    kernel: tuple[int, int]
    release: str
    columns: str  # see tasks.table()
    gfp: str


EL7 = Era((3, 10), "3.10.0-1160.119.1.el7.x86_64 #1", "nr_ptes", "0x201da")
EL8 = Era((4, 18), "4.18.0-147.8.1.el8_1.x86_64 #1", "el8", "0x6200ca(GFP_HIGHUSER_MOVABLE), nodemask=(null)")
V5_4 = Era((5, 4), "5.4.0-190-generic #210-Ubuntu", "pgtables", "0x100cca(GFP_HIGHUSER_MOVABLE)")
V5_15 = Era((5, 15), "5.15.0-119-generic #129-Ubuntu", "pgtables", "0x1100cca(GFP_HIGHUSER_MOVABLE)")
V6_1 = Era(
    (6, 1),
    "6.1.0-25-amd64 #1",
    "pgtables",
    "0x140dca(GFP_HIGHUSER_MOVABLE|__GFP_COMP|__GFP_ZERO)",
)
V6_8 = Era((6, 8), "6.8.0-45-generic #45-Ubuntu", "parts", "0x140cca(GFP_HIGHUSER_MOVABLE|__GFP_COMP)")
ERAS = (EL7, EL8, V5_4, V5_15, V6_1, V6_8)

_GLOBAL_STACK = (
    "dump_header+0x4a/0x1ff",
    "oom_kill_process.cold+0xb/0x10",
    "out_of_memory+0x27e/0x520",
    "__alloc_pages_slowpath.constprop.0+0xcbe/0xe10",
    "__alloc_pages+0x224/0x250",
    "__page_cache_alloc+0x97/0xb0",
    "filemap_fault+0x140/0x930",
    "? filemap_map_pages+0x157/0x7b0",
    "ext4_filemap_fault+0x36/0x50 [ext4]",
    "__do_fault+0x33/0x110",
    "do_fault+0x1c2/0x420",
    "__handle_mm_fault+0x668/0xf70",
    "handle_mm_fault+0xb2/0x290",
    "do_user_addr_fault+0x1be/0x6a0",
    "exc_page_fault+0x74/0x170",
    "asm_exc_page_fault+0x26/0x30",
)
_MEMCG_STACK = (
    "dump_header+0x44/0x18d",
    "oom_kill_process.cold+0xa/0xaa",
    "out_of_memory+0x219/0x4b0",
    "mem_cgroup_out_of_memory+0x12d/0x160",
    "try_charge_memcg+0x688/0x7a0",
    "__mem_cgroup_charge+0x42/0xd0",
    "do_anonymous_page+0x32a/0x8b0",
    "? __pte_offset_map+0x1b/0x180",
    "__handle_mm_fault+0xb34/0xfb0",
    "handle_mm_fault+0xe2/0x2c0",
    "do_user_addr_fault+0x2ca/0x7b0",
    "exc_page_fault+0x7e/0x180",
    "asm_exc_page_fault+0x26/0x30",
)
_REGISTERS = (
    ("RAX", "RBX", "RCX"),
    ("RDX", "RSI", "RDI"),
    ("RBP", "R08", "R09"),
    ("R10", "R11", "R12"),
    ("R13", "R14", "R15"),
)


@dataclass(frozen=True, slots=True)
class Report:
    """The lines of one event and what a parser should find in them."""

    lines: list[str]
    kills: int
    task_rows: int


def global_report(rng: Random, era: Era, tasks: Sequence[Task]) -> Report:
    """Return the report of a machine that ran out of memory."""
    victim = max((t for t in tasks if t.oom_score_adj > -1000), key=lambda t: t.badness(TOTALPAGES))
    trigger = rng.choice(tasks)
    path = f"/system.slice/{victim.comm.split(':')[0]}.service"
    summary = f"CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg={path}"
    lines = _header(rng, era, trigger, "/", _GLOBAL_STACK)
    lines += mem_info(rng, era.kernel)
    lines += table(tasks, era.columns)
    lines += _summary(era, summary, victim)
    lines += _kill(era, "Out of memory", victim, TOTALPAGES)
    lines += _reaped(era, victim)
    return Report(lines, 1, len(tasks))


def memcg_report(rng: Random, era: Era, tasks: Sequence[Task], *, group: bool = False) -> Report:
    """Return the report of a container that hit its limit.

    :param group: memory.oom.group is set: the kernel kills every member, not only one.
    """
    anon_kb = sum(t.rss_anon for t in tasks) * PAGE_KB
    usage_kb = sum(t.rss + t.pgtables_bytes // 4096 for t in tasks) * PAGE_KB
    victim = max(tasks, key=lambda t: t.badness(usage_kb // PAGE_KB))
    trigger = rng.choice(tasks)
    container = f"{rng.getrandbits(256):064x}"
    uid = f"{rng.getrandbits(128):032x}"
    if era.kernel < (5, 3):
        cpuset, path = container, f"/kubepods/burstable/pod{uid}/{container}"
    else:
        cpuset = f"cri-containerd-{container}.scope"
        path = f"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{uid}.slice/{cpuset}"
    summary = (
        f"CONSTRAINT_MEMCG,nodemask=(null),cpuset={cpuset},mems_allowed=0,oom_memcg={path},task_memcg={path}"
    )
    lines = _header(rng, era, trigger, cpuset, _MEMCG_STACK)
    lines += memcg_info(rng, era.kernel, path=path, usage_kb=usage_kb, anon_kb=anon_kb)
    lines += table(tasks, era.columns)
    lines += _summary(era, summary, victim)
    lines += _kill(era, "Memory cgroup out of memory", victim, usage_kb // PAGE_KB)
    kills = 1
    if group:
        lines.append(f"Tasks in {path} are going to be killed due to memory.oom.group set")
        for task in tasks:
            if task != victim:
                lines += _kill(era, "Memory cgroup out of memory", task, usage_kb // PAGE_KB)
                kills += 1
    lines += _reaped(era, victim)
    return Report(lines, kills, len(tasks))


def _header(rng: Random, era: Era, trigger: Task, cpuset: str, stack: Sequence[str]) -> list[str]:
    request = f"gfp_mask={era.gfp}, order=0, oom_score_adj={trigger.oom_score_adj}"
    lines = [f"{trigger.comm} invoked oom-killer: {request}"]
    if era.kernel < (5, 0):
        lines.append(f"{trigger.comm} cpuset={cpuset} mems_allowed=0")
    lines += [
        f"CPU: {rng.randrange(16)} PID: {trigger.pid} Comm: {trigger.comm} Not tainted {era.release}",
        "Hardware name: QEMU Standard PC (Q35 + ICH9, 2009), BIOS 1.16.2-1 04/01/2014",
        "Call Trace:",
    ]
    if era.kernel < (4, 10):
        frames = [f" [<ffffffff81{rng.getrandbits(24):06x}>] {frame}" for frame in stack]
        return lines + frames
    frames = [f" {frame}" for frame in ("dump_stack_lvl+0x48/0x60", *stack)]
    registers = [
        f"RIP: 0033:0x7f{rng.getrandbits(40):010x}",
        f"Code: {rng.randbytes(42).hex(' ')} <{rng.getrandbits(8):02x}> {rng.randbytes(21).hex(' ')}",
        f"RSP: 002b:00007ffc{rng.getrandbits(32):08x} EFLAGS: 00010246",
        *(" ".join(f"{name}: {rng.getrandbits(47):016x}" for name in row) for row in _REGISTERS),
    ]
    if era.kernel >= (5, 15):
        return [*lines, " <TASK>", *frames, *registers, " </TASK>"]
    return lines + frames + registers


def _summary(era: Era, text: str, victim: Task) -> list[str]:
    if era.kernel < (5, 0):
        return []
    return [f"oom-kill:constraint={text},task={victim.comm},pid={victim.pid},uid={victim.uid}"]


def _kill(era: Era, message: str, victim: Task, totalpages: int) -> list[str]:
    sizes = f"total-vm:{victim.total_vm * PAGE_KB}kB, anon-rss:{victim.rss_anon * PAGE_KB}kB"
    sizes += f", file-rss:{victim.rss_file * PAGE_KB}kB, shmem-rss:{victim.rss_shmem * PAGE_KB}kB"
    who = f"Killed process {victim.pid} ({victim.comm})"
    if era.kernel < (4, 0):
        score = victim.badness(totalpages) * 1000 // totalpages
        return [
            f"{message}: Kill process {victim.pid} ({victim.comm}) score {score} or sacrifice child",
            f"{who}, UID {victim.uid}, {sizes}",
        ]
    if era.kernel < (5, 4):
        return [f"{message}: {who} {sizes}"]
    rest = f"UID:{victim.uid} pgtables:{victim.pgtables_bytes // 1024}kB oom_score_adj:{victim.oom_score_adj}"
    return [f"{message}: {who} {sizes}, {rest}"]


def _reaped(era: Era, victim: Task) -> list[str]:
    # The reaper thread came with 4.6.
    if era.kernel < (4, 6):
        return []
    left = f"anon-rss:0kB, file-rss:0kB, shmem-rss:{victim.rss_shmem * PAGE_KB}kB"
    return [f"oom_reaper: reaped process {victim.pid} ({victim.comm}), now {left}"]
