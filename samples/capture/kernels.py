"""Debian's kernels: fetch them through apt, unpack or build them, find the files in them."""

import os
from dataclasses import dataclass
from pathlib import Path

from .apt import Apt, Source
from .build import build
from .errors import CaptureError

SUITES = {
    "5.10": Source("bullseye"),
    "6.1": Source("bookworm"),
    "6.12": Source("trixie"),
    "6.12-profiling": Source("trixie", "linux-source-6.12"),
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
    if source.package.startswith("linux-source-"):
        tree = _built(cache, series, source, download)
    else:
        tree = _tree(cache, "kernels", series, source, download)
    userland = _tree(cache, "userland", "i386", _USERLAND, download) if source.arch == "i386" else None
    return open_kernel(series, tree, userland)


def _tree(cache: Path, kind: str, name: str, source: Source, download: bool) -> Path:
    tree = cache / kind / name
    if not tree.is_dir():
        if not download:
            raise CaptureError(f"{kind}/{name} is not in {cache} and downloading is off")
        _download(source, cache, tree, _USERLAND_PACKAGES if kind == "userland" else None)
    return tree


def open_kernel(series: str, tree: Path, userland: Path | None = None) -> Kernel:
    """Look into a directory where a kernel's packages were unpacked."""
    modules = sorted([*tree.glob("lib/modules/*/kernel"), *tree.glob("usr/lib/modules/*/kernel")])
    images = sorted([*tree.glob("boot/vmlinuz-*"), *tree.glob("usr/lib/modules/*/vmlinuz")])
    if len(modules) != 1 or len(images) != 1:
        raise CaptureError(f"{tree} does not hold exactly one unpacked kernel")
    return Kernel(series, modules[0].parent.name, images[0], modules[0], userland)


def _download(source: Source, cache: Path, tree: Path, packages: list[str] | None) -> None:
    """Fetch and unpack the packages, or else those of the source's kernel."""
    apt = Apt(source, cache)
    apt.unpack(packages or _packages(apt, source.package), tree)


def _built(cache: Path, series: str, source: Source, download: bool) -> Path:
    tree = cache / "kernels" / series
    if not tree.is_dir():
        build(_tree(cache, "sources", series, source, download), tree)
    return tree


def _packages(apt: Apt, meta: str) -> list[str]:
    """The kernel package the metapackage points to, with what it was split into; a source as it is."""
    if meta.startswith("linux-source-"):
        return [meta]
    image = apt.depends(meta, r"linux-image-\d\S*")
    if not image:
        raise CaptureError(f"apt knows no {meta} in this suite")
    split = apt.depends(image[0], r"linux-(?:binary|modules)-\d\S*")
    return image + split
