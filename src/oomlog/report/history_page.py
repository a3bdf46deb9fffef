"""A history as a page: the headline, what to know about its numbers, and the tables that say something."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from oomlog.history.compare import Comparison
from oomlog.history.groups import WEEKDAYS
from oomlog.history.incidents import STORM_KILLS
from oomlog.history.record import History
from oomlog.report.document import Block, Figure, Heading, Item, Items, Paragraph, Table
from oomlog.report.history_headline import headline, remarks
from oomlog.report.history_words import DASH, duration, missing, name, number, rate, size, stamp
from oomlog.report.summary import counted

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["BY", "history_blocks"]

# From so many kills on so many days on, and from so many times an even share on, an hour or a day is told.
_MANY, _DAYS = 10, 5
_HOURLY, _DAILY = 4, 2

Shown = Callable[[Any], str]
"""A row to a cell."""


class _Column(NamedTuple):
    heading: str
    shown: Shown
    right: bool = False


def _plain(column: str, shown: Callable[[Any], str]) -> Shown:
    return lambda row: shown(row[column])


_FIRST = _Column("FIRST", _plain("first", stamp))
_LAST = _Column("LAST", _plain("last", stamp))
_SIZES = (
    _Column("MEDIAN PAUSE", _plain("median_interval_s", duration), right=True),
    _Column("RSS MIN", _plain("rss_min_kb", size), right=True),
    _Column("MEDIAN", _plain("rss_median_kb", size), right=True),
    _Column("MAX", _plain("rss_max_kb", size), right=True),
)
_KILLS = _Column("KILLS", _plain("kills", number), right=True)
_HOST = _Column("HOST", _plain("host", name))


def _of(heading: str, column: str) -> tuple[_Column, ...]:
    return (_Column(heading, _plain(column, name)), _KILLS, _FIRST, _LAST, *_SIZES)


class _By(NamedTuple):
    title: str
    frame: Callable[[History], pd.DataFrame]
    columns: tuple[_Column, ...]


def _bar(row: pd.Series) -> str:
    return "#" * int(row["bar"])


def _with_bars(frame: pd.DataFrame) -> pd.DataFrame:
    most = max(int(frame["kills"].max()), 1)
    return frame.assign(bar=-(-frame["kills"] * min(most, 40) // most))


BY: dict[str, _By] = {
    "victim": _By("By victim", lambda history: history.victims, _of("VICTIM", "comm")),
    "where": _By("By place", lambda history: history.places, _of("WHERE", "where")),
    "host": _By("By host", lambda history: history.hosts, _of("HOST", "host")),
    "scope": _By("By what ran out", lambda history: history.scopes, _of("SCOPE", "scope")),
    "hour": _By(
        "By hour of the day",
        lambda history: _with_bars(history.hours),
        (_Column("HOUR", lambda row: f"{row['hour']:02d}"), _KILLS, _Column("", _bar)),
    ),
    "weekday": _By(
        "By day of the week",
        lambda history: _with_bars(history.weekdays),
        (_Column("DAY", lambda row: WEEKDAYS[row["weekday"]]), _KILLS, _Column("", _bar)),
    ),
}
"""What ``--by`` knows."""

_COUNTS = _Column("COUNTS", _plain("limit_of", name))
_LIMITS = (
    _HOST,
    _Column("LIMIT OF", _plain("limit_where", name)),
    _Column("LIMIT", _plain("limit_kb", size), right=True),
    _COUNTS,
    _Column("TIMES HIT", _plain("events", number), right=True),
    _KILLS,
    _Column("MOST KILLED", _plain("victim", name)),
    _FIRST,
    _LAST,
)
_CHANGES = (
    _HOST,
    _Column("LIMIT OF", _plain("limit_where", name)),
    _COUNTS,
    _Column("FROM", _plain("from_kb", size), right=True),
    _Column("TO", _plain("to_kb", size), right=True),
    _Column("AFTER", _plain("after", stamp)),
    _Column("BEFORE", _plain("before", stamp)),
    _Column("KILLS BEFORE", _plain("kills_before", number), right=True),
    _Column("KILLS AFTER", _plain("kills_after", number), right=True),
)
_TRENDS = (
    _HOST,
    _Column("WHERE", _plain("where", name)),
    _Column("VICTIM", _plain("comm", name)),
    _Column("KILLS", _plain("points", number), right=True),
    _Column("OVER", _plain("span_s", duration), right=True),
    _Column("FIRST RSS", _plain("first_rss_kb", size), right=True),
    _Column("LAST RSS", _plain("last_rss_kb", size), right=True),
    _Column("MEDIAN SLOPE", lambda row: rate(row["kb_per_day"], "day"), right=True),
    _Column("QUARTILES", lambda row: _range(row, "kb_per_day", "day")),
)
_GROWTH = (
    _HOST,
    _Column("PROCESSES", lambda row: f"{name(row['comm'])} ({_pids(row)})"),
    _Column("IN", _plain("oom_memcg", name)),
    _Column("TABLES", _plain("tables", number), right=True),
    _Column("OVER", _plain("span_s", duration), right=True),
    _Column("FIRST", _plain("first_kb", size), right=True),
    _Column("LAST", _plain("last_kb", size), right=True),
    _Column("MEDIAN SLOPE", lambda row: rate(row["kb_per_hour"], "h"), right=True),
    _Column("QUARTILES", lambda row: _range(row, "kb_per_hour", "h")),
    _Column("LEAK", _plain("confidence", name)),
)
_KILLERS = (
    _Column("KILLER", _plain("killer", name)),
    _Column("TIMES", _plain("events", number), right=True),
    _Column("PROCESSES NAMED", _plain("kills", number), right=True),
    _FIRST,
    _LAST,
)


def _range(row: pd.Series, column: str, per: str) -> str:
    return f"{rate(row[f'low_{column}'], per)} to {rate(row[f'high_{column}'], per)}"


def _pids(row: pd.Series) -> str:
    return f"pid {row['pids']}" if row["processes"] == 1 else f"{row['processes']} processes"


def history_blocks(
    history: History,
    *,
    top: int = 10,
    by: Sequence[str] = (),
    comparison: Comparison | None = None,
    figures: Sequence[Figure] = (),
) -> Iterator[Block]:
    """Yield the page.

    :param top: Rows of a table; 0 for all.
    :param figures: Pictures to show before the tables, where the format has pictures.
    :param by: Only these tables of kills (keys of ``BY``); without them, all tables that say something.
    """
    yield Heading("Kill history", level=1)
    yield Paragraph(headline(history), strong=True)
    notes = list(remarks(history))
    if notes:
        yield Items(tuple(Item(note) for note in notes))
    if figures:
        yield Heading("Pictures")
        yield from figures
    if comparison is not None:
        yield from _comparison(comparison, top)
    for key in by:
        if key in ("hour", "weekday") and history.without_wall == len(history.coded):
            yield Paragraph(f"{BY[key].title}: no kill has a time of day.")
            continue
        yield from _section(BY[key].title, BY[key].frame(history), BY[key].columns, _rows(key, top))
    if not by:
        yield from _all(history, top)


def _rows(key: str, top: int) -> int:
    return 0 if key in ("hour", "weekday") else top


def _all(history: History, top: int) -> Iterator[Block]:
    if len(history.coded):
        for key in ("victim", "where", "host", "scope"):
            frame = BY[key].frame(history)
            # One row says no more than the headline, unless it is the victim's.
            if len(frame) > 1 or key == "victim":
                yield from _section(BY[key].title, frame, BY[key].columns, top)
        when = _when(history)
        if when:
            yield Heading("When")
            yield Paragraph(when)
    repeated = history.limits[history.limits["events"] > 1]
    yield from _section("Limits hit again and again", repeated, _LIMITS, top)
    yield from _section(
        "Limits that changed",
        history.limit_changes,
        _CHANGES,
        top,
        "Between two kills that follow on each other. A cgroup of version 1 can have a limit of memory and "
        "one of memory+swap; hitting them in turn looks the same.",
    )
    yield from _storms(history, top)
    moving = history.trends[history.trends["direction"] != "steady"]
    yield from _section(
        "Larger or smaller each time",
        moving,
        _TRENDS,
        top,
        "RSS at the kill over time: the median of the slopes of all pairs of kills, and the quartiles "
        "between which half of them lie. Only told where three quarters of the pairs agree on the direction.",
    )
    suspects = history.growth[history.growth["confidence"] != "none"]
    yield from _section(
        "Growing from kill to kill",
        suspects,
        _GROWTH,
        top,
        "Memory in RAM and swap of the same processes in several task tables, as far as pids and uptime say. "
        "A suspicion, not a proof: caches grow too, and the tables are only of the moments of kills.",
    )
    yield from _section(
        "Other killers",
        history.userspace,
        _KILLERS,
        top,
        "Programs that kill before the kernel does choose by rules of their own; no number above has them.",
    )


def _storms(history: History, top: int) -> Iterator[Block]:
    storms = history.storms
    # The largest are wanted, in order of time.
    largest = storms.nlargest(top, "kills").sort_values("incident") if top else storms
    columns = (
        _Column("START", _start),
        _Column("LASTED", _plain("duration_s", duration), right=True),
        _KILLS,
        _Column("EVENTS", _plain("events", number), right=True),
        _Column("HOSTS", lambda row: name(row["host"]) if row["hosts"] < 2 else number(row["hosts"])),
        _Column("VICTIMS", _victims),
    )
    yield from _section(
        "Storms",
        largest,
        columns,
        0,
        f"{counted(len(storms), 'storm')}: at least {STORM_KILLS} kills, none more than "
        f"{duration(history.gap_s)} after the one before."
        + (" These are the largest." if len(largest) < len(storms) else ""),
    )


def _victims(row: Any) -> str:
    victim, kills, others = row["victim"], row["victim_kills"], row["victims"] - 1
    if missing(victim):
        return DASH
    text = name(victim) if kills == 1 or not others else f"{name(victim)} ({kills})"
    return f"{text} and {others:,} other{'s'[: others != 1]}" if others else text


def _start(row: pd.Series) -> str:
    uptime = row["start_uptime_s"]
    return stamp(row["start"], to_seconds=True) if missing(uptime) else f"[{uptime:.3f}]"


def _when(history: History) -> str:
    """Return the hour and the day that have far more kills than their share, if there are any."""
    known = len(history.coded) - history.without_wall
    days = int(history.coded["wall"].dt.normalize().nunique())
    if known < _MANY or days < _DAYS:
        return ""
    parts = []
    hour, most = _peak(history.hours)
    if most >= _HOURLY * known / 24:
        parts.append(f"{most:,} in the hour from {hour:02d}:00")
    day, most = _peak(history.weekdays)
    if most >= _DAILY * known / 7 and days >= 2 * _DAYS:
        parts.append(f"{most:,} on {WEEKDAYS[day]}s")
    return f"Of {counted(known, 'kill')} on {days:,} days, {' and '.join(parts)}." if parts else ""


def _peak(counts: pd.DataFrame) -> tuple[int, int]:
    row = counts.loc[counts["kills"].idxmax()]
    return int(row.iloc[0]), int(row["kills"])


def _comparison(found: Comparison, top: int) -> Iterator[Block]:
    yield Heading("Compared")
    rows = [
        (
            title,
            _edge(period.start),
            _edge(period.end),
            f"{period.days:.4g}",
            number(kills),
            _per_day(per_day),
        )
        for title, period, kills, per_day in zip(
            ("before", "after"), (found.before, found.after), found.kills, found.per_day, strict=True
        )
    ]
    head = ("PERIOD", "FROM", "UNTIL", "DAYS", "KILLS", "A DAY")
    yield Table(head, rows, frozenset({3, 4, 5}))
    yield Paragraph(_difference(found))
    columns = (
        _Column("VICTIM", _plain("comm", name)),
        _Column("KILLS BEFORE", _plain("kills_before", number), right=True),
        _Column("AFTER", _plain("kills_after", number), right=True),
        _Column("A DAY BEFORE", _plain("per_day_before", _per_day), right=True),
        _Column("AFTER", _plain("per_day_after", _per_day), right=True),
        _Column("CHANGE", _plain("change", name)),
    )
    yield from _section(None, found.victims, columns, top)


def _difference(found: Comparison) -> str:
    before, after = found.per_day
    if before == after:
        text = "As many kills a day in both periods."
    elif not before or not after:
        text = f"No kill {'before' if not before else 'after'}."
    else:
        more = after > before
        times = max(after, before) / min(after, before)
        text = f"There were {times:.3g} times as many kills a day {'after' if more else 'before'}."
    text += " A day without kills and a day that no log tells of look the same here."
    if found.before.overlaps(found.after):
        text += " The periods overlap: kills in both are counted twice."
    if found.without_time:
        text += f" {counted(found.without_time, 'kill')} could not be placed, for lack of a time."
    return text


def _edge(when: Any) -> str:
    return str(when.isoformat(" ", "minutes"))


def _per_day(value: float) -> str:
    return f"{value:.3g}"


def _section(
    title: str | None, frame: pd.DataFrame, columns: Sequence[_Column], top: int, explained: str | None = None
) -> Iterator[Block]:
    """Yield a table with its heading, nothing for one without rows; columns without a value are left out."""
    if not len(frame):
        return
    if title is not None:
        yield Heading(title)
    if explained is not None:
        yield Paragraph(explained)
    shown = frame.head(top) if top else frame
    rows = [tuple(column.shown(row) for column in columns) for _, row in shown.iterrows()]
    kept = [at for at in range(len(columns)) if at == 0 or any(row[at] != DASH for row in rows)]
    right = frozenset(place for place, at in enumerate(kept) if columns[at].right)
    head = tuple(columns[at].heading for at in kept)
    yield Table(head, [tuple(row[at] for at in kept) for row in rows], right)
    if len(shown) < len(frame):
        yield Paragraph(f"{number(len(frame) - len(shown))} more not shown; --top 0 shows all.")
