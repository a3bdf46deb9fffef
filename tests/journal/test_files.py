"""Journals as they lie about: rotated, of several boots and machines, packed, cut, damaged."""

from __future__ import annotations

import gzip
import io
import os
import random
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from journal_files import HEADER, KILL, MISSING, REAPED, SUMMARY, Machine, write_journal

import oomlog
from oomlog import JournalQuery, LiveJournal, OomEvent, OomlogError
from oomlog.sources import Source, open_sources
from oomlog.sources.journal_count import kernel_records

pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"needs {', '.join(MISSING)}")

ONLY = JournalQuery(only=True)


def read(*inputs: object, **options: object) -> tuple[list[OomEvent], list[str]]:
    errors: list[OomlogError] = []
    events = list(oomlog.parse(list(inputs), on_error=errors.append, **options))  # type: ignore[arg-type]
    return events, [str(error) for error in errors]


def pids(events: list[OomEvent]) -> list[int | None]:
    return [kill.pid for event in events for kill in event.kills]


def three_boots(tmp_path: Path) -> Path:
    records = []
    for boot in (3, 1, 2):  # the ids say nothing about the order
        machine = Machine(boot=boot, real_us=1_763_805_600_000_000 + len(records) * 60_000_000)
        machine.kill(boot)
        records += machine.records
    return write_journal(tmp_path / "a.journal", records)


@pytest.mark.parametrize(
    ("boot", "found"),
    [(None, [3, 1, 2]), (0, [2]), (-1, [1]), (-2, [3]), (1, [3]), (3, [2]), (f"{1:032x}", [1])],
)
def test_a_boot_is_chosen(boot: int | str | None, found: list[int], tmp_path: Path) -> None:
    """Counted from the last, from the first, or by its id; a report never crosses a boot."""
    events, errors = read(three_boots(tmp_path), journal=JournalQuery(boot=boot))
    assert (pids(events), errors) == (found, [])


@pytest.mark.parametrize("boot", [-3, 4, "f" * 32])
def test_a_boot_that_is_not_there_is_said(boot: int | str, tmp_path: Path) -> None:
    """With how many there are."""
    events, (error,) = read(three_boots(tmp_path), journal=JournalQuery(boot=boot))
    assert events == []
    assert "has no boot" in error
    assert "it has 3" in error


def test_an_unfinished_report_ends_with_its_boot(tmp_path: Path) -> None:
    """The machine died in the middle of it; the next boot's kill is not its kill."""
    first, second = Machine(boot=1), Machine(boot=2)
    first.write(HEADER)
    second.real_us = first.real_us + 1
    second.kill(7)
    second.uptime_us += 10_000_000
    events, _ = read(write_journal(tmp_path / "a.journal", first.records + second.records))
    assert [(event.outcome, event.boot_id) for event in events] == [
        ("unknown", first.boot),
        ("killed", second.boot),
    ]


def several_machines(tmp_path: Path) -> Path:
    """Two machines' reports at the same time, in a folder each, and in one file."""
    one, two = Machine("web1", 1, 1), Machine("db2", 2, 2)
    for machine, pid in ((one, 1), (two, 2)):
        machine.kill(pid)
    mixed = [record for pair in zip(one.records, two.records, strict=True) for record in pair]
    write_journal(tmp_path / "remote" / "mixed.journal", mixed)
    return tmp_path / "remote"


def test_machines_are_read_one_by_one(tmp_path: Path) -> None:
    """Reports that were written at the same time are not mixed; lines are numbered on."""
    events, errors = read(several_machines(tmp_path))
    assert [(event.host, event.complete, pids([event]), event.first_line) for event in events] == [
        ("web1", True, [1], 1),
        ("db2", True, [2], 5),
    ]
    assert errors == []


@pytest.mark.parametrize(
    "machine", ["db2", f"{2:032x}", f"{2:08x}-0000-0000-0000-000000000002".replace("00000002-", "00000000-")]
)
def test_a_machine_is_chosen(machine: str, tmp_path: Path) -> None:
    """By its host name or its id, with dashes or without."""
    events, _ = read(several_machines(tmp_path), journal=JournalQuery(machine=machine))
    assert pids(events) == [2]


def rotated(tmp_path: Path) -> Path:
    """A report whose end stands in the next file."""
    machine = Machine()
    machine.kill(1)
    machine.write(HEADER)
    old = len(machine.records)
    machine.write(SUMMARY.format(pid=2, comm="mysqld"))
    machine.write(KILL.format(pid=2, comm="mysqld"))
    folder = tmp_path / "journal" / f"{1:032x}"
    write_journal(folder / "system@1.journal", machine.records[:old])
    write_journal(folder / "system.journal", machine.records[old:])
    return folder


