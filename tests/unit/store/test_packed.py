"""Kills packed as columns are the same kills, and never those of yesterday."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy
import pandas
import pytest
from hypothesis import given
from hypothesis import strategies as st

import oomlog
from oomlog import store
from oomlog.store import Adder, Store, Wanted
from oomlog.store.load import _unpacked
from oomlog.store.packed import COLUMNS, MISSING, _as_bytes, pack
from oomlog.store.schema import BLOCK_BITS, MIGRATIONS, VERSION

LOGS = sorted((Path(__file__).parents[3] / "samples").glob("v6.12-*.log"))
BLOCKS = 4


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """Make a store with the same few events in each of several blocks; the last one is not packed."""
    db = tmp_path_factory.mktemp("packed") / "k.sqlite"
    with Store(db, write=True) as opened:
        adder = Adder(opened, "test")
        for log in LOGS:
            for event in oomlog.parse(log, include_untrusted=True):
                adder.add(event)
            adder.end(str(log), 0)
        with opened.transaction():
            for block in range(1, BLOCKS):
                for table, key in (("event", "id"), ("kill", "event")):
                    names = [row[1] for row in opened.connection.execute(f"PRAGMA table_info({table})")]
                    moved = {key: f"{key} + {block << BLOCK_BITS}", "content": f"content + {block}"}
                    values = ", ".join(moved.get(name, name) for name in names)
                    opened.connection.execute(
                        f"INSERT INTO {table} SELECT {values} FROM {table} WHERE {key} < {1 << BLOCK_BITS}"
                    )
            pack(opened.connection)
    return db


@pytest.fixture
def db(made, tmp_path) -> Path:
    """Return a copy of that store."""
    copy = tmp_path / "k.sqlite"
    copy.write_bytes(made.read_bytes())
    return copy


def packed(db: Path) -> list[int]:
    with closing(sqlite3.connect(db)) as connection:
        rows = connection.execute(
            "SELECT block, count(*) FROM packed GROUP BY block ORDER BY block"
        ).fetchall()
    assert {count for _, count in rows} <= {len(COLUMNS)}
    return [block for block, _ in rows]


def changed(db: Path, statement: str) -> None:
    with closing(sqlite3.connect(db)) as connection, connection:
        connection.execute(statement)


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted(),
        Wanted(untrusted=True),
        Wanted(scope="memcg"),
        Wanted(untrusted=True, scope="global"),
        Wanted(host="nobody"),
    ],
)
def test_packed_kills_are_those_of_the_tables(db, wanted):
    """Every column of every kill is the same from packed blocks and from the tables, whatever is wanted."""
    quick = store.kills(db, wanted)
    assert packed(db) == [*range(BLOCKS - 1)]
    changed(db, "DELETE FROM packed WHERE block != 1")
    some = store.kills(db, wanted)
    changed(db, "DELETE FROM packed")
    slow = store.kills(db, wanted)
    pandas.testing.assert_frame_equal(quick, slow)
    pandas.testing.assert_frame_equal(some, slow)
    assert len(slow) or wanted.host


def test_categories_are_the_texts(db):
    """Texts as categories are the same texts, in the order of the alphabet."""
    texts, coded = store.kills(db), store.kills(db, categories=True)
    pandas.testing.assert_frame_equal(coded.astype(texts.dtypes.to_dict()), texts)
    assert all(coded[name].cat.categories.is_monotonic_increasing for name in ("comm", "source", "unit"))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE kill SET pid = 77 WHERE event = {0}",
        "UPDATE event SET host = NULL, trusted = 0 WHERE id = {0}",
        "DELETE FROM event WHERE id = {0}",
        "DELETE FROM kill WHERE event = {0}",
        "INSERT INTO kill (event, number, content, cut) VALUES ({0}, 99, 1, 0)",
        "INSERT INTO event (id, content, number, source, complete, kills) VALUES ({0} + 5000, 1, 1, 1, 1, 0)",
    ],
)
def test_a_change_unpacks_its_block(db, statement):
    """Whoever changes an event, by whatever means, makes its block be read from the tables at once."""
    event = (1 << BLOCK_BITS) + 1
    changed(db, statement.format(event))
    assert packed(db) == [0, 2]
    seen = store.kills(db, Wanted(untrusted=True))
    changed(db, "DELETE FROM packed")
    pandas.testing.assert_frame_equal(seen, store.kills(db, Wanted(untrusted=True)))
    with Store(db, write=True) as opened:
        Adder(opened, "test").end("nothing.log", 0)
    assert packed(db) == [0, 1, 2]
    pandas.testing.assert_frame_equal(seen, store.kills(db, Wanted(untrusted=True)))


def test_a_store_of_version_2(db):
    """A store from before there were packed kills gets them from whoever opens it first, a reader too.

    What its limits count was not stored then.
    """
    want = store.kills(db)
    with closing(sqlite3.connect(db)) as connection, connection:
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in names:
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("DROP TABLE packed")
        connection.executescript("DROP VIEW events; DROP VIEW kills; ALTER TABLE event DROP COLUMN limit_of;")
        connection.executescript("CREATE VIEW" + MIGRATIONS[0].split("CREATE VIEW", 1)[1])
        connection.execute("PRAGMA user_version = 2")
    found = store.kills(db)
    assert found.limit_of.isna().all()
    pandas.testing.assert_frame_equal(found.assign(limit_of=want.limit_of), want)
    assert packed(db) == [*range(BLOCKS - 1)]
    with closing(sqlite3.connect(db)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (VERSION,)


@given(st.lists(st.none() | st.integers(MISSING + 1, (1 << 63) - 1) | st.integers(-300, 300), min_size=1))
def test_any_numbers_come_back(values):
    """What SQLite can hold is packed and unpacked without loss."""
    low, width, raw = _as_bytes(values)
    assert len(raw) == width * len(values)
    found = _unpacked(len(values), low, width, raw).tolist()
    assert [None if value == MISSING else value for value in found] == values


def test_numbers_are_packed_tightly():
    """Numbers take as many bytes as the distance between them needs; a column of one value takes none."""
    widths = [
        _as_bytes(values)[1] for values in ([7, 7], [None, None], [7, None], [0, 254], [9, 300], [0, 1 << 20])
    ]
    assert widths == [0, 0, 1, 1, 2, 4]
    assert _as_bytes([0, 1 << 40])[1] == 8
    assert numpy.array_equal(_unpacked(2, 7, 0, b""), [7, 7])
