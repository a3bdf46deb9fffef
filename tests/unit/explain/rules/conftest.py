"""Events to look for claims in: of a sample, or of a text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import oomlog
from oomlog.explain.case import Case

SAMPLES = Path(__file__).parents[4] / "samples"
Cases = Callable[[str], list[Case]]


@pytest.fixture
def sample() -> Cases:
    """Return the cases of a sample by its name and channel."""

    def cases(name: str) -> list[Case]:
        events = list(oomlog.parse(SAMPLES / f"{name}.log"))
        return [Case(event, events) for event in events]

    return cases


@pytest.fixture
def text() -> Cases:
    """Return the cases of a log given as text."""

    def cases(log: str) -> list[Case]:
        events = list(oomlog.parse(log.encode()))
        return [Case(event, events) for event in events]

    return cases
