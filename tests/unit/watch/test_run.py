"""A run that crashes at any step: what the next one tells, and what it does not tell again."""

from __future__ import annotations

import itertools
import threading
from pathlib import Path
from typing import Any

import pytest

import oomlog
from oomlog.events.parse import Options
from oomlog.watch import run
from oomlog.watch.feed import Feed
from oomlog.watch.follow_file import FileFollower
from oomlog.watch.hooks import Hooks, Message
from oomlog.watch.limit import RateLimit
from oomlog.watch.metrics import Counts
from oomlog.watch.notify import Notifier
from oomlog.watch.run import Parts, Watch
from oomlog.watch.sink import Sink
from oomlog.watch.state import load_state, save_state
from oomlog.watch.telling import Teller


class CrashError(BaseException):
    """Ends a run as SIGKILL does: nothing that it does afterwards counts."""


class Steps:
    """Crashes at a certain step, before or after doing it."""

    def __init__(self, at: int, *, after: bool) -> None:
        self.left = at
        self.after = after
        self.crashed = False

    def do(self, step: Any, *args: Any) -> None:
        if self.crashed:
            raise CrashError
        self.left -= 1
        self.crashed = self.left < 0
        if not self.crashed or self.after:
            step(*args)
        if self.crashed:
            raise CrashError


class Told:
    """A hook that remembers, unless the run has crashed."""

    name = "exec"
    workers = 1

    def __init__(self, steps: Steps, told: list[str]) -> None:
        self.steps = steps
        self.told = told

    def run(self, message: Message, stopping: threading.Event) -> str | None:
        if not self.steps.crashed:
            self.told.append(message.facts["PID"])
        return None


def one_run(folder: Path, control: Any, steps: Steps, told: list[str], patch: pytest.MonkeyPatch) -> None:
    """Watch the log until it has been silent for a while, or the crash comes."""
    control.stopped_by = None
    control.meanwhile = [lambda: None] * 3
    state = load_state(folder / "state", "s")
    follower = FileFollower(
        str(folder / "log"), control, start=state.position, from_start=True, say=lambda _text: None
    )
    sink = Sink(str(folder / "out"))
    hooks = Hooks([Told(steps, told)], lambda _text: None)
    write = sink.write

    def torn_write(data: bytes) -> None:
        # A crash in the middle of a write leaves a part of it.
        try:
            steps.do(write, data)
        except CrashError:
            if not steps.after and steps.left == -1:
                steps.left -= 1
                write(data[: len(data) // 2])
            raise

    patch.setattr(sink, "write", torn_write)
    patch.setattr(run, "save_state", lambda path, found: steps.do(save_state, path, found))
    parts = Parts(
        feed=Feed(follower, control, Options(), settle_s=0.3, clock=lambda: control.now),
        sink=sink,
        teller=Teller("ndjson", explained=False, lang="en", heading=False, colour=False, short=False),
        hooks=hooks,
        limit=RateLimit(1000),
        counts=Counts(10),
        notifier=Notifier({}),
        control=control,
        say=lambda _text: None,
        state_path=folder / "state",
    )
    try:
        Watch(parts, state, clock=lambda: control.now).run()
    except CrashError:
        hooks.close(1)
    finally:
        sink.close()


CRASHES = list(itertools.product(range(8), (False, True)))


@pytest.mark.parametrize(("at", "after"), CRASHES)
def test_crash_at_any_step(
    tmp_path: Path, control: Any, lines: Any, monkeypatch: pytest.MonkeyPatch, at: int, after: bool
) -> None:
    """Each kill is in the output once, and each hook was told at least once."""
    log = tmp_path / "log"
    log.write_bytes(lines.other(0) + lines.kill(1) + lines.other(1) + lines.header(2) + lines.other(2))
    told: list[str] = []
    one_run(tmp_path, control, Steps(at, after=after), told, monkeypatch)
    with log.open("ab") as file:
        file.write(lines.kill(2) + lines.kill(3) + lines.other(4))
    one_run(tmp_path, control, Steps(at, after=after), told, monkeypatch)
    with log.open("ab") as file:
        file.write(lines.kill(5))
    one_run(tmp_path, control, Steps(1000, after=False), told, monkeypatch)
    output = (tmp_path / "out").read_text()
    pids = [part.split(",")[0] for part in output.split('"kills":[{"pid":')[1:]]
    assert pids == ["1", "2", "3", "5"]
    assert output.count("\n") == 4
    assert set(told) == {"1", "2", "3", "5"}
    # The report that was open when a run ended is whole.
    assert '"trigger":{"comm":"cron"' in output.splitlines()[1]


def test_second_run_tells_nothing_again(
    tmp_path: Path, control: Any, lines: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run after one that ended in good order has nothing to do."""
    (tmp_path / "log").write_bytes(lines.kill(1) + lines.other(2))
    told: list[str] = []
    for _ in range(3):
        one_run(tmp_path, control, Steps(1000, after=False), told, monkeypatch)
    assert len(list(oomlog.parse(tmp_path / "log"))) == (tmp_path / "out").read_bytes().count(b"\n") == 1
    assert told == ["1"]