def test_a_rotated_journal_is_one(tmp_path: Path) -> None:
    """As a folder, a folder above, and as files in any order."""
    folder = rotated(tmp_path)
    files = sorted(folder.iterdir())
    assert len(files) == 2
    for inputs, name in (
        ([folder], folder), ([folder.parent], folder.parent), (files, folder), (files[::-1], folder)
    ):  # fmt: skip
        for query in (ONLY, JournalQuery()):
            events, errors = read(*inputs, journal=query)
            assert [(event.complete, event.source) for event in events] == [(True, str(name))] * 2
            assert (pids(events), errors) == ([1, 2], [])


def test_a_journal_is_known_by_its_bytes(tmp_path: Path) -> None:
    """Whatever it is called."""
    machine = Machine()
    machine.kill(1)
    path = write_journal(tmp_path / "a.journal", machine.records).rename(tmp_path / "evidence.bin")
    assert pids(read(path)[0]) == [1]


def test_the_same_kills_as_text_are_not_counted_twice(tmp_path: Path) -> None:
    """A folder's journal is left out where a syslog daemon writes the same, unless it is asked for."""
    folder = rotated(tmp_path).parent.parent
    (folder / "apt.log").write_text("nothing\n")
    assert pids(read(folder)[0]) == [1, 2]
    (folder / "kern.log").write_text(f"Nov 22 10:00:00 web1 kernel: {KILL.format(pid=9, comm='x')}\n")
    assert pids(read(folder)[0]) == [9]
    assert pids(read(folder, journal=ONLY)[0]) == [1, 2]


def packed(folder: Path, kind: str) -> bytes:
    files = sorted(folder.iterdir())
    data = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(data, "w") as archive:
            for file in files:
                archive.write(file, f"sos/var/log/journal/1/{file.name}")
    else:
        with tarfile.open(fileobj=data, mode=f"w:{kind}") as archive:
            for file in files:
                archive.add(file, f"sos/var/log/journal/1/{file.name}")
    return data.getvalue()


@pytest.mark.parametrize("kind", ["zip", "", "gz", "xz"])
def test_a_journal_in_an_archive_is_read(kind: str, tmp_path: Path) -> None:
    """A sosreport has it in its parts; they are one journal, as in a folder."""
    path = tmp_path / "sos.bin"
    path.write_bytes(packed(rotated(tmp_path), kind))
    for query in (ONLY, JournalQuery()):
        events, errors = read(path, journal=query)
        assert (pids(events), errors) == ([1, 2], [])
        assert events[1].source == f"{path}:sos/var/log/journal/1"
    if kind != "zip":
        events, errors = read(io.BytesIO(path.read_bytes()))
        assert (pids(events), errors) == ([1, 2], [])


def test_a_packed_journal_is_read(tmp_path: Path) -> None:
    """Compressed, or through a pipe."""
    machine = Machine()
    machine.kill(1)
    path = write_journal(tmp_path / "a.journal", machine.records)
    (tmp_path / "a.journal.gz").write_bytes(gzip.compress(path.read_bytes()))
    assert pids(read(tmp_path / "a.journal.gz")[0]) == [1]
    assert pids(read(io.BytesIO(path.read_bytes()))[0]) == [1]
    assert pids(read(path.read_bytes())[0]) == [1]


def test_limits_hold_for_journals(tmp_path: Path) -> None:
    """What unpacks to too much is not read."""
    machine = Machine()
    machine.kill(1)
    path = write_journal(tmp_path / "a.journal", machine.records)
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        archive.add(path, "a.journal")
    for source in (data.getvalue(), path.read_bytes()):
        events, errors = read(source, limits=oomlog.sources.Limits(max_bytes=1 << 20))
        assert events == []
        assert "has more than 1,048,576 bytes" in errors[0]


def test_an_empty_journal_is_no_error(tmp_path: Path) -> None:
    """There is nothing in it, as there is nothing in an empty log."""
    machine = Machine()
    machine.write("hello", "syslog", SYSLOG_IDENTIFIER="x")
    assert read(write_journal(tmp_path / "a.journal", machine.records)) == ([], [])


