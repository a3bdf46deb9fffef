"""Names of rotated logs -> the order they were written in.  Pure functions on names.

Understood are the names logrotate, savelog and syslog daemons give: ``kern.log kern.log.1 kern.log.2.gz``,
``messages-20260101.xz`` (``dateext``, also with hours or seconds), ``kern-20260101.log`` (``extension``),
``messages.2026-01-01``, ``dmesg.0``.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

__all__ = ["Part", "Placed", "in_order", "part_of"]

_COMPRESSION = re.compile(r"\.(?:gz|xz|bz2|zst|zstd|lz4|Z)$")
_NUMBER = re.compile(r"(?P<stem>.+)\.(?P<number>\d{1,4})(?P<ext>\.(?:log|txt))?")
_DATE = re.compile(
    r"(?P<stem>.+?)[-._](?P<date>(?:19|20)\d\d-?\d\d-?\d\d(?:[-_.T]?\d{2,10})?|1\d{9})(?P<ext>\.(?:log|txt))?"
)


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a rotated set.

    :param stem: The name the log had while it was written.
    :param date: Digits of the date suffix, or None.
    :param number: Suffix of ``.1``, ``.2``; higher is older.  None for the log still being written.
    """

    stem: str
    date: str | None = None
    number: int | None = None

    @property
    def age(self) -> tuple[int, str, int]:
        """Sort key, oldest first."""
        if self.date is not None:
            return (0, self.date, 0)
        return (1, "", -self.number) if self.number is not None else (2, "", 0)


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a name belongs: its index in what was given.

    :ivar continues: It goes on where the one before it ends.
    :ivar continued: The one after it goes on where it ends.
    """

    index: int
    continues: bool
    continued: bool = False


def part_of(name: str) -> Part:
    """Take a file name (no folder) apart.

    >>> part_of("kern.log.2.gz")
    Part(stem='kern.log', date=None, number=2)
    >>> part_of("messages-20260101.xz")
    Part(stem='messages', date='20260101', number=None)
    """
    plain = _COMPRESSION.sub("", name)
    if match := _DATE.fullmatch(plain):
        digits = re.sub(r"\D", "", match["date"])
        if (date := _sortable(digits)) is not None:
            return Part(match["stem"] + (match["ext"] or ""), date=date)
    if match := _NUMBER.fullmatch(plain):
        return Part(match["stem"] + (match["ext"] or ""), number=int(match["number"]))
    return Part(plain)


def _sortable(digits: str) -> str | None:
    if digits[:2] in ("19", "20") and "01" <= digits[4:6] <= "12" and "01" <= digits[6:8] <= "31":
        return digits
    if len(digits) == 10:  # logrotate's dateformat -%s
        return datetime.fromtimestamp(int(digits), UTC).strftime("%Y%m%d%H%M%S")
    return None


def in_order(names: Sequence[str | None]) -> list[Placed]:
    """Put rotated sets in order, oldest first; each set takes the place of its first-named member.

    A set is the files of one folder that have one stem.  Everything else keeps the order given.

    :param names: Paths; None for what has no name and belongs to no set.

    >>> [p.index for p in in_order(["a/kern.log", "b/x.log", "a/kern.log.1"])]
    [2, 0, 1]
    """
    parts = [None if name is None else part_of(posixpath.basename(name)) for name in names]
    present = {
        (posixpath.dirname(name), part) for name, part in zip(names, parts, strict=True) if name and part
    }
    sets: dict[object, list[int]] = {}
    for index, (name, part) in enumerate(zip(names, parts, strict=True)):
        if name is None or part is None:
            sets[index] = [index]
            continue
        folder = posixpath.dirname(name)
        # "web.1.log" beside "web.2.log" may be two machines: rotated only if "web.log" is there, too.
        loose = part.number is not None and not _COMPRESSION.sub("", name).endswith(f".{part.number}")
        if loose and (folder, Part(part.stem)) not in present:
            sets[index] = [index]
        else:
            sets.setdefault((folder, part.stem), []).append(index)
    placed: list[Placed] = []
    for members in sets.values():
        known = sorted(((part.age if (part := parts[i]) else (3, "", 0)), i) for i in members)
        before: Part | None = None
        for _, index in known:
            part = parts[index]
            placed.append(Placed(index, _follows(before, part)))
            before = part
    return [
        replace(place, continued=index + 1 < len(placed) and placed[index + 1].continues)
        for index, place in enumerate(placed)
    ]


def _follows(older: Part | None, newer: Part | None) -> bool:
    if older is None or newer is None or older == newer or older.stem.startswith("dmesg"):
        return False  # the same part twice, or one file per boot
    if newer.number is not None:
        return older.number == newer.number + 1
    if newer.date is not None:
        return older.date is not None
    return older.date is not None or older.number in (0, 1)
