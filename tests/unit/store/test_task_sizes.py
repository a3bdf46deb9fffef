"""What the last task tables say is the same, whoever reads it."""

from __future__ import annotations

import os
import signal
import time
from multiprocessing import active_children
from pathlib import Path

import pandas
import pytest

import oomlog
from oomlog.frame import tables
from oomlog.history.growth import sizes, sizes_of
from oomlog.store import Adder, Store, Wanted
from oomlog.store.task_sizes import last_sizes, processors, sizes_ahead

LOGS = sorted((Path(__file__).parents[3] / "samples").glob("v*.dmesg.log"))[::4]
KILL = b"kernel: Out of memory: Killed process 7 (a) total-vm:90kB, anon-rss:80kB, file-rss:0kB\n"

pytestmark = [
    pytest.mark.skipif(processors() < 2, reason="another process needs a processor"),
    # Libraries have started threads in the process of the tests; in that of the command they have not.
    pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning"),
]


@pytest.fixture(scope="module")
def db(tmp_path_factory) -> Path:
    """Make a store of whole reports and of lone kill lines."""
    db = tmp_path_factory.mktemp("sizes") / "k.sqlite"
    with Store(db, write=True) as opened:
        adder = Adder(opened, "test")
        for log in (*LOGS, KILL):
            for event in oomlog.parse(log):
                adder.add(event)
            adder.end(str(log), 0)
    return db


@pytest.fixture(autouse=True)
def much(monkeypatch):
    """Take every store for one with much to read."""
    monkeypatch.setattr("oomlog.store.task_sizes._WORTH_IT", 0)


def test_sizes_are_those_of_the_tables(db):
    """All processes of all task tables are there, with the sizes of ``frame.tasks``."""
    want = sizes(tables.tasks(event for log in LOGS for event in oomlog.parse(log)))
    got = sizes_of(last_sizes(db, Wanted()))
    pandas.testing.assert_frame_equal(got, want)
    assert want["size_kb"].notna().any()


def test_another_process_reads_the_same(db):
    """Read ahead, they are the same."""
    with sizes_ahead(db, Wanted()) as ahead:
        assert active_children()
        assert ahead() == last_sizes(db, Wanted())
    with sizes_ahead(db, Wanted(host="nowhere")) as ahead:
        assert not any(ahead().values())


def test_a_killed_reader_is_stood_in_for(db, monkeypatch):
    """Where the other process is killed, for want of memory say, this one reads them itself."""
    monkeypatch.setattr("oomlog.store.task_sizes.numbered_events", _slowly)
    with sizes_ahead(db, Wanted()) as ahead:
        monkeypatch.undo()
        [child] = active_children()
        os.kill(child.pid or 0, signal.SIGKILL)
        assert ahead() == last_sizes(db, Wanted())


def test_nobody_waits_for_what_is_not_wanted(db, monkeypatch):
    """Leaving early ends the other process."""
    monkeypatch.setattr("oomlog.store.task_sizes.numbered_events", _slowly)
    before = time.monotonic()
    with pytest.raises(KeyboardInterrupt), sizes_ahead(db, Wanted()):
        raise KeyboardInterrupt
    assert not active_children()
    assert time.monotonic() - before < 30


def _slowly(*_: object, **__: object) -> list[object]:
    time.sleep(60)
    return []
