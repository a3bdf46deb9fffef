"""The boots in a journal, in the order they happened, as ``journalctl --list-boots`` has them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from oomlog.errors import SourceError

if TYPE_CHECKING:
    from systemd._reader import _Reader

__all__ = ["boot_of", "boots"]

_CURRENT = Path("/proc/sys/kernel/random/boot_id")


def boots(reader: _Reader, machine: tuple[str, ...]) -> list[str]:
    """Return the ids of a machine's boots, the oldest first."""
    found: list[tuple[int, str]] = []
    for value in reader.query_unique("_BOOT_ID"):
        boot = value.decode("ascii", "replace")
        reader.flush_matches()
        for match in (f"_BOOT_ID={boot}", *machine):
            reader.add_match(match)
        reader.seek_head()
        if reader._next():
            found.append((reader._get_realtime(), boot))
    reader.flush_matches()
    return [boot for _, boot in sorted(found)]


def boot_of(
    reader: _Reader, name: str, wanted: int | str, machine: tuple[str, ...], *, live: bool
) -> str | SourceError:
    """Return the match for one boot, or why there is none.

    :param live: The journal is this machine's, so that its last boot should be the one that runs.
    """
    known = boots(reader, machine)
    see = f"it has {len(known):,}; see: journalctl --list-boots"
    if isinstance(wanted, str):
        return (
            f"_BOOT_ID={wanted}"
            if wanted in known
            else SourceError(name, f"has no boot with the id {wanted}", hint=see)
        )
    if live and wanted <= 0 and (current := _current()) is not None and known[-1:] != [current]:
        if wanted == 0:
            return SourceError(name, "has no records of the running boot", hint=see)
        wanted += 1  # the running boot is not in the list it is counted from
    index = wanted - 1 if wanted > 0 else len(known) - 1 + wanted
    if 0 <= index < len(known):
        return f"_BOOT_ID={known[index]}"
    return SourceError(name, f"has no boot {wanted}", hint=see)


def _current() -> str | None:
    try:
        return _CURRENT.read_text(encoding="ascii").strip().replace("-", "")
    except (OSError, ValueError):
        return None
