"""Events made by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from oomlog.model import Details, Kill, OomEvent, Trigger

MakeEvent = Callable[..., OomEvent]


def _event(details: Details | None = None, **changed: Any) -> OomEvent:
    values: dict[str, Any] = {
        "source": "kern.log",
        "first_line": 1,
        "last_line": 3,
        "time": None,
        "time_origin": "absent",
        "uptime_s": 12.5,
        "host": None,
        "boot_id": None,
        "killer": "kernel",
        "scope": "global",
        "constraint": "CONSTRAINT_NONE",
        "outcome": "killed",
        "complete": True,
        "trigger": Trigger("java", None, None, "0xcc0", ("GFP_KERNEL",), 0, 0),
        "oom_memcg": None,
        "task_memcg": "/a",
        "kills": (Kill(42, "java", anon_rss_kb=2048, file_rss_kb=0, line=3),),
        "notes": (),
        "problems": (),
        "decode": lambda: details or Details(),
    }
    return OomEvent(**{**values, **changed})


@pytest.fixture
def make_event() -> MakeEvent:
    """Return a function that makes a plain event with some values changed."""
    return _event
