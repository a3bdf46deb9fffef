"""Journal files as files: finding them, and telling which can be read and how far.

libsystemd refuses a file that is shorter than its header says.  Such a file is copied and filled up with
zeros, which it then reads up to the cut.
The format is described in systemd's docs/JOURNAL_FILE_FORMAT.md.
"""

from __future__ import annotations

import os
import posixpath
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from oomlog.errors import SourceError
from oomlog.sources.base import Limits
from oomlog.sources.discover import is_journal_name
from oomlog.sources.journal_query import JournalFiles, LiveJournal
from oomlog.sources.plain import read_file
from oomlog.sources.reasons import os_failure

__all__ = ["MAGIC", "by_folder", "is_journal_file", "live_files", "refused_live", "usable", "write_copy"]

MAGIC = b"LPKSHHRH"
_SIZES = struct.Struct("<QQ")  # header_size and arena_size
_SIZES_AT = 88
_TAIL_AT = 136  # offset of the last object
_OBJECT = struct.Struct("<B7xQ")  # its type and size
_TYPES = range(1, 8)
_HEADER = 208  # of the oldest files
_REST = "what is left of it was read"
_MOST = 1 << 40  # what a header may claim before it is taken for damaged


@dataclass(frozen=True, slots=True)
class Usable:
    """A file to open, and what is wrong with it.

    :param path: The file itself, or its copy; ``None`` when nothing of it can be read.
    """

    path: str | None
    problem: SourceError | None = None


def is_journal_file(path: str) -> bool:
    """Tell by its first bytes; what cannot be read is none."""
    try:
        with Path(path).open("rb", buffering=0) as file:
            return file.read(len(MAGIC)) == MAGIC
    except (OSError, ValueError):
        return False


def by_folder(paths: Iterable[str]) -> Iterator[JournalFiles]:
    """Put named files of one folder together: they are parts of one journal."""
    folders: dict[str, list[str]] = {}
    for path in paths:
        folders.setdefault(posixpath.dirname(path), []).append(path)
    for folder, files in folders.items():
        yield JournalFiles(files[0] if len(files) == 1 else folder or ".", tuple(files))


def live_files(live: LiveJournal, *, every_machine: bool = False) -> list[str]:
    """Return journald's files on this machine, those of other machines only when they are asked for."""
    try:
        own = Path(live.machine_id).read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        own = ""
    found: list[str] = []
    for root in live.roots:
        folders = [root]
        folders += _names(root)
        for folder in folders:
            if own and not every_machine and folder not in (root, f"{root}/{own}"):
                continue
            found += [path for path in _names(folder) if is_journal_name(path)]
    return found


def _names(folder: str) -> list[str]:
    try:
        return sorted(str(path) for path in Path(folder).iterdir())
    except OSError:  # a file, or not for this user
        return []


def usable(path: str, shown: str, folder: str) -> Usable:
    """Look at a file's header; a file that was cut is copied to ``folder`` and filled up."""
    try:
        with Path(path).open("rb", buffering=0) as file:
            size = os.fstat(file.fileno()).st_size
            head = file.read(_HEADER)
            tail = _tail(file.fileno(), head)
    except OSError as error:
        return Usable(None, os_failure(shown, error))
    if not size:
        return Usable(None, SourceError(shown, "is empty"))
    if not head.startswith(MAGIC[: len(head)]):
        return Usable(
            None,
            SourceError(
                shown, "is not a systemd journal file", hint="leave --journal out to read it as text"
            ),
        )
    if len(head) < _HEADER:
        return Usable(None, SourceError(shown, f"was cut in its header, after {size:,} bytes"))
    claimed = sum(_SIZES.unpack_from(head, _SIZES_AT))
    if size >= claimed:
        # A machine that lost its power leaves zeros where the newest records were.
        lost = SourceError(shown, "is damaged: its newest records are missing", hint=_REST)
        return Usable(path, None if tail else lost)
    if claimed > _MOST:
        return Usable(None, SourceError(shown, "is damaged: its header makes no sense"))
    problem = SourceError(shown, f"was cut after {size:,} of {claimed:,} bytes", hint=_REST)
    copy = posixpath.join(folder, f"{len(_names(folder))}.journal")
    try:
        write_copy(copy, read_file(shown, path, 1 << 20))
        os.truncate(copy, claimed)
    except OSError as error:  # of the temporary file
        return Usable(None, os_failure(shown, error))
    return Usable(copy, problem)


def _tail(fd: int, head: bytes) -> bool:
    """Tell whether the last object is where the header says."""
    if len(head) < _HEADER:
        return False
    (at,) = struct.unpack_from("<Q", head, _TAIL_AT)
    if not at:
        return True  # nothing was written yet
    found = os.pread(fd, _OBJECT.size, at) if at < _MOST else b""
    if len(found) < _OBJECT.size:
        return False
    kind, size = _OBJECT.unpack(found)
    return kind in _TYPES and size >= _OBJECT.size


def write_copy(path: str, blocks: Iterable[bytes], limits: Limits | None = None, shown: str = "") -> None:
    """Write the bytes of a journal that is no plain file.

    :raise SourceError: It is larger than the limits allow.
    """
    done = 0
    with Path(path).open("wb") as file:
        for block in blocks:
            done += len(block)
            if limits is not None and done > limits.max_bytes:
                raise SourceError(shown, f"has more than {limits.max_bytes:,} bytes", hint="unpack it first")
            file.write(block)


def refused_live(files: Sequence[str]) -> tuple[list[str], set[str]]:
    """Return the files that this user may not read: those with the kernel's records, and other users'."""
    refused = [path for path in files if not os.access(path, os.R_OK)]
    others = {path for path in refused if posixpath.basename(path).startswith("user-")}
    return [path for path in refused if path not in others], others
