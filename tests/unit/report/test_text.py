"""The plain table."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from oomlog.model import Kill, OomEvent, Trigger
from oomlog.report.text import HEADINGS, TextReport, text_rows

MakeEvent = Callable[..., OomEvent]


def table(*events: OomEvent, live: bool = False) -> list[str]:
    written: list[bytes] = []
    report = TextReport(written.append, live=live)
    for event in events:
        report.add(event)
    report.finish()
    return b"".join(written).decode().splitlines()


def test_columns_can_be_split_at_two_blanks(make_event: MakeEvent) -> None:
    """Every row has as many cells as the heading when split at two or more blanks, whatever the names."""
    kills = tuple(Kill(n, name, line=n) for n, name in enumerate(("", "  ", " a  b", "x" * 40, "\n", None)))
    hostile = Trigger("  ", None, None, None, None, None, None)
    lines = table(make_event(kills=kills, trigger=hostile), make_event(host="a  b", trigger=None))
    assert [len(re.split(r"\s{2,}", line)) for line in lines] == [len(HEADINGS)] * 8


@pytest.mark.parametrize(
    ("changed", "column", "shown"),
    [
        ({"time": datetime(2024, 5, 1, 12, tzinfo=UTC)}, 0, "2024-05-01 12:00:00+00:00"),
        ({"time": datetime(2024, 5, 1, 12)}, 0, "2024-05-01 12:00:00"),
        ({"uptime_s": 0.0}, 0, "[0.000]"),
        ({"uptime_s": None}, 0, "-"),
        ({"kills": (Kill(None, "java"),)}, 2, "java"),
        ({"kills": (Kill(7, None),)}, 2, "?[7]"),
        ({"kills": (), "outcome": "panic"}, 2, "- (panic)"),
        ({"kills": (), "outcome": "no_killable"}, 2, "- (no killable)"),
        ({"kills": (), "outcome": "unknown"}, 2, "- (unknown)"),
        ({"scope": "memcg", "oom_memcg": "/kubepods/pod1/web"}, 6, "memcg web"),
        ({"scope": "memcg", "oom_memcg": "/"}, 6, "memcg /"),
        ({"killer": "systemd-oomd", "task_memcg": "/user.slice/app.scope"}, 6, "systemd-oomd app.scope"),
        ({"scope": "cpuset"}, 6, "cpuset"),
    ],
)
def test_cells(make_event: MakeEvent, changed: dict[str, object], column: int, shown: str) -> None:
    """Each cell says what is known in the fewest words, and a dash where nothing is."""
    assert next(text_rows(make_event(**changed)))[column] == shown


def test_live_rows_come_at_once(make_event: MakeEvent) -> None:
    """With a live input the first row does not wait for others."""
    written: list[bytes] = []
    report = TextReport(written.append, live=True)
    report.add(make_event())
    assert b"java[42]" in b"".join(written)


def test_heading_is_printed_once(make_event: MakeEvent) -> None:
    """However many rows there are, there is one heading, and later rows are at least as wide."""
    lines = table(*[make_event() for _ in range(2500)])
    assert len(lines) == 2501
    assert sum(line.startswith("TIME") for line in lines) == 1


def test_container_ids_stay_whole_in_a_pipe(make_event: MakeEvent) -> None:
    """Only a terminal gets short ids; what is piped on is complete."""
    event = make_event(scope="memcg", oom_memcg="/docker/" + "ab" * 32)
    assert "memcg docker " + "ab" * 32 + "  " in table(event)[1]
    written: list[bytes] = []
    report = TextReport(written.append, live=True, short=True)
    report.add(event)
    assert "memcg docker abababababab\u2026  " in b"".join(written).decode()


def test_inferred_year_is_explained(make_event: MakeEvent) -> None:
    """The last line of a table with an inferred year says what the mark means and what to type."""
    event = make_event(time=datetime(2024, 5, 1), time_origin="inferred")
    assert table(event)[-1] == "~ year inferred from the file's date; give --year to fix it"
    assert len(table(event, event, live=True)) == 4
    assert len(table(make_event())) == 2
