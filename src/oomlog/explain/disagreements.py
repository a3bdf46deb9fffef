"""Where a runtime's word and the kernel's differ; and what one of them can tell about the other's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from oomlog.containers.known import Known
from oomlog.containers.model import CgroupOwner
from oomlog.containers.owner import owner_of
from oomlog.containers.place import Place
from oomlog.containers.registry import Registry
from oomlog.explain.case import Case
from oomlog.explain.model import Values
from oomlog.frame.limits import reached_limit
from oomlog.model import OomEvent

__all__ = ["remarks", "without_kill"]

Remark = tuple[str, Values]
# 128 + SIGKILL, as a shell and every runtime tell it.
_KILLED = 137


def remarks(case: Case) -> tuple[Remark, ...]:
    """Return keys (``containers.toml``) and numbers of what to know about an event in a container."""
    place = case.place
    if place is None:
        return ()
    found = list(_pid(case, place))
    if place.known is not None and place.owner.level == "container":
        found += _limit(case, place, place.known)
        found += _end(case, place.known)
        found += _restarts(case, place, place.known)
    return tuple(found)


def _pid(case: Case, place: Place) -> Iterator[Remark]:
    victim = case.victim
    if victim is None or victim.pid is None or place.owner.level != "container":
        return
    known = place.known
    if known is not None and known.pid is not None and known.pid == victim.pid:
        yield "pid_first", {"pid": victim.pid}
    else:
        yield "pid_host", {"pid": victim.pid}


def _limit(case: Case, place: Place, known: Known) -> Iterator[Remark]:
    limit = reached_limit(case.event, case.page_kb)
    if known.limit_bytes is None or limit is None or limit.counter != "memory" or place.limit != place.owner:
        return
    configured = known.limit_bytes // 1024
    if not known.limit_bytes:
        yield "limit_unset", {"limit_kb": limit.limit_kb}
    elif abs(configured - limit.limit_kb) > case.page_kb:  # the kernel counts whole pages
        yield "limit_differs", {"configured_kb": configured, "limit_kb": limit.limit_kb}


def _end(case: Case, known: Known) -> Iterator[Remark]:
    if not case.event.kills:
        return
    if known.exit_code is not None and known.exit_code != _KILLED:
        yield "exit_other", {"exit_code": known.exit_code}
    elif known.oom_killed is False or (known.reason is not None and known.reason != "OOMKilled"):
        yield "not_noticed", {"reason": known.reason}


def _restarts(case: Case, place: Place, known: Known) -> Iterator[Remark]:
    if not known.restarts:
        return
    kills = sum(
        bool(event.kills) and _same(owner_of(event.quick_memcgs[1]), place.owner) for event in case.siblings
    )
    if known.restarts > kills:
        yield "restarts_more", {"restarts": known.restarts, "kills": kills}


# Kubernetes starts a container again with another id, in the same pod.
def _same(owner: CgroupOwner | None, mine: CgroupOwner) -> bool:
    if owner is None:
        return False
    if mine.pod_uid is not None:
        return owner.pod_uid == mine.pod_uid
    return mine.container_id is not None and owner.container_id == mine.container_id


def without_kill(registry: Registry, events: Iterable[OomEvent]) -> Iterator[Remark]:
    """Yield the containers that a runtime says were killed, while no kill of the log is in them."""
    seen = set()
    for event in events:
        known = registry.find(owner_of(event.quick_memcgs[1])) if event.kills else None
        if known is not None:
            seen.add(known.container_id)
    for known in registry.containers():
        if known.container_id in seen or known.container_id is None:
            continue
        values = {"name": known.full_name, "id": known.container_id[:12], "exit_code": known.exit_code}
        if known.oom_killed or known.reason == "OOMKilled":
            yield "oom_unseen", values
        elif known.exit_code == _KILLED:
            yield "killed_unseen", values
