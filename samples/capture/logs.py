"""The log files: cut the boot messages short, check kills against what the guest saw."""

import re

from .errors import GuestError
from .truth import Seen

BEGIN = b"sample: begin"
_BOOT_LINES = 12
_KILL = re.compile(rb"Killed process (\d+) \(")


_PANIC = re.compile(rb"Kernel panic - not syncing: ([^\r\n]*)")
_CRASH = re.compile(rb"Oops: |BUG: |general protection|segfault at|traps: |soft lockup|rcu_\w+ detected")


def panic(console: bytes) -> str:
    """Why the kernel panicked, or "no panic"."""
    found = _PANIC.search(console)
    return found.group(1).decode(errors="replace") if found else "no panic"


def trim(log: bytes) -> bytes:
    """Keep the first lines from "Linux version" on, and all from the scenario's start."""
    lines = log.split(b"\n")
    start = next((at for at, line in enumerate(lines) if b"Linux version" in line), 0)
    begin = next((at for at, line in enumerate(lines) if BEGIN in line), start)
    first = lines[start : min(start + _BOOT_LINES, begin)]
    return b"\n".join(first + lines[begin:])


def killed(log: bytes) -> list[int]:
    """Process ids of the kill lines, in their order."""
    return [int(pid) for pid in _KILL.findall(log)]


def check(log: bytes, seen: Seen) -> None:
    """The kill lines must name exactly those that died by SIGKILL (when the guest says).

    A process may be named twice: with memory.oom.group the first victim often is.
    """
    if _CRASH.search(log):
        raise GuestError("something crashed in the guest")
    named, died = sorted(set(killed(log))), sorted(seen.killed())
    if b"guest invoked oom-killer" in log:
        raise GuestError("the last page was asked for by the probe, so that its reading is torn")
    if seen.complete and named != died:
        raise GuestError(f"the log names {named} as killed, the guest saw {died} die")
