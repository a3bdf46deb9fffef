"""The few values of a report that a table of kills needs besides its kills, without decoding the rest.

The lines that can hold them are cut out and read as a report of their own, by the same decoder.  Only an
ordinary report is glanced at; whatever might be told by other lines is left to the whole decoder.
"""

from __future__ import annotations

from dataclasses import replace

from oomlog.events.body import Body
from oomlog.model import Details

__all__ = ["glance"]

_TABLE_HEAD = b"tgid total_vm"
_COUNTER = b": usage "
# "CPU: 0 PID: 7 Comm: x", "Pid: 7, comm: x" and the counters of a cgroup.
_WANTED = (b"omm: ", _COUNTER)
# Another kind of report in between (grammars/allocfail.toml), or text that was wrapped for mail.
_UNUSUAL = (b", mode:", b"SLUB: ", b"Show Memory", b"=3D")


def glance(body: Body, *, of_cgroup: bool) -> Details | None:
    """Return details with the kernel's release and the counters of the cgroup, and nothing else for sure.

    :param of_cgroup: A cgroup ran into its limit, so that counters are expected.
    :return: ``None`` where the whole report has to be decoded to know them.
    """
    whole = body.data if body.header_no is None else _from_line(body.data, body.header_no - body.first_no)
    table = whole.find(_TABLE_HEAD)
    head = whole if table < 0 else whole[:table]  # all that is wanted is printed before the task table
    if body.header_no is None or any(text in head for text in _UNUSUAL):
        return None
    data = _lines_with(head, _WANTED)
    # The last line is whole unless it is the body's own unfinished one.
    ended = body.terminated or data.endswith(b"\n")
    details = replace(body, data=data, first_no=body.header_no, terminated=ended).decode()
    memcg = details.memcg
    counters = [] if memcg is None else [memcg.memory, memcg.memory_swap, memcg.swap, memcg.kmem]
    told = sum(counter is not None for counter in counters)
    # Counted by two of its words, as a line may be broken in the middle of either.
    if not told == whole.count(_COUNTER) == head.count(b", failcnt "):
        return None
    if details.problems or details.kernel_release is None:
        return None
    if of_cgroup and (memcg is None or memcg.memory is None):
        return None
    return details


def _from_line(data: bytes, count: int) -> bytes:
    """Return what follows so many lines, which are of a report that broke off."""
    at = 0
    for _ in range(count):
        at = data.find(b"\n", at) + 1
    return data[at:]


def _lines_with(data: bytes, texts: tuple[bytes, ...]) -> bytes:
    """Return the lines that have one of the texts in them, in their order."""
    found: dict[int, bytes] = {}
    for text in texts:
        at = data.find(text)
        while at >= 0:
            end = data.find(b"\n", at) + 1 or len(data)
            start = data.rfind(b"\n", 0, at) + 1
            found[start] = data[start:end]
            at = data.find(text, end)
    return b"".join(found[start] for start in sorted(found))
