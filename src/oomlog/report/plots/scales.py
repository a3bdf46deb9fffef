"""Ticks and numbers of pictures: round places in kB, shares that are never rounded to all or nothing."""

from __future__ import annotations

import math

from oomlog.explain.phrases import PERCENT

__all__ = ["kb_ticks", "log_ticks", "share_text", "tick_kb"]

_TICK_PX = 84
_UNITS = ("KiB", "MiB", "GiB", "TiB", "PiB")


def kb_ticks(low: float, high: float, room: float) -> list[float]:
    """Return places for ticks in kB: multiples of a power of two.

    :param room: Pixels between ``low`` and ``high``.

    >>> kb_ticks(0, 2_000_000, 400)
    [0.0, 524288.0, 1048576.0, 1572864.0]
    """
    most = max(int(room // _TICK_PX), 1)
    step = 2.0 ** math.ceil(math.log2(max((high - low) / most, 1)))
    return [each * step for each in range(math.ceil(low / step), int(high // step) + 1)]


def log_ticks(low: float, high: float, room: float) -> list[float]:
    """Return powers of two in kB for a logarithmic scale.

    >>> log_ticks(3, 70_000, 500)
    [4.0, 32.0, 256.0, 2048.0, 16384.0]
    """
    first, last = math.ceil(math.log2(low)), math.floor(math.log2(high))
    step = max(math.ceil((last - first + 1) * _TICK_PX / max(room, 1)), 1)
    return [2.0**each for each in range(first, last + 1, step)]


def tick_kb(kb: float) -> str:
    """Return a round size in kB, with no digits that say nothing.

    >>> tick_kb(0), tick_kb(1_572_864), tick_kb(-512)
    ('0', '1.5 GiB', '-512 KiB')
    """
    size, unit = float(kb), 0
    while abs(size) >= 1024 and unit + 1 < len(_UNITS):
        size, unit = size / 1024, unit + 1
    return f"{size:g} {_UNITS[unit]}" if kb else "0"


def share_text(share: float, lang: str) -> str:
    """Return a fraction in percent; all and nothing are said only where they are exact.

    >>> share_text(0.9997, "en"), share_text(1, "en"), share_text(0.0000001, "en"), share_text(0.456, "ko")
    ('>99.9 %', '100 %', '<0.1 %', '45.6%')
    """
    percent = share * 100
    if 0 < percent < 0.05:
        return f"<0.1{PERCENT[lang]}"
    if 99.95 <= percent < 100:
        return f">99.9{PERCENT[lang]}"
    return f"{percent:.{0 if percent in (0, 100) else 1}f}{PERCENT[lang]}"