def test_what_is_no_journal_is_said(tmp_path: Path) -> None:
    """Text, an empty file, a piece of a header, zeros after the magic; each by its name."""
    cases = {
        "text.journal": (b"Nov 22 10:00:00 web1 kernel: x\n", "is not a systemd journal file"),
        "empty.journal": (b"", "is empty"),
        "short.journal": (b"LPKSHHRH" + b"\0" * 100, "was cut in its header"),
        "zeros.journal": (b"LPKSHHRH" + b"\0" * 4000, "is damaged"),
        "wild.journal": (b"LPKSHHRH" + b"\xff" * 4000, "is damaged"),
    }
    for name, (data, reason) in cases.items():
        (tmp_path / name).write_bytes(data)
        for given in (tmp_path / name, tmp_path):
            events, errors = read(given, journal=ONLY)
            assert events == []
            assert [error for error in errors if str(tmp_path / name) in error and reason in error]
    assert "no such file" in read(tmp_path / "missing.journal", journal=ONLY)[1][0]
    (tmp_path / "nothing").mkdir()
    (tmp_path / "nothing" / "kern.log").write_text("x\n")
    assert "holds no systemd journal file" in read(tmp_path / "nothing", journal=ONLY)[1][0]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_journal_that_may_not_be_read_is_said(tmp_path: Path) -> None:
    """With what to do."""
    machine = Machine()
    path = write_journal(tmp_path / "a.journal", [*machine.records, *Machine().records])
    path.chmod(0)
    assert "permission denied" in read(path, journal=ONLY)[1][0]


CUTS = """
import sys, oomlog
from pathlib import Path
from oomlog import JournalQuery
for path in sorted(Path(sys.argv[1]).iterdir()):
    errors = []
    events = list(oomlog.parse(path, journal=JournalQuery(only=True), on_error=errors.append))
    pids = [kill.pid for event in events for kill in event.kills]
    assert all(str(path) in str(error) for error in errors)
    print(path.name, len(errors), *pids)
"""


