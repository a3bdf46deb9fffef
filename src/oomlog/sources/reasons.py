"""Operating-system errors in plain words, each with what to do next."""

from __future__ import annotations

import difflib
import errno
from pathlib import Path

from oomlog.errors import SourceError

__all__ = ["os_failure"]

# errno -> (reason, hint)
_WORDS: dict[int, tuple[str, str | None]] = {
    errno.EACCES: ("permission denied", "run with sudo, or add yourself to the group adm or systemd-journal"),
    errno.EPERM: ("not permitted", "run with sudo"),
    errno.ENOENT: ("no such file or folder", None),
    errno.ENOTDIR: ("a part of this path is a file, not a folder", None),
    errno.ELOOP: ("symbolic links point at each other", "name the real file"),
    errno.ENAMETOOLONG: (
        "the name is too long for a file",
        "to give log text, pass it through a pipe: ... | oomlog parse -",
    ),
    errno.EIO: (
        "the disk or device reported an error",
        "see 'dmesg' for the device, and copy the file to another disk",
    ),
    errno.ESTALE: ("the network file system lost the file", "run again"),
    errno.ENXIO: ("there is nothing at the other end of this device or socket", None),
    errno.EMFILE: ("too many files are open", "raise the limit with: ulimit -n 4096"),
    errno.ENFILE: ("the system has too many open files", "run again later"),
    errno.ENOSPC: ("no room left on the disk", "set TMPDIR to a folder on a larger disk"),
    errno.EDQUOT: ("the disk quota is used up", "set TMPDIR to a folder on another disk"),
    errno.ENOMEM: ("the system is out of memory", "close programs and run again"),
}


def os_failure(name: str, error: OSError, *, after: int | None = None) -> SourceError:
    """Say what went wrong with ``name``.

    :param after: Bytes read before, when the error came in the middle.
    """
    reason, hint = _WORDS.get(error.errno or 0, (error.strerror or str(error) or type(error).__name__, None))
    if error.errno == errno.ENOENT:
        hint = _nearby(name)
    if after:
        reason = f"cannot be read after {after:,} bytes: {reason}"
    return SourceError(name, reason, hint=hint)


def _nearby(name: str) -> str | None:
    if "*" in name or "?" in name:
        return "no file fits this pattern"
    path = Path(name)
    try:
        names = [entry.name for entry in path.parent.iterdir()]
    except (OSError, ValueError):
        return f"there is no folder {path.parent}"
    close = difflib.get_close_matches(path.name, names[:5000], n=1)
    return f"did you mean {path.parent / close[0]}?" if close else f"see what is there with: ls {path.parent}"
