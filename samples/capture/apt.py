"""Debian packages through apt, with private directories.

The mirror is the one this machine's apt is set up with.  Nothing of the machine's own
apt state is changed: lists, caches and sources of the other suites live in the cache
directory.
"""

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


class Apt:
    """Apt for one suite and architecture."""

    def __init__(self, source: Source, cache: Path) -> None:
        need("apt-get", "apt")
        need("dpkg", "dpkg")
        name = source.suite if source.arch == "amd64" else f"{source.suite}-{source.arch}"
        self._options = _options(source, cache / "apt" / name)
        self._cache = cache
        run(["apt-get", *self._options, "-q", "update"], cache)

    def depends(self, package: str, wanted: str) -> list[str]:
        """The packages that a package depends on and whose names match the pattern."""
        shown = run(["apt-cache", *self._options, "show", "--no-all-versions", package], self._cache)
        fields = re.findall(r"^(?:Pre-)?Depends: (.*)$", shown, re.MULTILINE)
        names = [part.split()[0] for field in fields for part in field.split(",")]
        return sorted({name for name in names if re.fullmatch(wanted, name)})

    def unpack(self, packages: list[str], tree: Path, *, dependencies: bool = False) -> None:
        """Fetch packages, with all that they depend on if wanted, and unpack them into a new tree."""
        debs = self._cache / "packages" / tree.name
        debs.mkdir(parents=True, exist_ok=True)
        if dependencies:
            # Nothing counts as installed, so that nothing is missing.
            (debs / "partial").mkdir(exist_ok=True)
            how = ["-y", "--no-install-recommends", "--download-only", "-o", f"Dir::Cache::archives={debs}"]
            run(["apt-get", *self._options, "-q", *how, "install", *packages], debs)
        else:
            run(["apt-get", *self._options, "-q", "download", *packages], debs)
        unpacked = tree.with_name(tree.name + ".new")
        unpacked.mkdir(parents=True, exist_ok=True)
        for deb in sorted(debs.glob("*.deb")):
            run(["dpkg", "-x", str(deb), str(unpacked)], self._cache)
        unpacked.rename(tree)


def _options(source: Source, private: Path) -> list[str]:
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


def run(command: list[str], where: Path) -> str:
    """Run a program in a directory and return what it prints."""
    where.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(command, cwd=where, capture_output=True, text=True, check=False)
    if done.returncode:
        tail = done.stderr.strip().splitlines()[-3:]
        raise CaptureError(f"{command[0]} failed: {' / '.join(tail)}")
    return done.stdout
