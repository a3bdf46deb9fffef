"""What all tests share: the ``--update-golden`` option and a fresh start."""

from __future__ import annotations

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
