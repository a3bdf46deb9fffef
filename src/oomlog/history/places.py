"""Where a process was killed, by the name that lasts longest.

A container gets a new id each time it starts, so ids tell little about a history.  A name that a runtime
gave comes first, then a pod's uid, which outlives its containers, then a systemd unit, and only then an id
or a path.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np
import pandas as pd

from oomlog.containers.owner import CgroupOwner, owner_of
from oomlog.history.codes import category, codes_of, first_known, joined, renamed, same_text

__all__ = ["placed"]

_GIVEN = ("namespace", "pod", "container")
_ID = 12


def placed(kills: pd.DataFrame) -> pd.DataFrame:
    """Return the kills with the columns ``where`` and ``limit_where``.

    :param kills: With ``task_memcg``, ``oom_memcg`` and, where known, the columns that name the container.

    ``where`` is whose process was killed, ``limit_where`` whose memory limit was hit; both are NA where the
    log does not say, and ``limit_where`` is NA where no cgroup's limit was hit.
    """
    found = kills.copy(deep=False)
    task, oom = _column(kills, "task_memcg"), _column(kills, "oom_memcg")
    named = cache(_of_path)
    where = first_known(*_given(kills), renamed(task, named), _column(kills, "unit"))
    own = pd.Series(same_text(task, oom), index=kills.index)
    found["where"] = where
    found["limit_where"] = first_known(where.where(own), renamed(oom, named))
    return found


def _column(kills: pd.DataFrame, name: str) -> pd.Series:
    if name not in kills.columns:
        return pd.Series(pd.NA, index=kills.index, dtype="string").astype("category")
    return category(kills[name])


def _given(kills: pd.DataFrame) -> Iterator[pd.Series]:
    """Yield the names that somebody gave: those of pods, then those of containers."""
    columns = [_column(kills, name) for name in _GIVEN]
    _, pod, container = columns
    if pod.notna().any():
        key = joined(*(codes_of(column)[0] for column in columns)).codes
        rows = pd.DataFrame(dict(zip(_GIVEN, columns, strict=True)))
        first = pd.Series(key).drop_duplicates()
        texts = np.full(len(first), None, dtype="object")
        for at, parts in zip(first, rows.iloc[first.index].itertuples(index=False), strict=True):
            texts[at] = None if pd.isna(parts.pod) else "/".join(part for part in parts if not pd.isna(part))
        yield category(pd.Series(texts[key], index=kills.index))
    yield container


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
