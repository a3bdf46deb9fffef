#!/bin/sh
# The guest's first process: sets up the system, runs the scenario, sends what was seen.
# The functions here are what a scenario's steps are written with.

export PATH=/bin LC_ALL=C
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mkdir -p /run /tmp /mnt
mount -t tmpfs -o mode=1777 run /run
exec </dev/null >/run/errors 2>&1
echo Killed # as the shell will say of hogs, for which there may be no page of tmpfs by then

V2=/sys/fs/cgroup
V1=/sys/fs/cgroup
CONTROLLERS=+memory
PIDS=
FATES=
PROBE=
LAST="reboot -f" # a disk that does not answer needs something harder

say() { echo "<6>$*" >/dev/kmsg; }
put() { printf '%s\n' "$2" >"$1" || echo "put: $1"; }

# Mount cgroup v2 (with $CONTROLLERS), or one v1 controller as $V1/NAME.
cgroup2() { mount -t cgroup2 cgroup2 "$V2"; put "$V2/cgroup.subtree_control" "$CONTROLLERS"; }
cgroup1() {
    grep -q "^cgroup $V1 tmpfs" /proc/mounts || mount -t tmpfs cgroup "$V1"
    mkdir "$V1/$1"
    mount -t cgroup -o "$1" cgroup "$V1/$1"
    # As systemd and Docker have it; later kernels know nothing else.
    [ "$(cat "$V1/$1/memory.use_hierarchy" 2>/dev/null)" != 0 ] || put "$V1/$1/memory.use_hierarchy" 1
}

# group /a/b/c: make a v2 cgroup, with the controllers passed on at each level.
group() {
    _at=$V2
    _rest=${1#/}
    while [ -n "$_rest" ]; do
        [ "$_at" = "$V2" ] || put "$_at/cgroup.subtree_control" "$CONTROLLERS"
        _at=$_at/${_rest%%/*}
        [ -d "$_at" ] || mkdir "$_at"
        case $_rest in */*) _rest=${_rest#*/} ;; *) _rest= ;; esac
    done
}

# probe [-s] [FILE...]: start taking readings; the files are read with each of them.
probe() {
    guest probe "$@" /proc/meminfo /proc/zoneinfo &
    PROBE=$!
    guest ask
}

# hog OPTIONS: start a hog in the background; HOG is its process id.
hog() {
    guest hog "$@" &
    HOG=$!
    PIDS="$PIDS $HOG"
}

# hold SIZE NAME [OPTIONS]: a hog that takes SIZE MiB, then sleeps; returns once it has them.
hold() {
    _size=$1 _name=$2
    shift 2
    rm -f /run/ready
    hog -n "$_name" -m "$_size" -r /run/ready "$@"
    until [ -e /run/ready ] || ! running "$HOG"; do usleep 10000; done
}

running() { grep -q '^State:.[^ZX]' "/proc/$1/status" 2>/dev/null; }

# until_gone PID...: wait until each of these hogs has died.  The shell's own wait takes no
# memory, so that it is the hog, and not this, which asks for the last page.
until_gone() { for _pid in "$@"; do fate "$_pid"; done; }

# fate PID: wait for a hog and note its exit status; 137 is death by signal 9.
fate() {
    case $FATES in *"<$1 "*) return ;; esac
    wait "$1"
    FATES="$FATES<$1 $?>"
}

# stop PID...: let a hog be, which goes on taking memory that the kernel does not see as its.
stop() { kill -STOP "$@"; }

# The modules that the scenario asked for.
load_modules() { for _module in /modules/*.ko; do insmod "$_module"; done; }

# use_zram SIZE: swap to compressed memory.
use_zram() {
    load_modules
    put /sys/block/zram0/disksize "$1"
    mkswap /dev/zram0 >/dev/null
    swapon /dev/zram0
}

# use_disk: swap to the machine's disk.
use_disk() {
    mkswap /dev/nvme0n1 >/dev/null
    swapon /dev/nvme0n1
}

# What became of each hog: "PID STATUS", or "PID alive".
fates() {
    for _pid in $PIDS; do
        if running "$_pid"; then
            FATES="$FATES<$_pid alive>"
        else
            fate "$_pid"
        fi
    done
    echo "$FATES" | tr '<>' ' \n'
    [ ! -e /run/children ] || cat /run/children
}

put /proc/sys/vm/overcommit_memory 1
uname -r | guest send release
say "sample: begin"
. /scenario.sh
[ -z "$PROBE" ] || guest ask send
usleep 300000
fates >/run/fates
say "sample: end"
guest send fates </run/fates
for _pid in $PIDS; do running "$_pid" && kill -9 "$_pid"; done
guest kmsg | guest send kmsg
[ ! -e /bin/dmesg.util-linux ] || dmesg.util-linux | guest send dmesg
guest send errors </run/errors
guest send done </dev/null
$LAST
