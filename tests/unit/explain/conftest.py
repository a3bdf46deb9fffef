"""Events to explain: recorded ones, and reports written line by line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import pytest

import oomlog
from oomlog import OomEvent
from oomlog.explain.case import Case

SAMPLES = Path(__file__).resolve().parents[3] / "samples"


@cache
def _events(name: str) -> tuple[OomEvent, ...]:
    return tuple(oomlog.parse(SAMPLES / f"{name}.log"))


@pytest.fixture
def sample() -> Callable[..., Case]:
    """Return the case of one event of a sample, among the others of its log."""

    def make(name: str, number: int = 1) -> Case:
        events = _events(name if "." in name[5:] else f"{name}.dmesg")
        return Case(events[number - 1], events)

    return make


@pytest.fixture
def case() -> Callable[..., Case]:
    """Return the case of the first event of a report written as lines."""

    def make(lines: Sequence[str], number: int = 1, **options: int) -> Case:
        text = "".join(f"[  100.{index:06d}] {line}\n" for index, line in enumerate(lines))
        events = tuple(oomlog.parse(text))
        return Case(events[number - 1], events, **options)

    return make
