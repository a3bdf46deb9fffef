"""Write the log files the benchmark reads, and the truth about them.

``python benchmarks/generate.py`` writes to benchmarks/data (1.7 GB):

- ordinary.log: a server's kernel syslog, 1 GiB, with about 140 OOM events of six kernels;
- storm.log: one OOM event after the other, 300 tasks each, 256 MiB;
- ordinary-quarter.log, storm-quarter.log: the same at a quarter of the size;
- one-event.log: a single event;
- truth.json: bytes, lines, events, kills, task rows and a CRC-32 of each file.

The same seed and scale give the same bytes on every machine: no clock and no global random state
is used.  ``--compress`` adds a .gz and a .zst of both ordinary logs.
"""

import argparse
import gzip
import json
import shutil
import sys
import zlib
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import IO

import zstandard

import chatter
import reports
import tasks

MIB = 1024 * 1024
ORDINARY_BYTES = 1024 * MIB
ORDINARY_EVENTS = 140
STORM_BYTES = 256 * MIB
STORM_TASKS = 300

_HOST = "web-03"
_BOOT = datetime(2025, 3, 1, 6, 25, 1, tzinfo=UTC)
_POOL_LINES = 100_000
_CHUNK_LINES = 2000


@dataclass(slots=True)
class Truth:
    """What a file holds, counted while it was written."""

    bytes: int = 0
    lines: int = 0
    events: int = 0
    kills: int = 0
    task_rows: int = 0
    crc32: int = 0

    def add_event(self, report: reports.Report) -> None:
        """Count the event of one report."""
        self.events += 1
        self.kills += report.kills
        self.task_rows += report.task_rows


@dataclass(slots=True)
class Writer:
    """Lines in, chunks out: counts bytes and lines and keeps the CRC."""

    file: IO[bytes]
    truth: Truth
    pending: list[bytes] = field(default_factory=list)

    def flush(self) -> None:
        """Write the pending lines."""
        chunk = b"".join(self.pending)
        self.file.write(chunk)
        self.truth.bytes += len(chunk)
        self.truth.lines += len(self.pending)
        self.truth.crc32 = zlib.crc32(chunk, self.truth.crc32)
        self.pending.clear()


def stamp(second: int) -> bytes:
    """Return the RFC 3164 prefix of a second after boot, without the program.

    >>> stamp(0)
    b'Mar  1 06:25:01 web-03 '
    """
    now = _BOOT + timedelta(seconds=second)
    return f"{now:%b} {now.day:2d} {now:%H:%M:%S} {_HOST} ".encode()


def report_lines(second: int, report: reports.Report, aside: Iterator[bytes]) -> list[bytes]:
    """Put the logger's prefix on a report; a foreign kernel line gets in between now and then."""
    head = stamp(second) + b"kernel: [%5d." % second
    lines = []
    for number, text in enumerate(report.lines):
        if number % 97 == 60:
            lines.append(head + b"%06d] %b\n" % (number * 3 + 1, next(aside)))
        lines.append(head + b"%06d] %b\n" % (number * 3 + 2, text.encode()))
    return lines


def ordinary_report(rng: Random, number: int) -> reports.Report:
    """Return event *number* of the ordinary log: each era in turn, as global and as memcg kill."""
    era = reports.ERAS[number % len(reports.ERAS)]
    if number // len(reports.ERAS) % 2:
        group = era is reports.V6_8
        members = tasks.members(rng, rng.randrange(3, 9) if group else rng.randrange(60, 201), 984)
        return reports.memcg_report(rng, era, members, group=group)
    return reports.global_report(rng, era, one_grown(rng, tasks.population(rng, rng.randrange(60, 201))))


