"""Compare what a command printed with truth.json.

A benchmark of a wrong answer is worth nothing, so every run's output is checked: one NDJSON
line for each event, one CSV row for each kill, and the kills and task rows inside the records.
Files are read line by line, to keep the runner itself small.
"""

import csv
import io
import json
from collections.abc import Mapping
from typing import IO

# The keys of an event record that hold its kills and its task table.
KILLS = "kills"
TASKS = "tasks"


def ndjson(output: IO[bytes], truth: Mapping[str, int]) -> list[str]:
    """Return what is wrong with the records: events, and kills and task rows where they are listed."""
    events = kills = rows = 0
    has_kills = has_rows = False
    for line in output:
        events += 1
        record = json.loads(line)
        listed = _length(record.get(KILLS))
        if listed is not None:
            kills += listed
            has_kills = True
        listed = _length(record.get(TASKS))
        if listed is not None:
            rows += listed
            has_rows = True
    wrong = _differs("events", events, truth["events"])
    if has_kills:
        wrong += _differs("kills", kills, truth["kills"])
    if has_rows:
        wrong += _differs("task rows", rows, truth["task_rows"])
    return wrong


def kill_table(output: IO[bytes], truth: Mapping[str, int]) -> list[str]:
    """Return what is wrong with the CSV: a header, then one row for each kill."""
    text = io.TextIOWrapper(output, encoding="utf-8", errors="surrogateescape", newline="")
    rows = sum(1 for _ in csv.reader(text))
    text.detach()
    return _differs("kills", max(0, rows - 1), truth["kills"])


def grep_count(output: IO[bytes], truth: Mapping[str, int]) -> list[str]:
    """Return what is wrong with grep -c: each kill has exactly one line."""
    return _differs("kills", int(output.read() or 0), truth["kills"])


def nothing(output: IO[bytes], truth: Mapping[str, int]) -> list[str]:
    """Accept any output: the command prints none that counts."""
    del output, truth
    return []


def _length(value: object) -> int | None:
    # A list of rows, {"rows": [...]}, or a list for each column.
    if isinstance(value, dict):
        value = value["rows"] if "rows" in value else next(iter(value.values()), None)
    return len(value) if isinstance(value, list) else None


def _differs(what: str, found: int, expected: int) -> list[str]:
    return [] if found == expected else [f"{what}: {found} instead of {expected}"]
