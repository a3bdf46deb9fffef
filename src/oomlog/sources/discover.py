"""Folders and archive listings -> the names in them that look like kernel logs.

Only names are judged here; whether a file is text shows when it is opened.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterator
from fnmatch import translate

from oomlog.errors import SourceError
from oomlog.sources.grouping import part_of
from oomlog.sources.reasons import os_failure

__all__ = ["is_journal_name", "is_kernel_log_name", "is_log_name", "walk"]

# Patterns for the name without rotation and compression suffixes, lower case.
_LOGS = (
    "*.log", "kern", "kern.*", "kernel*", "messages*", "syslog*", "*dmesg*", "*kmsg*",
    "journalctl*", "*journal*.txt", "*journal*.json", "*journal*.export",
    "console*", "*[-_.]console*", "serial", "serial[-_.0-9]*", "debug",
    "allmessages", "localmessages", "warn", "boot.msg", "boot.omsg", "boot.txt",  # SUSE
)  # fmt: skip
# Of these, the ones that a syslog daemon or journalctl writes the kernel's messages to.
_KERNELS = (
    "kern", "kern.*", "kernel*", "messages*", "syslog*", "allmessages", "localmessages", "journalctl*",
    "*journal*.txt", "*journal*.json", "*journal*.export",
)  # fmt: skip
_ARCHIVES = ("sos*report*.tar", "sos-*.tar", "scc_*.t?z", "nts_*.t?z", "must-gather*.tar")
# Below var/log everything is a log but these.
_NOT_LOGS = (
    "wtmp*", "btmp*", "utmp*", "lastlog", "faillog", "tallylog", "sa[0-9]*", "*.journal~", "*.journal",
    "*.py", "*.pyc", "*.sh", "*.c", "*.h", "*.o", "*.so", "*.ko", "*.conf", "*.service", "*.socket",
    "*.html", "*.htm", "*.css", "*.js", "*.svg", "*.png", "*.jpg", "*.gif", "*.md", "*.rst", "*.mo", "*.po",
    "*.pcap", "*.db", "*.sqlite", "*.rpm", "*.deb", "*.gpg", "*.asc", "*.sig", "*.md5", "*.sha256",
)  # fmt: skip
_PSEUDO = frozenset({"/proc", "/sys", "/dev"})


def _any_of(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(translate(pattern) for pattern in patterns))


_LOG, _ARCHIVE, _NOT_LOG = _any_of(_LOGS), _any_of(_ARCHIVES), _any_of(_NOT_LOGS)
_KERNEL = _any_of(_KERNELS)


def is_journal_name(path: str) -> bool:
    """Tell a systemd journal file, which is binary."""
    return path.endswith((".journal", ".journal~"))


def is_kernel_log_name(path: str) -> bool:
    """Tell whether a log is named like one that has what the journal beside it has."""
    name = posixpath.basename(path).lower()
    return is_log_name(path) and bool(_KERNEL.match(part_of(name).stem))


def is_log_name(path: str) -> bool:
    """Tell whether a path, in a folder or an archive, is named like a log that can hold kernel messages."""
    name = posixpath.basename(path).lower()
    if not name or name.startswith(".") or is_journal_name(name):
        return False
    stem = part_of(name).stem
    if _NOT_LOG.match(stem) or _NOT_LOG.match(name):
        return False
    return bool(_LOG.match(stem)) or "/var/log/" in f"/{path}"


def walk(root: str) -> Iterator[str | SourceError]:
    """Yield the log files below ``root``, sorted, the files of a folder before its subfolders.

    Symbolic links to folders are not followed.  Hidden files and the kernel's own file systems are left
    out.  Journal files are yielded, for the caller to say something about.
    """
    waiting = [root]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(folder) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            yield os_failure(folder, error)
            continue
        below: list[str] = []
        for entry in found:
            if entry.name.startswith("."):
                continue
            if _is(entry, folder=True):
                if posixpath.abspath(entry.path) not in _PSEUDO:
                    below.append(entry.path)
            elif _is(entry, folder=False) and _wanted(entry.path):
                yield entry.path
        waiting.extend(reversed(below))


def _wanted(path: str) -> bool:
    packed = part_of(posixpath.basename(path).lower()).stem
    return is_journal_name(path) or is_log_name(posixpath.abspath(path)) or bool(_ARCHIVE.match(packed))


def _is(entry: os.DirEntry[str], *, folder: bool) -> bool:
    try:
        return entry.is_dir(follow_symlinks=False) if folder else entry.is_file()
    except OSError:  # a loop of symbolic links, or gone since
        return False
