"""Which systemd service or container a process belongs to, from its cgroup.

systemd names cgroups after units, but a user may own a part of the tree and name groups in it at will.  So
only what can be the name of a unit counts, and below a user's manager it is that user's unit.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from oomlog.live.container import ENGINES
from oomlog.live.processes import Process

__all__ = ["Unit", "engine_of", "unit_of"]

# Letters, digits and :-_.\@ (man 5 systemd.unit), at most 255 characters in all.
_SERVICE = re.compile(r"[A-Za-z0-9:_.\\@][A-Za-z0-9:_.\\@-]*\.service", re.ASCII)
_LONGEST = 255


@dataclass(frozen=True, slots=True)
class Unit:
    """A systemd service."""

    name: str
    user: bool
    """It belongs to a user's manager, not to that of the system."""


def unit_of(process: Process) -> Unit | None:
    """Return the service that a process runs in.

    >>> unit_of(Process(7, cgroups={"": "/system.slice/nginx.service"}))
    Unit(name='nginx.service', user=False)
    """
    services = [part for part in _path(process).split("/") if _is_service(part)]
    if not services:
        return None
    if not services[0].startswith("user@"):
        return Unit(services[0], user=False)
    return Unit(services[1], user=True) if len(services) > 1 else None


def engine_of(process: Process) -> str | None:
    """Return the container engine in whose cgroup a process lives, as the cgroup names it."""
    paths = process.cgroups.values()
    found = next((match for path in paths if (match := ENGINES.search(path))), None)
    return None if found is None else found[found.lastindex or 0]


# systemd's own hierarchy is a named one of v1, or v2 when there is no other; what it does not use is "/".
def _path(process: Process) -> str:
    paths = (process.cgroups.get("name=systemd"), process.cgroups.get(""))
    return next((path for path in paths if path and path != "/"), "")


def _is_service(part: str) -> bool:
    return len(part) <= _LONGEST and _SERVICE.fullmatch(part) is not None
