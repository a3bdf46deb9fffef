"""Texts of kills as numbers: a million names are compared and grouped many times, and a few are different.

In here the texts of a frame are categories in the order of the alphabet, so that the order of their codes is
that of the texts.  Keys are numbers, too: of several columns, in the order of the first, then the second.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = [
    "Codes",
    "category",
    "coded",
    "codes_of",
    "decoded",
    "first_known",
    "joined",
    "order_of",
    "renamed",
    "same",
    "same_text",
    "sorted_by",
]

_TEXTS = (
    "source", "time_origin", "host", "boot_id", "killer", "scope", "oom_memcg", "task_memcg", "comm",
    "limit_of", "namespace", "pod", "container", "unit", "where", "limit_where",
)  # fmt: skip


class Codes(NamedTuple):
    """A number from 0 for each row, in the order of what it stands for; unknown values have the last one."""

    codes: NDArray[np.int64]
    total: int


def coded(kills: pd.DataFrame) -> pd.DataFrame:
    """Return the kills with the texts that are compared and grouped as categories."""
    found = kills.copy(deep=False)
    for name in _TEXTS:
        if name in kills.columns:
            found[name] = category(kills[name])
    return found


def category(texts: pd.Series) -> pd.Series:
    """Return texts as categories in the order of the alphabet."""
    if not isinstance(texts.dtype, pd.CategoricalDtype):
        return texts.astype("string").astype("category")
    if not texts.cat.categories.is_monotonic_increasing:
        return texts.cat.reorder_categories(texts.cat.categories.sort_values())
    return texts


def decoded(kills: pd.DataFrame) -> pd.DataFrame:
    """Return the kills with texts instead of categories."""
    return kills.astype(dict.fromkeys(kills.columns[kills.dtypes == "category"], "string"))


def codes_of(texts: pd.Series) -> tuple[Codes, pd.Index]:
    """Return a column's codes, and the texts that they stand for."""
    texts = category(texts)
    names = texts.cat.categories
    codes = texts.cat.codes.to_numpy().astype("int64")
    codes[codes < 0] = len(names)
    return Codes(codes, len(names) + 1), names


def renamed(texts: pd.Series, name: Callable[[str], str]) -> pd.Series:
    """Return the texts as categories under other names, of which several may become one."""
    codes, names = codes_of(texts)
    return _named(texts, [name(text) for text in names.tolist()], codes.codes)


def first_known(*columns: pd.Series) -> pd.Series:
    """Return the first column's texts, and where it has none the next one's."""
    codes = np.full(len(columns[0]), -1)
    texts: list[str] = []
    for column in columns:
        (own, _), names = codes_of(column)
        unknown = (codes < 0) & (own < len(names))
        codes[unknown] = own[unknown] + len(texts)
        texts.extend(names.tolist())
    return _named(columns[0], texts, np.where(codes < 0, len(texts), codes))


def _named(like: pd.Series, texts: Sequence[str], codes: NDArray[np.int64]) -> pd.Series:
    """Return texts by their codes as categories."""
    names = sorted(set(texts))
    places = dict(zip(names, range(len(names)), strict=True))
    own = np.array([*(places[text] for text in texts), -1])[codes]
    return pd.Series(pd.Categorical.from_codes(own, pd.Index(names, dtype="string")), index=like.index)


def same_text(one: pd.Series, other: pd.Series) -> NDArray[np.bool_]:
    """Tell in which rows two columns have the same known text."""
    (codes, count), names = codes_of(one)
    (others, _), other_names = codes_of(other)
    places = dict(zip(names.tolist(), range(len(names)), strict=True))
    as_one = np.array([*(places.get(name, -1) for name in other_names.tolist()), -1])[others]
    return np.asarray((codes == as_one) & (codes < count - 1))


def joined(*columns: Codes | NDArray[Any]) -> Codes:
    """Return one number for what is in several columns, without gaps, in the order of the first column."""
    key, count = _codes(columns[0])
    for column in columns[1:]:
        codes, more = _codes(column)
        if count * more >= 1 << 62:
            key, count = _dense(key, count)
        key, count = key * more + codes, count * more
    return _dense(key, count)


def _codes(column: Codes | NDArray[Any]) -> Codes:
    if isinstance(column, Codes):
        return column
    low = int(column.min(initial=0))
    return Codes(column.astype("int64") - low, int(column.max(initial=0)) - low + 1)


def _dense(key: NDArray[np.int64], count: int) -> Codes:
    if count > 4 * len(key) + 1000:
        codes, values = pd.factorize(key, sort=True)
        return Codes(codes.astype("int64"), len(values))
    there = np.zeros(count, dtype=bool)
    there[key] = True
    place = np.cumsum(there) - 1
    return Codes(place[key], int(place[-1]) + 1 if count else 0)


def order_of(first: Sequence[NDArray[Any]], rest: Sequence[NDArray[Any]] = ()) -> NDArray[np.intp]:
    """Return the order of rows by several keys; NaN is last, and rows that are equal stay as they are.

    :param rest: Keys that are looked at where all of the first ones are equal, which is seldom.
    """
    order = np.lexsort([_narrow(key) for key in reversed(first)])
    equal = same(*(key[order] for key in first))
    if rest and equal.any():
        tied = np.flatnonzero(equal | np.append(equal[1:], False))
        run = np.cumsum(~equal[tied])
        own = order[tied]
        order[tied] = own[np.lexsort([*(key[own] for key in reversed(rest)), run])]
    return order


def sorted_by(key: NDArray[Any]) -> NDArray[np.intp]:
    """Return the order of rows by numbers; rows that are equal stay as they are."""
    return np.argsort(_narrow(key), kind="stable")


def _narrow(key: NDArray[Any]) -> NDArray[Any]:
    """Return small numbers as numpy sorts them fastest."""
    small = key.dtype.kind in "iu" and len(key) and key.min() >= 0 and key.max() < 1 << 16
    return key.astype("uint16") if small else key


def same(*columns: NDArray[Any]) -> NDArray[np.bool_]:
    """Tell for each row whether it is the same as the one before; NaN is the same as NaN."""
    found = np.zeros(len(columns[0]), dtype=bool)
    found[1:] = True
    for column in columns:
        equal = column[1:] == column[:-1]
        if column.dtype.kind == "f":
            equal |= np.isnan(column[1:]) & np.isnan(column[:-1])
        found[1:] &= equal
    return found
