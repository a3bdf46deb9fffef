"""Where an OOM event happened: whose the cgroups of its report are, and what else is known of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from oomlog.containers.model import CgroupOwner, Level
from oomlog.containers.owner import owner_of
from oomlog.model import OomEvent, Scope

if TYPE_CHECKING:
    from oomlog.containers.known import Known
    from oomlog.containers.registry import Registry

__all__ = ["Place", "place_at", "place_of"]


@dataclass(frozen=True, slots=True)
class Place:
    """Whose process was killed, and whose limit was hit.

    :ivar owner: The victim's cgroup, that of the limit where the log does not name the victim's.
    :ivar limit: The cgroup that hit its limit; ``None`` when it was no cgroup's, or is not named.
    :ivar known: What a runtime says of the victim's container or pod.
    :ivar limit_known: The same for the limit's.
    :ivar outer_known: The same for the container around the victim's.
    """

    owner: CgroupOwner
    limit: CgroupOwner | None = None
    known: Known | None = None
    limit_known: Known | None = None
    outer_known: Known | None = None

    @property
    def limit_level(self) -> Level | None:
        """Return what hit its limit: a container, a pod, all pods of a class, a unit ..."""
        if self.limit is None:
            return None
        # A group that somebody made inside of the container or the service has a limit of its own.
        return "cgroup" if self.limit.below else self.limit.level

    @property
    def own_limit(self) -> bool:
        """Return whether the container that hit its limit is the victim's own, and not one around it."""
        limit, owner = self.limit, self.owner
        return limit is not None and (limit.kind, limit.container_id) == (owner.kind, owner.container_id)


def place_of(event: OomEvent, registry: Registry | None = None) -> Place | None:
    """Return where an event happened, ``None`` when its paths tell nothing."""
    return place_at(*event.quick_memcgs, event.quick_scope, registry)


def place_at(
    oom_memcg: str | None, task_memcg: str | None, scope: Scope, registry: Registry | None = None
) -> Place | None:
    """Return the place of two paths; ``scope`` tells whether a cgroup's limit was hit."""
    victim, limit = owner_of(task_memcg), owner_of(oom_memcg)
    owner = victim if victim is not None and victim.told else limit
    if owner is None or not owner.told:
        return None
    if scope != "memcg":
        limit = None
    if registry is None or not len(registry):
        return Place(owner, limit)
    return Place(owner, limit, registry.find(owner), registry.find(limit), registry.find(owner.outer))
