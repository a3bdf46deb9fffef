"""What groups of many kills have: how many different names, which most often, how many events."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oomlog.history.codes import Codes, codes_of, joined

__all__ = ["distinct", "firsts", "most_frequent"]

_FLAGS = 1 << 25
"""So many pairs are marked in an array of flags; of more the pairs themselves are kept."""


def distinct(group: Codes, texts: Codes) -> NDArray[np.int64]:
    """Return how many different known texts each group has."""
    known = texts.codes < texts.total - 1
    pairs = (group.codes * texts.total + texts.codes)[known]
    if group.total * texts.total <= _FLAGS:
        there = np.zeros(group.total * texts.total, dtype=bool)
        there[pairs] = True
        return np.asarray(there.reshape(group.total, texts.total).sum(axis=1))
    return np.bincount(pd.unique(pairs) // texts.total, minlength=group.total)


def firsts(group: NDArray[np.int64], event: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell for each kill whether it is the first of its event in its group."""
    codes, count = joined(event)
    found = np.ones(len(codes), dtype=bool)
    several = np.flatnonzero((np.bincount(codes, minlength=count) > 1)[codes])
    if len(several):
        pairs = pd.DataFrame({"group": group[several], "event": codes[several]})
        found[several] = ~pairs.duplicated().to_numpy()
    return found


def most_frequent(group: Codes, texts: pd.Series) -> pd.DataFrame:
    """Return for each group its most frequent known text, how often, and how many different ones there are.

    Of texts that are as frequent it is the first in the alphabet.  Columns: ``text`` and ``count``, NA for
    groups without a known text, and ``different``.
    """
    (codes, total), names = codes_of(texts)
    known = codes < total - 1
    place, pairs = pd.factorize(group.codes[known] * total + codes[known], sort=True)
    count = np.bincount(place, minlength=len(pairs))
    owner = pairs // total
    first = pd.Series(owner[order := np.lexsort((-count, owner))]).drop_duplicates().index
    top = order[first]
    found = pd.DataFrame(
        {"text": names.array.take(pairs[top] % total), "count": pd.array(count[top], "Int64")}
    )
    found = found.set_index(owner[top]).reindex(range(group.total)).astype({"text": "string"})
    found["different"] = pd.array(np.bincount(owner, minlength=group.total), "Int64")
    return found
