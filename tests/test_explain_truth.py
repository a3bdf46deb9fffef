"""What is recomputed from a report, held against what the guest itself saw."""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import oomlog
from oomlog import OomEvent
from oomlog.explain.formula import formula_of
from oomlog.explain.model import VictimChoice
from oomlog.explain.page_size import page_size
from oomlog.explain.ranking import processes_of, rank
from oomlog.explain.victim import choose_victim

ROOT = Path(__file__).resolve().parents[1]
SAMPLES = sorted((ROOT / "samples").glob("*.truth.json"))
PUBLISHED = Path(os.environ.get("OOMLOG_CORPUS") or ROOT.parent / "shared" / "corpus")
CORPUS = sorted(PUBLISHED.glob("*.log"))
PAGE_KB = 4

each_sample = pytest.mark.parametrize(
    "truth", SAMPLES, ids=lambda path: path.name.removesuffix(".truth.json")
)

# A difference that the report itself explains; everything else must agree or be unknowable.
NAMED = {
    "allocating_task",
    "sacrificed_child",
    "values_moved",
    "thought_immune",
    "other_memcg",
    "unknown_column",
}


@cache
def events_of(path: Path) -> tuple[OomEvent, ...]:
    return tuple(oomlog.parse(path))


def log_of(truth: Path) -> Path:
    name = truth.name.removesuffix(".truth.json")
    logs = [truth.with_name(f"{name}.{channel}.log") for channel in ("dmesg", "console")]
    return next(log for log in logs if log.exists())


def choice_of(event: OomEvent, events: tuple[OomEvent, ...]) -> VictimChoice:
    return choose_victim(event, page_size(event), events)


def readings_of(truth: Path, events: tuple[OomEvent, ...]) -> list[tuple[OomEvent, dict[str, Any]]]:
    """Pair each event with the guest's last look at /proc before it."""
    readings = json.loads(truth.read_text("utf-8"))["readings"]
    found, kills = [], 0
    for event in events:
        before = [reading for reading in readings if reading["oom_kill"] <= kills]
        kills += len(event.kills)
        if before:
            found.append((event, before[-1]))
    return found


@each_sample
def test_recomputed_scores_are_those_of_proc(truth: Path) -> None:
    """/proc/PID/oom_score just before the kill, within what RSS, swap and page tables changed meanwhile."""
    for event, reading in readings_of(truth, events_of(log_of(truth))):
        if event.tasks is None:
            continue
        memory = reading["meminfo_kb"]
        total = (memory["MemTotal"] + memory["SwapTotal"]) // PAGE_KB
        processes = processes_of(event, PAGE_KB)
        able, spared = rank(processes, formula_of(event), total, {}, machine_pages=total)
        seen = {process["pid"]: process for process in reading["processes"]}
        for ranked in (*able, *spared):
            process = seen.get(ranked.pid)
            if process is None or process["comm"] != ranked.comm or ranked.terms is None:
                continue
            used = sum(ranked.terms[:3])
            kept = (process["VmRSS_kb"] + process["VmSwap_kb"] + process["VmPTE_kb"]) / PAGE_KB
            change = abs(used - kept) * 1000 / total
            assert ranked.oom_score is not None
            assert abs(ranked.oom_score - process["oom_score"]) <= 1 + change, ranked


@each_sample
def test_totalpages_is_what_the_guest_had(truth: Path) -> None:
    """RAM less reserved plus swap, to the page."""
    for event, reading in readings_of(truth, events_of(log_of(truth))):
        if event.scope in ("global", "sysrq"):
            memory = reading["meminfo_kb"]
            total = choice_of(event, ()).totalpages
            assert total is not None
            assert (total.value, total.exact) == ((memory["MemTotal"] + memory["SwapTotal"]) // PAGE_KB, True)


@each_sample
def test_the_page_size_shows(truth: Path) -> None:
    """In every complete report something tells it, and nothing contradicts."""
    for event in events_of(log_of(truth)):
        if event.complete and (event.kills or event.scope == "global"):
            found = page_size(event)
            assert (found.value, found.exact) == (PAGE_KB, True)


@each_sample
def test_the_kernels_choice_is_the_computed_one(truth: Path) -> None:
    """Or the difference is named, for every complete event with a table of tasks."""
    events = events_of(log_of(truth))
    for event in events:
        if event.complete and event.kills and event.tasks is not None:
            choice = choice_of(event, events)
            assert choice.agrees or choice.reason in NAMED, choice.reason


@pytest.mark.skipif(not CORPUS, reason="no published logs beside the project")
@pytest.mark.parametrize("log", CORPUS, ids=lambda path: path.stem)
def test_published_logs_agree_or_say_why_not(log: Path) -> None:
    """No choice on machines we never saw stays unexplained, and every choice has a verdict or a reason."""
    events = events_of(log)
    for event in events:
        choice = choice_of(event, events)
        assert choice.reason != "unexplained"
        assert choice.agrees is not None or choice.reason is not None
