"""The scenarios: what the guest does, on which kernels, in which machine.

Steps are shell; the functions they use are defined in guest/init.sh.  A new scenario is
one more entry in SCENARIOS.
"""

from dataclasses import dataclass

from .boot import Machine

ALL = ("5.10", "6.1", "6.12", "7.x")
V1 = ("5.10", "6.1")  # later kernels of Debian have no cgroup v1 memory controller

I386 = ("5.10-686", "6.1-686")

# What vmalloc and per-CPU data take is in no line of a report.  It hardly depends on the size of RAM, so a
# machine whose whole memory is reported has enough RAM for it to be less than 2 %; for the OOM of a cgroup,
# and where what is in no line is the point, the least machine does.
SMALL = Machine()
ORDINARY = Machine(memory="768M")
TWO_NODES = Machine(memory="1536M", cpus=2, nodes=2)
HIGHMEM = Machine(memory="384M", cmdline="highmem=192M")

# The compressor is found by name at run time: nothing in zram says that it needs it.
ZRAM = ("lzo-rle", "zram")


@dataclass(frozen=True)
class Scenario:
    """`cause` is the known cause of each event, in the words of samples/README.md."""

    name: str
    about: str
    causes: tuple[str, ...]
    kernels: tuple[str, ...]
    steps: str
    machine: Machine = SMALL
    channels: tuple[str, ...] = ("dmesg", "kmsg")
    modules: tuple[str, ...] = ()
    timeout: float = 120
    panics: bool = False


_POD = "0c7f5d1e-3a52-4b0e-9d3c-7d2a8a1b6c44"
_POD_ = _POD.replace("-", "_")
_HEX = "4f1d0c6b7f0e2a93c8d15e4b6a7f8091a2b3c4d5e6f708192a3b4c5d6e7f8091"
_HEX2 = "b7c2a9d0e4f35168790a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60"

_ALL_CHANNELS = ("console", "dmesg", "kmsg")

# Some processes of an ordinary machine.
_SYSTEM = r"""
hold 1 systemd-journal -a -250
hold 1 systemd-udevd -a -1000
hold 1 dbus-daemon -u 101 -a -900
hold 2 sshd -a -1000
hold 1 '(sd-pam)' -u 1000 -a 100
"""

# A hog that fills the machine, reading by reading once most of it is taken.
_FILL = r"""
hog -n python3 -u 1000 -m 900 -S 536 -k 512
until_gone $HOG
"""


# The boost of the watermarks comes and goes, so that readings would not say what the log says.
_NO_BOOST = "put /proc/sys/vm/watermark_boost_factor 0\n"

# Without these, pipes of users hold no more than 64 MiB and there are 18,000 files at most.
_NO_LIMITS = "put /proc/sys/fs/pipe-user-pages-soft 0\nput /proc/sys/fs/file-max 1000000\n"


# Before a process that the kernel does not see as the owner of what it takes, and after:
# another one is killed, which was the biggest.
def _leak(victim: int) -> str:
    return (
        f"{_SYSTEM}{_NO_LIMITS}hold {victim} mysqld -u 105\nVICTIM=$HOG\n"
        "probe /proc/slabinfo /proc/net/sockstat\n"
    )


_LEAK = _leak(24)
_BIG_LEAK = _leak(160)
_INSTEAD = "until_gone $VICTIM\nstop $LEAK\n"


# What a victim leaves stays on the processors' own lists first, where none can have it; since 6.7 these may
# grow so long with more RAM that the next process is killed for it.
_SHORT_LISTS = r"""
LISTS=/proc/sys/vm/percpu_pagelist_high_fraction
[ ! -e $LISTS ] || put $LISTS 400
"""


# A file system that can be frozen.
_SMALL_DISK = r"""
load_modules
put /sys/block/zram0/disksize 16M
mke2fs -b 4096 -i 65536 /dev/zram0 >/dev/null
mount -t ext4 /dev/zram0 /mnt
"""


def _memcg2(path: str, limit: str, rest: str) -> str:
    """Steps of an OOM in a v2 cgroup: $CG is its directory."""
    return f"""
cgroup2
group {path}
CG=$V2{path}
put $CG/memory.max {limit}
{_SYSTEM}
probe $CG/memory.max $CG/memory.current $CG/memory.stat $CG/memory.events \
    $CG/memory.swap.max $CG/memory.swap.current
{rest}
"""


def _memcg1(path: str, limit: str, rest: str) -> str:
    """Steps of an OOM in a v1 memory cgroup: $CG is its directory."""
    return f"""
cgroup1 memory
CG=$V1/memory{path}
mkdir -p $CG
put $CG/memory.limit_in_bytes {limit}
{_SYSTEM}
probe $CG/memory.limit_in_bytes $CG/memory.usage_in_bytes $CG/memory.stat
{rest}
"""


_POD_RUN = r"""
hold 0 pause -c $CG -u 65535 -a -998
hold 6 sidecar -c $CG -a 968
hog -n node -c $CG -u 1000 -a 968 -m 200 -S 8 -k 128
until_gone $HOG
"""

_ONE_HOG = r"""
hold 2 nginx -c $CG -u 33
hog -n php-fpm8.2 -c $CG -u 33 -m 200 -S 8 -k 128
until_gone $HOG
"""

