"""What the guest saw: frames from its second serial port, made into the truth file."""

import re
from dataclasses import dataclass, field

from .errors import CaptureError

Json = dict[str, "Json | list[Json] | list[str] | list[int] | str | int | float | None"]

_STATUS = ("VmSize", "VmRSS", "RssAnon", "RssFile", "RssShmem", "VmSwap", "VmPTE")
_FRAME = re.compile(rb"@@ ([^\n]+) (\d+)\n")


@dataclass
class Reading:
    """One look at /proc, `kills` being the kernel's oom_kill counter at that time."""

    uptime: float
    kills: int
    files: dict[str, bytes] = field(default_factory=dict)
    processes: dict[int, dict[str, bytes]] = field(default_factory=dict)


@dataclass
class Seen:
    """All that the guest sent.  `complete` is false when it did not come to its end."""

    readings: list[Reading]
    blobs: dict[str, bytes]

    @property
    def complete(self) -> bool:
        """Whether the guest came to its own end."""
        return "done" in self.blobs

    def fates(self) -> dict[int, str]:
        """Process id to exit status (137: SIGKILL) or "alive", for what the guest started."""
        lines = self.blobs.get("fates", b"").decode().splitlines()
        return {int(pid): fate for pid, fate in map(str.split, filter(str.strip, lines))}

    def killed(self) -> list[int]:
        """What died by SIGKILL, in the order in which the guest noticed."""
        return [pid for pid, fate in self.fates().items() if fate == "137"]


def parse(data: bytes) -> Seen:
    """Cut the port's bytes into frames; a last, unfinished reading is left out."""
    seen = Seen([], {})
    open_reading: Reading | None = None
    for name, body in _frames(data):
        kind, _, rest = name.partition("/")
        if name == "reading":
            uptime, kills = body.split()
            open_reading = Reading(float(uptime), int(kills))
        elif open_reading is None:
            seen.blobs[name] = body
        elif name == "end":
            _keep(seen.readings, open_reading)
            open_reading = None
        elif kind == "process":
            pid, _, what = rest.partition("/")
            open_reading.processes.setdefault(int(pid), {})[what] = body
        else:
            open_reading.files[name.removeprefix("file")] = body
    return seen


def _frames(data: bytes) -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    at = 0
    while head := _FRAME.match(data, at):
        end = head.end() + int(head.group(2))
        if end >= len(data):
            return found  # cut off by a panic
        found.append((head.group(1).decode(), data[head.end() : end]))
        at = end + 1
    if at != len(data):
        raise CaptureError(f"the guest's port has something other than a frame at byte {at}")
    return found


def _keep(readings: list[Reading], new: Reading) -> None:
    """Of the readings between two kills only the last one is kept."""
    if readings and readings[-1].kills == new.kills:
        readings[-1] = new
    else:
        readings.append(new)


def describe(seen: Seen) -> Json:
    """The part of a truth file that comes from the guest."""
    fates = seen.fates()
    return {
        "release": seen.blobs.get("release", b"").decode().strip(),
        "readings": [_reading(reading) for reading in seen.readings],
        "victims": seen.killed(),
        "survivors": [pid for pid, fate in fates.items() if fate == "alive"],
        "exited": {str(pid): int(fate) for pid, fate in fates.items() if fate not in ("alive", "137")},
    }


def _reading(reading: Reading) -> Json:
    files = dict(reading.files)
    meminfo = files.pop("/proc/meminfo", b"")
    zoneinfo = files.pop("/proc/zoneinfo", b"")
    return {
        "uptime": reading.uptime,
        "oom_kill": reading.kills,
        "processes": [_process(pid, known) for pid, known in sorted(reading.processes.items())],
        "meminfo_kb": {
            key: int(value)
            for key, value in re.findall(r"^(\S+):\s+(\d+)(?: kB)?$", meminfo.decode(), re.MULTILINE)
        },
        "zones": _zones(zoneinfo.decode()),
        "files": {path: _text(body).rstrip("\n") for path, body in sorted(files.items())},
    }


def _process(pid: int, files: dict[str, bytes]) -> Json:
    status = files.get("status", b"")
    values = dict(re.findall(rb"^(\w+):\s+(\d+)", status, re.MULTILINE))
    comm = files.get("comm", b"").removesuffix(b"\n")
    entry: Json = {"pid": pid, "comm": _text(comm), "comm_hex": comm.hex()}
    entry["tgid"] = int(values.get(b"Tgid", pid))
    entry["ppid"] = int(values.get(b"PPid", 0))
    entry["uid"] = int(values.get(b"Uid", 0))
    for name in ("oom_score", "oom_score_adj"):
        entry[name] = int(files[name]) if name in files else None
    for name in _STATUS:
        value = values.get(name.encode())
        entry[f"{name}_kb"] = None if value is None else int(value)
    entry["cgroup"] = _text(files.get("cgroup", b"")).rstrip("\n")
    return entry


def _zones(text: str) -> list[Json]:
    """Free, watermark and size pages of the zones that have any."""
    zones: list[Json] = []
    for part in re.split(r"^(?=Node )", text, flags=re.MULTILINE):
        head = re.match(r"Node (\d+), zone +(\S+)", part)
        pages = re.search(r"^  pages free +(\d+)", part, re.MULTILINE)
        if head is None or pages is None:
            continue
        zone: Json = {"node": int(head.group(1)), "zone": head.group(2), "free": int(pages.group(1))}
        for key in ("min", "low", "high", "present", "managed"):
            value = re.search(rf"^ +{key} +(\d+)$", part, re.MULTILINE)
            zone[key] = int(value.group(1)) if value else None
        if zone["managed"]:
            zones.append(zone)
    return zones


def _text(raw: bytes) -> str:
    return raw.decode(errors="backslashreplace")
