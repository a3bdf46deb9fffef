"""Debian's kernels: fetch them through apt, unpack them, find the files in them.

The mirror is the one this machine's apt is set up with.  Nothing of the machine's own
apt state is changed: lists, caches and sources of the other suites live in the cache
directory.
"""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .errors import CaptureError, need

_KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


@dataclass(frozen=True)
class Source:
    """Where a series comes from: the suite, the metapackage of the kernel, the architecture."""

    suite: str
    package: str = "linux-image-cloud-amd64"
    arch: str = "amd64"


SUITES = {
    "5.10": Source("bullseye"),
    "6.1": Source("bookworm"),
    "6.12": Source("trixie"),
    "7.x": Source("sid"),
    "5.10-686": Source("bullseye", "linux-image-686-pae", "i386"),
    "6.1-686": Source("bookworm", "linux-image-686-pae", "i386"),
}

# What programs for i386 are linked with and run beside; from Debian bookworm, whatever the kernel.
_USERLAND = Source("bookworm", arch="i386")
_USERLAND_PACKAGES = ["busybox-static", "libc6-dev", "libgcc-12-dev", "linux-libc-dev"]


@dataclass(frozen=True)
class Kernel:
    """An unpacked kernel: `series` is a key of SUITES, `release` is `uname -r`.

    `userland` is a tree with busybox and libc of the kernel's architecture; None if it is this machine's.
    """

    series: str
    release: str
    image: Path
    modules: Path
    userland: Path | None = None

    @property
    def label(self) -> str:
        """First part of a sample's name: v5.10, v6.1, v7.2."""
        return "v" + ".".join(self.release.split(".")[:2]).partition("-")[0]


def default_cache() -> Path:
    """Where kernels are kept when no directory is given."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "oomlog-capture"


def find_kernel(series: str, cache: Path, download: bool = True) -> Kernel:
    """The kernel of a series, from the cache, or else downloaded into it."""
    if series not in SUITES:
        raise CaptureError(f"unknown kernel {series!r}: one of {', '.join(SUITES)}")
    source = SUITES[series]
    tree = _tree(cache, "kernels", series, source, download)
    userland = _tree(cache, "userland", "i386", _USERLAND, download) if source.arch == "i386" else None
    return open_kernel(series, tree, userland)


def _tree(cache: Path, kind: str, name: str, source: Source, download: bool) -> Path:
    tree = cache / kind / name
    if not tree.is_dir():
        if not download:
            raise CaptureError(f"{kind}/{name} is not in {cache} and downloading is off")
        _download(name, source, cache, tree, _USERLAND_PACKAGES if kind == "userland" else None)
    return tree


def open_kernel(series: str, tree: Path, userland: Path | None = None) -> Kernel:
    """Look into a directory where a kernel's packages were unpacked."""
    modules = sorted([*tree.glob("lib/modules/*/kernel"), *tree.glob("usr/lib/modules/*/kernel")])
    images = sorted([*tree.glob("boot/vmlinuz-*"), *tree.glob("usr/lib/modules/*/vmlinuz")])
    if len(modules) != 1 or len(images) != 1:
        raise CaptureError(f"{tree} does not hold exactly one unpacked kernel")
    return Kernel(series, modules[0].parent.name, images[0], modules[0], userland)


def _download(name: str, source: Source, cache: Path, tree: Path, packages: list[str] | None) -> None:
    """Fetch and unpack the packages, or else those of the source's kernel."""
    need("apt-get", "apt")
    need("dpkg", "dpkg")
    apt = source.suite if source.arch == "amd64" else f"{source.suite}-{source.arch}"
    options = _apt_options(source, cache / "apt" / apt)
    _run(["apt-get", *options, "-q", "update"], cache)
    packages = packages or _packages(source.package, options)
    debs = cache / "packages" / name
    debs.mkdir(parents=True, exist_ok=True)
    _run(["apt-get", *options, "-q", "download", *packages], debs)
    unpacked = tree.with_name(tree.name + ".new")
    unpacked.mkdir(parents=True, exist_ok=True)
    for deb in sorted(debs.glob("*.deb")):
        _run(["dpkg", "-x", str(deb), str(unpacked)], cache)
    unpacked.rename(tree)


def _packages(meta: str, options: list[str]) -> list[str]:
    """The kernel package the metapackage points to, with what it was split into."""
    image = _depends(meta, options, r"linux-image-\d\S*")
    if not image:
        raise CaptureError(f"apt knows no {meta} in this suite")
    split = _depends(image[0], options, r"linux-(?:binary|modules)-\d\S*")
    return image + split


def _depends(package: str, options: list[str], wanted: str) -> list[str]:
    shown = _run(["apt-cache", *options, "show", "--no-all-versions", package], Path.cwd())
    fields = re.findall(r"^(?:Pre-)?Depends: (.*)$", shown, re.MULTILINE)
    names = [part.split()[0] for field in fields for part in field.split(",")]
    return sorted({name for name in names if re.fullmatch(wanted, name)})


def _apt_options(source: Source, private: Path) -> list[str]:
    """Options that make apt use private directories and the one suite."""
    for part in ("state/lists/partial", "cache/archives/partial"):
        (private / part).mkdir(parents=True, exist_ok=True)
    status = private / "state" / "status"
    status.touch()
    sources = private / "sources.list"
    sources.write_text(f"deb [signed-by={_KEYRING}] {_mirror()} {source.suite} main\n")
    settings = {
        "Dir::Etc::sourcelist": sources,
        "Dir::Etc::sourceparts": "-",
        "Dir::Etc::preferences": "-",
        "Dir::Etc::preferencesparts": "-",
        "Dir::State": private / "state",
        "Dir::State::status": status,
        "Dir::Cache": private / "cache",
        "APT::Architecture": source.arch,
        "APT::Architectures": source.arch,
        "APT::Sandbox::User": "root",
        "Acquire::Languages": "none",
    }
    return [part for key, value in settings.items() for part in ("-o", f"{key}={value}")]


def _mirror() -> str:
    """The Debian mirror in this machine's own apt configuration."""
    etc = Path("/etc/apt")
    for path in [
        *sorted(etc.glob("sources.list.d/*.sources")),
        etc / "sources.list",
        *sorted(etc.glob("sources.list.d/*.list")),
    ]:
        text = path.read_text() if path.is_file() else ""
        text = re.sub(r"^\s*#.*$", "", text, flags=re.MULTILINE)
        found = re.search(r"^(?:URIs:|deb(?: \[.*?\])?)\s+(\S+/debian)/?(?:\s|$)", text, re.MULTILINE)
        if found:
            return found.group(1)
    raise CaptureError("no Debian mirror found in this machine's apt configuration")


def _run(command: list[str], where: Path) -> str:
    where.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(command, cwd=where, capture_output=True, text=True, check=False)
    if done.returncode:
        tail = done.stderr.strip().splitlines()[-3:]
        raise CaptureError(f"{command[0]} failed: {' / '.join(tail)}")
    return done.stdout
