"""The history of kills: all analyses of one set of kills, each computed when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, tzinfo
from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd

from oomlog.history import compare, groups, growth, incidents, limits, trend
from oomlog.history.clock import zones
from oomlog.history.codes import decoded
from oomlog.history.compare import Comparison, Period
from oomlog.history.prepare import Prepared, prepare
from oomlog.history.rests import maybe_rests

if TYPE_CHECKING:
    from oomlog.jupyter import HistoryPlots

__all__ = ["History"]


class History:
    """What a set of kills tells when they are seen together.

    The attributes are data frames, described at the functions that make them (``oomlog.history.groups`` and
    its neighbours).  All but ``userspace`` are about kills by the kernel.

    :param kills: As ``oomlog.frame`` makes them.
    :param tasks: The task tables, or what makes them when ``growth`` is asked for.
    :param userspace: The events of other killers than the kernel, also those that name no process.
    :param tz: The zone to show times in, and the one of times that print none.
    :param gap_s: The longest pause within an incident.
    :param untrusted: Count kills that may be forged.
    :param unseen_tables: How many earlier events ``tasks`` leaves out.
    """

    def __init__(
        self,
        kills: pd.DataFrame,
        tasks: pd.DataFrame | Callable[[], pd.DataFrame] | None = None,
        *,
        userspace: pd.DataFrame | None = None,
        tz: tzinfo | None = None,
        gap_s: float = incidents.GAP_S,
        untrusted: bool = False,
        unseen_tables: int = 0,
    ) -> None:
        self._given = kills
        self._tasks = tasks
        self._others = userspace
        self.tz = tz
        self.gap_s = gap_s
        self._untrusted = untrusted
        self.unseen_tables = unseen_tables

    @cached_property
    def _prepared(self) -> Prepared:
        return prepare(self._given, self._others, tz=self.tz, untrusted=self._untrusted)

    @cached_property
    def kills(self) -> pd.DataFrame:
        """Return the kernel's kills, each event once, with the columns that ``prepare`` adds."""
        return decoded(self._prepared.kills)

    @property
    def coded(self) -> pd.DataFrame:
        """Return the same kills with texts as categories, as the analyses take them."""
        return self._prepared.kills

    @cached_property
    def userspace(self) -> pd.DataFrame:
        """Return the runs of other killers than the kernel, counted by ``killer``."""
        return groups.by_killer(self._prepared.userspace)

    @property
    def folded(self) -> int:
        """Return how many events were left out because another log tells of the same ones."""
        return self._prepared.folded

    @cached_property
    def maybe_rests(self) -> int:
        """Return how many events may be the rest of a group kill that another log begins."""
        return maybe_rests(self.coded)

    @property
    def untrusted(self) -> int:
        """Return how many kills were left out because they may be forged."""
        return self._prepared.untrusted

    @cached_property
    def victims(self) -> pd.DataFrame:
        """Return the kills by the victim's name (``comm``)."""
        return groups.by(self.coded, "comm")

    @cached_property
    def places(self) -> pd.DataFrame:
        """Return the kills by pod, container, unit or cgroup (``where``)."""
        return groups.by(self.coded, "where")

    @cached_property
    def hosts(self) -> pd.DataFrame:
        """Return the kills by host."""
        return groups.by(self.coded, "host")

    @cached_property
    def scopes(self) -> pd.DataFrame:
        """Return the kills by what ran out."""
        return groups.by(self.coded, "scope")

    @cached_property
    def hours(self) -> pd.DataFrame:
        """Return the kills by hour of the day."""
        return groups.by_hour(self.coded)

    @cached_property
    def weekdays(self) -> pd.DataFrame:
        """Return the kills by day of the week."""
        return groups.by_weekday(self.coded)

    @cached_property
    def limits(self) -> pd.DataFrame:
        """Return how often each limit of a cgroup was hit."""
        return limits.limits(self.coded)

    @cached_property
    def limit_changes(self) -> pd.DataFrame:
        """Return the limits that changed between two kills."""
        return limits.limit_changes(self.coded)

    @cached_property
    def incidents(self) -> pd.DataFrame:
        """Return the kills grouped into bursts."""
        return incidents.incidents(self.coded, self.gap_s)

    @property
    def storms(self) -> pd.DataFrame:
        """Return the incidents with several kills."""
        return self.incidents[self.incidents["storm"]].reset_index(drop=True)

    @cached_property
    def trends(self) -> pd.DataFrame:
        """Return whether victims were larger each time they were killed."""
        return trend.trends(self.coded)

    @cached_property
    def growth(self) -> pd.DataFrame:
        """Return the groups of processes that grew from kill to kill; empty without task tables."""
        tasks = self._tasks() if callable(self._tasks) else self._tasks
        if tasks is None:
            tasks = pd.DataFrame(columns=["event", "pid", "comm", "size_kb"])
        return growth.growth(self.coded, tasks)

    def compare(
        self, before: Period | tuple[datetime, datetime], after: Period | tuple[datetime, datetime]
    ) -> Comparison:
        """Return what was killed in two periods; each has its start, and its end, which is not in it."""
        periods = (each if isinstance(each, Period) else Period(*each) for each in (before, after))
        return compare.compare(self.coded, *periods)

    @property
    def zones(self) -> list[str | None]:
        """Return the zones that the logs print, ``None`` for logs that print none."""
        return zones(self.coded)

    @property
    def without_wall(self) -> int:
        """Return how many kills have no time of day."""
        return int(self.coded["wall"].isna().sum())

    # How it looks in a notebook is made elsewhere, as for an event (``oomlog.asking``).

    @property
    def plot(self) -> HistoryPlots:
        """Return its pictures: ``history.plot.timeline()`` ..."""
        from oomlog import jupyter

        return jupyter.HistoryPlots(self)

    def _repr_html_(self) -> str | None:
        from oomlog import jupyter

        return jupyter.history_html(self)

    def __len__(self) -> int:
        return len(self.coded)

    def __repr__(self) -> str:
        hosts = self.coded["host"].nunique()
        return f"<History: {len(self.coded):,} kills, {hosts:,} named hosts>"

    def __dir__(self) -> list[str]:
        return [name for name in super().__dir__() if not name.startswith("_")]
