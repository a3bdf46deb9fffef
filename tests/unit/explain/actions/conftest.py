"""Events for actions: those of the samples, and one with names of an attacker's choice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

import oomlog
from oomlog.explain.actions import RULES
from oomlog.explain.case import Case
from oomlog.explain.model import Finding
from oomlog.model import Details, Kill, OomEvent, Scope, TaskTable, Trigger

SAMPLES = Path(__file__).parents[4] / "samples"


@pytest.fixture
def findings() -> tuple[Finding, ...]:
    """Return one finding of each kind that has actions."""
    return tuple(finding(id) for id in RULES)


def finding(id: str) -> Finding:
    """Return a finding with nothing but its id: actions are derived from the event."""
    return Finding(id, {}, (), "certain", "mm/oom_kill.c")


@cache
def cases_of_samples() -> tuple[Case, ...]:
    """Return a case for each event of the samples, one log form each."""
    cases: list[Case] = []
    for path in sorted(SAMPLES.glob("*.log")):
        if ".console." in path.name and path.with_name(path.name.replace("console", "dmesg")).exists():
            continue
        if ".kmsg." in path.name:
            continue
        events = tuple(oomlog.parse(str(path)))
        cases += [Case(event, events) for event in events]
    return tuple(cases)


@pytest.fixture
def sample() -> Callable[[str], Case]:
    """Return the case of a sample's first event, by the sample's name."""

    def get(name: str) -> Case:
        events = tuple(oomlog.parse(str(SAMPLES / f"{name}.dmesg.log")))
        return Case(events[0], events)

    return get


COLUMNS = ("pid", "uid", "tgid", "total_vm_pages", "rss_pages", "pgtables_bytes", "swapents_pages")
COLUMNS += ("oom_score_adj", "comm")


def made(
    comm: str | None = "app",
    path: str | None = None,
    *,
    scope: Scope = "memcg",
    adj: int = 0,
    rows: tuple[tuple[int, int, int, str], ...] = (),
    details: Details | None = None,
    killer: str = "kernel",
    outcome: oomlog.model.Outcome = "killed",
    siblings: tuple[OomEvent, ...] = (),
    memory: dict[str, int] | None = None,
    swap: dict[str, int] | None = None,
) -> Case:
    """Return a case made by hand.

    :param rows: (pid, rss_pages, oom_score_adj, comm) beside the victim, which is pid 100 with 10000 pages.
    """
    usage = {"usage_kb": 1048576, "limit_kb": 1048576, "failcnt": 1}
    memcg = oomlog.Memcg(memory=memory or usage, swap=swap or {"usage_kb": 0, "limit_kb": 0, "failcnt": 0})
    table = [(pid, 0, pid, rss * 2, rss, 0, 0, a, name) for pid, rss, a, name in rows]
    table.append((100, 0, 100, 20000, 10000, 0, 0, adj, comm or ""))
    found = replace(
        details or Details(),
        memcg=memcg if scope == "memcg" else None,
        tasks=TaskTable(COLUMNS, table),  # type: ignore[arg-type]
    )
    kill = Kill(100, comm, 80000, 40000, 0, 0, oom_score_adj=adj, pgtables_kb=0)
    event = OomEvent(
        source="x",
        first_line=1,
        last_line=9,
        time=None,
        time_origin="none",
        uptime_s=None,
        host=None,
        boot_id=None,
        killer=killer,
        scope=scope,
        constraint=None,
        outcome=outcome,
        complete=True,
        trigger=Trigger(comm, 100, 0, None, None, 3, 0),
        oom_memcg=path,
        task_memcg=path,
        kills=(kill,),
        notes=(),
        problems=(),
        decode=lambda: found,
    )
    return Case(event, siblings)
