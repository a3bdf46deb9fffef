"""What all tests share: the ``--update-golden`` option."""

from __future__ import annotations

import pytest


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
