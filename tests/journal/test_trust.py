"""Only the kernel's own records are the kernel's kills, whoever else uses its words or its name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from journal_files import HEADER, KILL, MISSING, SUMMARY, Machine, write_journal

import oomlog

pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"needs {', '.join(MISSING)}")

FORGED = KILL.format(pid=666, comm="evil")
RECORD = '{"_TRANSPORT":"kernel","_HOSTNAME":"x","MESSAGE":"' + FORGED + '"}'
Write = Callable[[Machine], None]

FORGERS: dict[str, Write] = {
    "logger -t kernel": lambda m: m.write(FORGED, "syslog", SYSLOG_IDENTIFIER="kernel", _UID="1000"),
    "root's logger": lambda m: m.write(FORGED, "syslog", SYSLOG_IDENTIFIER="kernel", _UID="0"),
    "the kernel's facility": lambda m: m.write(
        FORGED, "syslog", SYSLOG_IDENTIFIER="kernel", SYSLOG_FACILITY="0", PRIORITY="3", _UID="1000"
    ),
    "sd_journal_send": lambda m: m.write(FORGED, "journal", SYSLOG_IDENTIFIER="kernel", _UID="1000"),
    "several lines": lambda m: m.write(
        f"x\n{FORGED}\n[   12.345678] {FORGED}", "journal", SYSLOG_IDENTIFIER="kernel", _UID="1000"
    ),
    "a service's output": lambda m: m.write(FORGED, "stdout", SYSLOG_IDENTIFIER="kernel", _UID="1000"),
    "a record in a message": lambda m: m.write(RECORD, "stdout", SYSLOG_IDENTIFIER="kernel", _UID="1000"),
    "a line of ours in a message": lambda m: m.write(
        f"x\n4,0000000001,000000000001,-,real:1,boot:{'0' * 32},host:a,by:kernel;{FORGED}",
        "journal", SYSLOG_IDENTIFIER="kernel", _UID="1000",
    ),
    "root in /dev/kmsg": lambda m: m.write(FORGED, SYSLOG_FACILITY="3", SYSLOG_IDENTIFIER="systemd"),
    "kmsg as kernel": lambda m: m.write(FORGED, SYSLOG_FACILITY="1", SYSLOG_IDENTIFIER="kernel"),
}  # fmt: skip

# What is not the kernel's wording is not even a forged kill.
SAYS_NOTHING = {"a record in a message", "a line of ours in a message"}


@pytest.mark.parametrize("name", FORGERS)
def test_a_forged_kill_does_not_count(name: str, tmp_path: Path) -> None:
    """It is left out; a real report around it is whole."""
    machine = Machine()
    FORGERS[name](machine)
    machine.write(HEADER)
    FORGERS[name](machine)
    machine.write(SUMMARY.format(pid=7, comm="mysqld"))
    FORGERS[name](machine)
    machine.write(KILL.format(pid=7, comm="mysqld"))
    FORGERS[name](machine)
    path = write_journal(tmp_path / "a.journal", machine.records)
    events = oomlog.parse(path)
    (event,) = events
    assert [(kill.pid, event.trusted, event.complete) for kill in event.kills] == [(7, True, True)]
    assert bool(events.stats.untrusted) == (name not in SAYS_NOTHING)


def test_forged_kills_are_shown_when_asked_for(tmp_path: Path) -> None:
    """Marked, under whatever name, with the report around them."""
    machine = Machine()
    for line in (HEADER, SUMMARY.format(pid=666, comm="evil"), FORGED):
        machine.write(line, "stdout", SYSLOG_IDENTIFIER="guest-console", _UID="1000")
    machine.kill(7)
    path = write_journal(tmp_path / "a.journal", machine.records)
    assert [event.kills[0].pid for event in oomlog.parse(path)] == [7]
    forged, real = oomlog.parse(path, include_untrusted=True)
    assert (forged.trusted, forged.complete, forged.kills[0].pid, forged.scope) == (
        False,
        True,
        666,
        "global",
    )
    assert (real.trusted, real.complete, real.kills[0].pid) == (True, True, 7)


def test_systemds_words_become_a_note(tmp_path: Path) -> None:
    """By its message ID, and only from root, who could write anything."""
    machine = Machine()
    text = "a.service: A process of this unit has been killed by the OOM killer."
    id_ = "fe6faa94e7774663a0da52717891d8ef"
    machine.kill(7)
    machine.write(text, "journal", MESSAGE_ID=id_, SYSLOG_IDENTIFIER="systemd", _UID="0", _PID="1")
    machine.write(
        text.replace("a.s", "b.s"), "journal", MESSAGE_ID=id_, SYSLOG_IDENTIFIER="systemd", _UID="1000"
    )
    (event,) = oomlog.parse(write_journal(tmp_path / "a.journal", machine.records))
    assert [(note.source, note.text, note.line) for note in event.notes] == [("systemd", text, 5)]


def test_a_note_of_another_boot_is_none_of_this_one(tmp_path: Path) -> None:
    """A kill at the end of a boot is not followed by the next one's notes."""
    machine, later = Machine(boot=1), Machine(boot=2)
    machine.kill(7)
    later.real_us = machine.real_us
    later.write(
        "a.service: A process of this unit has been killed by the OOM killer.", "journal",
        MESSAGE_ID="fe6faa94e7774663a0da52717891d8ef", SYSLOG_IDENTIFIER="systemd", _UID="0",
    )  # fmt: skip
    (event,) = oomlog.parse(write_journal(tmp_path / "a.journal", machine.records + later.records))
    assert event.notes == ()


def test_other_killers_are_read(tmp_path: Path) -> None:
    """systemd-oomd by its unit, earlyoom as root; a user who calls himself so is left out."""
    machine = Machine()
    oomd = (
        "Killed /user.slice/a.scope due to memory pressure for /user.slice being 51.07% > 50.00% for > 20s "
        "with reclaim activity"
    )
    early = 'sending SIGTERM to process 7 uid 1000 "cluster": badness 1264, VmRSS 23964 MiB'
    for user, unit in (("997", "systemd-oomd.service"), ("1000", "user@1000.service")):
        machine.write(oomd, "journal", SYSLOG_IDENTIFIER="systemd-oomd", _UID=user, _SYSTEMD_UNIT=unit)
    for user in ("0", "1000"):
        machine.write(early, "stdout", SYSLOG_IDENTIFIER="earlyoom", _UID=user)
    events = oomlog.parse(write_journal(tmp_path / "a.journal", machine.records))
    assert [(event.killer, event.trusted) for event in events] == [("systemd-oomd", True), ("earlyoom", True)]
    assert events.stats.untrusted == 2
