"""Sizes in kB as people read them."""

from __future__ import annotations

import pytest

from oomlog.units import human_kb


@pytest.mark.parametrize(
    ("kb", "shown"),
    [
        (None, "-"),
        (0, "0 KiB"),
        (1, "1 KiB"),
        (1023, "1023 KiB"),
        (1024, "1.00 MiB"),
        (10_230, "9.99 MiB"),
        (10_239, "10.0 MiB"),
        (102_340, "99.9 MiB"),
        (102_399, "100 MiB"),
        (1_048_575, "1.00 GiB"),
        (1_048_576, "1.00 GiB"),
        (16 * 1024**3, "16.0 TiB"),
        (1 << 54, "16384 PiB"),
        (-2048, "-2.00 MiB"),
    ],
)
def test_human_kb(kb: int | None, shown: str) -> None:
    """Three significant digits, the unit that fits, and a dash for what was not printed."""
    assert human_kb(kb) == shown
