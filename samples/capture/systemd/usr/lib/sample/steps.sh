# What the boots of the recorded machine have in common.

export LC_ALL=C SYSTEMD_COLORS=0
OUT=/var/lib/sample/$BOOT
PROPERTIES=Id,ActiveState,SubState,Result,NRestarts,ExecMainPID,ExecMainCode,ExecMainStatus,OOMPolicy,MemoryMax,ControlGroup
mkdir -p "$OUT" /run/sample
touch /run/sample/pids /run/probe
chmod 777 /run/sample
chmod 666 /run/sample/pids /run/probe

# until_is UNIT PROPERTY VALUE: wait for it, two minutes at most.
until_is() {
    _tries=480
    until [ "$(systemctl show -P "$2" "$1")" = "$3" ]; do
        _tries=$((_tries - 1))
        [ $_tries -gt 0 ] || { echo "$1: $2 is not $3" >>"$OUT/errors"; return; }
        sleep 0.25
    done
}

# until_gone NAME: wait until the last hog of that name has died.
until_gone() {
    _tries=480
    while _pid=$(mawk -v name="$1" '$2 == name { pid = $3 } END { print pid }' /run/sample/pids)
        [ -z "$_pid" ] || [ -e "/proc/$_pid" ]; do
        _tries=$((_tries - 1))
        [ $_tries -gt 0 ] || { echo "$1 is not gone" >>"$OUT/errors"; return; }
        sleep 0.25
    done
}

# What systemd, the kernel and the journal have to say at the end.
collect() {
    systemctl show -p $PROPERTIES "$@" >"$OUT/units"
    cat /run/sample/pids >"$OUT/pids"
    uname -r >"$OUT/release"
    tr -d - </proc/sys/kernel/random/boot_id >"$OUT/boot_id"
    grep '^oom_kill ' /proc/vmstat >"$OUT/vmstat"
    cat /proc/meminfo >"$OUT/meminfo"
    journalctl --sync
    dmesg >"$OUT/dmesg"
    guest kmsg >"$OUT/kmsg"
    journalctl -b -o export >"$OUT/export"
    sync
}
