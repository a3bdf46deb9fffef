"""Inputs as a stream of events."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from oomlog.cli.context import Context
from oomlog.cli.main import main
from oomlog.cli.reading import in_time_order, is_live
from oomlog.model import Details, OomEvent
from oomlog.report.json import event_bytes


def event(name: str, time: datetime | None, uptime_s: float | None = None) -> OomEvent:
    return OomEvent(
        source=name,
        first_line=1,
        last_line=1,
        time=time,
        time_origin="printed",
        uptime_s=uptime_s,
        host=None,
        boot_id=None,
        killer="kernel",
        scope="global",
        constraint=None,
        outcome="unknown",
        complete=False,
        trigger=None,
        oom_memcg=None,
        task_memcg=None,
        kills=(),
        notes=(),
        problems=(),
        decode=Details,
    )


def test_time_order() -> None:
    """By time across zones, then by uptime, then what has neither; equal ones keep their order."""
    events = [
        event("none", None),
        event("up 9", None, 9.0),
        event("10 UTC", datetime(2024, 5, 1, 10, tzinfo=UTC)),
        event("up 1", None, 1.0),
        event("9 naive", datetime(2024, 5, 1, 9)),
        event("10 UTC again", datetime(2024, 5, 1, 10, tzinfo=UTC)),
    ]
    order = [found.source for found in in_time_order(iter(events))]
    assert order == ["9 naive", "10 UTC", "10 UTC again", "up 1", "up 9", "none"]


def test_live_inputs(tmp_path: Path) -> None:
    """A file is not live, a device or pipe is, and what does not exist is no reason to fail."""
    log = tmp_path / "kern.log"
    log.write_text("")
    assert not is_live([str(log), str(tmp_path), "/gone", "a\0b"], None)
    assert is_live([str(log), "/dev/null"], None)
    with log.open("rb") as stdin:
        assert not is_live(["-"], stdin)
    assert not is_live(["-"], io.BytesIO())


@pytest.mark.parametrize(("more", "used"), [((), True), (("--sort",), False), (("--stats",), False)])
def test_jobs_hand_over_ready_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: tuple[str, ...], used: bool
) -> None:
    """With --jobs the bytes of the workers are written as they are, unless all events are needed here."""
    log = tmp_path / "kern.log"
    log.write_text("")
    calls: list[tuple[Any, ...]] = []

    def parse_parallel(*arguments: Any) -> Iterator[bytes]:
        calls.append(arguments)
        arguments[2].kills += 2
        yield b'{"a":1}\n'
        yield b'{"b":2}\n'

    module = ModuleType("oomlog.events.parallel")
    module.__dict__["parse_parallel"] = parse_parallel
    monkeypatch.setitem(sys.modules, "oomlog.events.parallel", module)
    stdout = io.BytesIO()
    arguments = ["parse", "--jobs", "3", "-f", "ndjson", "--exit-code", "--scope", "memcg", *more, str(log)]
    status = main(arguments, Context(None, stdout, io.StringIO()))
    if used:
        assert stdout.getvalue() == b'{"a":1}\n{"b":2}\n'
        assert status == 1
        inputs, _options, _stats, jobs, render, _failed, wanted = calls[0]
        assert (inputs, jobs, render, wanted.scope) == ([log], 3, event_bytes, "memcg")
    else:
        assert not calls
        assert status == 0
