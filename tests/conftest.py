"""What all tests share: the ``--update-golden`` option, a fresh start, and the known bugs."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

import pytest
from hypothesis import settings

# The first example of a test often pays for an import, and the machine may be busy: no test is timed.
settings.register_profile("oomlog", deadline=None)
settings.load_profile("oomlog")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="write the expected records of samples/ anew; read the diff before you keep it",
    )


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    """Tell whether expected records are to be written instead of compared."""
    return bool(request.config.getoption("--update-golden"))


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each test start as a fresh process does, so that tests run alone and together do the same."""
    monkeypatch.setattr("oomlog.lines.prefix._memo", None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the cases in the ``known_bugs.toml`` beside a test: each must fail until its bug is fixed."""
    for item in items:
        reason = _known_bugs(item.path.parent).get(item.name)
        if reason is not None:
            item.add_marker(pytest.mark.xfail(strict=True, reason=reason))


@cache
def _known_bugs(folder: Path) -> dict[str, str]:
    """Return why each case of the tests in a folder is known to fail."""
    path = folder / "known_bugs.toml"
    known = tomllib.loads(path.read_text()) if path.exists() else {"bug": []}
    return {case: bug["reason"] for bug in known["bug"] for case in bug["cases"]}
