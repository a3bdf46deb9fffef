"""Bytes in: files, pipes, devices, compressed files, rotated sets, folders and archives -> blocks of bytes.

Everything the user can name becomes a :class:`Source`, one per log, that yields its bytes from the
oldest to the newest.  What cannot be read becomes a ``SourceError`` in its place and never stops the
rest.  Contents decide how something is read; names decide only which files of a folder or archive are
logs, and the order of rotated ones.
"""

from __future__ import annotations

from oomlog.sources.base import Input, Limits, Source
from oomlog.sources.journal_query import JournalQuery, LiveJournal
from oomlog.sources.open import open_sources

__all__ = ["Input", "JournalQuery", "Limits", "LiveJournal", "Source", "open_sources"]
