"""The order of the OOM killer for people: each process with its place, and the sentences below the table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from oomlog.kernel import oom_score
from oomlog.live.scores import Score, Scores
from oomlog.report.escape import cell, escape
from oomlog.report.table import Column
from oomlog.units import human_kb

__all__ = ["COLUMNS", "GLOBAL", "SORTS", "Entry", "entries", "footer", "named", "sorted_by", "text_cells"]

GLOBAL = "global"
"""In ``next_in``: the OOM of the whole machine."""
_FORMULAS = {
    "plain": "Linux 5.9 and later",
    "plain_clamped": "Linux 4.17 to 5.8",
    "root_bonus": "Linux 3.14 to 4.16",
    "root_bonus_adj": "Linux 3.5 to 3.13",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A process with its place among all."""

    score: Score
    rank: int | None
    """1 would die next in a global OOM; ``None`` for who is immune."""
    next_in: tuple[str, ...]
    """Where it would be next: ``global``, and paths of cgroups that are near their limit."""
    expected_score: int | None
    """The oom_score that the kernel should print."""


def entries(scores: Scores) -> list[Entry]:
    """Return each process with its place, the next victim first."""
    first = scores.next
    found: list[Entry] = []
    rank = 0
    for row in scores.rows:
        placed = row.killable and row.rated
        rank += placed
        places = [GLOBAL] if row is first else []
        pid = row.process.pid
        places += [near.memcg.path for near in scores.near if near.next and near.next.process.pid == pid]
        expected = None
        if row.badness is not None and scores.totalpages is not None and scores.fit.formula is not None:
            expected = oom_score(row.badness, totalpages=scores.totalpages, formula=scores.fit.formula)
        found.append(Entry(row, rank if placed else None, tuple(places), expected))
    return found


COLUMNS = (
    Column("PID", right=True),
    Column("NAME", folds=True),
    Column("SCORE", right=True, last=1),
    Column("BADNESS", right=True, last=6),
    Column("RSS", right=True, last=3),
    Column("SWAP", right=True, last=7),
    Column("PGTABLES", right=True, last=8),
    Column("ADJ", right=True, last=2),
    Column("BY ADJ", right=True, last=5),
    Column("SHARE", right=True, last=4),
    Column("NOTE", folds=True, last=1),
)
"""The columns of the table for people."""

SORTS: dict[str, Callable[[Entry], Any]] = {
    "badness": lambda entry: None if entry.rank is None else -entry.rank,
    "score": lambda entry: entry.score.process.oom_score,
    "adj": lambda entry: entry.score.process.oom_score_adj,
    "rss": lambda entry: entry.score.process.rss_kb,
    "swap": lambda entry: entry.score.process.swap_kb,
    "pgtables": lambda entry: entry.score.process.pgtables_kb,
    "share": lambda entry: entry.score.share,
    "pid": lambda entry: -entry.score.process.pid,
}
"""What ``--sort`` knows; the highest comes first."""


def sorted_by(found: Iterable[Entry], sort: str) -> list[Entry]:
    """Return entries by one of ``SORTS``, those without a value last; equals stay in their order."""
    value = SORTS[sort]
    return sorted(found, key=lambda entry: ((key := value(entry)) is None, 0 if key is None else -key))


def text_cells(entry: Entry, scores: Scores) -> tuple[str, ...]:
    """Return a row of the table, escaped."""
    score, process = entry.score, entry.score.process
    parts = score.terms
    adj_kb = None if parts is None else scores.kb(parts.adj_pages + parts.root_pages)
    return (
        str(process.pid),
        "-" if process.comm is None else cell(process.comm),
        _number(process.oom_score),
        human_kb(None if score.badness is None else scores.kb(score.badness)),
        human_kb(process.rss_kb),
        human_kb(process.swap_kb),
        human_kb(process.pgtables_kb),
        _number(process.oom_score_adj),
        human_kb(adj_kb),
        "-" if score.share is None else f"{score.share:.1%}",
        _note(entry),
    )


def _number(value: int | None) -> str:
    return "-" if value is None else str(value)


def _note(entry: Entry) -> str:
    if entry.score.immune:
        return f"immune: {entry.score.immune}"
    # The leaf is enough here, as it is in the table of kills; the whole path stands below the table.
    leaves = (place if place == GLOBAL else place.rpartition("/")[2] or "/" for place in entry.next_in)
    return ", ".join("next" if place == GLOBAL else f"next in {cell(place)}" for place in leaves)


def named(score: Score) -> str:
    """Return the name and number of a process, escaped."""
    comm = score.process.comm
    return f"{'?' if comm is None else escape(comm)}[{score.process.pid}]"


def footer(scores: Scores, found: Sequence[Entry], *, shown: int, wanted: int) -> list[str]:
    """Return the lines below the table: what was counted, who is next, and how that is known.

    :param shown: How many rows the table has.
    :param wanted: How many there would be without ``--top``.
    """
    immune: dict[str, int] = {}
    for entry in found:
        if entry.score.immune:
            immune[entry.score.immune] = immune.get(entry.score.immune, 0) + 1
    total = sum(immune.values())
    hidden = sum(entry.score.killable and not entry.score.rated for entry in found)
    reasons = ", ".join(f"{why} {number:,}" for why, number in sorted(immune.items()))
    lines = [
        f"{'1 process' if len(found) == 1 else f'{len(found):,} processes'}: "
        f"{len(found) - total - hidden:,} can be killed, {total:,} immune"
        + (f" ({reasons})" if reasons else "")
        + (f", {hidden:,} unknown" if hidden else "")
    ]
    if shown < wanted:
        lines.append(f"{wanted - shown:,} more not shown; --top 0 shows all")
    lines += _who_is_next(scores)
    lines += _how_known(scores)
    return lines


def _who_is_next(scores: Scores) -> list[str]:
    first = scores.next
    lines = []
    if first is not None:
        lines.append(f"next in a global OOM: {named(first)} (derived)")
    else:
        lines.append("next in a global OOM: nobody that can be seen")
    if scores.limited_view is not None:
        lines.append(f"but {scores.limited_view}: one of them may be next")
    if scores.panic_on_oom:
        lines.append(f"but vm.panic_on_oom is {scores.panic_on_oom}: the kernel panics instead of killing")
    if scores.allocating_task:
        lines.append("but vm.oom_kill_allocating_task is set: whoever asks for memory then is killed first")
    for near in scores.near:
        memcg = near.memcg
        who = "nobody that can be seen" if near.next is None else f"{named(near.next)} (derived)"
        also = ", and all of the group with it (memory.oom.group)" if memcg.oom_group else ""
        percent = "" if memcg.share is None else f", {100 * memcg.share:.0f} % of its limit"
        lines.append(f"next in {escape(memcg.path)}{percent}: {who}{also}")
    return lines


def _how_known(scores: Scores) -> list[str]:
    fit = scores.fit
    lines = []
    if fit.formula is not None:
        lines.append(
            f"BADNESS = RSS + SWAP + PGTABLES + BY ADJ, as in {_FORMULAS[fit.formula]}: gives the kernel's "
            f"score of {fit.agree:,} of {fit.compared:,}"
        )
    elif fit.compared:
        lines.append(
            f"no known formula gives the kernel's scores (best: {fit.agree:,} of {fit.compared:,}), "
            "so the order is that of SCORE"
        )
    else:
        lines.append("no process could be compared with the kernel's score, so the order is that of SCORE")
    return lines
