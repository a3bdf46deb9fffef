"""Whose process died and whose limit was hit, said in a few words."""

from __future__ import annotations

from oomlog.containers.known import Known
from oomlog.containers.model import CgroupOwner
from oomlog.containers.place import Place
from oomlog.explain.model import Finding, Values
from oomlog.explain.phrases import say
from oomlog.model import OomEvent

__all__ = ["limit_of", "limit_sentence", "names_victim", "ran_in", "what"]

_MANY = ("qos", "node")


def what(owner: CgroupOwner, known: Known | None, lang: str) -> str:
    """Name what a cgroup stands for; names of a map are used where there are any."""
    if owner.below:
        inner = _what(owner, known, lang)
        return say("containers.what_below", lang, {"below": owner.below, "what": inner})
    return _what(owner, known, lang)


def _what(owner: CgroupOwner, known: Known | None, lang: str) -> str:
    return say(f"containers.what_{_key(owner, known)}", lang, _values(owner, known))


def _key(owner: CgroupOwner, known: Known | None) -> str:
    if owner.kind == "systemd":
        if owner.name is not None:
            return "application"
        return owner.level if owner.level in ("service", "scope", "slice") else "unit"
    if owner.kind == "slurm":
        return {"job": "slurm_job", "step": "slurm_step", "task": "slurm_step", "user": "slurm_user"}.get(
            owner.level, "slurm"
        )
    if owner.kind == "android":
        return "user"
    if owner.kind in ("machine", "lxc"):
        return "nspawn" if owner.runtime == "systemd-nspawn" else owner.kind
    if owner.kind == "nomad":
        return "nomad" if owner.step is None else "nomad_task"
    if owner.kind == "ecs":
        return "ecs" if owner.container_id is None else "ecs_container"
    if owner.level in ("qos", "node"):
        return owner.level
    return _container_key(owner, known)


def _container_key(owner: CgroupOwner, known: Known | None) -> str:
    pod = None if known is None else known.pod
    if owner.level == "pod":
        return "pod" if pod is None else "pod_named"
    if known is not None and known.name is not None:
        return "named" if pod is None else "named_pod"
    if owner.kind == "kubernetes":
        return "container_pod" if pod is None else "container_pod_named"
    return "container" if owner.runtime is None else "container_runtime"


def _values(owner: CgroupOwner, known: Known | None) -> Values:
    said = known.name if known is not None and owner.level == "container" else None
    return {
        "name": said or owner.name,
        "id": owner.container_id,
        "pod": None if known is None else known.pod_shown,
        "pod_uid": owner.pod_uid,
        "qos": owner.qos,
        "runtime": owner.runtime,
        "unit": owner.unit_shown,
        "uid": owner.uid,
        "job": owner.job,
        "step": owner.step,
    }


def names_victim(event: OomEvent) -> bool:
    """Tell whether the log says who was chosen, or at least where it ran."""
    return bool(event.kills) or event.task_memcg is not None


def ran_in(place: Place, lang: str) -> str:
    """Say where the victim ran."""
    return say("containers.ran_in", lang, {"what": what(place.owner, place.known, lang)})


def limit_of(place: Place, lang: str) -> str:
    """Say whose limit was hit, where nobody was chosen for it."""
    owner, known = (place.owner, place.known) if place.limit is None else (place.limit, place.limit_known)
    return say("containers.limit_of", lang, {"what": what(owner, known, lang)})


def limit_sentence(place: Place | None, finding: Finding, lang: str) -> str | None:
    """Say a finding about a limit with the names of what hit it, ``None`` where the path tells no more."""
    if place is None or place.limit is None or not place.limit.told:
        return None
    if finding.id not in ("memcg_limit", "parent_memcg_limit") or "oom_memcg" not in finding.values:
        return None
    form = "_named" if "limit_kb" not in finding.values else ""
    form = "_memsw" if (finding.words or "").endswith("_memsw") else form
    name = what(place.limit, place.limit_known, lang)
    if lang == "en":  # only the first letter: str.capitalize() would change the rest of a name
        name = name[:1].upper() + name[1:]
    values = {**finding.values, "what": name}
    many = "_all" if place.limit.level in _MANY and not place.limit.below else ""
    text = say(f"containers.reached{many}{form}", lang, values)
    return text if place.limit == place.owner else f"{text} {ran_in(place, lang)}"
