"""Sizes for people: the kernel's "kB" is 1024 bytes, so units are KiB, MiB, GiB."""

from __future__ import annotations

__all__ = ["human_kb"]

_UNITS = ("MiB", "GiB", "TiB", "PiB")


def human_kb(kb: int | None) -> str:
    """Return a size given in kB with three significant digits, ``-`` for one that was not printed.

    >>> human_kb(0), human_kb(1023), human_kb(1536), human_kb(2_097_152), human_kb(None)
    ('0 KiB', '1023 KiB', '1.50 MiB', '2.00 GiB', '-')
    """
    if kb is None:
        return "-"
    if abs(kb) < 1024:
        return f"{kb} KiB"
    size = kb / 1024
    unit = 0
    # Compared as it will be shown, so that 1023.9 MiB becomes 1.00 GiB.
    while abs(size) >= 1023.5 and unit + 1 < len(_UNITS):
        size /= 1024
        unit += 1
    digits = 2 if abs(size) < 9.995 else 1 if abs(size) < 99.95 else 0
    return f"{size:.{digits}f} {_UNITS[unit]}"
