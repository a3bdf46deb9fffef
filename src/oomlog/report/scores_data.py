"""The order of the OOM killer for programs: JSON, NDJSON and CSV.

What the kernel printed and what was computed are apart: computed values are below ``derived`` in JSON, and
their columns begin with ``derived_`` in CSV.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any, NamedTuple

import orjson

from oomlog.live.scores import NearLimit, Scores
from oomlog.report.escape import sheet_cell, without_surrogates
from oomlog.report.scores import Entry

__all__ = ["KEYS", "Key", "key_lines", "scores_csv", "scores_json", "scores_ndjson"]


class Key(NamedTuple):
    """One value of a process in the formats for programs."""

    name: str
    kind: str
    meaning: str
    value: Callable[[Entry], Any]
    derived: bool = False


def _part(name: str) -> Callable[[Entry], Any]:
    return lambda entry: None if entry.score.terms is None else getattr(entry.score.terms, name)


def _own(name: str) -> Callable[[Entry], Any]:
    return lambda entry: getattr(entry.score.process, name)


KEYS: tuple[Key, ...] = (
    Key("pid", "int", "number of the process", _own("pid")),
    Key("comm", "text", "its name", _own("comm")),
    Key("uid", "int", "its real user", _own("uid")),
    Key("state", "text", "its state, as in ps", _own("state")),
    Key("started_ticks", "int", "clock ticks from boot to its start", _own("started_ticks")),
    Key("kernel_thread", "bool", "it is a thread of the kernel", _own("kernel_thread")),
    Key("oom_score", "int", "what the kernel says about it, rounded", _own("oom_score")),
    Key("oom_score_adj", "int", "the user's setting, -1000 to 1000", _own("oom_score_adj")),
    Key("rss_kb", "int", "memory in RAM", _own("rss_kb")),
    Key("swap_kb", "int", "memory in swap", _own("swap_kb")),
    Key("pgtables_kb", "int", "page tables", _own("pgtables_kb")),
    Key("memcg", "text", "cgroup whose memory limit holds for it", _own("memcg")),
    Key("rank", "int", "1 would die next in a global OOM; empty if immune", lambda e: e.rank, True),
    Key("badness_pages", "int", "oom_badness(), the sum of the next five", lambda e: e.score.badness, True),
    Key("rss_pages", "int", "memory in RAM", _part("rss_pages"), True),
    Key("swap_pages", "int", "memory in swap", _part("swap_pages"), True),
    Key("pgtables_pages", "int", "page tables", _part("pgtables_pages"), True),
    Key("root_pages", "int", "discount of root, until Linux 4.16", _part("root_pages"), True),
    Key("adj_pages", "int", "what oom_score_adj is worth", _part("adj_pages"), True),
    Key("share", "float", "part of RAM and swap that it uses", lambda e: e.score.share, True),
    Key("expected_oom_score", "int", "oom_score as computed, to compare", lambda e: e.expected_score, True),
    Key("immune", "text", "why it is never killed; empty if it can be", lambda e: e.score.immune, True),
    Key("next_in", "text", "where it is next: global, or a cgroup near its limit", lambda e: e.next_in, True),
)
"""The values of a process, for JSON, NDJSON and CSV."""


def key_lines() -> list[str]:
    """Return the keys with their types and meanings, one a line."""
    lines = []
    for key in KEYS:
        name = f"derived_{key.name}" if key.derived else key.name
        lines.append(f"{name:26}  {key.kind:5}  {key.meaning}")
    return lines


def _record(entry: Entry) -> dict[str, Any]:
    record: dict[str, Any] = {}
    derived: dict[str, Any] = {}
    for key in KEYS:
        value = key.value(entry)
        if isinstance(value, str):
            value = without_surrogates(value)
        elif isinstance(value, tuple):
            value = [without_surrogates(text) for text in value]
        (derived if key.derived else record)[key.name] = value
    return {**record, "derived": derived}


def scores_json(scores: Scores, shown: Sequence[Entry], time: str) -> bytes:
    """Return one object with everything (``oomlog.scores/1``)."""
    first = scores.next
    record = {
        "schema": "oomlog.scores/1",
        "time": time,
        "page_size": scores.page_size,
        "panic_on_oom": scores.panic_on_oom,
        "oom_kill_allocating_task": scores.allocating_task,
        "derived": {
            "totalpages": scores.totalpages,
            "formula": {
                "name": scores.fit.formula,
                "agree": scores.fit.agree,
                "compared": scores.fit.compared,
            },
            "next_pid": None if first is None else first.process.pid,
            "limited_view": scores.limited_view,
        },
        "near_limits": [_near(near) for near in scores.near],
        "processes": [_record(entry) for entry in shown],
    }
    return orjson.dumps(record, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _near(near: NearLimit) -> dict[str, Any]:
    memcg = {
        key: without_surrogates(value) if isinstance(value, str) else value
        for key, value in asdict(near.memcg).items()
    }
    derived = {
        "share": near.memcg.share,
        "next_pid": None if near.next is None else near.next.process.pid,
        "next_badness_pages": None if near.next is None else near.next.badness,
    }
    return {**memcg, "derived": derived}


def scores_ndjson(shown: Sequence[Entry], time: str) -> bytes:
    """Return one object a process and line (``oomlog.score/1``)."""
    return b"".join(
        orjson.dumps(
            {"schema": "oomlog.score/1", "time": time, **_record(entry)}, option=orjson.OPT_APPEND_NEWLINE
        )
        for entry in shown
    )


def scores_csv(shown: Sequence[Entry], time: str, *, head: bool) -> bytes:
    """Return one line a process, safe to open in a spreadsheet.

    :param head: With the names of the columns first.
    """
    page = io.StringIO(newline="")
    line = csv.writer(page, lineterminator="\n")
    if head:
        line.writerow(["time", *(f"derived_{key.name}" if key.derived else key.name for key in KEYS)])
    for entry in shown:
        line.writerow([time, *(_csv_cell(key.value(entry)) for key in KEYS)])
    return page.getvalue().encode()


def _csv_cell(value: object) -> object:
    if isinstance(value, tuple):
        value = ", ".join(value) or None
    if isinstance(value, bool):
        return "true" if value else "false"
    return sheet_cell(value) if isinstance(value, str) else value
