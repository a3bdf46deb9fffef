"""A history as a page: the headline, what to know about its numbers, and the tables that say something."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from oomlog.explain.model import Values
from oomlog.explain.phrases import say
from oomlog.history.compare import Comparison
from oomlog.history.incidents import STORM_KILLS
from oomlog.history.record import History
from oomlog.report.document import Block, Figure, Heading, Item, Items, Paragraph, Table
from oomlog.report.history_headline import headline, remarks
from oomlog.report.history_words import DASH, duration, missing, name, number, rate, size, stamp

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["BY", "history_blocks"]

# From so many kills on so many days on, and from so many times an even share on, an hour or a day is told.
_MANY, _DAYS = 10, 5
_HOURLY, _DAILY = 4, 2

Shown = Callable[[Any, str], str]
"""A row and the language to a cell."""


class _Column(NamedTuple):
    key: str
    shown: Shown
    right: bool = False


def _plain(column: str, shown: Callable[[Any], str]) -> Shown:
    return lambda row, lang: shown(row[column])


def _said(column: str, shown: Callable[[Any, str], str]) -> Shown:
    return lambda row, lang: shown(row[column], lang)


def _word(kind: str) -> Callable[[Any, str], str]:
    """Say one of the few words that a column can have."""
    return lambda value, lang: DASH if missing(value) else say(f"history.{kind}_{value}", lang, {})


_FIRST = _Column("first", _plain("first", stamp))
_LAST = _Column("last", _plain("last", stamp))
_SIZES = (
    _Column("pause", _said("median_interval_s", duration), right=True),
    _Column("rss_min", _plain("rss_min_kb", size), right=True),
    _Column("rss_median", _plain("rss_median_kb", size), right=True),
    _Column("rss_max", _plain("rss_max_kb", size), right=True),
)
_KILLS = _Column("kills", _plain("kills", number), right=True)
_HOST = _Column("host", _plain("host", name))


def _of(heading: str, column: str) -> tuple[_Column, ...]:
    return (_Column(heading, _plain(column, name)), _KILLS, _FIRST, _LAST, *_SIZES)


class _By(NamedTuple):
    frame: Callable[[History], pd.DataFrame]
    columns: tuple[_Column, ...]


def _bar(row: pd.Series, lang: str) -> str:
    return "#" * int(row["bar"])


def _with_bars(frame: pd.DataFrame) -> pd.DataFrame:
    most = max(int(frame["kills"].max()), 1)
    return frame.assign(bar=-(-frame["kills"] * min(most, 40) // most))


BY: dict[str, _By] = {
    "victim": _By(lambda history: history.victims, _of("victim", "comm")),
    "where": _By(lambda history: history.places, _of("where", "where")),
    "host": _By(lambda history: history.hosts, _of("host", "host")),
    "scope": _By(lambda history: history.scopes, _of("scope", "scope")),
    "hour": _By(
        lambda history: _with_bars(history.hours),
        (_Column("hour", lambda row, lang: f"{row['hour']:02d}"), _KILLS, _Column("", _bar)),
    ),
    "weekday": _By(
        lambda history: _with_bars(history.weekdays),
        (_Column("day", _said("weekday", _word("day"))), _KILLS, _Column("", _bar)),
    ),
}
"""What ``--by`` knows."""

_COUNTS = _Column("limit_of", _plain("limit_of", name))
_LIMITS = (
    _HOST,
    _Column("limit_where", _plain("limit_where", name)),
    _Column("limit", _plain("limit_kb", size), right=True),
    _COUNTS,
    _Column("events", _plain("events", number), right=True),
    _KILLS,
    _Column("most_killed", _plain("victim", name)),
    _FIRST,
    _LAST,
)
_CHANGES = (
    _HOST,
    _Column("limit_where", _plain("limit_where", name)),
    _COUNTS,
    _Column("from", _plain("from_kb", size), right=True),
    _Column("to", _plain("to_kb", size), right=True),
    _Column("changed_after", _plain("after", stamp)),
    _Column("changed_before", _plain("before", stamp)),
    _Column("kills_before", _plain("kills_before", number), right=True),
    _Column("kills_after", _plain("kills_after", number), right=True),
)
_TRENDS = (
    _HOST,
    _Column("where", _plain("where", name)),
    _Column("victim", _plain("comm", name)),
    _Column("kills", _plain("points", number), right=True),
    _Column("over", _said("span_s", duration), right=True),
    _Column("first_rss", _plain("first_rss_kb", size), right=True),
    _Column("last_rss", _plain("last_rss_kb", size), right=True),
    _Column("slope", lambda row, lang: rate(row["kb_per_day"], "day", lang), right=True),
    _Column("quartiles", lambda row, lang: _range(row, "kb_per_day", "day", lang)),
)
_GROWTH = (
    _HOST,
    _Column("processes", lambda row, lang: f"{name(row['comm'])} ({_pids(row, lang)})"),
    _Column("in", _plain("oom_memcg", name)),
    _Column("tables", _plain("tables", number), right=True),
    _Column("over", _said("span_s", duration), right=True),
    _Column("first", _plain("first_kb", size), right=True),
    _Column("last", _plain("last_kb", size), right=True),
    _Column("slope", lambda row, lang: rate(row["kb_per_hour"], "h", lang), right=True),
    _Column("quartiles", lambda row, lang: _range(row, "kb_per_hour", "h", lang)),
    _Column("leak", _said("confidence", _word("leak"))),
)
_KILLERS = (
    _Column("killer", _plain("killer", name)),
    _Column("times", _plain("events", number), right=True),
    _Column("named", _plain("kills", number), right=True),
    _FIRST,
    _LAST,
)


def _range(row: pd.Series, column: str, per: str, lang: str) -> str:
    low, high = (rate(row[f"{end}_{column}"], per, lang) for end in ("low", "high"))
    return say("history.range", lang, {"low": low, "high": high})


def _pids(row: pd.Series, lang: str) -> str:
    if row["processes"] == 1:
        return f"pid {row['pids']}"
    return say("history.processes", lang, {"count": int(row["processes"])})


def history_blocks(
    history: History,
    *,
    top: int = 10,
    by: Sequence[str] = (),
    comparison: Comparison | None = None,
    figures: Sequence[Figure] = (),
    lang: str = "en",
) -> Iterator[Block]:
    """Yield the page.

    :param top: Rows of a table; 0 for all.
    :param figures: Pictures to show before the tables, where the format has pictures.
    :param by: Only these tables of kills (keys of ``BY``); without them, all tables that say something.
    """
    yield Heading(say("history.title", lang, {}), level=1)
    yield Paragraph(headline(history, lang), strong=True)
    notes = list(remarks(history, lang))
    if notes:
        yield Items(tuple(Item(note) for note in notes))
    if figures:
        yield Heading(say("history.pictures", lang, {}))
        yield from figures
    if comparison is not None:
        yield from _comparison(comparison, top, lang)
    for key in by:
        if key in ("hour", "weekday") and history.without_wall == len(history.coded):
            title = say(f"history.by_{key}", lang, {})
            yield Paragraph(say("history.no_wall", lang, {"title": title}))
            continue
        yield from _section(f"by_{key}", BY[key].frame(history), BY[key].columns, _rows(key, top), lang)
    if not by:
        yield from _all(history, top, lang)


def _rows(key: str, top: int) -> int:
    return 0 if key in ("hour", "weekday") else top


def _all(history: History, top: int, lang: str) -> Iterator[Block]:
    if len(history.coded):
        for key in ("victim", "where", "host", "scope"):
            frame = BY[key].frame(history)
            # One row says no more than the headline, unless it is the victim's.
            if len(frame) > 1 or key == "victim":
                yield from _section(f"by_{key}", frame, BY[key].columns, top, lang)
        when = _when(history, lang)
        if when:
            yield Heading(say("history.when", lang, {}))
            yield Paragraph(when)
    repeated = history.limits[history.limits["events"] > 1]
    yield from _section("limits", repeated, _LIMITS, top, lang)
    yield from _section("changes", history.limit_changes, _CHANGES, top, lang, about=True)
    yield from _storms(history, top, lang)
    moving = history.trends[history.trends["direction"] != "steady"]
    yield from _section("trends", moving, _TRENDS, top, lang, about=True)
    suspects = history.growth[history.growth["confidence"] != "none"]
    yield from _section("growth", suspects, _GROWTH, top, lang, about=True)
    yield from _section("killers", history.userspace, _KILLERS, top, lang, about=True)


def _storms(history: History, top: int, lang: str) -> Iterator[Block]:
    storms = history.storms
    if not len(storms):
        return
    # The largest are wanted, in order of time.
    largest = storms.nlargest(top, "kills").sort_values("incident") if top else storms
    columns = (
        _Column("start", _start),
        _Column("lasted", _said("duration_s", duration), right=True),
        _KILLS,
        _Column("storm_events", _plain("events", number), right=True),
        _Column("hosts", lambda row, lang: name(row["host"]) if row["hosts"] < 2 else number(row["hosts"])),
        _Column("victims", _victims),
    )
    values: Values = {"count": len(storms), "least": STORM_KILLS, "gap": duration(history.gap_s, lang)}
    about = say("history.storms_about", lang, values)
    yield Heading(say("history.storms", lang, {}))
    left_out = len(largest) < len(storms)
    yield Paragraph(f"{about} {say('history.storms_largest', lang, {})}" if left_out else about)
    yield from _section(None, largest, columns, 0, lang)


def _victims(row: Any, lang: str) -> str:
    victim, kills, others = row["victim"], row["victim_kills"], int(row["victims"] - 1)
    if missing(victim):
        return DASH
    text = name(victim) if kills == 1 or not others else f"{name(victim)} ({kills})"
    return say("history.and_others", lang, {"victim": text, "others": others}) if others else text


def _start(row: pd.Series, lang: str) -> str:
    uptime = row["start_uptime_s"]
    return stamp(row["start"], to_seconds=True) if missing(uptime) else f"[{uptime:.3f}]"


def _when(history: History, lang: str) -> str:
    """Return the hour and the day that have far more kills than their share, if there are any."""
    known = len(history.coded) - history.without_wall
    days = int(history.coded["wall"].dt.normalize().nunique())
    if known < _MANY or days < _DAYS:
        return ""
    parts = []
    hour, most = _peak(history.hours)
    if most >= _HOURLY * known / 24:
        parts.append(say("history.when_hour", lang, {"count": most, "hour": f"{hour:02d}"}))
    day, most = _peak(history.weekdays)
    if most >= _DAILY * known / 7 and days >= 2 * _DAYS:
        weekday = say(f"history.day_{day}", lang, {})
        parts.append(say("history.when_day", lang, {"count": most, "day": weekday}))
    if not parts:
        return ""
    one, *two = parts
    peaks = say("history.when_and", lang, {"one": one, "two": two[0]}) if two else one
    return say("history.when_said", lang, {"kills": known, "days": days, "peaks": peaks})


def _peak(counts: pd.DataFrame) -> tuple[int, int]:
    row = counts.loc[counts["kills"].idxmax()]
    return int(row.iloc[0]), int(row["kills"])


def _comparison(found: Comparison, top: int, lang: str) -> Iterator[Block]:
    yield Heading(say("history.compared", lang, {}))
    rows = [
        (
            say(f"history.{key}", lang, {}),
            _edge(period.start),
            _edge(period.end),
            f"{period.days:.4g}",
            number(kills),
            _per_day(per_day),
        )
        for key, period, kills, per_day in zip(
            ("before", "after"), (found.before, found.after), found.kills, found.per_day, strict=True
        )
    ]
    names = ("period", "period_from", "period_until", "days", "kills", "a_day")
    yield Table(tuple(say(f"history.col_{each}", lang, {}) for each in names), rows, frozenset({3, 4, 5}))
    yield Paragraph(_difference(found, lang))
    columns = (
        _Column("victim", _plain("comm", name)),
        _Column("kills_before", _plain("kills_before", number), right=True),
        _Column("after", _plain("kills_after", number), right=True),
        _Column("a_day_before", _plain("per_day_before", _per_day), right=True),
        _Column("a_day_after", _plain("per_day_after", _per_day), right=True),
        _Column("change", _said("change", _word("change"))),
    )
    yield from _section(None, found.victims, columns, top, lang)


def _difference(found: Comparison, lang: str) -> str:
    before, after = found.per_day
    if before == after:
        key, times = "equal", ""
    elif not before or not after:
        key, times = f"none_{'before' if not before else 'after'}", ""
    else:
        key = f"more_{'after' if after > before else 'before'}"
        times = f"{max(after, before) / min(after, before):.3g}"
    sentences = [say(f"history.compared_{key}", lang, {"times": times})]
    sentences.append(say("history.compared_silence", lang, {}))
    if found.before.overlaps(found.after):
        sentences.append(say("history.compared_overlap", lang, {}))
    if found.without_time:
        sentences.append(say("history.compared_without_time", lang, {"count": found.without_time}))
    return " ".join(sentences)


def _edge(when: Any) -> str:
    return str(when.isoformat(" ", "minutes"))


def _per_day(value: float) -> str:
    return f"{value:.3g}"


def _section(
    key: str | None,
    frame: pd.DataFrame,
    columns: Sequence[_Column],
    top: int,
    lang: str,
    *,
    about: bool = False,
) -> Iterator[Block]:
    """Yield a table with its heading, nothing for one without rows; columns without a value are left out.

    :param key: Of the heading, and with ``about`` of what is told below it.
    """
    if not len(frame):
        return
    if key is not None:
        yield Heading(say(f"history.{key}", lang, {}))
    if about:
        yield Paragraph(say(f"history.{key}_about", lang, {}))
    shown = frame.head(top) if top else frame
    rows = [tuple(column.shown(row, lang) for column in columns) for _, row in shown.iterrows()]
    kept = [at for at in range(len(columns)) if at == 0 or any(row[at] != DASH for row in rows)]
    right = frozenset(place for place, at in enumerate(kept) if columns[at].right)
    head = tuple(say(f"history.col_{columns[at].key}", lang, {}) if columns[at].key else "" for at in kept)
    yield Table(head, [tuple(row[at] for at in kept) for row in rows], right)
    if len(shown) < len(frame):
        yield Paragraph(say("history.more", lang, {"count": len(frame) - len(shown)}))
