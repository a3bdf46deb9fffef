"""Containers' limits: Docker, Podman, LXC and Kubernetes.

``docker update`` refuses a limit above the present memory+swap limit, so both are given.  In Kubernetes the
limit is the container's memory.max, and the request decides oom_score_adj (pkg/kubelet/qos/policy.go).
"""

from __future__ import annotations

import re
import shlex

from oomlog.containers.owner import CgroupOwner, owner_of
from oomlog.explain.actions.shell import cgroup_version
from oomlog.explain.actions.suggested import Size, limit_size, swap_allowance, victim_size
from oomlog.explain.case import Case
from oomlog.explain.model import Action, Finding
from oomlog.explain.sizes import ram_kb

__all__ = [
    "find_container",
    "pod_requests",
    "raise_container",
    "recreate_with_adj",
    "resources",
    "set_limit",
    "single_kill",
]

_SHORT_ID = 12
# RFC 1123, as Kubernetes has it for names of containers.
_LABEL = re.compile(r"(?=[a-z0-9-]{1,63}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")


def raise_container(case: Case, finding: Finding, owner: CgroupOwner) -> tuple[Action, ...]:
    """Raise the limit that the container hit."""
    size = limit_size(case)
    if owner.below or owner.nested:
        return ()
    if owner.kind == "kubernetes" and owner.level in ("qos", "node"):
        id = "k8s_qos_limit" if owner.level == "qos" else "k8s_node_limit"
        return (Action(id, finding.id, "look", 'kubectl describe node "$(hostname)"', {"qos": owner.qos}),)
    if size is None:
        return ()
    if owner.kind == "kubernetes":
        return _raise_pod(case, finding, owner, size)
    if owner.kind == "lxc":
        return _lxc(case, finding, owner, size)
    return _update(finding, owner, size, swap_allowance(case))


def _update(finding: Finding, owner: CgroupOwner, size: Size, swap_kb: int | None) -> tuple[Action, ...]:
    if owner.kind not in ("docker", "podman") or owner.container_id is None:
        return ()
    text = f"{owner.kind} update --memory {size.mib}m"
    if swap_kb is not None:
        both = "-1" if swap_kb < 0 else f"{size.mib + -(-swap_kb // 1024)}m"
        text += f" --memory-swap {both}"
    short = owner.container_id[:_SHORT_ID]
    id = f"{owner.kind}_update"
    return (Action(id, finding.id, "command", f"{text} {short}", {**size.values, "container": short}),)


def _raise_pod(case: Case, finding: Finding, owner: CgroupOwner, size: Size) -> tuple[Action, ...]:
    if owner.level == "container":
        text = resources(size, request=owner.qos != "burstable", name=_name(case))
        return (Action("k8s_limit", finding.id, "file", text, {**size.values, "qos": owner.qos}),)
    return (Action("k8s_pod_limit", finding.id, "look", _find_pod(owner), {"limit_kb": size.from_kb}),)


def _name(case: Case) -> str:
    """Return the container's name in its manifest, where a map tells it."""
    known = None if case.place is None else case.place.known
    name = None if known is None or known.pod is None else known.name
    # It goes into a file, and a map may say anything.
    return name if name is not None and _LABEL.fullmatch(name) else "CONTAINER"


def resources(size: Size, *, request: bool, limit: bool = True, name: str = "CONTAINER") -> str:
    """Return the part of a workload's manifest that sets a container's memory."""
    lines = ["spec:", "  template:", "    spec:", "      containers:", f"        - name: {name}"]
    lines.append("          resources:")
    for key, wanted in (("requests", request), ("limits", limit)):
        if wanted:
            lines += [f"            {key}:", f"              memory: {size.mib}Mi"]
    return "\n".join(lines) + "\n"


def _lxc(case: Case, finding: Finding, owner: CgroupOwner, size: Size) -> tuple[Action, ...]:
    key = {1: "lxc.cgroup.memory.limit_in_bytes", 2: "lxc.cgroup2.memory.max"}.get(cgroup_version(case) or 0)
    if key is None or owner.container_id is None:
        return ()
    text, path = f"{key} = {size.mib}M\n", f"/var/lib/lxc/{owner.container_id}/config"
    values = {**size.values, "container": owner.container_id}
    return (Action("lxc_limit", finding.id, "file", text, values, path),)


