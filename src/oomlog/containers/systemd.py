r"""systemd's units: slices, services, scopes, and the applications of a desktop among them.

Applications are named by https://systemd.io/DESKTOP_ENVIRONMENTS: ``app-LAUNCHER-APPLICATION-RANDOM.scope``
or ``app-LAUNCHER-APPLICATION@RANDOM.service`` with the launcher left out at will and ``-`` of a name escaped.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from oomlog.containers.model import CgroupOwner, Level, unescape

__all__ = ["unit_around"]

# systemd.unit(5): letters, digits and ":-_.\", an instance after "@", 255 bytes at most.
_UNIT = re.compile(r"(?!\.)[A-Za-z0-9:_.\\@-]{1,246}\.(?P<type>service|scope|slice|socket|mount|swap)")
_LEVELS: dict[str, Level] = {"service": "service", "scope": "scope", "slice": "slice"}
_USER_MANAGER = re.compile(r"user@(?P<uid>\d{1,10})\.service")
_USER_SLICE = re.compile(r"user-(?P<uid>\d{1,10})\.slice")
_APP_SCOPE = re.compile(r"app(?:-(?P<launcher>[^-@]+))?-(?P<app>[^-@]+)-[^-@]+\.(?:scope|slice)")
_APP_SERVICE = re.compile(r"app(?:-(?P<launcher>[^-@]+))?-(?P<app>[^-@]+)(?:@[^-@]*)?\.service")
# GNOME puts what an application starts, as a terminal's shells, into scopes in a slice of the application.
_APP_SLICE = re.compile(r"app-(?P<app>[^-@]+)\.slice")
_ON_DEMAND = re.compile(r"dbus-:\d+\.\d+-")
# snap.APP.COMMAND-UUID.scope, until 2.50 with numbers; services are snap.APP.COMMAND.service.
_SNAP = re.compile(r"snap\.(?P<app>[a-z0-9][a-z0-9_+-]*)\.[^/]+\.(?:scope|service)")


def unit_around(parts: Sequence[str], user: int | None = None, uid: int | None = None) -> CgroupOwner | None:
    """Walk down slices to the unit inside of them, as cg_path_get_unit() does (src/basic/cgroup-util.c)."""
    depth = 0
    while depth < len(parts) and _unit_type(parts[depth]) == "slice":
        whose = _USER_SLICE.fullmatch(parts[depth])
        uid = uid if whose is None or user is not None else int(whose["uid"])
        depth += 1
    slices = depth
    if depth < len(parts):
        kind = _unit_type(parts[depth])
        if kind is None:
            return None
        manager = _USER_MANAGER.fullmatch(parts[depth])
        if manager is not None and user is None:
            inner = unit_around(parts[depth + 1 :], int(manager["uid"]), int(manager["uid"]))
            if inner is not None:
                return inner
        depth += 1
    else:
        kind = "slice"
    if depth == 0:
        return None
    # systemd puts "_" before a name that the kernel's own files could be mistaken for.
    unit = parts[depth - 1].removeprefix("_")
    runtime, name = _application(unit)
    if name is None and slices:
        name = _of_slice(parts[slices - 1])
    return CgroupOwner(
        "systemd",
        unit,
        level=_LEVELS.get(kind, "unit"),
        below="/".join(parts[depth:]),
        user=user,
        runtime=runtime,
        slice=parts[slices - 1] if slices else None,
        uid=uid,
        name=name,
    )


def _application(unit: str) -> tuple[str | None, str | None]:
    """Return what runs the application of a unit, and the application."""
    snap = _SNAP.fullmatch(unit)
    if snap is not None:
        return "snap", snap["app"]
    found = _APP_SCOPE.fullmatch(unit) or _APP_SERVICE.fullmatch(unit)
    if found is None:
        return None, None
    return "flatpak" if found["launcher"] == "flatpak" else None, unescape(found["app"])


def _of_slice(name: str) -> str | None:
    """Return the application of a slice: of ``app-dbus\\x2d:1.2\\x2dorg.gnome.Maps.slice`` org.gnome.Maps."""
    found = _APP_SLICE.fullmatch(name)
    if found is None or found["app"] == "graphical":
        return None
    return _ON_DEMAND.sub("", unescape(found["app"]), count=1)


def _unit_type(name: str) -> str | None:
    found = _UNIT.fullmatch(name)
    return None if found is None else found["type"]
