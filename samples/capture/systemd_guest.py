"""Boot a machine that runs systemd, kill its services in two boots, and keep what journald wrote.

In the first boot services and a user's service reach their limits; then the machine is reset, so that its
journal is left as it was.  In the second the whole machine runs out of memory, and systemd-oomd kills; that
one is switched off in order.  What the services are is in systemd/.
"""

import argparse
import io
import json
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import zstandard

from . import rootfs
from .errors import CaptureError, need
from .kernels import Kernel, default_cache, find_kernel

SERIES = "6.12"
BOOTS = (1, 2)
_OUT = Path(__file__).parent.parent / "systemd"
_MEMORY = "1024M"
_DISK_MIB = 640
_TIMEOUT = 900
# The guest's clock, so that a recording does not tell when it was made.
_CLOCK = "2026-11-02T0{}:00:00"
_CMDLINE = (
    "console=ttyS0 panic=-1 loglevel=8 log_buf_len=4M root=/dev/nvme0n1 rw init=/usr/lib/systemd/systemd "
    "systemd.getty_auto=0 systemd.wants=sample@{}.service"
)


def boot(kernel: Kernel, image: Path, number: int, console: Path) -> None:
    """Run the machine until it is reset or switched off."""
    command = [
        need("qemu-system-x86_64", "qemu-system-x86"),
        *("-accel", "tcg", "-display", "none", "-nodefaults", "-no-reboot", "-m", _MEMORY),
        *("-rtc", f"base={_CLOCK.format(number)}", "-serial", f"file:{console}"),
        *("-drive", f"if=none,id=disk,format=raw,file={image}", "-device", "nvme,drive=disk,serial=1"),
        *("-kernel", str(kernel.image), "-append", _CMDLINE.format(number)),
    ]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT, check=False)
    except subprocess.TimeoutExpired:
        raise CaptureError(f"boot {number} did not end within {_TIMEOUT} s") from None
    if done.returncode:
        raise CaptureError(f"qemu failed: {done.stderr.strip()}")


def record(cache: Path, out: Path, download: bool) -> None:
    """Boot, and write the journal, the logs of each boot and the truth."""
    kernel = find_kernel(SERIES, cache, download)
    packages = rootfs.find_packages(cache, download)
    with tempfile.TemporaryDirectory() as directory:
        work = Path(directory)
        image = work / "image"
        rootfs.build(packages, image, _DISK_MIB)
        for number in BOOTS:
            boot(kernel, image, number, work / f"console-{number}")
        saved = rootfs.copy_out(image, "/var/lib/sample", work)
        journal = rootfs.copy_out(image, "/var/log/journal", work)
        seen = [_seen(saved / str(number), number) for number in BOOTS]
        out.mkdir(parents=True, exist_ok=True)
        for number in BOOTS:
            for channel in ("dmesg", "kmsg"):
                log = (saved / str(number) / channel).read_bytes()
                (out / f"boot-{number}.{channel}.log").write_bytes(log)
        (out / "journal.tar.zst").write_bytes(_packed(journal))
        truth = {"kernel": kernel.release, "boots": seen}
        (out / "truth.json").write_text(json.dumps(truth, indent=1) + "\n")


def _seen(folder: Path, number: int) -> dict[str, object]:
    """What systemd and /proc said at the end of a boot."""
    errors = folder / "errors"
    if errors.exists():
        raise CaptureError(f"boot {number}: {errors.read_text().strip()}")
    if not (folder / "export").exists():
        raise CaptureError(f"boot {number} did not come to its end")
    text = (folder / "units").read_text()
    units = [dict(line.split("=", 1) for line in part.splitlines()) for part in text.split("\n\n")]
    return {
        "boot_id": (folder / "boot_id").read_text().strip(),
        "oom_kill": int((folder / "vmstat").read_text().split()[1]),
        "processes": [
            dict(zip(("unit", "comm", "pid"), line.split(), strict=True))
            for line in (folder / "pids").read_text().splitlines()
        ],
        "units": {unit.pop("Id"): unit for unit in units},
        "journal": _exported((folder / "export").read_bytes()),
    }


def _exported(export: bytes) -> list[dict[str, str]]:
    """What journalctl itself read of kills: the message and where it is from."""
    found = []
    for entry in export.split(b"\n\n"):
        fields = dict(re.findall(rb"^([A-Z_]+)=(.*)$", entry, re.MULTILINE))
        message = fields.get(b"MESSAGE", b"")
        if re.search(rb"Killed process|killed by the OOM|oom-kill|systemd-oomd killed|^Killed /", message):
            keys = ("MESSAGE", "_TRANSPORT", "_PID", "UNIT", "USER_UNIT", "_SOURCE_MONOTONIC_TIMESTAMP")
            found.append({key: fields[key.encode()].decode() for key in keys if key.encode() in fields})
    return found


def _packed(folder: Path) -> bytes:
    """The folder as a tar file that says nothing of who made it."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for path in sorted(folder.rglob("*.journal*")):
            entry = tarfile.TarInfo(f"var/log/journal/{path.relative_to(folder)}")
            data = path.read_bytes()
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return zstandard.ZstdCompressor(level=19).compress(archive.getvalue())


def main(given: list[str] | None = None) -> int:
    """Record; the exit status is 1 if that failed."""
    parser = argparse.ArgumentParser(prog="python -m samples.capture.systemd_guest", description=__doc__)
    parser.add_argument("--out", type=Path, default=_OUT, metavar="DIR", help="default: samples/systemd/")
    parser.add_argument("--cache", type=Path, default=default_cache(), metavar="DIR")
    parser.add_argument("--no-download", action="store_true")
    options = parser.parse_args(given)
    try:
        record(options.cache, options.out, not options.no_download)
    except CaptureError as error:
        print(f"capture: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
