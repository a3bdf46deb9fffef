"""Build the guest's root file system: busybox, the guest program, modules, the scenario."""

import lzma
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from .errors import CaptureError, need
from .kernels import Kernel

_GUEST = Path(__file__).parent / "guest"


def build(kernel: Kernel, steps: str, modules: tuple[str, ...], target: Path) -> None:
    """Write the initramfs (a newc archive, not compressed) to target."""
    cpio = need("cpio", "cpio")
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        for name in ("bin", "dev", "proc", "sys", "modules"):
            (root / name).mkdir()
        _add_busybox(kernel, root)
        if kernel.userland is None:
            _add_dmesg(root)
        _add_guest(kernel, root)
        _add_modules(kernel, modules, root / "modules")
        (root / "scenario.sh").write_text(steps)
        names = b"\0".join(sorted(bytes(path.relative_to(root)) for path in root.rglob("*")))
        done = subprocess.run(
            [cpio, "--quiet", "-0", "-o", "-H", "newc", "-R", "0:0"],
            cwd=root,
            input=names,
            capture_output=True,
            check=False,
        )
        if done.returncode:
            raise CaptureError(f"cpio failed: {done.stderr.decode(errors='replace').strip()}")
        target.write_bytes(done.stdout)


def _add_busybox(kernel: Kernel, root: Path) -> None:
    busybox = need("busybox", "busybox-static")
    if _libraries(busybox):
        raise CaptureError("busybox is not a static one (Debian package busybox-static)")
    shutil.copy2(kernel.userland / "bin/busybox" if kernel.userland else busybox, root / "bin/busybox")
    listed = subprocess.run([busybox, "--list"], capture_output=True, text=True, check=True)
    for applet in listed.stdout.split():
        if applet != "busybox":
            (root / "bin" / applet).symlink_to("busybox")


def _add_dmesg(root: Path) -> None:
    """Util-linux's dmesg, with its libraries where it looks for them."""
    dmesg = need("dmesg", "util-linux")
    shutil.copy2(dmesg, root / "bin/dmesg.util-linux")
    for library in _libraries(dmesg):
        place = root / library.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(library, place)


def _libraries(program: str) -> list[str]:
    done = subprocess.run(["ldd", program], capture_output=True, text=True, check=False)
    return re.findall(r"(/\S+) \(0x", done.stdout)


def _add_guest(kernel: Kernel, root: Path) -> None:
    gcc = need("gcc", "gcc")
    sources = [str(path) for path in sorted(_GUEST.glob("*.c"))]
    command = [gcc, "-O2", "-static", "-pthread", "-o", str(root / "bin/guest"), *sources]
    command += _for_i386(kernel.userland) if kernel.userland else []
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CaptureError(f"gcc failed: {done.stderr.strip()}")
    shutil.copy(_GUEST / "init.sh", root / "init")
    (root / "init").chmod(0o755)


def _for_i386(userland: Path) -> list[str]:
    """Options that make this machine's gcc find what 32-bit programs are made of in the tree."""
    places = [userland / "usr/lib/i386-linux-gnu", *userland.glob("usr/lib/gcc/i686-linux-gnu/*")]
    headers = [userland / "usr/include/i386-linux-gnu", userland / "usr/include"]
    return [
        "-m32",
        *(f"-B{place}" for place in places),
        *(f"-L{place}" for place in places),
        *(part for path in headers for part in ("-isystem", str(path))),
    ]


def _add_modules(kernel: Kernel, wanted: tuple[str, ...], target: Path) -> None:
    """Put modules, with what they depend on, under names that sort in the order to load them."""
    if not wanted:
        return
    available = {_module_name(path): path for path in kernel.modules.rglob("*.ko*")}
    loaded: list[str] = []

    def add(name: str) -> None:
        if name in loaded or name not in available:
            return  # what is not a module is built in
        data = _module_bytes(available[name])
        for needed in _needs(data):
            add(needed)
        (target / f"{len(loaded):02}-{name}.ko").write_bytes(data)
        loaded.append(name)

    for name in wanted:
        add(_plain(name))


def _module_name(path: Path) -> str:
    return _plain(path.name.partition(".")[0])


def _plain(name: str) -> str:
    return name.replace("-", "_")


def _module_bytes(path: Path) -> bytes:
    data = path.read_bytes()
    return lzma.decompress(data) if path.suffix == ".xz" else data


def _needs(module: bytes) -> list[str]:
    found = re.search(rb"\0depends=([^\0]*)\0", module)
    names = found.group(1).decode() if found else ""
    return [_plain(name) for name in names.split(",") if name]
