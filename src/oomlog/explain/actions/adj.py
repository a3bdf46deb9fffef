"""oom_score_adj of those who run now: the pids in a log are of the past, names are not."""

from __future__ import annotations

from oomlog.containers.owner import owner_of
from oomlog.explain.actions.containers import pod_requests, resources
from oomlog.explain.actions.shell import for_running
from oomlog.explain.actions.suggested import victim_size
from oomlog.explain.case import Case
from oomlog.explain.mem_info import totals
from oomlog.explain.model import Action, Finding
from oomlog.explain.ranking import Process

__all__ = ["K8S_BURSTABLE", "burstable_adj", "choom_victim", "hog_unit", "unprotect", "victim_request"]

K8S_BURSTABLE = range(3, 1000)
"""What the kubelet gives to Burstable containers; Guaranteed ones get -997, BestEffort ones 1000."""

# A machine without them is worse off than one without memory; that they grew is what needs a look.
_ESSENTIAL = frozenset(
    {
        "NetworkManager",
        "auditd",
        "conmon",
        "containerd",
        "crio",
        "dbus-broker",
        "dbus-daemon",
        "dockerd",
        "init",
        "iscsid",
        "kube-proxy",
        "kubelet",
        "multipathd",
        "pause",
        "podman",
        "sshd",
        "systemd",
        "systemd-journal",
        "systemd-logind",
        "systemd-network",
        "systemd-oomd",
        "systemd-resolve",
        "systemd-udevd",
    }
)


_LARGE = 0.1
"""Of what could have been used."""


def _hog(case: Case) -> Process | None:
    """Return the protected process with most memory, if it had more than the victim."""
    victim = case.victim
    row = next((p for p in case.processes if victim is not None and victim.pid in (p.pid, p.row_pid)), None)
    if victim is not None and row is None:
        return None
    kept = [p for p in case.processes if (p.oom_score_adj or 0) < 0 and p.pid != 1 and p.rss_pages]
    largest = max(kept, key=lambda p: p.used_pages, default=None)
    if largest is None or (row is not None and largest.used_pages <= row.used_pages):
        return None
    # Where nobody could be killed there is no victim to compare with: what it had must matter by itself.
    if row is None and largest.used_pages < _LARGE * _available(case):
        return None
    return largest


def _available(case: Case) -> int:
    total = case.choice.totalpages
    return sum(each.used_pages for each in case.processes) if total is None else total.value


def unprotect(case: Case, finding: Finding) -> tuple[Action, ...]:
    """Protect the hog less: just so much that it would have come before the victim."""
    hog = _hog(case)
    if hog is None:
        return ()
    used = hog.used_pages * case.page_kb
    if hog.comm in _ESSENTIAL or (hog.comm or "").startswith("containerd-shim"):
        text = for_running(hog.comm, "cat /proc/{}/smaps_rollup")
        values = {"comm": hog.comm, "adj": hog.oom_score_adj, "used_kb": used}
        id = "essential_hog" if case.victim is not None else "essential_hog_alone"
        return () if text is None else (Action(id, finding.id, "look", text, values),)
    wanted = _adj_before_victim(case, hog)
    text = for_running(hog.comm, f"choom -n {wanted or 0} -p {{}}", all_of_them=True)
    values = {"comm": hog.comm, "adj": hog.oom_score_adj, "new_adj": wanted or 0, "used_kb": used}
    id = "choom_default" if wanted is None else "choom_protected"
    id = id if case.victim is not None else "choom_alone"
    return () if text is None else (Action(id, finding.id, "command", text, values),)


def _adj_before_victim(case: Case, hog: Process) -> int | None:
    """Return the lowest adjustment with which the hog would have outscored the victim.

    :return: ``None`` when that cannot be computed, or even 0 would not have been enough.
    """
    choice, victim = case.choice, case.victim
    total = choice.totalpages
    ranked = next((r for r in choice.ranking if victim is not None and r.pid == victim.pid), None)
    if total is None or not total.exact:  # the same value may be too low with a larger totalpages
        return None
    if ranked is None or ranked.badness is None or choice.formula in (None, "permille"):
        return None
    per_adj = total.value // 1000
    if per_adj <= 0:
        return None
    # -(-a // b) rounds up; one page more than the victim.
    needed = -(-(ranked.badness + 1 - hog.used_pages) // per_adj)
    return None if needed > 0 else max(needed, -999)


def hog_unit(case: Case, finding: Finding) -> tuple[Action, ...]:
    """Ask which unit protects the hog: the log names the cgroup of the victim only."""
    hog = _hog(case)
    text = None if hog is None else for_running(hog.comm, "ps -o pid,unit,comm -p {}")
    if hog is None or text is None:
        return ()
    return (Action("which_unit", finding.id, "look", text, {"comm": hog.comm, "adj": hog.oom_score_adj}),)


def choom_victim(case: Case, finding: Finding) -> tuple[Action, ...]:
    """Take the bias from those who run under the victim's name now."""
    victim = case.victim
    adj = None if victim is None else victim.oom_score_adj
    if victim is None or adj is None or adj <= 0 or _kubelet_set(case, adj):
        return ()
    text = for_running(victim.comm, "choom -n 0 -p {}", all_of_them=True)
    values = {"comm": victim.comm, "adj": adj}
    return () if text is None else (Action("choom_biased", finding.id, "command", text, values),)


def _kubelet_set(case: Case, adj: int) -> bool:
    owner = owner_of(case.event.task_memcg)
    return owner is not None and owner.kind == "kubernetes"


def burstable_adj(request_kb: int, capacity_kb: int) -> int:
    """Return the kubelet's oom_score_adj for a Burstable container (GetContainerOOMScoreAdjust()).

    >>> burstable_adj(2 * 1024 * 1024, 8 * 1024 * 1024)
    750
    """
    return min(max(3, 1000 - 1000 * request_kb // capacity_kb), 999)


def victim_request(case: Case, finding: Finding) -> tuple[Action, ...]:
    """Raise the request, from which the kubelet derives oom_score_adj."""
    owner, size = owner_of(case.event.task_memcg), victim_size(case)
    adj = None if case.victim is None else case.victim.oom_score_adj
    if owner is None or owner.pod_uid is None or owner.nested or size is None or adj is None:
        return ()
    if adj not in K8S_BURSTABLE and adj != 1000:
        return ()
    ram = totals(case.event).get("ram_pages")
    if not ram:
        # Without the node's size nobody knows whether a request would lower it.
        return (Action("k8s_requests", finding.id, "look", pod_requests(owner), {"adj": adj}),)
    text = resources(size, request=True, limit=False)
    values = {**size.values, "adj": adj}
    # The kubelet's capacity is MemTotal, a little less than all pages.
    new = burstable_adj(size.kb, ram * case.page_kb)
    if new >= adj:
        return ()
    return (Action("k8s_request", finding.id, "file", text, {**values, "new_adj": new}),)
