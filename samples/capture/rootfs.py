"""A disk with Debian and systemd on it: packages unpacked, not installed, and with systemd/ over them.

No package's own scripts are run: systemd makes the users and directories itself when it starts.
"""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from .apt import Apt, Source, run
from .errors import CaptureError, need

_SUITE = Source("trixie")
_PACKAGES = [
    *("systemd", "systemd-sysv", "systemd-oomd", "libpam-systemd", "dbus", "kmod"),
    *("base-files", "base-passwd", "libc-bin", "login", "util-linux"),
    *("coreutils", "dash", "findutils", "grep", "gzip", "mawk", "procps", "sed"),
]
_OVERLAY = Path(__file__).parent / "systemd"
_GUEST = Path(__file__).parent / "guest"
# Not needed, and half of the disk.
_LEFT_OUT = ("doc", "info", "locale", "man")
_LINKS = {
    "var/run": "../run",
    "var/lock": "../run/lock",
    "etc/systemd/system/default.target": "/usr/lib/systemd/system/multi-user.target",
    "etc/systemd/user/default.target.wants/mail.service": "../mail.service",
}
_USER = ("app:x:1000:1000:app:/home/app:/bin/sh\n", "app:x:1000:\n")


def find_packages(cache: Path, download: bool = True) -> Path:
    """The unpacked packages, from the cache, or else downloaded into it."""
    tree = cache / "userland" / _SUITE.suite
    if not tree.is_dir():
        if not download:
            raise CaptureError(f"userland/{_SUITE.suite} is not in {cache} and downloading is off")
        Apt(_SUITE, cache).unpack(_PACKAGES, tree, dependencies=True)
    return tree


def build(packages: Path, target: Path, megabytes: int) -> None:
    """Write an ext4 image of the given size."""
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory) / "root"
        shutil.copytree(packages, root, symlinks=True)
        for name in _LEFT_OUT:
            shutil.rmtree(root / "usr/share" / name, ignore_errors=True)
        shutil.copytree(_OVERLAY, root, symlinks=True, dirs_exist_ok=True)
        _add_accounts(root)
        _add_guest(root)
        for name in ("var/log/journal", "var/lib/sample", "home/app"):
            (root / name).mkdir(parents=True, exist_ok=True)
        for name, place in _LINKS.items():
            shutil.rmtree(root / name, ignore_errors=True)
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).symlink_to(place)
        with target.open("wb") as file:
            file.truncate(megabytes << 20)
        # So that all files are root's, whoever does this.
        own = [] if os.geteuid() == 0 else [need("unshare", "util-linux"), "--map-root-user"]
        run([*own, need("mke2fs", "e2fsprogs"), "-q", "-t", "ext4", "-d", str(root), str(target)], root)


def _add_accounts(root: Path) -> None:
    for name, line in zip(("passwd", "group"), _USER, strict=True):
        master = (root / "usr/share/base-passwd" / f"{name}.master").read_text()
        (root / "etc" / name).write_text(master + line)


def _add_guest(root: Path) -> None:
    sources = [str(path) for path in sorted(_GUEST.glob("*.c"))]
    target = root / "usr/bin/guest"
    run([need("gcc", "gcc"), "-O2", "-static", "-pthread", "-o", str(target), *sources], root)


def copy_out(image: Path, folder: str, target: Path) -> Path:
    """Copy a folder of the image, which is not in use, and return where it is."""
    target.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [need("debugfs", "e2fsprogs"), "-R", f"rdump {folder} {target}", str(image)],
        capture_output=True,
        text=True,
        check=False,
    )
    copied = target / Path(folder).name
    if not copied.is_dir():
        raise CaptureError(f"the disk has no {folder}: {done.stderr.strip()}")
    return copied
