"""Why a journal cannot be read, in plain words, each with what to do next."""

from __future__ import annotations

import errno
from collections.abc import Sequence
from pathlib import Path

from oomlog.errors import SourceError
from oomlog.sources.reasons import os_failure

__all__ = ["damaged_inside", "journal_failure", "no_journal", "not_allowed"]

# What libsystemd means by an errno; other ones are the system's own.
_WORDS: dict[int, tuple[str, str | None]] = {
    errno.EBADMSG: ("is damaged", "see how far with: journalctl --verify --file FILE"),
    errno.ENODATA: ("is damaged or was cut", "copy it again from where it came"),
    errno.EPROTONOSUPPORT: (
        "uses a feature that this machine's libsystemd lacks",
        "read it where it was written: journalctl _TRANSPORT=kernel -o short-iso-precise > journal.txt",
    ),
    errno.EIO: ("is damaged or was cut", "copy it again from where it came"),
    errno.ETXTBSY: ("is being rotated", "run again"),
}
_CONTAINER_SIGNS = ("/.dockerenv", "/run/.containerenv", "/run/systemd/container")


def journal_failure(name: str, error: OSError) -> SourceError:
    """Say why libsystemd cannot open a journal."""
    if error.errno in _WORDS:
        reason, hint = _WORDS[error.errno]
        return SourceError(name, reason, hint=hint)
    return os_failure(name, error)


def damaged_inside(name: str, lost: int | None, counted: int | None) -> SourceError:
    """Say what of a file could not be read.

    :param lost: Records of the kernel; ``None`` where that cannot be told.
    :param counted: How many the file says it has.
    """
    if lost is not None:
        reason = f"is damaged: {lost:,} of its {counted:,} records of the kernel could not be read"
    elif counted is not None:
        reason = "is damaged: it could not be read to its end"
    else:
        reason = "is damaged: records may be missing, and how many cannot be told"
    return SourceError(
        name,
        reason,
        hint="what could be read was read; see where it is damaged with: journalctl --verify --file FILE",
    )


def no_journal(roots: Sequence[str], signs: Sequence[str] = _CONTAINER_SIGNS) -> SourceError:
    """Say that this machine keeps no journal."""
    where = " and ".join(roots)
    if any(Path(sign).exists() for sign in signs):
        return SourceError(
            "journal",
            f"this container has none (nothing in {where})",
            hint="run oomlog on the host, or mount the host's /var/log/journal and name it: "
            "oomlog parse --journal /host/var/log/journal",
        )
    return SourceError(
        "journal",
        f"this machine keeps none (nothing in {where})",
        hint="read its text logs: oomlog parse /var/log; or what the kernel has: oomlog parse /dev/kmsg",
    )


def not_allowed(path: str) -> SourceError:
    """Say what lets a user read the journal."""
    return SourceError(
        "journal",
        f"permission denied for {path}",
        hint="run with sudo, or join the group and log in again: sudo usermod -aG systemd-journal $USER",
    )
