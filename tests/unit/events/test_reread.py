"""A report that is read once more from its kept text is the report it was."""

from __future__ import annotations

import doctest
import os
from datetime import UTC
from pathlib import Path

import oomlog_render as render
import pytest
from oomlog_render import TRANSPORTS

import oomlog
from oomlog.events import keep
from oomlog.events.reread import Known, reread
from oomlog.model import OomEvent
from oomlog.report.json import event_bytes

ROOT = Path(__file__).parents[3]
SAMPLES = sorted((ROOT / "samples").glob("*.log"))
CORPUS = sorted(Path(os.environ.get("OOMLOG_CORPUS", ROOT / "../shared/corpus")).glob("*.log"))
# Its lines are string literals of a program, with the summary and the kill in one of them.
NOT_ALL = {"58-talos-lines-in-typescript.log"}


def once_more(event: OomEvent) -> OomEvent | None:
    kept = event.kept
    assert kept is not None
    when = (event.time, event.time_origin, event.uptime_s, event.host, event.boot_id, event.trusted)
    return reread(kept, Known(event.source, *when, tuple(kill.time for kill in event.kills)))


def test_doctest():
    """The example in the docstring is true."""
    assert doctest.testmod(keep).failed == 0


@pytest.mark.parametrize("path", [*SAMPLES, *CORPUS], ids=lambda path: path.name)
def test_records_are_the_same(path):
    """Every value, line numbers included, comes out of the kept text again."""
    for event in oomlog.parse(path, include_untrusted=True):
        again = once_more(event)
        assert again is not None
        if path.name not in NOT_ALL:
            assert event_bytes(again) == event_bytes(event)


@pytest.mark.parametrize("transport", TRANSPORTS, ids=lambda transport: transport.name)
def test_all_transports(transport):
    """Also out of JSON, journal records of many lines, and whatever else a line came in."""
    records = tuple(render.read_records((ROOT / "samples/v7.2-series.kmsg.log").read_bytes()))
    for event in oomlog.parse(transport.render(records), year=2026, tz=UTC):
        again = once_more(event)
        assert again is not None
        assert event_bytes(again) == event_bytes(event)


def counters(details: object) -> tuple[object, ...]:
    memcg = details.memcg
    return details.kernel_release, memcg and memcg.memory, memcg and memcg.memory_swap


@pytest.mark.parametrize("path", [*SAMPLES, *CORPUS], ids=lambda path: path.name)
def test_a_glimpse_shows_what_decoding_shows(path):
    """The few values that can be had without decoding a report are those that decoding gives."""
    for event in oomlog.parse(path, include_untrusted=True):
        assert counters(event.quick_details) == counters(event.details)


@pytest.mark.parametrize("transport", TRANSPORTS, ids=lambda transport: transport.name)
def test_a_glimpse_through_all_transports(transport):
    """Whatever stands before and in the lines."""
    records = tuple(render.read_records((ROOT / "samples/v7.2-series.kmsg.log").read_bytes()))
    for event in oomlog.parse(transport.render(records), year=2026, tz=UTC):
        assert counters(event.quick_details) == counters(event.details)


def test_quotes_are_the_same():
    """The lines that an explanation quotes have their numbers and texts."""
    [event] = oomlog.parse(ROOT / "samples/v6.12-memcg-v2-group.dmesg.log")
    again = once_more(event)
    assert again is not None
    assert again.lines == event.lines


def test_a_report_cut_by_rotation(tmp_path):
    """The numbers of both files survive; those of the newer one go on from the end of the older one."""
    lines = (ROOT / "samples/v6.12-memcg-v2-group.dmesg.log").read_bytes().splitlines(keepends=True)
    (tmp_path / "kern.log.1").write_bytes(b"".join(lines[:60]))
    (tmp_path / "kern.log").write_bytes(b"".join(lines[60:]))
    [event] = oomlog.parse([tmp_path / "kern.log", tmp_path / "kern.log.1"])
    [whole] = oomlog.parse(b"".join(lines))
    assert event.source.endswith("kern.log.1")
    assert [kill.line for kill in event.kills] == [kill.line for kill in whole.kills]
    assert (event.first_line, event.last_line) == (whole.first_line, whole.last_line)
    assert all(each.text.encode() in lines[each.no - 1] for each in event.lines)
    again = once_more(event)
    assert again is not None
    assert event_bytes(again) == event_bytes(event)


@pytest.mark.parametrize("cut", range(100, 116))
def test_a_group_cut_by_rotation(cut, tmp_path):
    """Wherever rotation cuts a group's kills, they are one event, and who is named twice is one victim."""
    lines = (ROOT / "samples/v6.12-memcg-v2-group.dmesg.log").read_bytes().splitlines(keepends=True)
    (tmp_path / "kern.log.1").write_bytes(b"".join(lines[:cut]))
    (tmp_path / "kern.log").write_bytes(b"".join(lines[cut:]))
    [event] = oomlog.parse([tmp_path / "kern.log", tmp_path / "kern.log.1"])
    [whole] = oomlog.parse(b"".join(lines))
    assert [(kill.line, kill.pid) for kill in event.kills] == [(kill.line, kill.pid) for kill in whole.kills]
    assert (event.first_line, event.last_line) == (whole.first_line, whole.last_line)


def test_the_end_of_a_log_that_nothing_continues(tmp_path):
    """An event at the end of a rotated log stays what it is when the next part cannot be read."""
    lines = (ROOT / "samples/v6.12-memcg-v2-group.dmesg.log").read_bytes().splitlines(keepends=True)
    (tmp_path / "kern.log.1").write_bytes(b"".join(lines[:114]))
    (tmp_path / "kern.log").write_bytes(b"\x7fELF" + bytes(range(256)) * 20)
    refused = []
    [event] = oomlog.parse([tmp_path / "kern.log.1", tmp_path / "kern.log"], on_error=refused.append)
    assert [kill.comm for kill in event.kills] == ["leader", "worker"]
    assert len(refused) == 1


def test_a_text_without_an_event():
    """A text that says nothing any more gives nothing."""
    [event] = oomlog.parse(ROOT / "samples/v6.12-memcg-v2-group.dmesg.log")
    assert event.kept is not None
    assert (
        reread(event.kept._replace(text=b"x\n" * 9), Known("a", None, "absent", None, None, None, None, ()))
        is None
    )
