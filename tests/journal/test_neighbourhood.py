"""What a journal says near its kills: failed allocations, units that end and are started again, boots."""

from __future__ import annotations

from pathlib import Path

import pytest
from journal_files import MISSING, Machine, write_journal

import oomlog
from oomlog.events.neighbourhood import Neighbourhood
from oomlog.events.parse import shared_matcher

pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"needs {', '.join(MISSING)}")

# sd-messages.h: SD_MESSAGE_UNIT_PROCESS_EXIT, ..._FAILURE_RESULT, ..._RESTART_SCHEDULED
TOLD = {
    "exited": (
        "98e322203f7a4ed290d09fe03c09fe15",
        "app.service: Main process exited, code=killed, status=9/KILL",
    ),
    "failed": ("d9b373ed55a64feb8242e02dbe79a49c", "app.service: Failed with result 'oom-kill'."),
    "restart": (
        "5eb03494b6584870a536b337290809b3",
        "app.service: Scheduled restart job, restart counter is at 1.",
    ),
}


def systemd(machine: Machine, message: str, id: str) -> None:
    machine.write(
        message,
        "journal",
        SYSLOG_IDENTIFIER="systemd",
        _COMM="systemd",
        _UID="0",
        _SYSTEMD_UNIT="init.scope",
        MESSAGE_ID=id,
    )


def test_the_journal_tells_of_units_allocations_and_boots(tmp_path: Path) -> None:
    """What the kernel and systemd wrote near a kill is found, with times, among much else."""
    machine = Machine()
    machine.write("Linux version 6.1.0-13-amd64 (debian-kernel@lists.debian.org) (gcc-12) #1 SMP")
    machine.chat(600)
    machine.write("swapper/0: page allocation failure: order:1, mode:0x20")
    machine.chat(50)
    machine.kill(7)
    for id, message in TOLD.values():
        systemd(machine, message, id)
    beside = Neighbourhood(shared_matcher())
    (event,) = oomlog.parse(write_journal(tmp_path / "a.journal", machine.records), beside=beside)
    assert [each.kind for each in beside.found] == ["boot", "allocation", *TOLD]
    assert all(each.time is not None and each.host == "web1" for each in beside.found)
    moments = oomlog.report([event]).content.cases[0].moments
    assert {each.kind for each in moments} >= {"invoked", "killed"}


@pytest.mark.parametrize("name", ["app", "systemd"])
def test_others_words_in_the_journal_are_not_systemds(name: str, tmp_path: Path) -> None:
    """A record with systemd's id and words that a user wrote is nothing, under whatever name."""
    machine = Machine()
    machine.kill(7)
    id, message = TOLD["restart"]
    machine.write(message, "journal", SYSLOG_IDENTIFIER=name, _COMM="app", _UID="1000", MESSAGE_ID=id)
    beside = Neighbourhood(shared_matcher())
    list(oomlog.parse(write_journal(tmp_path / "a.journal", machine.records), beside=beside))
    assert beside.found == []
