"""The history in one sentence, and what to know before its numbers are believed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from oomlog.history.record import History
from oomlog.report.history_words import duration, name, stamp
from oomlog.report.summary import counted
from oomlog.units import human_kb

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["headline", "remarks"]


def headline(history: History) -> str:
    """Return what the kills have in common: how many, how long, where, and who most of all."""
    kills = history.coded
    if not len(kills):
        return "No kill by the kernel was found."
    text = counted(len(kills), "kill") + _span(kills, history.without_wall)
    hosts, unnamed = kills["host"].nunique(), int(kills["host"].isna().sum())
    if hosts:
        text += (
            f" on {counted(hosts, 'host')}" if hosts > 1 else f" on {name(kills['host'].dropna().iloc[0])}"
        )
        if unnamed:
            text += f" and on hosts without a name ({counted(unnamed, 'kill')})"
    return f"{text}{_victim(history)}."


def _span(kills: pd.DataFrame, without: int) -> str:
    walled = kills[kills["wall"].notna()]
    if not len(walled):
        return ""
    if walled["clock"].nunique() > 1:  # times with and without a zone have no distance
        return f" ({len(walled):,} of them with a time of day)" if without else ""
    passed = walled["moment_s"].max() - walled["moment_s"].min()
    text = f"in {duration(passed)}" if passed else f"at {stamp(walled['wall'].iloc[0], to_seconds=True)}"
    return f" ({len(walled):,} of them {text})" if without else f" {text}"


def _victim(history: History) -> str:
    kills = history.coded
    named = history.victims.dropna(subset=["comm"])
    if not len(named):
        return ""
    top = named.iloc[0]
    comm, count = name(top["comm"]), int(top["kills"])
    if len(kills) == 1:
        return f": {comm}{_alike(kills, '')}"
    if count == 1:
        return ""
    own = kills[kills["comm"] == top["comm"]]
    often = "each time" if count == len(kills) else "twice" if count == 2 else f"{count:,} times"
    return f"; {comm} was killed {often}{_alike(own, ', always')}"


def _alike(kills: pd.DataFrame, always: str) -> str:
    """Return what all of the kills have in common."""
    limit, where = kills["limit_kb"], kills["limit_where"]
    if limit.notna().all() and limit.nunique() == 1:
        size, counts = human_kb(int(limit.iloc[0])), kills["limit_of"]
        if counts.notna().all() and counts.nunique() == 1:
            size += f" {counts.iloc[0]}"
        if where.notna().all() and where.nunique() == 1:
            return f"{always} at the {size} limit of {name(where.iloc[0])}"
        return f"{always} at a {size} limit"
    if (kills["scope"] == "global").all():
        return f"{always or ','} because the whole machine had run out of memory"
    return ""


def remarks(history: History) -> Iterator[str]:
    """Yield sentences about what was left out, and about times that are not what they seem."""
    kills, without = history.coded, history.without_wall
    if history.folded:
        again = counted(history.folded, "record")
        yield f"{again} of an event that another log tells too {_was(history.folded)} left out."
    if history.untrusted:
        yield (
            f"{counted(history.untrusted, 'kill')} that may be forged {_was(history.untrusted)} left out; "
            "--include-untrusted counts them."
        )
    if without:
        yield (
            f"{counted(without, 'kill')} {_has(without)} no time of day, at best seconds since boot: they "
            "are missing from hours, weekdays, first and last, and their intervals are those within one boot."
        )
    if without < len(kills):
        yield _zones(history)
    if history.unseen_tables:
        yield (
            "What grows was looked for in the latest events only, not in the task tables of the "
            f"{counted(history.unseen_tables, 'event')} read before them."
        )
    inferred = int((kills["time_origin"] == "inferred").sum()) if "time_origin" in kills.columns else 0
    if inferred:
        yield (
            f"The year of {counted(inferred, 'kill')} is in no log: it is counted from --year, or else from "
            "when the file was last written."
        )


def _was(count: int) -> str:
    return "was" if count == 1 else "were"


def _has(count: int) -> str:
    return "has" if count == 1 else "have"


def _zones(history: History) -> str:
    if history.tz is not None:
        return f"Times are in the zone {history.tz}."
    found = history.zones
    named = [zone for zone in found if zone is not None]
    if not named:
        return "Times are as the logs print them, and these do not say their zone; --tz says which it is."
    shown = ", ".join(named[:4]) + (" ..." if len(named) > 4 else "")
    if None not in found:
        return f"Times are as the logs print them, in the zone {shown}; --tz shows another."
    return (
        f"Times are as the logs print them: some in the zone {shown}, some without a zone. No interval is "
        "counted between the two, and which came first is a guess; --tz says which zone the others mean."
    )