SCENARIOS: tuple[Scenario, ...] = (
    Scenario(
        "global",
        "The whole machine runs out of memory; one process takes most of it.",
        ("global",),
        ALL,
        f"{_SYSTEM}hold 24 mysqld -u 105\nprobe\n{_FILL}",
        ORDINARY,
        _ALL_CHANNELS,
    ),
    Scenario(
        "global-smp-thread",
        "Global, two processors; a thread with a name of its own fills memory.",
        ("global",),
        ("6.12",),
        f"{_SYSTEM}hold 24 mysqld -u 105\nprobe\n"
        "hog -n java -T 'GC Thread#0' -u 1000 -m 900 -S 536 -k 512\nuntil_gone $HOG\n",
        Machine(memory="768M", cpus=2),
        _ALL_CHANNELS,
    ),
    Scenario(
        "global-zram",
        "Global, with compressed swap in use.",
        ("global",),
        ("6.1", "7.x"),
        f"use_zram 144M\n{_SYSTEM}hold 40 mysqld -u 105\nprobe /proc/swaps\n{_FILL}",
        machine=ORDINARY,
        modules=ZRAM,
    ),
    Scenario(
        "global-thp",
        "Global, with transparent huge pages.",
        ("global",),
        ("7.x",),
        f"{_SYSTEM}hold 24 mysqld -u 105\nprobe\n"
        "hog -h -n python3 -u 1000 -m 900 -S 528 -k 1024\nuntil_gone $HOG\n",
        machine=ORDINARY,
    ),
    Scenario(
        "global-nodump",
        "Global, vm.oom_dump_tasks=0: no table of tasks.",
        ("global",),
        ("6.1",),
        f"put /proc/sys/vm/oom_dump_tasks 0\n{_SYSTEM}hold 24 mysqld -u 105\nprobe\n{_FILL}",
        machine=ORDINARY,
    ),
    Scenario(
        "global-adj",
        "Global; a big protected process lives, a small one with +1000 dies first.",
        ("global", "global"),
        ("5.10", "6.12"),
        f"{_SHORT_LISTS}{_SYSTEM}hold 60 postgres -u 106 -a -900\nhold 6 batch -u 1000 -a 1000\nBATCH=$HOG\n"
        "hold 10 chrome -u 1000 -a 300\nCHROME=$HOG\nprobe\n"
        "hog -n backup -a -1000 -m 900 -S 488 -k 512 -d 40\nuntil_gone $BATCH $CHROME\n",
        machine=ORDINARY,
    ),
    Scenario(
        "global-tmpfs",
        "Global; memory went into a file in tmpfs, so killing frees little.",
        ("global",),
        ("6.12",),
        "mount -t tmpfs -o size=1G tmpfs /mnt\n"
        f"{_SYSTEM}hold 12 mysqld -u 105\nMYSQLD=$HOG\nhold 8 redis-server -u 107\nprobe\n"
        "hog -n dd -p /mnt/file -P 900 -S 528 -k 512\nuntil_gone $HOG\n: >/mnt/file\n",
        machine=ORDINARY,
    ),
    Scenario(
        "global-shm",
        "Global; System V shared memory taken by one process.",
        ("global",),
        ("6.1",),
        f"{_SYSTEM}hold 12 mysqld -u 105\nput /proc/sys/kernel/shmmax 2000000000\nprobe\n"
        "hog -n postgres -u 106 -v 900 -S 528 -k 512\nuntil_gone $HOG\n",
        machine=ORDINARY,
    ),
    Scenario(
        "allocating-task",
        "vm.oom_kill_allocating_task=1: who asks last is killed, not the biggest.",
        ("allocating task",),
        ("5.10", "6.12"),
        f"put /proc/sys/vm/oom_kill_allocating_task 1\n{_SYSTEM}hold 500 mysqld -u 105\nprobe\n"
        "hog -n python3 -u 1000 -m 900 -S 64 -k 512\nuntil_gone $HOG\n",
        machine=ORDINARY,
    ),
    Scenario(
        "reaper",
        "The victim hangs on a frozen file system, so that the OOM reaper takes its memory.",
        ("memcg_limit",),
        ("5.10", "6.12", "7.x"),
        _memcg2(
            "/system.slice/backup.service",
            "24M",
            f"{_SMALL_DISK}"
            r"""
fsfreeze --freeze /mnt
hog -n rsync -c $CG -u 1000 -D /mnt/file -m 200 -S 8 -k 128
sleep 8
fsfreeze --unfreeze /mnt
until_gone $HOG
umount /mnt
""",
        ),
        modules=(*ZRAM, "crc32c_generic", "ext4"),
    ),
    Scenario(
        "reaper-failed",
        "Global; the victim hangs on a frozen file system with its address space locked, so that the OOM "
        "reaper gives up and another process is killed.",
        ("global",),
        ("5.10", "7.x"),
        f"{_SMALL_DISK}{_SYSTEM}hold 24 mysqld -u 105\nhold 400 postgres -u 106 -W /mnt/file\nSTUCK=$HOG\n"
        "fsfreeze --freeze /mnt\nguest go\nsleep 1\n"
        # Resets the peak of its resident set.  Who waits for the lock keeps the reaper from sharing it.
        "put /proc/$STUCK/clear_refs 5 &\n"
        "probe\nhog -n python3 -u 1000 -m 900 -S 120 -k 512\nuntil_gone $HOG\n"
        "fsfreeze --unfreeze /mnt\nuntil_gone $STUCK\numount /mnt\n",
        ORDINARY,
        modules=(*ZRAM, "crc32c_generic", "ext4"),
    ),
    Scenario(
        "sysrq",
        "The OOM killer asked for by sysrq (f), with memory left.",
        ("sysrq",),
        ("6.1", "7.x"),
        f"{_SYSTEM}hold 96 mysqld -u 105\nVICTIM=$HOG\nprobe\nguest ask\n"
        "put /proc/sysrq-trigger f\nuntil_gone $VICTIM\n",
        machine=ORDINARY,
        channels=_ALL_CHANNELS,
    ),
    Scenario(
        "panic",
        "vm.panic_on_oom=1: the machine panics instead of killing.",
        ("panic_on_oom",),
        ("5.10", "7.x"),
        f"put /proc/sys/vm/panic_on_oom 1\n{_SYSTEM}hold 24 mysqld -u 105\nprobe -s\n"
        "hog -n python3 -u 1000 -m 900 -S 536 -k 1024\nuntil_gone $HOG\n",
        machine=ORDINARY,
        channels=("console",),
        panics=True,
    ),
    Scenario(
        "panic-compulsory",
        "vm.panic_on_oom=2: even the OOM of a memory cgroup panics.",
        ("panic_on_oom",),
        ("6.12",),
        "put /proc/sys/vm/panic_on_oom 2\ncgroup2\ngroup /docker/" + _HEX + "\n"
        f"CG=$V2/docker/{_HEX}\nput $CG/memory.max 16M\n{_SYSTEM}probe -s $CG/memory.max\n"
        "hog -n node -c $CG -m 64 -S 8 -k 256\nuntil_gone $HOG\n",
        channels=("console",),
        panics=True,
    ),
    Scenario(
        "no-killable",
        "Global; all processes are at -1000, so the machine panics.",
        ("no killable",),
        ("6.1", "7.x"),
        "hold 2 sshd -a -1000\nhold 12 mysqld -u 105 -a -1000\nprobe -s\n"
        "hog -n python3 -a -1000 -m 900 -S 536 -k 1024\nuntil_gone $HOG\n",
        machine=ORDINARY,
        channels=("console",),
        panics=True,
    ),
    Scenario(
        "memcg-no-killable",
        "A memory cgroup at its limit holds only processes at -1000: none dies.",
        ("no killable",),
        ("5.10", "6.12"),
        _memcg2(
            f"/docker/{_HEX}",
            "12M",
            "hold 2 agent -c $CG -a -1000\n"
            "mount -t tmpfs -o size=1G tmpfs /mnt\n"
            "hog -n writer -c $CG -a -1000 -p /mnt/file -P 64 -S 4 -k 64\nuntil_gone $HOG\n",
        ),
    ),
    Scenario(
        "memcg-v1-kubernetes",
        "A container of a pod, cgroup v1, kubelet's cgroupfs driver.",
        ("memcg_limit",),
        V1,
        _memcg1(f"/kubepods/burstable/pod{_POD}/{_HEX}", "24M", _POD_RUN),
    ),
    Scenario(
        "memcg-v1-docker-swap",
        "A Docker container, cgroup v1, limits on memory and memory+swap.",
        ("memcg_limit",),
        V1,
        "use_zram 64M\n"
        + _memcg1(f"/docker/{_HEX}", "16M", "put $CG/memory.memsw.limit_in_bytes 32M\n" + _ONE_HOG),
        Machine(cmdline="swapaccount=1"),
        modules=ZRAM,
    ),
    Scenario(
        "memcg-v1-systemd",
        "A systemd service, cgroup v1.",
        ("memcg_limit",),
        ("5.10",),
        _memcg1("/system.slice/php8.2-fpm.service", "16M", _ONE_HOG),
        channels=_ALL_CHANNELS,
    ),
    Scenario(
        "memcg-v2-kubernetes",
        "A container of a pod, cgroup v2, kubelet's systemd driver.",
        ("memcg_limit",),
        ALL,
        "CONTROLLERS='+memory +cpuset'\n"
        + _memcg2(
            "/kubepods.slice/kubepods-burstable.slice/"
            f"kubepods-burstable-pod{_POD_}.slice/cri-containerd-{_HEX}.scope",
            "24M",
            _POD_RUN,
        ),
    ),
    Scenario(
        "memcg-v2-kubernetes-cgroupfs",
        "A container of a pod, cgroup v2, kubelet's cgroupfs driver.",
        ("memcg_limit",),
        ("6.1",),
        _memcg2(f"/kubepods/besteffort/pod{_POD}/{_HEX}", "24M", _POD_RUN),
    ),
    Scenario(
        "memcg-v2-docker",
        "A Docker container, cgroup v2, cgroupfs driver.",
        ("memcg_limit",),
        ("6.12",),
        _memcg2(f"/docker/{_HEX}", "16M", _ONE_HOG),
    ),
    Scenario(
        "memcg-v2-docker-scope",
        "A Docker container, cgroup v2, systemd driver.",
        ("memcg_limit",),
        ("5.10", "7.x"),
        _memcg2(f"/system.slice/docker-{_HEX}.scope", "16M", _ONE_HOG),
    ),
    Scenario(
        "memcg-v2-docker-java",
        "A Docker container, cgroup v2, systemd driver; a thread of java fills its limit of 512 MiB.",
        ("memcg_limit",),
        ("6.12",),
        _memcg2(
            f"/system.slice/docker-{_HEX}.scope",
            "512M",
            "hold 1 tini -c $CG -u 200\n"
            "hog -n java -T http-nio-8081-e -c $CG -u 200 -m 800 -S 490 -k 512\nuntil_gone $HOG\n",
        ),
        Machine(memory="832M"),
    ),
    Scenario(
        "memcg-v2-service",
        "A systemd service, cgroup v2, with swap in use.",
        ("memcg_limit",),
        ("6.1", "7.x"),
        "use_zram 64M\n"
        + _memcg2("/system.slice/foo.service", "16M", "put $CG/memory.swap.max 8M\n" + _ONE_HOG),
        modules=ZRAM,
    ),
    Scenario(
        "memcg-v2-user",
        "A user's session, cgroup v2; the limit is the user slice's.",
        ("parent limit",),
        ("6.12",),
        _memcg2(
            "/user.slice/user-1000.slice",
            "24M",
            r"""
APP=/user.slice/user-1000.slice/user@1000.service/app.slice/app-firefox-2417.scope
group /user.slice/user-1000.slice/session-2.scope
group $APP
hold 3 bash -c $CG/session-2.scope -u 1000
hog -n 'Web Content' -c $V2$APP -u 1000 -a 100 -m 200 -S 8 -k 128
until_gone $HOG
""",
        ),
    ),
    Scenario(
        "memcg-v2-group",
        "memory.oom.group: all processes of the service die.",
        ("memcg_limit",),
        ALL,
        _memcg2(
            "/system.slice/app.service",
            "24M",
            r"""
put $CG/memory.oom.group 1
hold 4 worker -c $CG -u 1000
hold 4 worker -c $CG -u 1000
hold 1 watchdog -c $CG -a -1000
hog -n leader -c $CG -u 1000 -m 200 -S 4 -k 128
until_gone $HOG
""",
        ),
    ),
    Scenario(
        "memcg-v2-group-parent",
        "memory.oom.group on the pod, limit on the pod, hog in a child.",
        ("parent limit",),
        ("6.12",),
        _memcg2(
            f"/kubepods/pod{_POD}",
            "24M",
            f"""
put $CG/memory.oom.group 1
group /kubepods/pod{_POD}/{_HEX}
group /kubepods/pod{_POD}/{_HEX2}
hold 4 envoy -c $CG/{_HEX} -u 1337
hog -n server -c $CG/{_HEX2} -u 1000 -m 200 -S 4 -k 128
until_gone $HOG
""",
        ),
    ),
    Scenario(
        "memcg-v2-parent",
        "The pod is at its limit, its two containers have none; the bigger is hit.",
        ("parent limit",),
        ("5.10", "7.x"),
        _memcg2(
            f"/kubepods/burstable/pod{_POD}",
            "32M",
            f"""
group /kubepods/burstable/pod{_POD}/{_HEX}
group /kubepods/burstable/pod{_POD}/{_HEX2}
hold 18 redis-server -c $CG/{_HEX} -u 999
VICTIM=$HOG
hog -n exporter -c $CG/{_HEX2} -u 65534 -m 20 -S 4 -k 128
until_gone $VICTIM
""",
        ),
    ),
    Scenario(
        "memcg-v1-parent",
        "As memcg-v2-parent, cgroup v1.",
        ("parent limit",),
        ("6.1",),
        _memcg1(
            f"/kubepods/burstable/pod{_POD}",
            "32M",
            f"""
mkdir $CG/{_HEX} $CG/{_HEX2}
hold 18 redis-server -c $CG/{_HEX} -u 999
VICTIM=$HOG
hog -n exporter -c $CG/{_HEX2} -u 65534 -m 20 -S 4 -k 128
until_gone $VICTIM
""",
        ),
    ),
    Scenario(
        "memcg-v2-tmpfs",
        "A container fills a tmpfs, which is charged to its cgroup.",
        ("memcg_limit",),
        ("7.x",),
        _memcg2(
            f"/docker/{_HEX}",
            "16M",
            r"""
mount -t tmpfs -o size=1G tmpfs /mnt
hold 2 nginx -c $CG -u 33
hog -n cp -c $CG -p /mnt/file -P 64 -S 4 -k 64
until_gone $HOG
""",
        ),
    ),
    Scenario(
        "cpuset",
        "A cpuset confines the hog to the second of two nodes.",
        ("cpuset",),
        ("6.1", "7.x"),
        "CONTROLLERS='+memory +cpuset'\ncgroup2\ngroup /tenant.slice/job-7.scope\n"
        "CG=$V2/tenant.slice/job-7.scope\nput $CG/cpuset.mems 1\n"
        f"{_SYSTEM}hold 10 mysqld -u 105\nprobe $CG/cpuset.mems.effective\n"
        "hog -n solver -c $CG -u 1000 -m 1200 -S 560 -k 512\nuntil_gone $HOG\n",
        TWO_NODES,
    ),
    Scenario(
        "cpuset-v1",
        "As cpuset, cgroup v1.",
        ("cpuset",),
        ("5.10",),
        "cgroup1 cpuset\nCG=$V1/cpuset/batch\nmkdir $CG\nput $CG/cpuset.cpus 0\n"
        f"put $CG/cpuset.mems 1\n{_SYSTEM}hold 10 mysqld -u 105\nprobe $CG/cpuset.mems\n"
        "hog -n solver -c $CG -u 1000 -m 1200 -S 560 -k 512\nuntil_gone $HOG\n",
        TWO_NODES,
    ),
    Scenario(
        "mempolicy",
        "The hog bound itself to the second of two nodes (set_mempolicy).",
        ("mempolicy",),
        ("5.10", "6.12"),
        f"{_SYSTEM}hold 10 mysqld -u 105\nprobe\n"
        "hog -n numactl-job -b 1 -u 1000 -m 1200 -S 560 -k 512\nuntil_gone $HOG\n",
        TWO_NODES,
    ),
    Scenario(
        "storm",
        "Forty small cgroups run out at once on four processors: most dumps are left out.",
        ("memcg_limit",),
        ("6.12", "5.10"),
        r"""
cgroup2
for n in $(seq 42); do
    group /jobs/job-$n
    put $V2/jobs/job-$n/memory.max 3M
done
"""
        + _SYSTEM
        + r"""
JOBS=
for n in $(seq 40); do
    hog -g -n job-$n -c $V2/jobs/job-$n -u 1000 -m 16 -k 64
    JOBS="$JOBS $HOG"
done
sleep 1
probe
guest ask send
guest go
until_gone $JOBS
sleep 7
hog -n job-41 -c $V2/jobs/job-41 -u 1000 -m 16 -k 64
until_gone $HOG
hog -n job-42 -c $V2/jobs/job-42 -u 1000 -m 16 -k 64
until_gone $HOG
""",
        Machine(memory="320M", cpus=4),
    ),
    Scenario(
        "leak",
        "A shielded service takes a little more all the time, for ten minutes; others are killed for it.",
        ("global",),
        ("6.12",),
        f"{_SYSTEM}hold 24 mysqld -u 105\nprobe\n"
        "hog -n tilecache -u 110 -a -400 -m 400 -S 40 -k 1024 -d 3200\n"
        + r"""
for _round in 1 2 3 4 5 6 7 8; do
    sleep 85
    hog -n report.py -u 1000 -a 200 -m 900 -S 300 -k 512
    until_gone $HOG
done
""",
        ORDINARY,
        timeout=1100,
    ),
    Scenario(
        "series",
        "Several events in one boot, with other lines in between.",
        ("memcg_limit", "memcg_limit", "global"),
        ALL,
        _memcg2(
            "/system.slice/web.service",
            "16M",
            r"""
group /system.slice/app.service
put $V2/system.slice/app.service/memory.max 24M
put $V2/system.slice/app.service/memory.oom.group 1
hog -n php-fpm8.2 -c $CG -u 33 -m 200 -S 8 -k 128
until_gone $HOG
say 'systemd[1]: web.service: A process of this unit has been killed by the OOM killer.'
say 'systemd[1]: web.service: Main process exited, code=killed, status=9/KILL'
say 'systemd[1]: web.service: Failed with result "oom-kill".'
load_modules
say 'Out of memory is what this line talks about, and nothing was killed'
hold 4 worker -c $V2/system.slice/app.service -u 1000
hog -n leader -c $V2/system.slice/app.service -u 1000 -m 200 -S 4 -k 128
until_gone $HOG
say 'app[71]: python3 invoked oom-killer: it says, but it is only a program that writes this'
put /sys/bus/pci/devices/0000:00:01.1/remove 1
put /sys/bus/pci/rescan 1
"""
            + "hold 24 mysqld -u 105\n"
            + _FILL,
        ),
        machine=ORDINARY,
        modules=ZRAM,
    ),
    Scenario(
        "global-swap-full",
        "Global; the swap disk is full.",
        ("swap full",),
        ("5.10", "6.12"),
        f"use_disk\n{_SYSTEM}hold 50 mysqld -u 105\nprobe /proc/swaps\n"
        "hog -n python3 -u 1000 -m 900 -S 608 -k 512\nuntil_gone $HOG\n",
        Machine(memory="768M", disk="96M"),
    ),
    Scenario(
        "global-locked",
        "Global; a process locked its memory, so that the swap disk stays nearly empty.",
        ("locked memory",),
        ("6.1", "7.x"),
        f"use_disk\n{_SYSTEM}hold 24 mysqld -u 105\nprobe /proc/swaps\n"
        "hog -l -n qemu-kvm -u 64055 -m 900 -S 528 -k 512\nuntil_gone $HOG\n",
        Machine(memory="768M", disk="96M"),
    ),
    Scenario(
        "global-hugetlb",
        "Global; most of the memory is reserved for huge pages that nobody uses.",
        ("hugetlb",),
        ("5.10", "6.1", "7.x"),
        "put /proc/sys/vm/nr_hugepages 200\n"
        f"{_SYSTEM}hold 12 mysqld -u 105\nprobe\n"
        "hog -n python3 -u 1000 -m 900 -S 158 -k 512\nuntil_gone $HOG\n",
        machine=ORDINARY,
    ),
    Scenario(
        "global-slab",
        "Global; a process leaks sockets: slab, of which the kernel sees no owner.",
        ("slab",),
        ("5.10", "6.12"),
        f"{_BIG_LEAK}hog -n haproxy -u 1000 -o 900 -S 360 -k 512\nLEAK=$HOG\n{_INSTEAD}",
        machine=ORDINARY,
    ),
    Scenario(
        "global-unaccounted-pipes",
        "Global; a process fills pipes: pages that are in none of the counters.",
        ("unaccounted",),
        ("6.1", "7.x"),
        f"{_LEAK}hog -n rsync -u 1000 -q 900 -S 60 -k 512\nLEAK=$HOG\n{_INSTEAD}",
    ),
    Scenario(
        "global-unaccounted-sockets",
        "Global; a process fills sockets that nobody reads: neither slab nor anything counted.",
        ("unaccounted",),
        ("6.12",),
        f"{_LEAK}hog -n rsyslogd -u 1000 -x 900 -S 60 -k 512\nLEAK=$HOG\n{_INSTEAD}",
    ),
    Scenario(
        "global-unaccounted-ramdisk",
        "Global; a ramdisk (brd) is written full: pages that are in none of the counters.",
        ("unaccounted",),
        ("5.10",),
        "insmod /modules/00-brd.ko rd_nr=1 rd_size=921600\n"
        f"{_LEAK}hog -n dd -p /dev/ram0 -P 900 -S 60 -k 512\nLEAK=$HOG\n{_INSTEAD}",
        modules=("brd",),
    ),
    Scenario(
        "global-unaccounted-zram",
        "Global; a compressed disk (zram) is written full, not as swap; 7.x counts its pages (zspages).",
        ("unaccounted",),
        ("6.1", "7.x"),
        f"load_modules\nput /sys/block/zram0/disksize 1200M\n{_BIG_LEAK}"
        f"hog -n mkfs.btrfs -p /dev/zram0 -e -P 1000 -S 560 -k 512\nLEAK=$HOG\n{_INSTEAD}",
        machine=Machine(memory="1024M"),
        modules=ZRAM,
        timeout=240,
    ),
    Scenario(
        "global-page-tables",
        "Global; a process touches one page in each 2 MiB of a mapping: its page tables fill memory.",
        ("page tables",),
        ("5.10", "6.12"),
        f"{_SYSTEM}hold 24 mysqld -u 105\nprobe\n"
        "hog -n mongod -u 1000 -t 900 -S 528 -k 512\nuntil_gone $HOG\n",
        machine=ORDINARY,
    ),
    Scenario(
        "global-fork-storm",
        "Global; a process forks children until memory is out, each of them small.",
        ("fork storm",),
        ("6.1", "7.x"),
        f"{_SHORT_LISTS}hold 0 systemd-udevd -a -1000\nhold 0 dbus-daemon -u 101 -a -900\n"
        "hold 0 sshd -a -1000\nprobe\nhog -n php-fpm8.2 -u 33 -F 400 -m 5 -k 1024 -S 100\nuntil_gone $HOG\n",
        machine=ORDINARY,
    ),
    Scenario(
        "global-fragmentation",
        "Global; half of the memory is free, but in single pages: a request for 32 KiB fails.",
        ("fragmentation",),
        ("5.10", "6.12"),
        "put /proc/sys/fs/pipe-max-size 2097152\n"
        f"{_NO_BOOST}{_NO_LIMITS}{_SYSTEM}hold 12 mysqld -u 105\nVICTIM=$HOG\n"
        "probe /proc/buddyinfo /proc/pagetypeinfo\n"
        "hog -n nginx -u 33 -w 130 -S 60 -k 512\nLEAK=$HOG\nuntil_gone $VICTIM\nstop $LEAK\n",
    ),
    Scenario(
        "global-movable",
        "Global; what is free is in ZONE_MOVABLE, which a request of the kernel cannot use.",
        ("movable only",),
        ("5.10", "6.1"),
        f"{_LEAK}hog -n rsync -u 1000 -q 900 -S 20 -k 512\nLEAK=$HOG\n{_INSTEAD}",
        Machine(memory="320M", cmdline="movablecore=128M"),
    ),
    Scenario(
        "global-cma",
        "Global; what is free is set aside for CMA, which a request of the kernel cannot use.",
        ("cma only",),
        ("7.x",),
        f"{_LEAK}hog -n rsync -u 1000 -q 900 -S 20 -k 512\nLEAK=$HOG\n{_INSTEAD}",
        Machine(memory="320M", cmdline="cma=96M"),
    ),
    Scenario(
        "global-highmem",
        "Global on a 32-bit machine: ZONE_HIGHMEM is full as well.",
        ("global",),
        I386,
        f"{_NO_BOOST}{_SYSTEM}hold 24 mysqld -u 105\nprobe\n"
        "hog -n python3 -u 1000 -m 900 -S 200 -k 512\nuntil_gone $HOG\n",
        HIGHMEM,
        ("console", "kmsg"),
    ),
    Scenario(
        "global-lowmem",
        "Global on a 32-bit machine: data in sockets cannot be in ZONE_HIGHMEM, which is mostly free.",
        ("low memory",),
        I386,
        f"{_NO_BOOST}{_LEAK}hog -n rsyslogd -u 1000 -x 900 -S 60 -k 512\nuntil_gone $VICTIM $HOG\n",
        HIGHMEM,
        ("console", "kmsg"),
    ),
    Scenario(
        "global-dirty",
        "Global; nearly half of the memory is dirty page cache, and the disk hardly writes any more.",
        ("dirty page cache",),
        ("5.10", "6.12"),
        "mke2fs -b 4096 -i 1048576 /dev/nvme0n1 >/dev/null\nmount -t ext4 /dev/nvme0n1 /mnt\n"
        "put /proc/sys/vm/dirty_ratio 100\nput /proc/sys/vm/dirty_background_ratio 100\n"
        f"{_NO_BOOST}{_SYSTEM}hold 24 mysqld -u 105\nhold 0 cp -p /mnt/file -P 360\nprobe\n"
        "LAST='put /proc/sysrq-trigger b'\n"
        "hog -n python3 -u 1000 -m 900 -S 180 -k 512\nuntil_gone $HOG\n",
        # A disk that is only slow will not do: reclaim goes on for as long as it gets a page now and then.
        # And it is large, for ext4 makes writers wait for it once what they wrote is half of what is free.
        Machine("768M", cmdline="nvme_core.io_timeout=3600", disk="2048M", disk_burst="8M"),
        timeout=240,
    ),
    Scenario(
        "global-balloon",
        "Global; the hypervisor took back more than half of the memory (virtio); 7.x counts it.",
        ("balloon",),
        ("6.12", "7.x"),
        "load_modules\n"
        f"until grep -qx 'balloon_inflate {(1024 - 448) * 256}' /proc/vmstat; do sleep 1; done\n"
        f"{_SYSTEM}hold 24 mysqld -u 105\nprobe\n"
        "hog -n python3 -u 1000 -m 900 -S 160 -k 512\nuntil_gone $HOG\n",
        Machine("1024M", balloon="448M"),
        modules=("virtio_pci", "virtio_balloon"),
    ),
    Scenario(
        "global-allocations",
        "Global; a process fills pipes, and the kernel keeps count of where it allocates what "
        "(CONFIG_MEM_ALLOC_PROFILING).",
        ("unaccounted",),
        ("6.12-profiling",),
        f"{_LEAK}hog -n rsync -u 1000 -q 900 -S 60 -k 512\nLEAK=$HOG\n{_INSTEAD}",
    ),
    Scenario(
        "global-two-nodes",
        "Global on two nodes, without any policy or cpuset.",
        ("global",),
        ("6.12",),
        f"{_NO_BOOST}{_SYSTEM}hold 24 mysqld -u 105\nprobe\n"
        "hog -n python3 -u 1000 -m 2000 -S 1240 -k 256\nuntil_gone $HOG\n",
        TWO_NODES,
    ),
    Scenario(
        "global-container",
        "Global: a BestEffort container has no limit of its own and takes the whole machine.",
        ("global",),
        ("6.12",),
        _memcg2(
            f"/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod{_POD_}.slice/"
            f"cri-containerd-{_HEX}.scope",
            "max",
            "hog -n node -c $CG -u 1000 -a 1000 -m 900 -S 536 -k 512\nuntil_gone $HOG\n",
        ),
        machine=ORDINARY,
    ),
    Scenario(
        "global-reserve",
        "Global; vm.min_free_kbytes keeps a third of the memory free.",
        ("reserve",),
        ("6.12",),
        f"{_SYSTEM}hold 24 mysqld -u 105\nput /proc/sys/vm/min_free_kbytes 262144\nprobe\n"
        "hog -n python3 -u 1000 -m 900 -S 300 -k 512\nuntil_gone $HOG\n",
        machine=ORDINARY,
    ),
    Scenario(
        "global-big",
        "Global on a machine with 2 GiB.",
        ("global",),
        ("6.1", "7.x"),
        f"{_SYSTEM}hold 300 mysqld -u 105\nhold 80 redis-server -u 107\nprobe\n"
        "hog -n java -u 1000 -m 4000 -S 1350 -k 1024\nuntil_gone $HOG\n",
        Machine(memory="2048M", cpus=2),
    ),
    Scenario(
        "memcg-v2-swap-full",
        "A systemd service, cgroup v2, at its limits of memory and of swap.",
        ("memcg swap full",),
        ("5.10", "6.12"),
        "use_disk\n"
        + _memcg2(
            "/system.slice/report.service",
            "24M",
            "put $CG/memory.swap.max 16M\nhold 4 redis-server -c $CG -u 107\n"
            "hog -n ruby -c $CG -u 33 -m 200 -S 20 -k 128\nuntil_gone $HOG\n",
        ),
        Machine(disk="96M"),
    ),
    Scenario(
        "memcg-v2-pipes",
        "A container fills pipes: kernel memory that is charged to its cgroup.",
        ("memcg kernel memory",),
        ("5.10", "6.1"),
        _memcg2(
            f"/docker/{_HEX}",
            "24M",
            f"{_NO_LIMITS}hog -n logger -c $CG -u 33 -q 200 -S 4 -k 128\nuntil_gone $HOG\n",
        ),
    ),
    Scenario(
        "memcg-v2-slab",
        "A container leaks sockets: slab that is charged to its cgroup.",
        ("memcg kernel memory",),
        ("6.12", "7.x"),
        _memcg2(
            f"/docker/{_HEX}", "24M", "hog -n haproxy -c $CG -u 33 -o 200 -S 4 -k 128\nuntil_gone $HOG\n"
        ),
    ),
    Scenario(
        "memcg-v2-working-set",
        "A service reads a file that is larger than its limit again and again, then takes memory.",
        ("memcg_limit",),
        ("5.10", "7.x"),
        "mke2fs -b 4096 -i 65536 /dev/nvme0n1 >/dev/null\nmount -t ext4 /dev/nvme0n1 /mnt\n"
        "dd if=/dev/urandom of=/mnt/file bs=1M count=40 2>/dev/null\nsync\n"
        "put /proc/sys/vm/drop_caches 3\n"
        + _memcg2(
            "/system.slice/index.service",
            "24M",
            "(put $CG/cgroup.procs 0; for _ in 1 2 3 4 5; do cat /mnt/file >/dev/null; done)\n"
            "hog -n indexer -c $CG -u 33 -m 200 -S 4 -k 128\nuntil_gone $HOG\n",
        ),
        Machine(disk="64M"),
    ),
    Scenario(
        "memcg-v2-sidecars",
        "The pod is at its limit; of its containers the smaller one has the higher adj and dies.",
        ("parent limit",),
        ("6.1", "7.x"),
        _memcg2(
            f"/kubepods/burstable/pod{_POD}",
            "48M",
            f"""
group /kubepods/burstable/pod{_POD}/{_HEX}
group /kubepods/burstable/pod{_POD}/{_HEX2}
hold 8 istio-proxy -c $CG/{_HEX} -u 1337 -a 999
VICTIM=$HOG
hog -n server -c $CG/{_HEX2} -u 1000 -a 100 -m 42 -S 20 -k 128
until_gone $VICTIM
""",
        ),
    ),
    Scenario(
        "memcg-v2-workers",
        "A service whose many workers together reach the limit.",
        ("memcg_limit",),
        ("5.10", "6.12"),
        _memcg2(
            "/system.slice/gunicorn.service",
            "48M",
            "hog -n gunicorn -c $CG -u 33 -F 100 -m 1 -k 1024 -S 20\nuntil_gone $HOG\n",
        ),
    ),
    Scenario(
        "hostile-comm",
        "Process names made to break a parser; several of them are victims.",
        ("memcg_limit",),
        ALL,
        _memcg2(
            "/system.slice/odd.service",
            "24M",
            r"""
held() { hold 0 "$1" -c $CG -u 1000; }
held 'a) total-vm:9kB,'
held 'x\x0aOut of memory'
held '[ 1]'
held '(sd-pam)'
held 'k\xea\xb0\x80\xeb\x82\x98\xeb\x8b\xa4\xeb\x9d\xbc\xeb\xa7\x88'
held '\x1b[31mred\x1b[0m'
held ''
held 'x,task=y,pid=1'
held '  12  0  0 '
held 'tab\x09\x0d\x7f\x80\xff'
held 'back\x5cx41"q'
held ' end '
victim() {
    hog -n "$1" -c $CG -u 1000 -m 200 -S 12 -k 512
    until_gone $HOG
}
victim 'x,task=y,pid=1'
victim 'a) total-vm:9kB,'
victim 'x\x0aOut of memory'
victim '\x1b[31mred\x1b[0m'
sleep 6
victim 'k\xea\xb0\x80\xeb\x82\x98\xeb\x8b\xa4\xeb\x9d\xbc\xeb\xa7\x88'
victim ''
victim '[   12]'
victim ') (x'
""",
        ),
        channels=_ALL_CHANNELS,
    ),
    Scenario(
        "hostile-cgroup",
        "Names of cgroups with spaces, commas and pieces of the kernel's own lines.",
        ("memcg_limit",),
        ("6.1", "7.x"),
        r"""
CONTROLLERS='+memory +cpuset'
cgroup2
"""
        + _SYSTEM
        + r"""
probe
within() {
    group "$1"
    put "$V2$1/memory.max" 8M
    hog -n node -c "$V2$1" -u 1000 -m 64 -S 2 -k 128
    until_gone $HOG
}
within '/my app, blue'
within '/jobs/x,task=evil,pid=1,uid=0'
within '/jobs/a,task_memcg=/b,oom_memcg=/c'
within '/jobs/end '
within "/$(printf '\355\225\234\352\270\200 \033[1m')"
within '/jobs/x are going to be killed due to memory.oom.group set'
within '/a (b): usage 1kB, limit 2kB'
""",
        channels=_ALL_CHANNELS,
    ),
)


def find(name: str) -> Scenario | None:
    """The scenario of that name."""
    return next((scenario for scenario in SCENARIOS if scenario.name == name), None)
