"""What is said before the journal of a machine is followed."""

from __future__ import annotations

from pathlib import Path

import pytest

from oomlog.watch import follow_journal
from oomlog.watch.control import Control
from oomlog.watch.follow_journal import JournalFollower


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ([], "this machine keeps none, so that nothing may ever come"),
        (["gone.journal"], "no journal of this system can be read; run with sudo"),
        (["system.journal", "gone.journal"], None),
    ],
)
def test_what_cannot_be_read_is_said_once(
    names: list[str], said: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine without a journal is told from one whose journal others may read."""
    pytest.importorskip("systemd")
    (tmp_path / "system.journal").touch()
    monkeypatch.setattr(follow_journal, "_system_journals", lambda: iter([tmp_path / name for name in names]))
    heard: list[str] = []
    JournalFollower(Control(), start=None, from_start=False, say=heard.append)._open().close()
    assert len(heard) == (said is not None)
    assert said is None or f"journal: {said}" in heard[0]
