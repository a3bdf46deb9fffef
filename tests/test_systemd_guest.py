"""A machine that ran systemd and journald: its journal, its kernel's log and what systemd said are one story.

See samples/README.md: in the first boot services reach their limits and the machine is reset, in the second
the whole machine runs out of memory and systemd-oomd kills.
"""

from __future__ import annotations

import io
import json
import tarfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import zstandard

import oomlog
from oomlog import OomEvent
from oomlog.explain.run import explain_all
from oomlog.report.explanation_json import explanation_bytes
from oomlog.report.json import event_bytes

FOLDER = Path(__file__).parent.parent / "samples" / "systemd"
TRUTH: dict[str, Any] = json.loads((FOLDER / "truth.json").read_text())
BOOTS = (1, 2)
# What only a journal knows, and where things stand.
OF_THE_JOURNAL = {"source", "first_line", "last_line", "time", "host", "boot_id", "trusted", "sections"}

reads_journals = pytest.mark.skipif(not find_spec("systemd"), reason="needs systemd-python (oomlog[journal])")
each_boot = pytest.mark.parametrize("boot", BOOTS)


def seen(boot: int) -> dict[str, Any]:
    """Return what systemd and /proc said at the end of a boot."""
    found: dict[str, Any] = TRUTH["boots"][boot - 1]
    return found


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the journal."""
    packed = (FOLDER / "journal.tar.zst").read_bytes()
    folder = tmp_path_factory.mktemp("machine")
    unpacked = zstandard.ZstdDecompressor().decompress(packed, max_output_size=1 << 28)
    with tarfile.open(fileobj=io.BytesIO(unpacked)) as tar:
        tar.extractall(folder, filter="data")
    return folder / "var/log/journal"


@pytest.fixture(scope="module")
def events(journal: Path) -> dict[str, list[OomEvent]]:
    """Return the events of the journal by boot."""
    found: dict[str, list[OomEvent]] = {}
    for event in oomlog.parse(journal):
        assert event.boot_id is not None
        found.setdefault(event.boot_id, []).append(event)
    return found


def of_kernel(events: list[OomEvent]) -> list[OomEvent]:
    return [event for event in events if event.killer == "kernel"]


def told(event: OomEvent) -> dict[str, Any]:
    """Return the record without what only a journal knows."""
    record: dict[str, Any] = json.loads(event_bytes(event))
    for kill in record["kills"]:
        del kill["time"], kill["line"]
    return {key: value for key, value in record.items() if key not in OF_THE_JOURNAL}


@reads_journals
@each_boot
@pytest.mark.parametrize("channel", ["dmesg", "kmsg"])
def test_the_journal_has_what_the_kernel_printed(
    events: dict[str, list[OomEvent]], boot: int, channel: str
) -> None:
    """Every value of every report, also from a file that journald did not close."""
    log = oomlog.parse(FOLDER / f"boot-{boot}.{channel}.log")
    assert [told(event) for event in of_kernel(events[seen(boot)["boot_id"]])] == [
        told(event) for event in log
    ]


@each_boot
@pytest.mark.parametrize("channel", ["dmesg", "kmsg"])
def test_who_died_is_who_systemd_started(boot: int, channel: str) -> None:
    """Names and ids are those of the services' processes; the kernel counted as many kills."""
    kills = [kill for event in oomlog.parse(FOLDER / f"boot-{boot}.{channel}.log") for kill in event.kills]
    started = {(int(each["pid"]), each["comm"]) for each in seen(boot)["processes"]}
    assert {(kill.pid, kill.comm) for kill in kills} <= started
    # The first victim of a group is killed twice, and counted twice.
    text = (FOLDER / f"boot-{boot}.{channel}.log").read_text()
    assert text.count("Killed process") == seen(boot)["oom_kill"]


