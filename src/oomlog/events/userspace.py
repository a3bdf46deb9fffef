"""Killers outside the kernel's OOM killer, and what other programs say about its kills.

systemd-oomd, earlyoom, oomd and Android's lowmemorykiller choose and kill on their own: events of their
own.  systemd, kubelet and slurmstepd only report what the kernel did: notes on its event.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from oomlog.grammar import Match
from oomlog.model import LogLine

__all__ = ["Act", "act_of"]

# variant id (its beginning) -> who acts, and whether the line is the kill or only speaks of one
_ACTS = (
    ("userspace.oomd_facebook", "oomd", True),
    ("userspace.oomd_failed", "systemd-oomd", False),
    ("userspace.oomd_", "systemd-oomd", True),
    ("userspace.earlyoom_kill", "earlyoom", True),
    ("userspace.lmk_kill", "lowmemorykiller", True),
    ("userspace.lmk_sigkill", "lowmemorykiller", True),
    ("userspace.lmkd_kill", "lowmemorykiller", True),
    ("userspace.unit_", "systemd", False),
    ("userspace.kubelet", "kubelet", False),
    ("userspace.slurm", "slurmstepd", False),
)


@dataclass(frozen=True, slots=True)
class Act:
    """What one line says: a process killed, a cgroup killed, or (neither) a remark."""

    killer: str
    kill: dict[str, Any] | None = None
    cgroup: str | None = None


def act_of(match: Match, line: LogLine) -> Act | None:
    """Return what the line reports, ``None`` for one without meaning of its own."""
    for prefix, killer, kills in _ACTS:
        if not match.id.startswith(prefix):
            continue
        writer = (line.ident or killer).split("[", 1)[0]
        if kills and killer not in (writer, "lowmemorykiller", "oomd"):
            return None  # another program that quotes the killer's words
        if not kills:
            return Act(killer)
        fields: dict[str, Any] = match.fields
        if "oomd_cgroup" in fields:
            return Act(killer, cgroup=fields["oomd_cgroup"])
        if "pid" not in fields:
            return None
        score = fields.get("badness", fields.get("oom_score"))
        return Act(killer, kill={**fields, "score": score})
    return None
