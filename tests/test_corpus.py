"""Published logs against facts that people read from them by eye.

The corpus is kept outside of the project: ``../shared/corpus`` beside the checkout, or where
``OOMLOG_CORPUS`` says.  Its README explains the keys; a key that a file does not have is not compared.
"""

from __future__ import annotations

import json
import os
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import oomlog
from oomlog.model import OomEvent
from oomlog.report.json import event_bytes

CORPUS = Path(os.environ.get("OOMLOG_CORPUS") or Path(__file__).parent.parent.parent / "shared" / "corpus")
FACTS = sorted(CORPUS.glob("*.toml"))
Json = dict[str, Any]

EVENT = ("scope", "task_memcg", ("memcg", "oom_memcg"), "complete")
TRIGGER = (("invoker", "comm"), ("invoker_pid", "pid"), "gfp_mask", "order", "oom_score_adj")
KILL = (
    "pid", "comm", "total_vm_kb", "anon_rss_kb", "file_rss_kb", "shmem_rss_kb", "uid", "pgtables_kb",
    "oom_score_adj", "score",
)  # fmt: skip
# Facts that make an [[event]] of a fragment; without one it is up to the reader whether it is an event.
SURE = {"invoker", "kill", "no_killable", "panic", "victim_named"}
# These only tell of kills by the kernel.
REPORTERS = ("kubelet", "slurmstepd")

if not FACTS:
    pytest.skip(f"no corpus at {CORPUS}; set OOMLOG_CORPUS", allow_module_level=True)

each_log = pytest.mark.parametrize("path", FACTS, ids=lambda path: path.stem)


@cache
def facts_of(path: Path) -> Json:
    return tomllib.loads(path.read_text())


@cache
def events_of(path: Path) -> list[OomEvent]:
    return list(oomlog.parse(path.with_suffix(".log")))


def records_of(path: Path) -> list[Json]:
    return [json.loads(event_bytes(event)) for event in events_of(path)]


def kernel_events(path: Path) -> list[Json]:
    def is_sure(record: Json) -> bool:
        ended = record["outcome"] in ("panic", "no_killable")
        return bool(record["trigger"] or record["kills"] or record["constraint"] or ended)

    return [record for record in records_of(path) if record["killer"] == "kernel" and is_sure(record)]


def said(facts: Json, keys: tuple[str | tuple[str, str], ...]) -> Json:
    """Return the facts that there are, by the names of a record."""
    names = [key if isinstance(key, tuple) else (key, key) for key in keys]
    return {theirs: facts[ours] for ours, theirs in names if ours in facts}


def same_keys(expected: Json, record: Json | None) -> Json:
    return {key: (record or {}).get(key) for key in expected}


def sure_events(path: Path) -> list[Json]:
    return [facts for facts in facts_of(path)["event"] if facts.keys() & SURE]


@each_log
def test_events_are_those_in_the_text(path: Path) -> None:
    """As many events as people saw, each with its scope, cgroups, trigger and length of task table."""
    expected, records = sure_events(path), kernel_events(path)
    assert len(expected) == len(records)
    for facts, record in zip(expected, records, strict=True):
        about = said(facts, EVENT)
        if about.get("scope") == "unknown":
            del about[
                "scope"
            ]  # no line says it; a record may still know, from the text of a trace for example
        assert about == same_keys(about, record)
        trigger = said(facts, TRIGGER)
        assert trigger == same_keys(trigger, record["trigger"])
        if "tasks_listed" in facts:
            assert facts["tasks_listed"] == len(record["tasks"] or ())


@each_log
def test_kills_are_those_in_the_text(path: Path) -> None:
    """Each kill has every value that its lines print, in the event it belongs to."""
    for facts, record in zip(sure_events(path), kernel_events(path), strict=True):
        kills = facts.get("kill", [])
        assert [said(kill, KILL) for kill in kills] == [
            same_keys(said(kill, KILL), got) for kill, got in zip(kills, record["kills"], strict=True)
        ]


@each_log
def test_endings_are_those_in_the_text(path: Path) -> None:
    """A panic, or a report that found nothing to kill, is told apart from a kill."""
    for facts, record in zip(sure_events(path), kernel_events(path), strict=True):
        if facts.get("panic"):
            assert record["outcome"] == "panic"
        elif facts.get("no_killable"):
            assert record["outcome"] == "no_killable"
        else:
            assert record["outcome"] == ("killed" if facts.get("kill") else "unknown")


@each_log
def test_the_kernel_is_the_one_in_the_text(path: Path) -> None:
    """The first event that has a stack header names the kernel as people read it."""
    expected = facts_of(path)["kernel"]
    found = [record["kernel_release"] for record in kernel_events(path) if record["kernel_release"]]
    if expected and kernel_events(path):
        assert [expected] == found[:1]
    elif not expected:
        assert found == []


@each_log
def test_other_killers_are_told_apart(path: Path) -> None:
    """What systemd-oomd, earlyoom and lowmemorykiller killed is an event of theirs, with what they say."""
    acts = [act for act in facts_of(path).get("userspace", []) if not act["killer"].endswith(REPORTERS)]
    records = [record for record in records_of(path) if record["killer"] != "kernel"]
    assert [act["killer"] for act in acts] == [record["killer"] for record in records]
    for act, record in zip(acts, records, strict=True):
        if "cgroup" in act:
            assert act["cgroup"] == record["task_memcg"]
        if "pid" in act:
            victim = said(act, KILL)
            assert [victim] == [same_keys(victim, kill) for kill in record["kills"]]


@each_log
def test_reporters_are_no_killers(path: Path) -> None:
    """kubelet and slurmstepd tell of kills by the kernel: at most a note, never an event of their own."""
    for event in events_of(path):
        assert not event.killer.endswith(REPORTERS)
    told = [act for act in facts_of(path).get("userspace", []) if act["killer"].endswith("kubelet")]
    notes = [note for event in events_of(path) for note in event.notes if note.source == "kubelet"]
    assert len(notes) <= len(told)


@each_log
def test_look_alikes_are_no_events(path: Path) -> None:
    """A text with OOM words and no kill gives nothing."""
    if "-neg-" in path.name:
        assert records_of(path) == []
