"""Boot a kernel in qemu (plain emulation) and keep what its two serial ports say."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from .errors import CaptureError, need
from .kernels import Kernel

CMDLINE = "console=ttyS0 panic=-1 loglevel=8 log_buf_len=4M printk.devkmsg=on rootfstype=ramfs"
STARTS = 3


@dataclass(frozen=True)
class Machine:
    """What is given to qemu besides the kernel."""

    memory: str = "256M"
    cpus: int = 1
    nodes: int = 1
    cmdline: str = ""
    disk: str = ""  # its size, such as "64M"; /dev/nvme0n1 in the guest
    disk_burst: str = ""  # what the disk takes at once, such as "8M"; any more it writes at 1 KiB a second
    balloon: str = ""  # what a balloon leaves it once virtio_balloon is loaded, such as "448M"

    def append(self) -> str:
        """The kernel's command line."""
        return f"{CMDLINE} {self.cmdline}".strip()


@dataclass(frozen=True)
class Recording:
    """The bytes of the console and of the port that the guest sends its frames over."""

    console: bytes
    frames: bytes


def boot(kernel: Kernel, initramfs: Path, machine: Machine, work: Path, timeout: float) -> Recording:
    """Run the guest until it reboots or panics, both of which end qemu.

    An emulated guest sometimes stops in its first seconds, as the kernel changes from one clock to another
    while the host is busy; it is then started anew.
    """
    console, frames = work / "console", work / "frames"
    command = [
        need("qemu-system-x86_64", "qemu-system-x86"),
        *("-accel", "tcg", "-display", "none", "-nodefaults", "-no-reboot"),
        *("-m", machine.memory, "-smp", str(machine.cpus), *_nodes(machine), *_disk(machine, work)),
        *("-serial", f"file:{console}", "-serial", f"file:{frames}"),
        *("-kernel", str(kernel.image), "-initrd", str(initramfs)),
        *("-append", machine.append()),
    ]
    orders = None
    if machine.balloon:
        command += ["-device", "virtio-balloon-pci", "-monitor", "stdio"]
        orders = f"balloon {machine.balloon.removesuffix('M')}\n"
    for attempt in range(STARTS):
        try:
            done = subprocess.run(
                command, input=orders, capture_output=True, text=True, timeout=timeout, check=False
            )
            break
        except subprocess.TimeoutExpired:
            last = console.read_bytes().splitlines()[-1:] if console.exists() else []
            if attempt == STARTS - 1 or not last or b"clocksource: " not in last[0]:
                raise CaptureError(f"the guest did not end within {timeout:g} s; last line {last}") from None
    if done.returncode:
        raise CaptureError(f"qemu failed: {done.stderr.strip()}")
    return Recording(console.read_bytes(), frames.read_bytes())


def _nodes(machine: Machine) -> list[str]:
    """Split the memory evenly into NUMA nodes, all processors in the first."""
    if machine.nodes == 1:
        return []
    size = int(machine.memory.removesuffix("M")) // machine.nodes
    options: list[str] = []
    for node in range(machine.nodes):
        cpus = f",cpus=0-{machine.cpus - 1}" if node == 0 else ""
        options += ["-object", f"memory-backend-ram,id=ram{node},size={size}M"]
        options += ["-numa", f"node,nodeid={node},memdev=ram{node}{cpus}"]
    return options


def _disk(machine: Machine, work: Path) -> list[str]:
    """An empty disk; every cloud kernel has the driver of NVMe built in."""
    if not machine.disk:
        return []
    image = work / "disk"
    with image.open("wb") as file:
        file.truncate(int(machine.disk.removesuffix("M")) << 20)
    drive = f"if=none,id=disk,format=raw,file={image}"
    if machine.disk_burst:
        burst = int(machine.disk_burst.removesuffix("M")) << 20
        drive += f",throttling.bps-write=1024,throttling.bps-write-max={burst}"
    return ["-drive", drive, "-device", "nvme,drive=disk,serial=1"]
