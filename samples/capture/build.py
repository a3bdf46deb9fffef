"""Build a kernel from Debian's source, for what is switched off in all of Debian's own."""

import os
import shutil
import tempfile
from pathlib import Path

from .apt import run
from .errors import CaptureError, need

_CONFIG = Path(__file__).with_name("profiling.config")
_NEEDED = ("make", "gcc", "flex", "bison", "bc")
_BUILDER = ["KBUILD_BUILD_USER=oomlog", "KBUILD_BUILD_HOST=capture"]  # in its first line, and so in samples


def build(source: Path, tree: Path) -> None:
    """Build the least kernel and profiling.config from an unpacked source package.

    It lies in the new tree as in an unpacked package.  Some minutes, more on a busy machine.
    """
    for program in _NEEDED:
        need(program, program)
    archives = sorted((source / "usr/src").glob("linux-source-*.tar.xz"))
    if len(archives) != 1:
        raise CaptureError(f"{source} does not hold exactly one source of a kernel")
    with tempfile.TemporaryDirectory() as directory:
        here = Path(directory)
        run(["tar", "-xf", str(archives[0]), "--strip-components=1"], here)
        run(["make", "-s", "tinyconfig"], here)
        run(["scripts/kconfig/merge_config.sh", "-m", ".config", str(_CONFIG)], here)
        run(["make", "-s", "olddefconfig"], here)
        run(["make", "-s", f"-j{os.cpu_count() or 1}", *_BUILDER, "bzImage"], here)
        release = run(["make", "-s", "kernelrelease"], here).strip()
        built = tree.with_name(f"{tree.name}.new")
        (built / f"lib/modules/{release}/kernel").mkdir(parents=True, exist_ok=True)
        (built / "boot").mkdir(exist_ok=True)
        shutil.copy(here / "arch/x86/boot/bzImage", built / f"boot/vmlinuz-{release}")
    built.rename(tree)
