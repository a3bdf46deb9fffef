"""Which kills were handed out, what is stored about that, and what a killed run wrote."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

import oomlog
from oomlog.errors import OomlogError
from oomlog.model import OomEvent
from oomlog.watch.handed import Handed, keys_of
from oomlog.watch.sink import Sink
from oomlog.watch.state import Entry, State, Writing, default_state, load_state, lock_state, save_state


def events(data: bytes) -> list[OomEvent]:
    return list(oomlog.parse(data))


def test_keys_do_not_depend_on_where_reading_began(lines: Any) -> None:
    """A kill has the same key with and without its report around it, and each kill its own."""
    (whole,) = events(lines.other(0.5) + lines.header(1) + lines.kill(2))
    (alone,) = events(lines.kill(2))
    assert keys_of(whole) == keys_of(alone)
    assert len({key for event in events(lines.kill(2) + lines.kill(3)) for key in keys_of(event)}) == 2


def test_known_kills_are_handed_out_once(lines: Any) -> None:
    """Of an event only the kills that are new are handed out; a known one counts once."""
    one, two = events(lines.kill(1) + lines.kill(2))
    handed = Handed(frozenset({"exec"}))
    handed.expect([Entry(keys_of(one), {"exec", "webhook"})])
    assert handed.claim(one) == (None, frozenset({"exec"}))
    assert handed.claim(two) == (two, frozenset({"exec"}))
    assert handed.claim(one) == (one, frozenset({"exec"}))
    one.kills = (*one.kills, *two.kills)
    handed.expect([Entry(keys_of(two), set())])
    found, _ = handed.claim(one)
    assert found is not None and [kill.pid for kill in found.kills] == [1]


def test_events_behind_the_place_are_forgotten() -> None:
    """Only what reading from the stored place would find again is stored with it."""
    handed = Handed(frozenset({"exec"}))
    handed.entries = [Entry(("a",), set(), 10), Entry(("b",), {"exec"}, 20), Entry(("c",), set(), 30)]
    assert [entry.keys for entry in handed.pending(100)] == [("b",), ("c",)]
    handed.entries[0].left.clear()
    assert handed.pending(100) == []


def test_state_is_stored_as_a_whole(tmp_path: Path) -> None:
    """What was saved is loaded; nothing else stays in the folder, and others cannot read it."""
    path = tmp_path / "folder" / "state"
    state = State("file:/x", {"offset": 3}, [Entry(("a", "b"), {"exec"})], Writing(("c",), 1, 2, 3))
    save_state(path, state)
    found = load_state(path, "file:/x")
    assert (found.position, found.handed[0].keys, found.handed[0].left) == (
        {"offset": 3},
        ("a", "b"),
        {"exec"},
    )
    assert found.writing == Writing(("c",), 1, 2, 3)
    assert [each.name for each in path.parent.iterdir()] == ["state"]
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "null", '{"schema":"oomlog.watch-state/1","source":"s","position":null}', "\xff"]
)
def test_damaged_state_is_refused(tmp_path: Path, text: str) -> None:
    """A state that cannot be understood is an error, never the beginning of the log."""
    (tmp_path / "state").write_text(text)
    with pytest.raises(OomlogError, match="remove it to begin anew"):
        load_state(tmp_path / "state", "s")


def test_state_of_another_source_is_refused(tmp_path: Path) -> None:
    """A place in one log is none in another."""
    save_state(tmp_path / "state", State("file:/x"))
    with pytest.raises(OomlogError, match="belongs to 'file:/x'"):
        load_state(tmp_path / "state", "file:/y")


def test_state_belongs_to_one_watch(tmp_path: Path) -> None:
    """A second watch with the same state is refused."""
    fd = lock_state(tmp_path / "state")
    with pytest.raises(OomlogError, match="another oomlog watches with it"):
        lock_state(tmp_path / "state")
    os.close(fd)


def test_state_has_a_name_of_its_own(tmp_path: Path) -> None:
    """Sources have different files, in systemd's folder, XDG's or the default one."""
    home = {"HOME": "/home/u"}
    one, two = default_state(home, "file:/a/kern.log"), default_state(home, "file:/b/kern.log")
    assert one != two and one.parent == two.parent == Path("/home/u/.local/state/oomlog")
    assert default_state({"XDG_STATE_HOME": "/s"}, "journal:").parent == Path("/s/oomlog")
    assert default_state({"STATE_DIRECTORY": "/var/lib/oomlog"}, "journal:").parent == Path("/var/lib/oomlog")


def test_output_of_a_killed_run_is_seen_from_its_size(tmp_path: Path) -> None:
    """Written in full, in part (which is taken back), or not at all."""
    path = tmp_path / "out"
    sink = Sink(str(path))
    sink.write(b"before\n")
    plan = sink.plan(("k",), b"event\n")
    assert plan is not None and not sink.was_written(plan)
    sink.write(b"ev")
    assert not sink.was_written(plan)
    assert path.read_bytes() == b"before\n"
    sink.write(b"event\n")
    assert sink.was_written(plan)
    path.unlink()
    path.write_bytes(b"a new file that is long enough")
    sink.reopen()
    assert not sink.was_written(plan)
    sink.close()


def test_nobody_can_look_into_a_pipe() -> None:
    """There is nothing to plan for a pipe, and nothing is known about what was written."""
    read, write = os.pipe()
    sink = Sink(None, write)
    assert sink.plan(("k",), b"x") is None and sink.empty
    assert not sink.was_written(Writing(("k",), 1, 0, 1))
    os.close(read)
    with pytest.raises(BrokenPipeError):
        sink.write(b"x")
    os.close(write)
