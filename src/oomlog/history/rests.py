"""Events that may be the rest of another log's event, which nothing in them proves.

The kernel prints one header for all that ``memory.oom.group`` kills.  Where one log ends and an unrelated one
begins between these kills, nothing says that the second log's belong to the first one's: it looks the same
where the kernel's rate limit left out a header.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["maybe_rests"]

_GROUP_S = 10.0
"""So long may the kills of one group take on a slow console, as in ``oomlog.frame.fingerprint``."""
_LOOKED_AT = 16
"""Events before, of other hosts, boots and logs."""
_NEEDED = ("source", "scope", "oom_memcg", "host", "boot_id", "event", "uptime_s")


def maybe_rests(kills: pd.DataFrame) -> int:
    """Return how many events have no header and follow another log's event of the same machine at once.

    :param kills: Those that are counted, with ``clock`` and ``moment_s``; both events are of a cgroup.
    """
    if not set(_NEEDED) <= set(kills.columns):
        return 0
    of_cgroups = kills["scope"].eq("memcg").fillna(False).to_numpy(dtype=bool)
    # A kill line says that it is a cgroup's, and only the header says whose.
    headless = of_cgroups & kills["oom_memcg"].isna().to_numpy(dtype=bool)
    if not headless.any() or (headless == of_cgroups).all():
        return 0
    rests = kills[headless].drop_duplicates("event")
    before = kills[of_cgroups & ~headless].drop_duplicates("event", keep="last")
    both = pd.concat([rests, before])
    numbers = {name: pd.factorize(both[name])[0] for name in ("source", "host", "boot_id", "clock")}
    found = _following(both, numbers, len(rests), "uptime_s") | _following(
        both, numbers, len(rests), "moment_s"
    )
    return int(found.sum())


def _following(
    both: pd.DataFrame, numbers: dict[str, NDArray[np.intp]], count: int, clock: str
) -> NDArray[np.bool_]:
    """Tell which of the first ``count`` events follow another one by a clock.

    :param numbers: Numbers for texts, -1 for what is not known.
    """
    at = both[clock].to_numpy(dtype="float64", na_value=np.nan)
    start, others = at[:count], at[count:]
    order = np.argsort(others, kind="stable")[: int((~np.isnan(others)).sum())]
    low, high = (np.searchsorted(others[order], start + offset) for offset in (-_GROUP_S, 1e-6))
    found = np.zeros(count, bool)
    for back in range(1, _LOOKED_AT + 1):
        mine = np.flatnonzero((high - back >= low) & ~found & ~np.isnan(start))
        if not len(mine):
            break
        theirs = order[high[mine] - back] + count
        follows = numbers["source"][mine] != numbers["source"][theirs]
        if clock == "moment_s":
            follows &= numbers["clock"][mine] == numbers["clock"][theirs]
        for name in ("host", "boot_id"):
            one, two = numbers[name][mine], numbers[name][theirs]
            follows &= (one == two) | (one < 0) | (two < 0)
        found[mine[follows]] = True
    return found
