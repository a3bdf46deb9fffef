"""How fast is a store of kills?  ``python benchmarks/store.py`` adds a log to one and looks at it.

Rows, each against a yardstick measured in the same run, with the same kills:

- add: kill lines, one a kill, into a new store; yardstick: ``oomlog.parse`` of the same log, and bare
  ``executemany`` of rows as wide as the store's into SQLite;
- again: the same log once more, of which nothing is new;
- storm: whole reports of 300 tasks each (``generate.storm``);
- load: ``store.kills`` of all kills, and ``oomlog history --db``; yardstick: ``fetchall`` of the same rows;
- the same history once the reports of the storm are the last events, whose task tables are looked at.

``--kills`` says how many kills are loaded: those of the log and copies of them, put in by SQL, spread over
hosts, victims and cgroups of a fleet.  CPU seconds are given beside seconds, for machines that have something
else to do.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import generate
import oomlog
from oomlog import store
from oomlog.frame.exported import place_cells
from oomlog.store.packed import pack
from oomlog.store.texts import Places, Texts

_BOOT = datetime(2025, 3, 1, 6, 25, 1, tzinfo=UTC)
_COLUMNS = 52
"""Numbers that a kill has in the tables ``event``, ``kill`` and ``report``."""


def kill_lines(path: Path, kills: int, seed: int) -> None:
    """Write a log of kill lines of twenty hosts."""
    rng = Random(seed)
    uptime = 10.0
    with path.open("w") as file:
        for number in range(kills):
            uptime += rng.uniform(0.5, 120)
            time_ = (_BOOT + timedelta(seconds=uptime)).isoformat(timespec="microseconds")
            rss = rng.randrange(1 << 22)
            file.write(
                f"{time_} web-{number % 20:02} kernel: [{uptime:12.6f}] Memory cgroup out of memory: Killed "
                f"process {rng.randrange(1 << 22)} (job{number % 37}) total-vm:{rss * 3}kB, "
                f"anon-rss:{rss}kB, file-rss:{rng.randrange(9000)}kB, shmem-rss:0kB, UID:1000 "
                f"pgtables:{rss // 500}kB oom_score_adj:0\n"
            )


def measured(name: str, count: int, work: Callable[[], object]) -> None:
    """Print how long something takes and how many kills a second that is."""
    wall, cpu = time.perf_counter(), sum(os.times()[:4])
    work()
    wall, cpu = time.perf_counter() - wall, max(sum(os.times()[:4]) - cpu, 0.01)
    print(f"{name:34} {wall:8.2f} s {cpu:8.2f} CPU s {count / wall:12,.0f}/s {count / cpu:12,.0f}/CPU s")


def add(db: Path, log: Path) -> None:
    """Add one log to a store."""
    with store.Store(db, write=True) as opened:
        adder = store.Adder(opened, "benchmark")
        for event in oomlog.parse(log):
            adder.add(event)
        adder.end(str(log), 0)


def bare(path: Path, rows: int) -> None:
    """Put rows of numbers into a table without an index."""
    connection = sqlite3.connect(path)
    names = ", ".join(f"c{at}" for at in range(_COLUMNS))
    connection.execute(f"CREATE TABLE bare ({names})")
    marks = ", ".join("?" * _COLUMNS)
    row = tuple(range(_COLUMNS))
    connection.executemany(f"INSERT INTO bare VALUES ({marks})", (row for _ in range(rows)))
    connection.commit()
    connection.close()


def multiply(db: Path, kills: int) -> int:
    """Copy the events of a store, each later than the last, until it has so many; return how many it has."""
    with store.Store(db, write=True) as opened, opened.transaction():
        execute = opened.connection.execute
        have = int(execute("SELECT max(id) FROM event").fetchone()[0])
        for copy in range(1, max(1, kills // have)):
            changed = {"content": f"content + {copy}"}
            for name in ("time_us", "local_us"):
                changed[name] = f"{name} + {copy * 10**11}"
            for table, key in (("event", "id"), ("kill", "event"), ("report", "event")):
                names = [column[1] for column in execute(f"PRAGMA table_info({table})")]
                values = {**changed, key: f"{key} + {copy * have}"}
                chosen = ", ".join(values.get(name, name) for name in names)
                execute(f"INSERT INTO {table} SELECT {chosen} FROM {table} WHERE {key} <= {have}")
        return int(execute("SELECT count(*) FROM kill").fetchone()[0])


def spread(db: Path, hosts: int, victims: int, cgroups: int) -> None:
    """Give the events of a store hosts, victims, cgroups and limits of a fleet, and pack them."""
    names = {
        "host": [f"node-{at:05}" for at in range(hosts)],
        "comm": [f"worker-{at}" for at in range(victims)],
        "path": [f"/system.slice/docker-{at * 7919 << 224:064x}.scope" for at in range(cgroups)],
    }
    with store.Store(db, write=True) as opened, opened.transaction():
        texts, places = Texts(opened.connection), Places(opened.connection)
        # New numbers follow on each other.
        first = {name: min(texts.number(text) or 0 for text in found) for name, found in names.items()}
        place = min(places.number(place_cells(path, path, "memcg")) or 0 for path in names["path"])
        at = f"(id * 7919 % {cgroups})"  # each cgroup is on one host and has one limit, and a few programs
        opened.connection.execute(
            f"""UPDATE event SET scope = ?, host = ? + {at} % {hosts}, oom_memcg = ? + {at},
            task_memcg = ? + {at}, place = ? + {at}, limit_kb = 262144 << ({at} % 6)""",
            (texts.number("memcg"), first["host"], first["path"], first["path"], place),
        )
        opened.connection.execute(
            f"UPDATE kill SET comm = ? + (event * 7919 % {cgroups} * 3 + event % 3) % {victims}",
            (first["comm"],),
        )
        pack(opened.connection)


def fetch(db: Path) -> None:
    """Fetch all kills as Python objects."""
    with store.Store(db) as opened:
        query = "SELECT * FROM event CROSS JOIN kill ON kill.event = event.id"
        opened.connection.execute(query).fetchall()


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure a store of kills.")
    parser.add_argument("--lines", type=int, default=100_000, help="kill lines to add")
    parser.add_argument("--kills", type=int, default=1_000_000, help="kills to load")
    parser.add_argument("--storm-mib", type=int, default=64, help="size of the log of whole reports")
    parser.add_argument(
        "--fleet",
        type=int,
        nargs=3,
        default=(500, 400, 3000),
        metavar=("HOSTS", "VICTIMS", "CGROUPS"),
        help="what the kills to load are spread over",
    )
    parser.add_argument("--seed", type=int, default=20250301)
    args = parser.parse_args()
    with TemporaryDirectory() as name:
        folder = Path(name)
        db, lines, storm = folder / "kills.sqlite", folder / "lines.log", folder / "storm.log"
        kill_lines(lines, args.lines, args.seed)
        size = args.storm_mib << 20
        truth = generate.write_file(storm, partial(generate.storm, seed=args.seed, size=size))
        measured("bare executemany", args.lines, lambda: bare(folder / "bare.sqlite", args.lines))
        measured("parse kill lines", args.lines, lambda: sum(1 for _ in oomlog.parse(lines)))
        measured("add kill lines", args.lines, lambda: add(db, lines))
        measured("add them again", args.lines, lambda: add(db, lines))
        measured("parse reports", truth.kills, lambda: sum(1 for _ in oomlog.parse(storm)))
        measured("add reports", truth.kills, lambda: add(folder / "storm.sqlite", storm))
        kills = multiply(db, args.kills)
        spread(db, *args.fleet)
        megabytes = db.stat().st_size / 1e6
        print(f"{kills:,} kills, {megabytes:,.0f} MB")
        measured("fetchall", kills, lambda: fetch(db))
        measured("store.kills", kills, lambda: store.kills(db))
        some = ["comm", "time", "host", "rss_kb"]
        measured("store.kills, 4 columns", kills, lambda: store.kills(db, columns=some))
        command = [sys.executable, "-m", "oomlog", "history", "--db", str(db)]
        run = partial(subprocess.run, command, check=True, stdout=subprocess.DEVNULL)
        measured("oomlog history --db", kills, run)
        add(db, storm)
        measured("the same, reports are last", kills, run)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
