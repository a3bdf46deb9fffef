"""Errors of the operating system as messages: lower case, in plain words, with what to do next."""

from __future__ import annotations

import errno
from pathlib import Path

from oomlog.errors import GrammarError, OomlogError, SourceError
from oomlog.sources.reasons import os_failure

__all__ = ["cannot_read", "cannot_write", "in_plain_words"]

_ELSEWHERE = "name a file in a folder of your own"
_FULL = "free some, or write to another disk"
# errno -> (reason, hint); those of reading are in sources/reasons.py
_WRITING: dict[int, tuple[str, str]] = {
    errno.EACCES: ("permission denied", _ELSEWHERE),
    errno.EPERM: ("not permitted", _ELSEWHERE),
    errno.EROFS: ("the file system is read-only", _ELSEWHERE),
    errno.EISDIR: ("is a folder", "name a file in it"),
    errno.ENOTDIR: ("a part of this path is a file, not a folder", "name another file"),
    errno.ELOOP: ("symbolic links point at each other", "name the real file"),
    errno.ENAMETOOLONG: ("the name is too long for a file", "choose a shorter one"),
    errno.ENOSPC: ("no room left on the disk", _FULL),
    errno.EDQUOT: ("the disk quota is used up", _FULL),
    errno.EFBIG: ("the file would become too large", "raise the limit with: ulimit -f unlimited"),
    errno.EBADF: ("it is closed", "name a file with -o FILE, or start oomlog without >&-"),
    errno.EIO: ("the disk or device reported an error", "see 'dmesg' for it, and write to another disk"),
    errno.ENXIO: ("nobody reads at the other end", "start the reader first"),
}


def cannot_write(name: str, error: OSError) -> OomlogError:
    """Return the error to raise when the output ``name`` cannot be written."""
    known = _WRITING.get(error.errno or 0)
    if known is not None:
        why = "; ".join(known)
    elif error.errno == errno.ENOENT:
        folder = Path(name).parent
        if folder.is_dir():  # one of the kernel's, like /proc
            why = f"no file can be made in {folder}; {_ELSEWHERE}"
        else:
            why = f"there is no folder {folder}; make it first: mkdir -p {folder}"
    else:
        why = _lower(error.strerror or str(error) or type(error).__name__)
    return OomlogError(f"{name}: cannot be written: {why}")


def cannot_read(name: str, error: OSError) -> SourceError:
    """Return the error to raise when the file ``name`` cannot be read."""
    if error.errno == errno.EISDIR:
        return SourceError(name, "is a folder", hint="name a file in it")
    failure = os_failure(name, error)
    return SourceError(name, _lower(failure.reason), hint=failure.hint)


def in_plain_words(error: GrammarError, name: str | None = None) -> OomlogError:
    """Return the error as it is shown: one of the operating system is worded like everywhere else.

    :param name: The file as the user named it.
    """
    name = error.file if name is None else name
    cause = error.__cause__
    return cannot_read(name, cause) if isinstance(cause, OSError) else error.of(name)


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
