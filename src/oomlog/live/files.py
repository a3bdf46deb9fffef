"""Small files of /proc and /sys: their text, the number or the pairs in them, or ``None``.

A file that is not there (another kernel, a process that ended), that may not be read (hidepid, somebody
else's process) or that holds something else than expected is always the same ``None``.
"""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["exists", "pairs", "read_bytes", "read_flag", "read_number", "read_pairs", "read_text"]

# More than any of these files holds; a FIFO or a disk in a copied tree must not hang or fill the memory.
_MOST = 1 << 20
_FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY


def read_bytes(path: Path | str, *, folder: int | None = None) -> bytes | None:
    """Return what a file holds.

    :param folder: Descriptor of the folder that ``path`` is relative to.
    """
    try:
        fd = os.open(path, _FLAGS, dir_fd=folder)
    except (OSError, ValueError):
        return None
    try:
        parts: list[bytes] = []
        left = _MOST
        while left and (part := os.read(fd, min(left, 1 << 16))):
            parts.append(part)
            left -= len(part)
        return b"".join(parts)
    except OSError:
        return None
    finally:
        os.close(fd)


def read_text(path: Path | str, *, folder: int | None = None) -> str | None:
    """Return the text of a file; bytes that are no UTF-8 are kept as surrogates."""
    data = read_bytes(path, folder=folder)
    return None if data is None else data.decode("utf-8", "surrogateescape")


def read_number(path: Path | str, *, folder: int | None = None) -> int | None:
    """Return the number that is all a file holds."""
    return _number((read_text(path, folder=folder) or "").strip())


def read_flag(path: Path | str) -> bool | None:
    """Return a switch: ``0``, ``1``, ``N`` or ``Y``."""
    return {"0": False, "1": True, "N": False, "Y": True}.get((read_text(path) or "").strip())


def read_pairs(path: Path | str) -> dict[str, int]:
    """Return the pairs of a file, none where it cannot be read."""
    return pairs(read_text(path) or "")


def pairs(text: str) -> dict[str, int]:
    """Return the numbers of lines like ``oom_kill 3`` or ``MemTotal: 123 kB`` by name.

    >>> pairs("MemTotal:  123 kB\\noom_kill 3\\nState: S (sleeping)\\n")
    {'MemTotal': 123, 'oom_kill': 3}
    """
    found: dict[str, int] = {}
    for line in text.split("\n"):
        words = line.split()
        if len(words) >= 2 and (number := _number(words[1])) is not None:
            found.setdefault(words[0].removesuffix(":"), number)
    return found


def exists(path: Path) -> bool:
    """Tell whether a file is there and may be seen."""
    try:
        return path.exists()
    except OSError:
        return False


def _number(text: str) -> int | None:
    digits = text[1:] if text[:1] == "-" else text
    return int(text) if digits.isascii() and digits.isdigit() and len(digits) <= 20 else None
