"""A history on a page, as JSON, and as a table."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime
from importlib.resources import files
from typing import Any

import jsonschema
import pandas as pd
import pytest

import oomlog
from oomlog.explain.phrases import say
from oomlog.report.document_text import document_text
from oomlog.report.history_figures import history_figures
from oomlog.report.history_headline import headline, remarks
from oomlog.report.history_json import history_dict
from oomlog.report.history_page import BY, history_blocks
from oomlog.report.history_table import csv_bytes, parquet_bytes, table_of
from oomlog.report.history_words import duration, missing, rate, stamp

KILL = "Killed process {pid} ({comm}) total-vm:90kB, anon-rss:{rss}kB, file-rss:0kB, shmem-rss:0kB, UID:0"


def line(stamp: str, host: str = "web1", comm: str = "java", pid: int = 7, rss: int = 80) -> str:
    return f"{stamp} {host} kernel: Out of memory: {KILL.format(pid=pid, comm=comm, rss=rss)}\n"


def log(count: int = 3, **more: Any) -> str:
    return "".join(
        line(f"2026-11-0{1 + at}T10:00:00.000000+00:00", pid=10 + at, **more) for at in range(count)
    )


def strict(schema: Any) -> Any:
    """Return the schema without room for keys that it does not describe."""
    if isinstance(schema, dict):
        found = {key: strict(value) for key, value in schema.items()}
        return found | {"additionalProperties": False} if "properties" in found else found
    return [strict(each) for each in schema] if isinstance(schema, list) else schema


SCHEMA = strict(json.loads(files("oomlog.report").joinpath("history.schema.json").read_bytes()))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("nothing\n", "No kill by the kernel was found."),
        (
            log(1),
            "1 kill at 2026-11-01 10:00:00 on web1: java, because the whole machine had run out of memory.",
        ),
        (
            log(),
            "3 kills in 2 days on web1; java was killed each time, "
            "always because the whole machine had run out of memory.",
        ),
        (
            log(2) + line("2026-11-03T10:00:00+00:00", host="web2", comm="cc1"),
            "3 kills in 2 days on 2 hosts; java was killed twice, "
            "always because the whole machine had run out of memory.",
        ),
        (f"[    5.000000] Out of memory: {KILL.format(pid=1, comm='a', rss=4)}\n" + log(1), None),
    ],
)
def test_the_headline_says_what_the_kills_have_in_common(text: str, sentence: str | None) -> None:
    """How many, how long, where, who, and why; kills without a time are told apart."""
    found = headline(oomlog.history(text))
    if sentence is None:
        assert found == (
            "2 kills (1 of them at 2026-11-01 10:00:00) on web1 and on hosts without a name (1 kill)."
        )
    else:
        assert found == sentence


def test_a_limit_that_all_kills_hit_is_in_the_headline() -> None:
    """Where one limit is behind all kills of the first victim it is named with its size."""
    sample = __file__.replace(
        "tests/unit/report/test_history.py", "samples/v6.12-memcg-v2-docker-java.dmesg.log"
    )
    assert headline(oomlog.history(sample)).endswith(
        "1 kill: java at the 512 MiB memory limit of docker 4f1d0c6b7f0e."
    )


def test_a_span_is_between_moments() -> None:
    """Two zones can show one moment, and times without a zone have no distance to others."""
    west = line("2026-11-01T02:00:00-08:00", host="web2", pid=99)
    assert headline(oomlog.history(log(1) + west)).startswith("2 kills at 2026-11-01 10:00:00 on 2 hosts;")
    assert headline(oomlog.history(log(1) + line("2026-11-09T10:00:00", pid=99))).startswith(
        "2 kills on web1;"
    )


def test_what_is_left_out_is_said() -> None:
    """Times without a zone, an inferred year, and kills without a time of day each have a sentence."""
    text = f"[    5.000000] Out of memory: {KILL.format(pid=1, comm='a', rss=4)}\n"
    assert next(remarks(oomlog.history(text))).startswith("1 kill has no time of day, at best seconds")
    mixed = log(1) + line("2026-11-02T10:00:00", pid=9)
    assert "some without a zone" in " ".join(remarks(oomlog.history(mixed)))


@pytest.mark.parametrize("text", ["nothing\n", log(1), log(9), log(2) + line("2026-11-05T10:00:00")])
def test_json_is_what_its_schema_says(text: str) -> None:
    """Every key is described, and every value is of its type."""
    past = oomlog.history(text)
    week = (datetime(2026, 11, 1), datetime(2026, 11, 8))
    for comparison in (None, past.compare(week, week)):
        record = json.loads(json.dumps(history_dict(past, comparison)))
        jsonschema.validate(record, SCHEMA)
        assert record["kills"] == len(past)


def test_json_of_whole_reports_fits_the_schema() -> None:
    """Limits, storms and all that a recorded log has fit it too."""
    samples = __file__.replace("tests/unit/report/test_history.py", "samples")
    past = oomlog.history([f"{samples}/v6.12-series.dmesg.log", f"{samples}/v5.10-storm.dmesg.log"])
    record = history_dict(past)
    jsonschema.validate(json.loads(json.dumps(record)), SCHEMA)
    assert record["limits"] and record["incidents"]


def test_every_table_can_be_asked_for() -> None:
    """What ``--by`` knows is on a page and in a table."""
    past = oomlog.history(log())
    for key in BY:
        assert say(f"history.by_{key}", "en", {}) in document_text(history_blocks(past, by=[key]))
        assert int(table_of(past, key)["kills"].sum()) == 3


def test_a_table_of_kills_has_each_kill_with_its_place() -> None:
    """Without ``--by`` it is one row a kill, with where and when."""
    table = table_of(oomlog.history(log()), None)
    assert len(table) == 3
    assert {"wall", "where", "limit_where", "comm"} <= set(table.columns)
    assert not {"clock", "moment_s", "boot"} & set(table.columns)


def test_csv_is_safe_and_parquet_is_exact() -> None:
    """A formula is quoted in csv and as it is in Parquet; times are ISO 8601, unknown values are empty."""
    past = oomlog.history(log(1, comm="=1+1"))
    [row] = csv.DictReader(io.StringIO(csv_bytes(table_of(past, None)).decode()))
    assert (row["comm"], row["time"], row["oom_memcg"]) == ("'=1+1", "2026-11-01T10:00:00.000000+00:00", "")
    back = pd.read_parquet(io.BytesIO(parquet_bytes(table_of(past, None))))
    assert back["comm"].tolist() == ["=1+1"]
    assert back["time"].tolist() == past.kills["time"].tolist()


def test_a_task_called_nan_is_a_task() -> None:
    """Only what is no text can be missing."""
    assert [missing(value) for value in ("nan", "NaT", pd.NA, pd.NaT, float("nan"), None, 0)] == [
        False, False, True, True, True, True, False,
    ]  # fmt: skip
    assert "nan " in document_text(history_blocks(oomlog.history(log(1, comm="nan"))))


def test_numbers_are_words_for_people() -> None:
    """Durations, rates and times have the unit that says most."""
    assert [duration(each) for each in (0.0004, 1.5, 119, 120, 172_800)] == [
        "1 ms", "1.5 s", "119 s", "2 min", "2 days",
    ]  # fmt: skip
    assert (rate(pd.NA, "h"), rate(0.2, "h"), stamp(pd.NaT)) == ("-", "+0 KiB/h", "-")


def test_the_html_page_has_its_pictures() -> None:
    """Timeline and calendar are there for wide and narrow pages, described for those who cannot see them."""
    past = oomlog.history(log(comm="<script>x"))
    found = list(history_figures(past))
    assert len(found) == 3
    assert all(figure.alt and figure.narrow and "<script" not in figure.svg for figure in found)
    assert list(history_figures(oomlog.history("nothing\n"))) == []


@pytest.mark.parametrize("columns", [40, 60, 80, 200])
def test_a_page_fits_the_terminal(columns: int) -> None:
    """No line is wider than the terminal, and what a table says is there in any width."""
    past = oomlog.history(log(9) + log(4, host="database-server-2"))
    text = document_text(history_blocks(past), columns=columns)
    assert max(map(len, text.splitlines())) <= columns
    for word in ("database-server-2", "MEDIAN PAUSE", "By host"):
        assert word in text
    wide = document_text(history_blocks(past))
    assert "HOST               KILLS" in wide
    assert ("HOST               KILLS" in text) is (columns == 200)