def set_limit(case: Case, finding: Finding) -> tuple[Action, ...]:
    """Give the victim's container a limit, so that it runs out alone."""
    owner, size = owner_of(case.event.task_memcg), victim_size(case)
    if owner is None or size is None or owner.nested or owner.level != "container":
        return ()
    ram = ram_kb(case)
    if ram is not None and size.kb >= ram:
        return ()  # a limit that the machine cannot give does not keep the container from it
    if owner.kind == "kubernetes":
        return (
            Action(
                "k8s_set_limit",
                finding.id,
                "file",
                resources(size, request=True, name=_name(case)),
                size.values,
            ),
        )
    if owner.kind not in ("docker", "podman") or owner.container_id is None:
        return ()
    short = owner.container_id[:_SHORT_ID]
    # Twice the memory is what "run --memory" sets when nothing is said about swap.
    sizes = f"--memory {size.mib}m --memory-swap {2 * size.mib}m"
    values = {**size.values, "container": short}
    return (
        Action(
            f"{owner.kind}_set_limit", finding.id, "command", f"{owner.kind} update {sizes} {short}", values
        ),
        Action("run_with_limit", finding.id, "command", f"{owner.kind} run {sizes} IMAGE", values),
    )


def recreate_with_adj(case: Case, finding: Finding) -> tuple[Action, ...]:
    """Run the victim's container without its bias: an engine sets oom_score_adj only at the start."""
    victim, owner = case.victim, owner_of(case.event.task_memcg)
    adj = None if victim is None else victim.oom_score_adj
    if adj is None or adj <= 0 or owner is None or owner.kind not in ("docker", "podman") or owner.nested:
        return ()
    text = f"{owner.kind} run --oom-score-adj 0 IMAGE"
    return (Action("run_with_adj", finding.id, "command", text, {"adj": adj}),)


def single_kill(case: Case, finding: Finding) -> tuple[Action, ...]:
    """Let the kubelet leave memory.oom.group off (singleProcessOOMKill, since 1.32)."""
    owner = owner_of(case.event.oom_memcg)
    if owner is None or owner.kind != "kubernetes" or owner.nested:
        return ()
    text = (
        "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nsingleProcessOOMKill: true\n"
    )
    return (Action("k8s_single_kill", finding.id, "file", text, {}, "/var/lib/kubelet/config.yaml"),)


def find_container(case: Case, finding: Finding) -> tuple[Action, ...]:
    """Find out which pod or container the path in the report is, and how often it was restarted."""
    owner = owner_of(case.event.task_memcg) or owner_of(case.event.oom_memcg)
    if owner is None or owner.nested or (case.place is not None and case.place.known is not None):
        return ()  # a map has told
    if owner.kind == "kubernetes" and owner.pod_uid is not None:
        return (Action("k8s_find_pod", finding.id, "look", _find_pod(owner), {"pod": owner.pod_uid}),)
    if owner.kind in ("docker", "podman") and owner.container_id is not None:
        short = owner.container_id[:_SHORT_ID]
        form = "'{{.Name}} {{.RestartCount}} {{.HostConfig.Memory}} {{.HostConfig.OomScoreAdj}}'"
        text = f"{owner.kind} inspect -f {form} {short}"
        return (Action("find_container", finding.id, "look", text, {"container": short}),)
    return ()


def _find_pod(owner: CgroupOwner) -> str:
    columns = "UID:.metadata.uid,NAMESPACE:.metadata.namespace,NAME:.metadata.name"
    return f"kubectl get pods -A -o custom-columns={columns} | grep -F -- {owner.pod_uid}"


def pod_requests(owner: CgroupOwner) -> str:
    """Return the command that shows the class and the requests of the owner's pod."""
    columns = "UID:.metadata.uid,NAME:.metadata.name,QOS:.status.qosClass"
    columns += ",REQUESTS:.spec.containers[*].resources.requests.memory"
    return f"kubectl get pods -A -o {shlex.quote(f'custom-columns={columns}')} | grep -F -- {owner.pod_uid}"
