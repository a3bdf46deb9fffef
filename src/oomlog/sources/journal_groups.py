"""Which of the things to open are journals, and which files belong to one journal.

Files of one folder are parts of one journal: a report may begin in a rotated file and end in the next.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from oomlog.errors import SourceError
from oomlog.sources.discover import is_journal_name, is_kernel_log_name
from oomlog.sources.journal_files import by_folder, is_journal_file
from oomlog.sources.journal_query import JournalFiles
from oomlog.sources.plan import Candidate

__all__ = ["with_journals"]


def with_journals(candidates: Sequence[Candidate], *, only: bool) -> Iterator[Candidate]:
    """Yield the candidates with journal files put together, in the place of the first of them.

    A folder's journal is left out where the folder has the kernel's log as text, too: the same kills would
    be counted twice.

    :param only: Text logs in folders are left out instead.
    """
    named = [c.name for c in candidates if c.folder is None and _is_journal(c, only=only)]
    groups = {group.files[0]: group for group in by_folder(named)}
    grouped = {file for group in groups.values() for file in group.files}
    text = {c.folder for c in candidates if c.folder is not None and is_kernel_log_name(c.name)}
    below: dict[str, list[str]] = {}
    for candidate in candidates:
        folder = candidate.folder
        if folder is not None and is_journal_name(candidate.name) and (only or folder not in text):
            below.setdefault(folder, []).append(candidate.name)
    said: set[str] = set()
    for candidate in candidates:
        folder, name = candidate.folder, candidate.name
        if folder is None:
            if group := groups.get(name):
                yield Candidate(group, group.name)
            elif name not in grouped:
                yield candidate
            continue
        if folder not in said and (folder in below or only):
            said.add(folder)
            files = below.get(folder)
            if files:
                yield Candidate(JournalFiles(folder, tuple(files)), folder, folder)
            else:
                yield Candidate(SourceError(folder, "holds no systemd journal file"), folder, folder)
        if not is_journal_name(name) and (not only or isinstance(candidate.item, SourceError)):
            yield candidate


def _is_journal(candidate: Candidate, *, only: bool) -> bool:
    # What a name promises is looked at, unless nothing but a journal would do.
    if not isinstance(candidate.item, Path) or not is_journal_name(candidate.name):
        return False
    return only or is_journal_file(candidate.name)
