"""Settle what a summary line leaves open: names and cgroup paths may hold its own separators."""

from __future__ import annotations

from typing import Any

__all__ = ["settle_name", "settle_paths"]


def settle_paths(fields: dict[str, Any]) -> dict[str, Any]:
    """Split two cgroup paths where the victim's lies below the limit's owner, as it must.

    A cgroup may be named ``a,task_memcg=/b``, so the text between the two keys can be ambiguous.
    """
    owner, victim = fields.get("oom_memcg"), fields.get("task_memcg")
    if not isinstance(owner, str) or not isinstance(victim, str):
        return fields
    key = ",task_memcg="
    pieces = f"{owner}{key}{victim}".split(key)
    if len(pieces) == 2 or len(pieces) > 32:
        return fields
    for count in range(1, len(pieces)):
        left, right = key.join(pieces[:count]), key.join(pieces[count:])
        if right == left or right.startswith(left.rstrip("/") + "/"):
            return {**fields, "oom_memcg": left, "task_memcg": right}
    return fields


def settle_name(constraint: dict[str, Any], kill: dict[str, Any]) -> dict[str, Any]:
    """Split the victim's cgroup and name where the kill line says the name begins.

    Both may hold ``,task=``; the kill line has the name between other texts.
    """
    path, name, comm = constraint.get("task_memcg"), constraint.get("comm"), kill.get("comm")
    if name == comm or path is None or comm is None or constraint.get("pid") != kill.get("pid"):
        return constraint
    both = f"{path},task={name}"
    if not both.endswith(f",task={comm}"):
        return constraint
    return {**constraint, "task_memcg": both[: -len(f",task={comm}")], "comm": comm}
