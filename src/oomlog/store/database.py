"""Open a store, and say in plain words why that fails."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from oomlog.errors import StoreError
from oomlog.store.packed import pack
from oomlog.store.schema import APPLICATION_ID, MIGRATIONS, VERSION

__all__ = ["WAIT_S", "Store", "opened"]

WAIT_S = 60.0
"""So long a writer waits for another one."""
# Primary result codes, https://www.sqlite.org/rescode.html
_REASONS = {
    sqlite3.SQLITE_FULL: ("no room left on the disk", "free some, nothing of this file was added"),
    sqlite3.SQLITE_NOTADB: ("is not a store of kills", "name another file"),
    sqlite3.SQLITE_CORRUPT: (
        "is damaged",
        "what can be read is written to a new file by: sqlite3 OLD .recover | sqlite3 NEW",
    ),
    sqlite3.SQLITE_READONLY: ("cannot be written: permission denied", "copy it to a folder of your own"),
    sqlite3.SQLITE_PERM: ("permission denied", "copy it to a folder of your own"),
    sqlite3.SQLITE_CANTOPEN: ("cannot be opened", "a store needs a folder that can be written"),
    sqlite3.SQLITE_IOERR: ("the disk or device reported an error", "see 'dmesg' for it"),
}


class Store:
    """A store of kills in one SQLite file; used as a context manager.

    :param path: The file.  A writer makes it when there is none.
    :param write: Events are to be added or deleted; otherwise nothing is changed.
    :param wait_s: How long to wait for another process that writes.
    :raise StoreError: It cannot be opened, or is not a store.
    """

    def __init__(self, path: str | Path, *, write: bool = False, wait_s: float = WAIT_S) -> None:
        self.path = str(path)
        self.wait_s = wait_s
        file = Path(path)
        with self.explained():
            self._must_be_a_file(file, write)
            self.connection = self._open(file, write)
            try:
                self._check(file, write)
            except BaseException:
                self.connection.close()
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.connection.close()

    def _must_be_a_file(self, file: Path, write: bool) -> None:
        try:
            mode = file.stat().st_mode
        except FileNotFoundError:
            if write and file.parent.is_dir():
                return
            if write:
                hint = f"make it first: mkdir -p {file.parent}"
                raise StoreError(self.path, f"there is no folder {file.parent}", hint=hint) from None
            hint = f"make it with: oomlog history --db {self.path} add FILE"
            raise StoreError(self.path, "there is no such file", hint=hint) from None
        except OSError as error:
            raise StoreError(self.path, str(error.strerror).lower()) from error
        except ValueError:
            raise StoreError(self.path, "is not a possible file name") from None
        if stat.S_ISDIR(mode):
            raise StoreError(self.path, "is a folder", hint="name a file in it")
        if not stat.S_ISREG(mode):
            raise StoreError(self.path, "is not a regular file", hint="name a file")

    def _open(self, file: Path, write: bool) -> sqlite3.Connection:
        mode = "rwc" if write else "ro"
        connection = self._connect(file, f"mode={mode}")
        try:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.OperationalError:
            connection.close()
            # A reader, too, makes files beside a store, unless nobody has written to it since it was closed.
            beside = Path(f"{self.path}-wal")
            if write or (beside.exists() and beside.stat().st_size):
                raise
            connection = self._connect(file, "mode=ro&immutable=1")
        except BaseException:
            connection.close()
            raise
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA cache_size = -65536")
        return connection

    def _connect(self, file: Path, how: str) -> sqlite3.Connection:
        name = quote(str(file.absolute()).encode("utf-8", "surrogateescape"))
        return sqlite3.connect(f"file:{name}?{how}", uri=True, timeout=self.wait_s, isolation_level=None)

    def _check(self, file: Path, write: bool) -> None:
        version, application = self._number("user_version"), self._number("application_id")
        fresh = not self.connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if not fresh and (application != APPLICATION_ID or version < 1):
            raise StoreError(self.path, "is a database of something else", hint="name another file")
        if version > VERSION:
            raise StoreError(
                self.path,
                f"was written by a newer oomlog (it has version {version}, this oomlog knows {VERSION})",
                hint="use that oomlog, or upgrade this one",
            )
        if fresh and not write:
            hint = f"fill it with: oomlog history --db {self.path} add FILE"
            raise StoreError(self.path, "holds nothing yet", hint=hint)
        if not write and version < VERSION:
            self._migrate_for_reader(file)
        elif write:
            self.connection.execute("PRAGMA journal_mode = WAL")
            self.connection.execute("PRAGMA synchronous = NORMAL")
            self._migrate()

    def _migrate_for_reader(self, file: Path) -> None:
        try:
            with Store(file, write=True, wait_s=self.wait_s):
                pass
        except StoreError as error:
            raise StoreError(
                self.path,
                f"was written by an older oomlog and cannot be brought up to date: {error.reason}",
                hint="copy it to a folder of your own",
            ) from error
        self.connection.close()
        self.connection = self._open(file, write=False)

    def _number(self, pragma: str) -> int:
        return int(self.connection.execute(f"PRAGMA {pragma}").fetchone()[0])

    def _migrate(self) -> None:
        if self._number("user_version") == VERSION:
            return
        with self.transaction():
            # Another process may have done it while this one waited.
            for version in range(self._number("user_version"), VERSION):
                for statement in _statements(MIGRATIONS[version]):
                    self.connection.execute(statement)
                self.connection.execute(f"PRAGMA user_version = {version + 1}")
            self.connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            pack(self.connection)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Do all of it or nothing; waits until nobody else writes.

        :raise StoreError: It cannot be done.
        """
        with self.explained():
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self.connection.execute("COMMIT")
            except BaseException:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                raise

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Read what the store was at one moment, whatever others write meanwhile.

        :raise StoreError: It cannot be read.
        """
        with self.explained():
            if self.connection.in_transaction:
                yield
                return
            self.connection.execute("BEGIN")
            try:
                yield
            finally:
                self.connection.execute("ROLLBACK")

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Turn SQLite's errors into messages."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                reason = f"another process has been writing to it for more than {self.wait_s:g} seconds"
                raise StoreError(self.path, reason, hint="try again when it is done") from error
            reason, hint = _REASONS.get(code, (str(error), ""))
            raise StoreError(self.path, reason, hint=hint or None) from error


def opened(db: Store | str | Path) -> Store:
    """Return a store to read from."""
    return db if isinstance(db, Store) else Store(db)


def _statements(script: str) -> Iterator[str]:
    """Yield the statements one by one, as executescript() would end the transaction."""
    pending = ""
    for part in script.split(";"):
        pending += part + ";"
        if sqlite3.complete_statement(pending):
            yield pending
            pending = ""