@reads_journals
@each_boot
def test_a_unit_that_failed_for_a_kill_is_in_an_event(events: dict[str, list[OomEvent]], boot: int) -> None:
    """And the main process that systemd saw die is among the killed."""
    found = events[seen(boot)["boot_id"]]
    places = " ".join(f"{event.task_memcg} {event.oom_memcg}" for event in found)
    killed = {kill.pid for event in found for kill in event.kills}
    units = seen(boot)["units"]
    failed = {name: unit for name, unit in units.items() if unit.get("Result") == "oom-kill"}
    assert failed
    for name, unit in failed.items():
        assert f"/{name}" in places
        by_oomd = any(event.killer == "systemd-oomd" and name in (event.task_memcg or "") for event in found)
        if "ExecMainPID" in unit and not by_oomd:
            assert int(unit["ExecMainPID"]) in killed


@reads_journals
def test_what_journald_says_of_the_kernel_is_proven(events: dict[str, list[OomEvent]]) -> None:
    """All events are trusted, have a host, and stand at the times that the clock and the uptime agree on."""
    assert set(events) == {seen(boot)["boot_id"] for boot in BOOTS}
    for found in events.values():
        starts = []
        for event in found:
            assert (event.trusted, event.host) == (True, "worker-3")
            if event.uptime_s is not None:
                assert event.time is not None
                starts.append(event.time.timestamp() - event.uptime_s)
        # journald reads the kernel's buffer some time after the line was written.
        assert max(starts) - min(starts) < 5


@reads_journals
def test_what_systemd_said_is_noted_with_the_event(events: dict[str, list[OomEvent]]) -> None:
    """Its words on a unit stand with the kill in that unit; a user's own systemd is not vouched for."""
    noted = [
        (event.kills[0].comm, {note.text.split(":")[0] for note in event.notes if note.source == "systemd"})
        for event in of_kernel([each for boot in BOOTS for each in events[seen(boot)["boot_id"]]])
    ]
    assert noted == [
        ("php-fpm8.4", {"web.service"}),
        ("php-fpm8.4", {"web.service"}),
        ("importer", {"batch.service", "system.slice"}),
        ("job", {"queue.service"}),
        ("rsync", {"backup.scope"}),
        ("redis-server", {"tenant-a.service"}),
        ("evolution", {"user@1000.service"}),
        ("python3", {"report.service"}),
    ]


@reads_journals
def test_explanations_name_the_cause(events: dict[str, list[OomEvent]]) -> None:
    """Whose limit was hit, and who of systemd-oomd and the kernel killed."""
    found = [
        each.primary.id if each.primary is not None else None
        for boot in BOOTS
        for each in explain_all(events[seen(boot)["boot_id"]])
    ]
    assert found == [
        *["memcg_limit"] * 5,
        "parent_memcg_limit",
        "memcg_limit",
        "system_exhausted",
        "userspace_killer",
    ]


@reads_journals
def test_explanations_name_the_unit(events: dict[str, list[OomEvent]]) -> None:
    """A verdict says whose limit was reached, in the words that systemd has for it."""
    explained = explain_all(events[seen(1)["boot_id"]])
    verdicts = [
        json.loads(explanation_bytes(each, "en", number))["verdict"]
        for number, each in enumerate(explained, 1)
    ]
    units = ["web.service", "web.service", "batch.service", "queue.service", "backup.scope", "tenant.slice"]
    for verdict, unit in zip(verdicts, [*units, "mail.service"], strict=True):
        assert unit in verdict


@reads_journals
def test_the_journal_gives_the_records_kept_beside_it(
    events: dict[str, list[OomEvent]], update_golden: bool
) -> None:
    """All values, of all boots."""
    records = [told(event) for boot in BOOTS for event in events[seen(boot)["boot_id"]]]
    written = json.dumps(records, indent=1) + "\n"
    golden = FOLDER / "journal.json"
    if update_golden:
        golden.write_text(written)
    assert golden.read_text() == written
