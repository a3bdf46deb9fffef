"""Kills as CSV."""

from __future__ import annotations

import csv
from collections.abc import Callable

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oomlog.frame.columns import EXPORTED
from oomlog.frame.exported import rows
from oomlog.model import Details, Kill, OomEvent, Reaped, Selected
from oomlog.report.csv import CsvReport

MakeEvent = Callable[..., OomEvent]


def table(*events: OomEvent) -> list[dict[str, str]]:
    written: list[bytes] = []
    report = CsvReport(written.append)
    for event in events:
        report.add(event)
    report.finish()
    lines = b"".join(written).decode().splitlines()
    return list(csv.DictReader(lines))


def test_values(make_event: MakeEvent) -> None:
    """Numbers stay numbers, booleans are words, and what was not printed is empty."""
    kill = Kill(
        42,
        "=cmd",
        oom_score_adj=-900,
        selected=Selected(41, "+sh", 3),
        reaped=Reaped(0, 0, 0, False, 9),
        line=3,
    )
    (row,) = table(make_event(kills=(kill,)))
    assert row["pid"] == "42"
    assert row["comm"] == "'=cmd"
    assert row["oom_score_adj"] == "-900"
    assert (row["selected_pid"], row["selected_comm"]) == ("41", "'+sh")
    assert (row["reaped"], row["complete"]) == ("true", "true")
    assert (row["total_vm_kb"], row["time"], row["host"]) == ("", "", "")


def test_one_row_per_kill(make_event: MakeEvent) -> None:
    """The kills of an event are rows that share its values; an event without a kill has none."""
    group = make_event(kills=(Kill(1, "a", line=5), Kill(2, "b", line=6)))
    found = table(group, make_event(kills=(), outcome="panic"))
    assert [(row["first_line"], row["line"], row["comm"]) for row in found] == [
        ("1", "5", "a"),
        ("1", "6", "b"),
    ]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.text(st.characters(codec=None, exclude_categories=()), max_size=15))
def test_no_name_breaks_the_table(make_event: MakeEvent, name: str) -> None:
    """Whatever a process calls itself, its row is one row, and no cell of it is a formula."""
    (row,) = table(make_event(kills=(Kill(42, name, line=3),)))
    assert None not in row
    assert row["pid"] == "42"
    assert not row["comm"].lstrip().startswith(("=", "+", "-", "@"))


def test_rows_fit_the_columns(make_event: MakeEvent) -> None:
    """Each value has the kind its column promises."""
    kinds = {"text": str, "time": str, "int": int, "float": float, "bool": bool}
    for row in rows(make_event()):
        for column, value in zip(EXPORTED, row, strict=True):
            assert value is None or type(value) is kinds[column.kind]


def test_nothing_is_decoded_for_a_report_with_a_summary_line(make_event: MakeEvent) -> None:
    """A large export does not read the sections of reports whose cgroups are in the summary line."""

    def decode() -> Details:
        raise AssertionError("decoded")

    assert table(make_event(decode=decode))
