"""Kills of several records of one event, each once, where logs were cut within the event.

A log that ends inside a kill's line knows less of that kill than another one does, and one that starts after
the report's header does not know whose limit was hit.
"""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

__all__ = ["folded"]

_SIZES = ("total_vm_kb", "anon_rss_kb", "file_rss_kb")
_SAME_KILL = ["event", "pid", *_SIZES]
"""By these kills of one event are known in another log, as in ``oomlog.frame.fingerprint``."""
_OF_KILL = (*_SIZES, "uid", "shmem_rss_kb", "pgtables_kb", "oom_score_adj")
_OF_EVENT = (
    "constraint", "trigger_comm", "oom_memcg", "task_memcg", "limit_kb", "limit_of",
    "kernel_release", "owner_kind",
    "runtime", "container_id", "container", "pod", "namespace", "image", "pod_uid", "qos", "unit", "slice",
    "job", "step", "owner_level", "limit_level",
)  # fmt: skip
"""What the kills of an event have in common, as far as their log knew it."""


def folded(kept: pd.DataFrame, others: pd.DataFrame) -> pd.DataFrame:
    """Return the kills that are kept, with those that only other records of the same events have.

    :param kept: The kills of one record of each event.
    :param others: Those of further records, with the number of the record that is kept as their ``event``.
    """
    touched = kept["event"].isin(others["event"])
    own = kept[touched]
    both = pd.concat([own, others])
    again = both.duplicated([name for name in _SAME_KILL if name in both.columns])
    both = both[~(again & both.index.isin(others.index))]
    both = both.drop(index=list(_told_better(both)))
    if both.index.equals(own.index):
        return kept
    found = pd.concat([kept[~touched], _completed(both)])
    return found.assign(kill=(found.groupby("event", sort=False).cumcount() + 1).astype(kept["kill"].dtype))


def _told_better(kills: pd.DataFrame) -> Iterator[int]:
    """Yield the index of each kill that another record of its event tells more of, as a line was cut."""
    compared = [name for name in _OF_KILL if name in kills.columns]
    cut = kills[[name for name in _SIZES if name in kills.columns]].isna().any(axis=1)
    doubtful = kills[kills["event"].isin(kills.loc[cut, "event"])]
    for _, records in doubtful.groupby(["event", "pid"], sort=False):
        known = [
            (index, {name: row[name] for name in compared if pd.notna(row[name])})
            for index, row in records.iterrows()
        ]
        known.sort(key=lambda each: -len(each[1]))
        for place, (index, facts) in enumerate(known):
            fuller = (others for _, others in known[:place])
            if cut[index] and any(
                all(others.get(name, value) == value for name, value in facts.items()) for others in fuller
            ):
                yield index


def _completed(kills: pd.DataFrame) -> pd.DataFrame:
    """Give the kills from a log without the report's header what the header's log knew."""
    of_event = [name for name in _OF_EVENT if name in kills.columns]
    first = kills.groupby("event", sort=False)[of_event].transform("first")
    return kills.assign(**{name: kills[name].fillna(first[name]) for name in of_event})
