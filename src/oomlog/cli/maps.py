"""``--map``: names for the containers of a log."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from oomlog.cli.context import Context
from oomlog.errors import UsageError

if TYPE_CHECKING:
    from oomlog.containers.registry import Registry

__all__ = ["add_map", "registry_of"]


def add_map(group: Any) -> None:
    """Add ``--map``."""
    group.add_argument(
        "--map",
        metavar="FILE",
        action="append",
        default=[],
        dest="maps",
        help="names for containers: JSON of docker, podman, crictl or kubectl, or auto for what this "
        "machine's runtimes know; may be given several times",
    )


def registry_of(options: argparse.Namespace, context: Context) -> Registry | None:
    """Return what the maps say, ``None`` without ``--map``.

    :raise SourceError: One of them cannot be used.
    :raise UsageError: ``auto`` finds nothing on this machine.
    """
    if not options.maps:
        return None
    from oomlog.containers.maps.load import load
    from oomlog.containers.maps.local import local
    from oomlog.containers.registry import Registry

    registry = Registry()
    for name in options.maps:
        found = local(context.root) if name == "auto" else load(name)
        if not found and name == "auto":
            raise UsageError(
                "--map auto: no containers of Docker, Podman, containerd or CRI-O are known to this machine, "
                "or they may only be read by root\n"
                "Try it with sudo, or name a file: docker inspect CONTAINER > inspect.json"
            )
        for known in found:
            registry.add(known)
    return registry