def in_a_process_of_its_own(folder: Path) -> dict[int, tuple[int, list[int]]]:
    """Read all files; what the library does with damage must not end this process."""
    done = subprocess.run([sys.executable, "-c", CUTS, folder], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = {}
    for line in done.stdout.splitlines():
        name, errors, *kills = line.split()
        found[int(name.partition(".")[0])] = (int(errors), [int(pid) for pid in kills])
    return found


def many_kills(tmp_path: Path) -> bytes:
    machine = Machine()
    for pid in range(1, 61):
        machine.kill(pid)
        machine.chat(100)
    return write_journal(tmp_path / "whole.journal", machine.records).read_bytes()


def test_a_journal_cut_anywhere_gives_what_is_before_the_cut(tmp_path: Path) -> None:
    """Never a crash, never an event that is not there; the error names the file."""
    data = many_kills(tmp_path)
    used = len(data.rstrip(b"\0"))
    # What was written is behind the table by which it is found, which takes megabytes.
    start = data.find(b"MESSAGE=")
    folder = tmp_path / "cuts"
    folder.mkdir()
    middle = [start + (used - start) * n // 25 for n in range(25)]
    sizes = sorted({0, 1, 8, 100, 207, 208, 300, 5000, start // 2, *middle, used - 100})
    for size in sizes:
        (folder / f"{size:010d}.journal").write_bytes(data[:size])
    found = in_a_process_of_its_own(folder)
    ends = [data.find(REAPED.format(pid=pid, comm="mysqld").encode()) for pid in range(1, 61)]
    for size in sizes:
        errors, pids = found[size]
        assert errors
        assert pids == list(range(1, len(pids) + 1))
        assert len(pids) >= sum(end < size for end in ends) - 1
    assert len({len(pids) for _, pids in found.values()}) > 10


def test_a_damaged_journal_is_survived(tmp_path: Path) -> None:
    """Lost pages and wild bytes cost events, never more than that, and never without a word."""
    data = many_kills(tmp_path)
    used = len(data.rstrip(b"\0"))
    folder = tmp_path / "damaged"
    folder.mkdir()
    chance = random.Random(7)
    for number in range(60):
        copy = bytearray(data)
        for _ in range(chance.choice((1, 5, 50))):
            at = chance.randrange(0, used)
            length = chance.choice((1, 8, 4096))
            fill = bytes(length) if number % 2 else chance.randbytes(length)
            copy[at : at + length] = fill
        (folder / f"{number}.journal").write_bytes(copy[: len(data)])
    found = in_a_process_of_its_own(folder)
    assert len(found) == 60
    for errors, pids in found.values():
        assert len(pids) == len(set(pids)) <= 60
        assert errors or len(pids) == 60
    assert sum(errors > 0 for errors, _ in found.values()) > 20


@pytest.fixture(scope="module")
def sixty(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return many_kills(tmp_path_factory.mktemp("sixty"))


def transport_of(data: bytes) -> int:
    """Return where the object is that leads to all records of the kernel."""
    return data.index(b"_TRANSPORT=kernel") - (72 if data[12] & 1 << 4 else 64)


@pytest.mark.parametrize("query", [ONLY, JournalQuery(only=True, since_us=1)], ids=["all", "since"])
@pytest.mark.parametrize(
    ("at", "value", "words"),
    [
        (16, 1, "6,240 of its 6,240 records of the kernel could not be read"),  # the hash it is found by
        (48, 8, "of its 6,240 records of the kernel could not be read"),  # the list of entries
        (0, 3, "how many cannot be told"),  # no data any more
        (56, 0, "how many cannot be told"),  # none is counted
        (56, 1 << 40, "how many cannot be told"),  # more than there are
    ],
)
def test_what_libsystemd_leaves_out_is_told(
    tmp_path: Path, sixty: bytes, at: int, value: int, words: str, query: JournalQuery
) -> None:
    """It finds nothing, or less, and reports no error; the file's own count does."""
    data = bytearray(sixty)
    place = transport_of(data) + at
    size = 1 if at == 0 else 8
    data[place : place + size] = value.to_bytes(size, "little")
    path = tmp_path / "hurt.journal"
    path.write_bytes(data)
    events, errors = read(path, journal=query)
    assert len(events) < 60 or words.startswith("how many")
    assert len(errors) == 1
    assert words in errors[0]
    assert "journalctl --verify" in errors[0]


def test_a_file_counts_its_records_of_the_kernel(tmp_path: Path) -> None:
    """Others' records do not count, and a file without any of the kernel has none."""
    machine = Machine()
    machine.kill(1)
    machine.chat(3)
    machine.write("hello", transport="stdout")
    path = write_journal(tmp_path / "some.journal", machine.records)
    assert kernel_records(str(path)) == sum(b"_TRANSPORT=kernel" in record for record in machine.records)
    other = Machine()
    other.write("hello", transport="stdout")
    assert kernel_records(str(write_journal(tmp_path / "none.journal", other.records))) == 0


def test_a_copy_of_a_journal_beside_it_is_no_loss(tmp_path: Path) -> None:
    """Records that two files have are read once, which is fewer than both count."""
    machine = Machine()
    machine.kill(1)
    path = write_journal(tmp_path / "folder" / "system.journal", machine.records)
    shutil.copy(path, path.with_name("system@copy.journal"))
    events, errors = read(path.parent)
    assert (pids(events), errors) == ([1], [])


def live(tmp_path: Path) -> LiveJournal:
    (tmp_path / "machine-id").write_text(f"{1:032x}\n")
    return LiveJournal((str(tmp_path / "journal"),), str(tmp_path / "machine-id"))


def test_the_machines_own_journal_is_read(tmp_path: Path) -> None:
    """Only its own: what other machines sent lies beside it, and has to be asked for."""
    rotated(tmp_path)
    other = Machine("db2", 2, 2)
    other.kill(9)
    write_journal(tmp_path / "journal" / f"{2:032x}" / "system.journal", other.records)
    events, errors = read(live(tmp_path))
    assert (pids(events), errors, events[0].source) == ([1, 2], [], "journal")
    assert pids(read(live(tmp_path), journal=JournalQuery(machine="db2"))[0]) == [9]
    assert "no records of the running boot" in read(live(tmp_path), journal=JournalQuery(boot=0))[1][0]
    assert pids(read(live(tmp_path), journal=JournalQuery(boot=-1))[0]) == [1, 2]


def test_a_machine_without_journal_is_told_what_to_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A container is told where its host's is."""
    from oomlog.sources import journal_reasons

    where = [str(tmp_path / "journal")]
    assert "oomlog parse /var/log" in str(journal_reasons.no_journal(where, signs=()))
    assert "/host/var/log/journal" in str(journal_reasons.no_journal(where, signs=("/",)))
    _, (error,) = read(live(tmp_path))
    assert "journal: this" in error


def test_who_may_not_read_the_journal_is_told_how(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the group, only one's own messages can be read, and the kernel's are silently missing."""
    rotated(tmp_path)
    monkeypatch.setattr("os.access", lambda path, mode: False)
    events, (error,) = read(live(tmp_path))
    assert events == []
    assert "permission denied" in error
    assert "usermod -aG systemd-journal" in error


def test_a_source_of_a_journal_can_be_read_twice(tmp_path: Path) -> None:
    """Like a file."""
    (source,) = open_sources(rotated(tmp_path))
    assert isinstance(source, Source)
    assert b"".join(source.blocks()) == b"".join(source.blocks(1))
