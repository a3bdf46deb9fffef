"""Whose container it was: as JSON, and as a cell of the table of kills."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from oomlog.model import OomEvent, Scope

if TYPE_CHECKING:
    from oomlog.containers.known import Known
    from oomlog.containers.model import CgroupOwner
    from oomlog.containers.place import Place
    from oomlog.containers.registry import Registry

__all__ = ["container_of", "place_dict", "place_name"]

_NOBODYS = (None, "/")
"""Paths that tell nothing, for which no pattern need be loaded."""


def container_of(event: OomEvent, registry: Registry | None = None) -> dict[str, Any] | None:
    """Return the event's ``container`` record, ``None`` where its paths tell nothing."""
    oom_memcg, task_memcg = event.quick_memcgs
    if oom_memcg in _NOBODYS and task_memcg in _NOBODYS:
        return None
    return _known_paths(oom_memcg, task_memcg, event.quick_scope, registry)


def _of_paths(
    oom_memcg: str | None, task_memcg: str | None, scope: Scope, registry: Registry | None
) -> dict[str, Any] | None:
    # The patterns of all names are only needed where there is one.
    from oomlog.containers.place import place_at

    place = place_at(oom_memcg, task_memcg, scope, registry)
    return None if place is None else place_dict(place)


# A log tells of few cgroups, again and again; so the same object is given out each time, not to be changed.
_known_paths = lru_cache(maxsize=512)(_of_paths)


def place_dict(place: Place) -> dict[str, Any]:
    """Return a place with the schema's keys."""
    owner = place.owner
    return {
        **_owner(owner),
        "pod_uid": owner.pod_uid,
        "qos": owner.qos,
        "unit": owner.unit,
        "slice": owner.slice,
        "uid": owner.uid,
        "job": owner.job,
        "step": owner.step,
        "level": owner.level,
        "below": owner.below or None,
        "limit_level": place.limit_level,
        "outer": None if owner.outer is None else _outer(owner.outer, place.outer_known),
        "known": None if place.known is None else _known(place.known),
    }


def _owner(owner: CgroupOwner) -> dict[str, Any]:
    return {
        "kind": owner.kind,
        "runtime": owner.runtime,
        "container_id": owner.container_id,
        "name": owner.name,
    }


def _outer(outer: CgroupOwner, known: Known | None) -> dict[str, Any]:
    name = None if known is None else known.name
    return {**_owner(outer), "name": outer.name if name is None else name}


def _known(known: Known) -> dict[str, Any]:
    return {
        "source": known.source,
        "name": known.name,
        "pod": known.pod,
        "namespace": known.namespace,
        "image": known.image,
        "limit_bytes": known.limit_bytes,
        "request_bytes": known.request_bytes,
        "restarts": known.restarts,
        "exit_code": known.exit_code,
        "reason": known.reason,
        "oom_killed": known.oom_killed,
        "finished_at": known.finished_at,
    }


def place_name(owner: CgroupOwner, known: Known | None) -> str | None:
    """Return a short name for a table, ``None`` where the cgroup's own name is as good."""
    if owner.below:
        return None
    if known is not None and known.full_name is not None:
        return f"{'pod' if known.pod is not None else owner.runtime or owner.kind} {known.full_name}"
    if owner.level == "container" and owner.container_id is not None:
        return f"{owner.runtime or 'container'} {owner.container_id}"
    if owner.level == "pod":
        return f"pod {owner.pod_uid}"
    if owner.job is not None:
        step = "" if owner.step is None else f".{owner.step}"
        return f"{owner.kind} {owner.job}{step}"
    return None
