"""The history in one sentence, and what to know before its numbers are believed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from oomlog.explain.model import Values
from oomlog.explain.naming import marked
from oomlog.explain.phrases import say
from oomlog.history.record import History
from oomlog.report.history_words import duration, name, stamp
from oomlog.units import human_kb

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["headline", "remarks"]

_ORDER = {"en": ("count", "span", "hosts"), "ko": ("span", "hosts", "count")}
"""The parts before the victim, in the order of the language."""


_CONTAINER = re.compile(r"[a-z-]+ [0-9a-f]{12,64}")


def headline(history: History, lang: str = "en") -> str:
    """Return what the kills have in common: how many, how long, where, and who most of all."""
    kills = history.coded
    if not len(kills):
        return say("history.none", lang, {})
    span, of_them = _span(kills, history.without_wall, lang)
    count = say("history.count", lang, {"kills": len(kills)})
    if of_them:  # in brackets, before which English has a blank
        count += f" {of_them}" if lang == "en" else of_them
    parts = {"count": count, "span": span, "hosts": _hosts(kills, lang)}
    what = " ".join(parts[part] for part in _ORDER[lang] if parts[part])
    return _with_victim(history, what, lang)


def _hosts(kills: pd.DataFrame, lang: str) -> str:
    hosts, unnamed = int(kills["host"].nunique()), int(kills["host"].isna().sum())
    if not hosts:
        return ""
    key = f"history.hosts_{'one' if hosts == 1 else 'many'}{'_unnamed' if unnamed else ''}"
    return say(key, lang, {"hosts": hosts, "host": name(kills["host"].dropna().iloc[0]), "unnamed": unnamed})


def _span(kills: pd.DataFrame, without: int, lang: str) -> tuple[str, str]:
    """Return how long it took, and of how many of the kills where that is not known of all."""
    walled = kills[kills["wall"].notna()]
    if not len(walled):
        return "", ""
    if walled["clock"].nunique() > 1:  # times with and without a zone have no distance
        return "", say("history.of_them_walled", lang, {"walled": len(walled)}) if without else ""
    passed = walled["moment_s"].max() - walled["moment_s"].min()
    time = duration(passed, lang) if passed else stamp(walled["wall"].iloc[0], to_seconds=True)
    form = "in" if passed else "at"
    values: Values = {"time": time, "walled": len(walled)}
    if without:
        return "", say(f"history.of_them_{form}", lang, values)
    return say(f"history.span_{form}", lang, values), ""


def _with_victim(history: History, what: str, lang: str) -> str:
    kills = history.coded
    named = history.victims.dropna(subset=["comm"])
    count = int(named.iloc[0]["kills"]) if len(named) else 0
    if not count or (count == 1 and len(kills) > 1):
        return say("history.headline", lang, {"what": what})
    comm = named.iloc[0]["comm"]
    often = "twice" if count == 2 else "times"
    if count == len(kills):
        often = "one" if count == 1 else "each"
    why, values = _alike(kills if len(kills) == 1 else kills[kills["comm"] == comm])
    form = "" if why is None else "_global" if why == "global" and often == "one" else "_why"
    reason = None if why is None else say(f"history.why_{why}", lang, values)
    told: Values = {"what": what, "comm": name(comm), "count": count, "why": reason}
    return say(f"history.headline_{often}{form}", lang, told)


def _place(where: str) -> str:
    """Mark a place like any name, but for ours: an engine's with a container's id."""
    return name(where) if _CONTAINER.fullmatch(where) else marked(name(where))


def _alike(kills: pd.DataFrame) -> tuple[str | None, dict[str, str]]:
    """Return what all of the kills have in common, as a key and its values."""
    limit, where = kills["limit_kb"], kills["limit_where"]
    if limit.notna().all() and limit.nunique() == 1:
        size, counts = human_kb(int(limit.iloc[0])), kills["limit_of"]
        if counts.notna().all() and counts.nunique() == 1:
            size += f" {counts.iloc[0]}"
        if where.notna().all() and where.nunique() == 1:
            return "limit", {"size": size, "place": _place(str(where.iloc[0]))}
        return "size", {"size": size}
    return ("global", {}) if (kills["scope"] == "global").all() else (None, {})


def remarks(history: History, lang: str = "en") -> Iterator[str]:
    """Yield sentences about what was left out, and about times that are not what they seem."""
    kills, without = history.coded, history.without_wall
    inferred = int((kills["time_origin"] == "inferred").sum()) if "time_origin" in kills.columns else 0
    counts = {
        "folded": history.folded,
        "maybe_rests": history.maybe_rests,
        "untrusted": history.untrusted,
        "without_wall": without,
    }
    for key, count in counts.items():
        if count:
            yield say(f"history.{key}", lang, {"count": count})
    if without < len(kills):
        yield _zones(history, lang)
    for key, count in {"unseen": history.unseen_tables, "inferred": inferred}.items():
        if count:
            yield say(f"history.{key}", lang, {"count": count})


def _zones(history: History, lang: str) -> str:
    if history.tz is not None:
        return say("history.zone_given", lang, {"zone": str(history.tz)})
    found = history.zones
    named = [zone for zone in found if zone is not None]
    if not named:
        return say("history.zone_unknown", lang, {})
    shown = ", ".join(named[:4]) + (" ..." if len(named) > 4 else "")
    return say(f"history.zone_{'mixed' if None in found else 'printed'}", lang, {"zone": shown})
