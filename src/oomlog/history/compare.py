"""Two periods side by side: a week before a change and the week after it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from oomlog.history.clock import UTC

__all__ = ["Comparison", "Period", "compare"]


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of time, without its end: ``[start, end)``.

    :param start: Without a zone it is a time as the logs print it (or in the history's zone); both have
        one, or none.
    :raise ValueError: The end is not after the start, or only one of them has a zone.
    """

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if (self.start.tzinfo is None) != (self.end.tzinfo is None):
            raise ValueError("both ends of a period need a zone, or none of them")
        if self.end <= self.start:
            raise ValueError("a period ends after it starts")

    @property
    def days(self) -> float:
        """Return its length in days."""
        return (self.end - self.start).total_seconds() / 86_400

    def overlaps(self, other: Period) -> bool:
        """Tell whether there is time in both; of periods with and without a zone nobody can tell."""
        if (self.start.tzinfo is None) != (other.start.tzinfo is None):
            return False
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True)
class Comparison:
    """What was killed in two periods.

    :ivar kills: In each of them.
    :ivar per_day: Kills a day of each, by the length of the period and not by what the logs cover.
    :ivar victims: ``comm``, ``kills_before``, ``kills_after``, ``per_day_before``, ``per_day_after``,
        ``change`` (``new``, ``gone`` or NA), the largest difference of rates first.
    :ivar without_time: Kills that nobody can place, because their log has no wall clock (or no zone, for
        periods with one).
    :ivar outside: Kills in neither period.
    """

    before: Period
    after: Period
    kills: tuple[int, int]
    per_day: tuple[float, float]
    victims: pd.DataFrame
    without_time: int
    outside: int


def compare(kills: pd.DataFrame, before: Period, after: Period) -> Comparison:
    """Compare two periods.

    :param kills: As ``prepare`` returns them.
    """
    known = pd.Series(True, index=kills.index)
    inside = []
    for period in (before, after):
        at, placed = _moments(kills, period)
        known &= placed
        start, end = (
            pd.Timestamp(edge).tz_convert("UTC").tz_localize(None) if edge.tzinfo else pd.Timestamp(edge)
            for edge in (period.start, period.end)
        )
        inside.append(placed & (at >= start) & (at < end))
    counts = [int(each.sum()) for each in inside]
    rates = (counts[0] / before.days, counts[1] / after.days)
    return Comparison(
        before=before,
        after=after,
        kills=(counts[0], counts[1]),
        per_day=rates,
        victims=_victims(kills, inside, before.days, after.days),
        without_time=int((~known).sum()),
        outside=int((known & ~inside[0] & ~inside[1]).sum()),
    )


def _moments(kills: pd.DataFrame, period: Period) -> tuple[pd.Series, pd.Series]:
    """Return each kill's time as the period means it, and whether it has one."""
    if period.start.tzinfo is None:
        return kills["wall"], kills["wall"].notna()
    on_utc = kills["clock"] == UTC
    at = pd.to_datetime(kills["moment_s"].where(on_utc).astype("float64"), unit="s").dt.round("us")
    return at, on_utc


def _victims(
    kills: pd.DataFrame, inside: list[pd.Series], days_before: float, days_after: float
) -> pd.DataFrame:
    comm = kills["comm"].astype("string")
    # NA is a victim whose name the log does not have; it counts as one row.
    counted = [comm[each].value_counts(dropna=False) for each in inside]
    names = counted[0].index.union(counted[1].index, sort=False)
    found = pd.DataFrame({"comm": pd.array(names, "string")})
    for which, counts, days in (("before", counted[0], days_before), ("after", counted[1], days_after)):
        number = counts.reindex(names, fill_value=0).to_numpy()
        found[f"kills_{which}"] = pd.array(number, "Int64")
        found[f"per_day_{which}"] = pd.array(number / days, "Float64")
    change = pd.Series(pd.NA, index=found.index, dtype="string")
    found["change"] = change.mask(found["kills_before"] == 0, "new").mask(found["kills_after"] == 0, "gone")
    found["_by"] = -(found["per_day_after"] - found["per_day_before"]).abs()
    found = found.sort_values(["_by", "comm"], na_position="last", ignore_index=True)
    return found[["comm", "kills_before", "kills_after", "per_day_before", "per_day_after", "change"]]
