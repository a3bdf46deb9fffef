"""Where a process was killed, by the name that lasts longest.

A container gets a new id each time it starts, so ids tell little about a history.  A name that a runtime
gave comes first, then a pod's uid, which outlives its containers, then a systemd unit, and only then an id
or a path.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from oomlog.containers.owner import CgroupOwner, owner_of

__all__ = ["placed"]

_NAMES = ("namespace", "pod", "container", "runtime", "container_id", "pod_uid", "unit", "task_memcg")
_ID = 12


def placed(kills: pd.DataFrame) -> pd.DataFrame:
    """Return the kills with the columns ``where`` and ``limit_where``.

    :param kills: With ``task_memcg``, ``oom_memcg`` and, where known, the columns that name the container.

    ``where`` is whose process was killed, ``limit_where`` whose memory limit was hit; both are NA where the
    log does not say, and ``limit_where`` is NA where no cgroup's limit was hit.
    """
    found = kills.copy(deep=False)
    names = pd.DataFrame({name: _column(kills, name) for name in _NAMES})
    # Few places are in a log, and each needs to be named once.
    code = names.groupby(list(_NAMES), dropna=False, sort=False).ngroup()
    first = ~code.duplicated()
    texts = pd.Series(
        [_name(dict(zip(_NAMES, row, strict=True))) for row in names[first].itertuples(index=False)],
        index=code[first].to_numpy(),
        dtype="string",
    )
    where = texts.reindex(code.to_numpy()).set_axis(kills.index)
    oom_memcg, task_memcg = _column(kills, "oom_memcg"), _column(kills, "task_memcg")
    limit = oom_memcg.map({path: _of_path(path) for path in oom_memcg.dropna().unique()}).astype("string")
    own = (oom_memcg == task_memcg).fillna(False)
    found["where"] = where
    found["limit_where"] = limit.mask(own, where).where(oom_memcg.notna())
    return found


def _column(kills: pd.DataFrame, name: str) -> pd.Series:
    if name not in kills.columns:
        return pd.Series(pd.NA, index=kills.index, dtype="string")
    return kills[name].astype("string")


def _name(row: dict[str, Any]) -> str | None:
    named = {name: None if pd.isna(text) else str(text) for name, text in row.items()}
    pod, container, path = named["pod"], named["container"], named["task_memcg"]
    if pod is not None:
        return "/".join(part for part in (named["namespace"], pod, container) if part)
    if container is not None:
        return container
    return _of_path(path) if path is not None else named["unit"]


def _of_path(path: str) -> str:
    """Return the name of a cgroup: what its path says, else the path."""
    owner = owner_of(path)
    name = None if owner is None else _owner_name(owner)
    if owner is None or name is None:
        return path
    return f"{name}/{owner.below}" if owner.below else name


def _owner_name(owner: CgroupOwner) -> str | None:
    if owner.pod_uid is not None:
        return f"pod {owner.pod_uid}"
    if owner.name is not None:
        return owner.name
    if owner.job is not None:
        return f"{owner.kind} {owner.job}" + (f".{owner.step}" if owner.step else "")
    if owner.container_id is not None:
        return f"{owner.runtime or 'container'} {owner.container_id[:_ID]}"
    return owner.unit_shown or owner.slice
