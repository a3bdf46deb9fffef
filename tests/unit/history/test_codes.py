"""Numbers in place of texts keep their order, and nobody sees them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

import oomlog
from oomlog import store
from oomlog.frame import tables
from oomlog.history.api import history_of
from oomlog.history.codes import codes_of, first_known, joined, order_of, renamed, same, same_text
from oomlog.history.counts import distinct, firsts, most_frequent
from oomlog.history.stored import history_of_store
from oomlog.store import Adder, Store

from .logs import SAMPLES

TEXTS = st.none() | st.sampled_from(["a", "b", "B", "\u00e9", "zz"])
ROWS = st.lists(st.tuples(TEXTS, TEXTS, st.integers(0, 3), st.sampled_from([0.0, 1.5, np.nan])), min_size=1)


def column(rows, at: int) -> pd.Series:
    return pd.Series([row[at] for row in rows], dtype="string")


def test_kills_of_a_store_are_texts(tmp_path) -> None:
    """A history's kills have the dtypes of tables, also where the analyses had categories."""
    db = tmp_path / "k.sqlite"
    events = list(oomlog.parse(SAMPLES / "v6.12-memcg-v2-group.dmesg.log"))
    with Store(db, write=True) as opened:
        adder = Adder(opened, "test")
        for event in events:
            adder.add(event)
        adder.end("log", 0)
    want = tables.kills(events).dtypes
    for kills in (history_of_store(db).kills, history_of(events).kills):
        assert kills.dtypes[want.index].equals(want)
        assert set(kills.dtypes[["where", "limit_where"]].astype(str)) == {"string"}
    assert store.kills(db).dtypes.equals(want)


@given(ROWS)
def test_groups_are_those_of_pandas(rows) -> None:
    """Keys of several columns number the groups as pandas does, with unknown texts last."""
    frame = pd.DataFrame({"one": column(rows, 0), "two": column(rows, 1), "n": [row[2] for row in rows]})
    (one, _), (two, _) = codes_of(frame["one"]), codes_of(frame["two"])
    want = frame.groupby(["one", "two", "n"], dropna=False, sort=True).ngroup()
    assert joined(one, two, frame["n"].to_numpy()).codes.tolist() == want.tolist()


@given(ROWS)
def test_rows_are_ordered_as_by_all_keys(rows) -> None:
    """Looking at the last keys only where the first are equal gives the same order, NaN last."""
    first, rest = np.array([row[3] for row in rows]), np.array([row[2] for row in rows])
    assert order_of([first], [rest]).tolist() == np.lexsort((rest, first)).tolist()
    alike = same(np.sort(first))
    assert len(first) - alike.sum() == pd.Series(first).nunique(dropna=False)


@given(ROWS)
def test_counts_are_those_of_pandas(rows) -> None:
    """Different names, first kills of events and the most frequent name are what pandas finds."""
    frame = pd.DataFrame({"text": column(rows, 0), "n": [row[2] for row in rows]})
    group = joined(frame["n"].to_numpy())
    by = frame["text"].groupby(group.codes)
    assert distinct(group, codes_of(frame["text"])[0]).tolist() == by.nunique().tolist()
    event = np.array([len(str(row[1])) for row in rows])
    pairs = pd.DataFrame({"group": group.codes, "event": event})
    assert firsts(group.codes, event).tolist() == (~pairs.duplicated()).tolist()
    top = most_frequent(group, frame["text"])
    for number, texts in by:
        counts = texts.value_counts()
        want = min(counts.index[counts == counts.max()]) if len(counts) else None
        assert (None if pd.isna(top["text"][number]) else top["text"][number]) == want
        assert top["different"][number] == len(counts)


@given(ROWS)
def test_columns_are_combined_as_texts_are(rows) -> None:
    """The first known text, renamed texts and comparisons are those of the texts themselves."""
    one, two = column(rows, 0), column(rows, 1)
    assert first_known(one, two).astype("string").equals(one.fillna(two))
    assert renamed(one, str.lower).astype("string").equals(one.str.lower())
    assert same_text(one, two).tolist() == (one == two).fillna(False).tolist()
