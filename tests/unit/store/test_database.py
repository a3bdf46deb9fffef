"""A store survives what happens to files: crashes, other writers, full disks, old and foreign files."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

import oomlog
from oomlog import store
from oomlog.errors import StoreError
from oomlog.store import Adder, Store, Wanted
from oomlog.store.schema import APPLICATION_ID, MIGRATIONS, VERSION

ROOT = Path(__file__).parents[3]
SAMPLES = ROOT / "samples"
LOGS = sorted(SAMPLES.glob("v6.*.dmesg.log"))[:12]
# Adds the logs one by one, and says when each is in.
ADD = """
import sys
from oomlog.cli.main import entry
sys.argv = ["oomlog", "history", "--db", sys.argv[1], "add", *sys.argv[2:]]
entry()
"""


def add(db: Path, *logs: object, wait_s: float = 60.0) -> store.Added:
    with Store(db, write=True, wait_s=wait_s) as opened:
        adder = Adder(opened, "test")
        for number, log in enumerate(logs):
            for event in oomlog.parse(log):
                adder.add(event)
            adder.end(str(log) if isinstance(log, Path) else f"log {number}", 0)
        return adder.total


def adding(db: Path, *logs: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", ADD, str(db), *map(str, logs)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def contents(db: Path) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(db)) as connection:
        columns = "pid, comm, anon_rss_kb, uptime_s, oom_memcg, limit_kb, kernel_release, line"
        return sorted(connection.execute(f"SELECT {columns} FROM kills").fetchall(), key=repr)


def sound(db: Path) -> bool:
    with closing(sqlite3.connect(db)) as connection:
        whole = connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return whole and not connection.execute("PRAGMA foreign_key_check").fetchall()


def test_killed_at_any_moment(tmp_path):
    """Whenever an adder is killed, the store is sound, has whole files only, and the rest can be added."""
    clean = tmp_path / "clean.sqlite"
    add(clean, *LOGS)
    chance = random.Random(4)
    for attempt in range(8):
        db = tmp_path / f"{attempt}.sqlite"
        process = adding(db, *LOGS)
        assert process.stdout is not None
        for _ in range(chance.randrange(len(LOGS))):  # after so many files, and a moment more
            process.stdout.readline()
        time.sleep(chance.random() / 50)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        if db.exists() and db.stat().st_size:
            assert sound(db)
            with closing(sqlite3.connect(db)) as connection:
                named = connection.execute("SELECT name, events FROM sources WHERE events").fetchall()
                for name, events in named:
                    assert events == len(list(oomlog.parse(Path(name))))
        add(db, *LOGS)
        assert contents(db) == contents(clean)


def test_interrupted_by_the_user(tmp_path):
    """Ctrl-C takes back the file that was being added."""
    db = tmp_path / "k.sqlite"
    add(db, LOGS[0])
    with Store(db, write=True) as opened:
        adder = Adder(opened, "test")
        for event in oomlog.parse(LOGS[1]):
            adder.add(event)
        adder.abandon(KeyboardInterrupt())
        for event in oomlog.parse(LOGS[2]):  # and the next one can be added
            adder.add(event)
        adder.end(str(LOGS[2]), 0)
    add(tmp_path / "other.sqlite", LOGS[0], LOGS[2])
    assert contents(db) == contents(tmp_path / "other.sqlite")


def test_several_writers(tmp_path):
    """Processes that add the same and other logs at once wait for each other, and each kill is in once."""
    db = tmp_path / "k.sqlite"
    shares = [LOGS[:8], LOGS[4:], LOGS[::2], LOGS[::-1]]
    writers = [adding(db, *share) for share in shares]
    for writer in writers:
        _, err = writer.communicate(timeout=120)
        assert (writer.returncode, err) == (0, b"")
    add(tmp_path / "clean.sqlite", *LOGS)
    strip = [row[:-1] for row in contents(db)]
    assert strip == [row[:-1] for row in contents(tmp_path / "clean.sqlite")]
    assert sound(db)


def test_a_reader_is_not_disturbed(tmp_path):
    """While a file is being added, readers see the store as it was."""
    db = tmp_path / "k.sqlite"
    add(db, LOGS[0])
    before = len(store.kills(db))
    with Store(db, write=True) as writer, writer.transaction():
        writer.connection.execute("DELETE FROM event")
        assert len(store.kills(db)) == before
    assert len(store.kills(db)) == 0


def test_a_writer_that_does_not_end(tmp_path):
    """Who waits in vain is told so, and nothing of the file is added."""
    db = tmp_path / "k.sqlite"
    add(db, LOGS[0])
    told = pytest.raises(StoreError, match=r"another process has been writing to it for more than 0\.05 s")
    with Store(db, write=True) as first, first.transaction(), told:
        add(db, LOGS[1], wait_s=0.05)
    add(db, LOGS[1])
    add(tmp_path / "clean.sqlite", LOGS[0], LOGS[1])
    assert contents(db) == contents(tmp_path / "clean.sqlite")


def test_a_full_disk(tmp_path):
    """Where there is no room for a file, nothing of it is added, and the store stays sound."""
    db = tmp_path / "k.sqlite"
    add(db, LOGS[0])
    before = contents(db)
    with Store(db, write=True) as opened:
        pages = opened.connection.execute("PRAGMA page_count").fetchone()[0]
        opened.connection.execute(f"PRAGMA max_page_count = {pages + 1}")
        adder = Adder(opened, "test")
        with pytest.raises(StoreError, match="no room left on the disk"):
            for path in LOGS[1:]:
                for event in oomlog.parse(path):
                    adder.add(event)
                adder.end(str(path), 0)
    assert sound(db)
    assert set(before) <= set(contents(db))
    assert add(db, *LOGS).new_kills > 0


def test_a_store_of_version_1(tmp_path):
    """A store from the first version is brought up to date by readers and writers, and loses nothing."""
    script = (Path(__file__).parents[2] / "data/store/v1.sql").read_text()
    # The first of them was recorded anew since.
    logs = [Path(__file__).parents[2] / "data/small/v7.2-series.dmesg.log"]
    logs += [SAMPLES / name for name in ("v5.10-memcg-no-killable.kmsg.log", "v6.12-hostile-comm.kmsg.log")]
    add(tmp_path / "new.sqlite", *logs)
    for how in ("read", "write"):
        db = tmp_path / f"{how}.sqlite"
        with closing(sqlite3.connect(db)) as connection:
            connection.executescript(script)
        if how == "read":
            assert len(store.kills(db)) == 12
        again = add(db, *logs)
        assert (again.events, again.new_events, again.new_kills) == (13, 0, 0)
        assert contents(db) == contents(tmp_path / "new.sqlite")
        with Store(db) as opened:
            assert opened.connection.execute("PRAGMA user_version").fetchone()[0] == VERSION > 1
            untrusted = opened.connection.execute("SELECT untrusted FROM sources").fetchall()
        assert untrusted[0] == (None,)
        assert [len(event.kills) for event in store.oom_events(db)] == [1, 2, 1, 0, 0, *[1] * 8]


def test_version_1_stays_as_it_was(tmp_path):
    """The first migration makes the tables of the stored version 1, column for column."""
    script = (Path(__file__).parents[2] / "data/store/v1.sql").read_text()
    schemas = []
    for text in (script, MIGRATIONS[0]):
        with closing(sqlite3.connect(":memory:")) as connection:
            connection.executescript(text)
            rows = connection.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall()
            schemas.append({name: " ".join((sql or "").replace('"', "").split()) for name, sql in rows})
    assert schemas[0] == schemas[1]


def test_a_store_of_the_future(tmp_path):
    """What a newer oomlog wrote is left alone."""
    db = tmp_path / "k.sqlite"
    add(db, LOGS[0])
    with closing(sqlite3.connect(db)) as connection:
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    for write in (False, True):
        with pytest.raises(
            StoreError, match=f"newer oomlog \\(it has version {VERSION + 1}, this oomlog knows"
        ):
            Store(db, write=write)


@pytest.mark.parametrize("write", [False, True])
def test_what_is_no_store(tmp_path, write):
    """Folders, other files, other databases and damaged stores are told apart, and not changed."""
    text, other, cut = tmp_path / "a.log", tmp_path / "other.db", tmp_path / "cut.sqlite"
    text.write_text("not a database, but a log\n" * 100)
    with closing(sqlite3.connect(other)) as connection:
        connection.execute("CREATE TABLE mine (x)")
    add(cut, *LOGS[:3])
    cut.write_bytes(cut.read_bytes()[:5000])
    with pytest.raises(StoreError, match="is a folder"):
        Store(tmp_path, write=write)
    with pytest.raises(StoreError, match="is not a store of kills"):
        Store(text, write=write)
    with pytest.raises(StoreError, match="is a database of something else"):
        Store(other, write=write)
    with pytest.raises(StoreError, match="is damaged"), Store(cut, write=write) as opened:
        store.counted(opened, Wanted())
    assert text.read_text().startswith("not a database")
    with closing(sqlite3.connect(other)) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("mine",)]


def test_vacuum_says_what_is_damaged(tmp_path):
    """A store whose pages are damaged is not made smaller; the message is one line and says where."""
    db = tmp_path / "k.sqlite"
    add(db, *LOGS)
    data = bytearray(db.read_bytes())
    data[20_000:50_000] = b"\xff" * 30_000
    db.write_bytes(data)
    with (
        pytest.raises(StoreError, match=r"is damaged: .*\.recover") as caught,
        Store(db, write=True) as opened,
    ):
        store.vacuum(opened)
    assert "\n" not in str(caught.value)


def test_reading_makes_no_file(tmp_path):
    """A reader of a store that is not there, or is empty, is told how to make one."""
    with pytest.raises(StoreError, match="there is no such file; make it with: oomlog history --db"):
        Store(tmp_path / "none.sqlite")
    (tmp_path / "empty.sqlite").touch()
    with pytest.raises(StoreError, match="holds nothing yet; fill it with"):
        Store(tmp_path / "empty.sqlite")
    assert [path.name for path in tmp_path.iterdir()] == ["empty.sqlite"]
    assert add(tmp_path / "empty.sqlite", LOGS[0]).new_kills


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written(tmp_path):
    """A store there can be read, and adding to it says why not."""
    folder = tmp_path / "there"
    folder.mkdir()
    db = folder / "k.sqlite"
    add(db, LOGS[0])
    db.chmod(0o444)
    folder.chmod(0o555)
    try:
        assert len(store.kills(db)) > 0
        with pytest.raises(StoreError, match="cannot be written"):
            add(db, LOGS[1])
    finally:
        folder.chmod(0o755)


def test_the_file_says_what_it_is(tmp_path):
    """The header has an application id, and a store that nobody uses is one file."""
    db = tmp_path / "k.sqlite"
    add(db, LOGS[0])
    assert [path.name for path in tmp_path.iterdir()] == ["k.sqlite"]
    assert int.from_bytes(db.read_bytes()[68:72], "big") == APPLICATION_ID


def test_names_of_stores(tmp_path):
    """A path may have any characters."""
    db = tmp_path / "a ?b#c%41&mode=ro.sqlite"
    add(db, LOGS[0])
    assert db.exists()
    assert len(store.kills(db)) > 0