def one_grown(rng: Random, population: list[tasks.Task]) -> list[tasks.Task]:
    """Return the processes with one of the later ones grown to a third of the machine or more."""
    index = rng.randrange(len(population) // 2, len(population))
    pages = int(reports.TOTALPAGES * rng.uniform(0.35, 0.7))
    grown = tasks.grown(rng, population[index], pages)
    return [*population[:index], grown, *population[index + 1 :]]


def ordinary(writer: Writer, *, seed: int, size: int, events: int) -> None:
    """Write *size* bytes of ordinary log with *events* OOM events evenly spread."""
    rng = Random(seed)
    pool = chatter.pool(rng, _POOL_LINES)
    aside = _kernel_texts(pool)
    truth, pending = writer.truth, writer.pending
    due = [size * (2 * number + 1) // (2 * events) for number in range(events)]
    second = 0
    index, stride = 0, 1
    while truth.bytes < size:
        second += 1
        head = stamp(second)
        kernel_head = head + b"kernel: [%5d." % second
        micros = sorted(rng.choices(range(1_000_000), k=rng.randrange(2, 18)))
        for micro in micros:
            from_kernel, text = pool[index]
            if from_kernel:
                pending.append(kernel_head + b"%06d] %b\n" % (micro, text))
            else:
                pending.append(head + text + b"\n")
            index += stride
            if index >= len(pool):
                # Another walk through the pool: other neighbours, the same mixture.
                index, stride = rng.randrange(7), rng.randrange(1, 8)
        if len(pending) >= _CHUNK_LINES:
            writer.flush()
            while truth.events < events and truth.bytes >= due[truth.events]:
                second += 1
                report = ordinary_report(rng, truth.events)
                truth.add_event(report)
                pending.extend(report_lines(second, report, aside))
                pending.append(stamp(second) + b"systemd[1]: app.service: Failed with result 'oom-kill'.\n")
                writer.flush()
    writer.flush()


def storm(writer: Writer, *, seed: int, size: int) -> None:
    """Write *size* bytes of OOM events back to back, global and memcg in turn."""
    rng = Random(seed)
    aside = _kernel_texts(chatter.pool(rng, 1000))
    machine = base_machine = tasks.population(rng, STORM_TASKS)
    container = base_container = tasks.members(rng, STORM_TASKS, 984)
    number = 0
    while writer.truth.bytes < size:
        if number % 2:
            container = tasks.drift(rng, base_container, container)
            report = reports.memcg_report(rng, reports.V6_8, container)
        else:
            machine = tasks.drift(rng, base_machine, machine)
            report = reports.global_report(rng, reports.V6_1, one_grown(rng, machine))
        writer.truth.add_event(report)
        writer.pending.extend(report_lines(number, report, aside))
        writer.flush()
        number += 1


def one_event(writer: Writer, *, seed: int) -> None:
    """Write a single global event."""
    rng = Random(seed)
    report = reports.global_report(rng, reports.V6_1, one_grown(rng, tasks.population(rng, 60)))
    writer.truth.add_event(report)
    writer.pending.extend(report_lines(4711, report, _kernel_texts(chatter.pool(rng, 100))))
    writer.flush()


def _kernel_texts(pool: list[tuple[bool, bytes]]) -> Iterator[bytes]:
    while True:
        for from_kernel, text in pool:
            if from_kernel:
                yield text


def write_file(path: Path, fill: Callable[[Writer], None]) -> Truth:
    """Write one file; it gets its name only when it is complete."""
    truth = Truth()
    unfinished = path.with_name(path.name + ".partial")
    with unfinished.open("wb") as file:
        fill(Writer(file, truth))
    unfinished.replace(path)
    return truth


def compress(source: Path) -> None:
    """Write the .gz (level 6, as logrotate does) and .zst (level 3) beside a file."""
    with source.open("rb") as text, Path(f"{source}.gz").open("wb") as target:
        with gzip.GzipFile("", "wb", 6, target, mtime=0) as packed:
            shutil.copyfileobj(text, packed, MIB)
        text.seek(0)
        with Path(f"{source}.zst").open("wb") as target_zst:
            zstandard.ZstdCompressor(level=3).copy_stream(text, target_zst)


def main() -> int:
    """Write all files; print the truth."""
    parser = argparse.ArgumentParser(description="Write the benchmark's log files and truth.json.")
    parser.add_argument("--dir", type=Path, default=Path(__file__).with_name("data"), help="where to write")
    parser.add_argument("--scale", type=float, default=1.0, help="1 is full size; 0.01 for a smoke test")
    parser.add_argument("--seed", type=int, default=20250301)
    parser.add_argument("--compress", action="store_true", help="also write .gz and .zst files")
    args = parser.parse_args()
    directory: Path = args.dir
    directory.mkdir(parents=True, exist_ok=True)

    def sizes(share: float) -> tuple[int, int, int]:
        scale = args.scale * share
        events = max(2 * len(reports.ERAS), round(ORDINARY_EVENTS * scale))
        return int(ORDINARY_BYTES * scale), events, int(STORM_BYTES * scale)

    files: dict[str, Truth] = {}
    for suffix, share in (("", 1.0), ("-quarter", 0.25)):
        size, events, storm_size = sizes(share)
        files[f"ordinary{suffix}.log"] = write_file(
            directory / f"ordinary{suffix}.log",
            partial(ordinary, seed=args.seed, size=size, events=events),
        )
        files[f"storm{suffix}.log"] = write_file(
            directory / f"storm{suffix}.log",
            partial(storm, seed=args.seed, size=storm_size),
        )
    files["one-event.log"] = write_file(directory / "one-event.log", partial(one_event, seed=args.seed))
    if args.compress:
        compress(directory / "ordinary.log")
        compress(directory / "ordinary-quarter.log")

    truth = {
        "seed": args.seed,
        "scale": args.scale,
        "files": {name: asdict(found) for name, found in files.items()},
    }
    text = json.dumps(truth, indent=2)
    (directory / "truth.json").write_text(text + "\n", encoding="utf-8")
    sys.stdout.write(text + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
