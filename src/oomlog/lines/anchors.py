"""Find the places in a log that may belong to an OOM report, at memory speed.

Almost all of a log is about something else.  One of seven literals occurs in every line that opens, ends
or names a kill, so a block of bytes is searched for these and nothing else in it is looked at.  The search
is libc's ``memmem`` where there is one (it skips by the needle's length and runs without the interpreter
lock), else ``bytes.find``.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable

__all__ = [
    "CONTEXT",
    "NEEDLES",
    "OVERLAP",
    "count_lines",
    "find_all",
    "find_anchors",
    "find_followers",
    "looks_like_json",
]

NEEDLES: tuple[bytes, ...] = (
    b"oom-kill",  # "x invoked oom-killer:", "oom-kill:constraint=", "result 'oom-kill'"
    b"total-vm:",  # kill lines since 2.6.36
    b" memory",  # "Out of memory: Kill", "cgroup out of memory:", "due to memory", "low memory!"
    b" to process ",  # earlyoom's "sending SIGTERM to process"
    b"sigkill to ",  # lowmemorykiller until 4.5
    b"killer: Kill",  # lowmemorykiller since, and Android's lmkd
    b"f Memory: Kill",  # "Out of Memory: Killed process", up to 2.6.19
)
OVERLAP = max(map(len, NEEDLES)) - 1
CONTEXT = 16
"""Bytes before a block that are needed to judge what stands at its start."""

# A journal record whose message is a list of byte values; looked for only where lines are JSON.
_JSON_BYTES = (b'"MESSAGE":[', b'"MESSAGE": [', b'"MESSAGE" : [')

# Lines that complete an event, looked for near one only.
FOLLOWERS: tuple[bytes, ...] = (b"oom_reaper:", b" OOM killer", b"System OOM encountered")

# " memory" is common in ordinary lines; only these words before it start something of ours.
_BEFORE_MEMORY = (b"ut of", b"due to", b"low", b"on", b"available", b"same", b"\nto")
_MEMORY = NEEDLES.index(b" memory")


def _load_memmem() -> Callable[[int, int, bytes, int], int | None] | None:
    try:
        function = ctypes.CDLL(None).memmem
    except (AttributeError, OSError, TypeError):  # no libc symbols to be had: not a glibc/musl/BSD system
        return None
    function.restype = ctypes.c_void_p
    function.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t]
    return function


_memmem = _load_memmem()


def _find_all(data: bytes, needle: bytes, hits: list[int]) -> None:
    if _memmem is None:
        at = data.find(needle)
        while at >= 0:
            hits.append(at)
            at = data.find(needle, at + len(needle))
        return
    base = ctypes.cast(ctypes.c_char_p(data), ctypes.c_void_p).value
    if base is None:
        return
    length, end = len(needle), base + len(data)
    start = base
    while found := _memmem(start, end - start, needle, length):
        hits.append(found - base)
        start = found + length


def find_all(data: bytes, needle: bytes) -> list[int]:
    """Return the offsets at which a literal stands."""
    hits: list[int] = []
    _find_all(data, needle, hits)
    return hits


def find_followers(data: bytes) -> list[int]:
    """Return the sorted offsets of the lines that complete an event."""
    hits: list[int] = []
    for needle in FOLLOWERS:
        _find_all(data, needle, hits)
    hits.sort()
    return hits


def looks_like_json(data: bytes) -> bool:
    """Tell whether lines of JSON are among the first of a block."""
    return data[:1] == b"{" or data.find(b'\n{"', 0, 1 << 16) >= 0


def find_anchors(data: bytes, start: int = 0, limit: int | None = None, *, json: bool = False) -> list[int]:
    """Return the sorted offsets from ``start`` (below ``limit``) at which one of the needles stands."""
    hits: list[int] = []
    for index, needle in enumerate(NEEDLES):
        found: list[int] = []
        _find_all(data, needle, found)
        if index == _MEMORY:
            found = [at for at in found if data[max(0, at - 9) : at].endswith(_BEFORE_MEMORY)]
        hits += found
    if json or looks_like_json(data):
        for needle in _JSON_BYTES:
            _find_all(data, needle, hits)
    if limit is not None or start:
        end = len(data) if limit is None else limit
        hits = [at for at in hits if start <= at < end]
    hits.sort()
    return hits


def count_lines(data: bytes) -> int:
    """Return the number of newlines; deleting them is faster than ``bytes.count`` until Python 3.12."""
    return len(data) - len(data.replace(b"\n", b""))
