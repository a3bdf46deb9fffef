"""Makes the renderer importable for the tests beside it."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    """Let each test start as a fresh process does, so that tests run alone and together do the same."""
    monkeypatch.setattr("oomlog.lines.prefix._memo", None, raising=False)


def pytest_collection_modifyitems(items):
    """Mark the cases in ``known_bugs.toml`` beside this file: each must fail until its bug is fixed."""
    known = tomllib.loads((Path(__file__).parent / "known_bugs.toml").read_text())
    reasons = {case: bug["reason"] for bug in known["bug"] for case in bug["cases"]}
    for item in items:
        if item.path.parent == Path(__file__).parent and item.name in reasons:
            item.add_marker(pytest.mark.xfail(strict=True, reason=reasons[item.name]))
