"""What all analyses begin with: each kill once, on its clock, with the name of its place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo

import numpy as np
import pandas as pd

from oomlog.history.clock import LOCAL, NONE, UTC, timed
from oomlog.history.codes import coded, codes_of, order_of
from oomlog.history.folding import folded
from oomlog.history.places import placed

__all__ = ["Prepared", "once", "prepare"]


@dataclass(frozen=True)
class Prepared:
    """Kills as the analyses take them: the texts by which they compare and group are categories.

    :ivar kills: Those of the kernel.
    :ivar userspace: Runs of systemd-oomd and other killers, which choose by rules of their own: one row
        each, with the number of processes in ``kills``.
    :ivar folded: Events that were left out because another log tells of the same one.
    :ivar untrusted: Kills that were left out because they may be forged.
    """

    kills: pd.DataFrame
    userspace: pd.DataFrame
    folded: int
    untrusted: int


def prepare(
    kills: pd.DataFrame,
    userspace: pd.DataFrame | None = None,
    *,
    tz: tzinfo | None = None,
    untrusted: bool = False,
) -> Prepared:
    """Return the kills with the columns that the analyses need, in order of time.

    :param kills: As ``oomlog.frame`` makes them.
    :param userspace: The events of other killers, as ``oomlog.frame`` makes events; they may name no
        process. Without it, they are those that have a row among the kills.
    :param tz: The zone to show times in, and the one of times that print none.
    :param untrusted: Keep kills that may be forged.

    The columns added are those of ``timed`` and ``placed``.  Kills on
    different clocks are not in an order, and the earliest of a group is its first row with a wall clock.
    """
    kills = coded(kills)
    kernel = kills["killer"].eq("kernel").fillna(False).astype(bool)
    if userspace is None:
        userspace = _events(kills[~kernel])
    else:
        userspace = coded(userspace.rename(columns={"first_line": "line"}).assign(kill=0))
    own, left_out = _trusted(kills, kernel, untrusted)
    others, more_left_out = _trusted(userspace, pd.Series(True, userspace.index), untrusted)
    own, folded = once(own)
    others, more_folded = once(others)
    return Prepared(
        _ordered(placed(timed(own, tz))),
        _ordered(placed(timed(others, tz))),
        folded + more_folded,
        left_out + more_left_out,
    )


def _events(kills: pd.DataFrame) -> pd.DataFrame:
    """Return the first kill of each event, with how many there are."""
    number = kills.groupby("event", sort=False)["kill"].transform("size").astype("Int64")
    return kills.assign(kills=number)[~kills["event"].duplicated()]


def _trusted(rows: pd.DataFrame, wanted: pd.Series, untrusted: bool) -> tuple[pd.DataFrame, int]:
    """Return the wanted rows that are trusted, and how many of them are not."""
    forged = wanted & rows["trusted"].eq(False).fillna(False).astype(bool)
    if not untrusted:
        wanted = wanted & ~forged
    # A million kills are not copied when all are wanted.
    return rows if bool(wanted.all()) else rows[wanted], 0 if untrusted else int(forged.sum())


def _ordered(rows: pd.DataFrame) -> pd.DataFrame:
    # Wall clocks first, all together: no better order is known for times without a zone among others.
    clock = rows["clock"].to_numpy()
    clock = np.where(clock == LOCAL, UTC, np.where(clock == NONE, clock.max(initial=0) + 1, clock))
    rest = [rows[name].to_numpy(dtype="float64", na_value=np.nan) for name in ("line", "event", "kill")]
    order = order_of([clock, rows["moment_s"].to_numpy()], [codes_of(rows["source"])[0].codes, *rest])
    if (order[1:] > order[:-1]).all():
        return rows.reset_index(drop=True)
    return rows.take(order).reset_index(drop=True)


def once(kills: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Return the kills of each event once, and how many events that another log told again were left out.

    :param kills: With ``event_id``, the same for one event in all logs; NA is nobody's. Without that column
        each event is there once.

    Of several the one with the report's header is kept, then the one with most kills, then the one whose
    time is known best.  Kills that only another one has, because a log was cut within the event, are added to
    it, and a kill whose line was cut is the one that another log has whole.
    """
    if "event_id" not in kills.columns:
        return kills, 0
    # Mostly there is nothing to do, and a million kills need to be told so at once.
    known = kills[kills["event_id"].notna()]
    if not known["event_id"][~known["event"].duplicated()].duplicated().any():
        return kills, 0
    group = known.groupby(["event_id", "event"], sort=False)
    events = pd.DataFrame(
        {
            "header": group["trigger_comm"].count().gt(0) if "trigger_comm" in kills.columns else False,
            "kills": group.size(),
            "time": group["time"].count(),
            "local_time": group["local_time"].count(),
            "source": group["source"].first(),
        }
    ).reset_index()
    events = events.sort_values(
        ["event_id", "header", "kills", "time", "local_time", "source", "event"],
        ascending=[True, False, False, False, False, True, True],
        na_position="last",
    )
    again = events[events["event_id"].duplicated()]
    kept = kills[~kills["event"].isin(again["event"])]
    if "pid" not in kills.columns:  # the events of other killers
        return kept, len(again)
    first = events[~events["event_id"].duplicated()].set_index("event_id")["event"]
    home = again.set_index("event")["event_id"].map(first)
    others = kills[kills["event"].isin(again["event"])]
    others = others.assign(event=others["event"].map(home).astype(kills["event"].dtype))
    return folded(kept, others), len(again)
