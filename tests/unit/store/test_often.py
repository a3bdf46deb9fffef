"""Lines that somebody wrote again and again are stored as quickly as others, and as exactly."""

from __future__ import annotations

import sqlite3
from datetime import UTC
from pathlib import Path

import oomlog_render as render
import pytest
from oomlog_render import TRANSPORTS

import oomlog
from oomlog.frame import sightings
from oomlog.store import Adder, Store, match, often

SAMPLES = sorted((Path(__file__).parents[3] / "samples").glob("v[67]*.kmsg.log"))[::5]
BARE = "Out of memory: Killed process 7 (a)"
SIZED = f"{BARE} total-vm:90kB, anon-rss:80kB, file-rss:0kB, shmem-rss:0kB"
HEADER = "a invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0"


def add(db: Path, *logs: list[oomlog.OomEvent]) -> None:
    with Store(db, write=True) as opened:
        adder = Adder(opened, "test")
        for number, events in enumerate(logs):
            for event in events:
                event.source = str(number)
                adder.add(event)
            adder.end(str(number), 0)


def stored(db: Path) -> list[list[tuple[object, ...]]]:
    views = ("events", "kills")
    with sqlite3.connect(db) as connection:
        rows = [connection.execute(f"SELECT * FROM {view} ORDER BY 1, 2").fetchall() for view in views]
    connection.close()
    return rows


def test_each_record_finds_its_event_among_many(tmp_path, monkeypatch):
    """Where a content is often there, the same events are found as where it is not."""
    logs = []
    for path in SAMPLES:
        records = tuple(render.read_records(path.read_bytes()))
        logs += [list(oomlog.parse(each.render(records), year=2026, tz=UTC)) for each in TRANSPORTS[::4]]
    add(tmp_path / "few.sqlite", *logs)
    monkeypatch.setattr(often, "_FEW", 0)
    monkeypatch.setattr(sightings, "_FEW", 0)
    add(tmp_path / "many.sqlite", *logs)
    assert stored(tmp_path / "many.sqlite") == stored(tmp_path / "few.sqlite")


@pytest.mark.parametrize("line", [BARE, SIZED, HEADER], ids=["bare", "sized", "header"])
@pytest.mark.parametrize(
    "prefix",
    [
        lambda n: f"[{5 + n:5d}.000001] ",
        lambda n: f"[    5.{n * 5:06d}] ",
        lambda n: f"Mar  1 10:00:00 web{n} kernel: ",
    ],
    ids=["uptimes", "one-second", "hosts"],
)
def test_a_line_written_again_and_again_is_not_compared_with_all_others(line, prefix, tmp_path, monkeypatch):
    """Comparisons grow with the records, not with their square; in another log they are the same."""
    written = "".join(f"{prefix(number)}{line}\n" for number in range(600)).encode()
    log, other = list(oomlog.parse(written)), list(oomlog.parse(written))
    compared = 0
    same_moment = match.same_moment

    def counted(one, two):
        nonlocal compared
        compared += 1
        return same_moment(one, two)

    monkeypatch.setattr(match, "same_moment", counted)
    add(tmp_path / "k.sqlite", log, other)
    assert len(stored(tmp_path / "k.sqlite")[0]) == 600
    assert compared <= 100 * 2 * 600
