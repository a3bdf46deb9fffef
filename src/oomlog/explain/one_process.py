"""Why one process: killed or spared, in one short answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from oomlog.explain.case import Case
from oomlog.explain.chosen import differs, selected_pid
from oomlog.explain.model import Ranked
from oomlog.explain.phrases import say
from oomlog.explain.ranking import Process
from oomlog.explain.verdict import is_by_size, victim_sentence, who
from oomlog.explain.whose import ran_in
from oomlog.model import Kill

__all__ = ["Why", "why", "why_sentence"]

_PID_DIGITS = 10

Answer = Literal["killed", "selected", "member", "spared", "immune", "not_listed", "unranked"]


@dataclass(frozen=True, slots=True)
class Why:
    """The answer for one process of one event.

    :ivar answer: ``killed`` by choice, ``selected`` but spared for a child (until 5.0),
        ``member`` of a group that was killed with the chosen one, ``spared``
        because another had a higher badness, ``immune``, ``unranked`` when badness could not be computed.
    :ivar place: Its place in the ranking, from 1.
    :ivar behind_pages: How far it is behind the first.
    """

    pid: int | None
    comm: str | None
    answer: Answer
    process: Ranked | None = None
    place: int | None = None
    behind_pages: int | None = None


def why(case: Case, name: str) -> tuple[Why, ...]:
    """Return the answer for each process that is called so, or has this pid.

    A process that the report does not mention gives one answer, ``not_listed``.
    """
    killed = {kill.pid: kill for kill in case.event.kills}
    rows = {each.pid: each for each in case.processes}
    found = []
    for place, ranked in enumerate(case.choice.ranking, 1):
        if _is(rows, ranked, name):
            found.append(_ranked(case, rows[ranked.pid], ranked, place, killed))
    found += [
        Why(each.pid, each.comm, "immune", each) for each in case.choice.immune if _is(rows, each, name)
    ]
    listed = {p.pid for p in case.processes} | {p.row_pid for p in case.processes}
    found += [
        Why(kill.pid, kill.comm, "killed" if kill is case.victim else "member")
        for kill in case.event.kills
        if kill.pid not in listed and name in (kill.comm, str(kill.pid))
    ]
    if not found and case.choice.formula is None:
        found += [
            Why(p.pid, p.comm, "unranked")
            for p in case.processes
            if name in (p.comm, str(p.pid), str(p.row_pid))
        ]
    return tuple(found) or (_absent(name),)


def _absent(name: str) -> Why:
    """What was asked for is a pid or a name, and here nothing tells the other."""
    if name.isdecimal() and len(name) <= _PID_DIGITS:
        return Why(int(name), None, "not_listed")
    return Why(None, name, "not_listed")


def _is(rows: Mapping[int, Process], ranked: Ranked, name: str) -> bool:
    row = rows.get(ranked.pid)
    return name in (ranked.comm, str(ranked.pid)) or (row is not None and name == str(row.row_pid))


def _ranked(case: Case, row: Process, ranked: Ranked, place: int, killed: Mapping[int | None, Kill]) -> Why:
    kill = killed.get(ranked.pid) or killed.get(row.row_pid)
    first = case.choice.ranking[0]
    behind = None
    if first.badness is not None and ranked.badness is not None:
        behind = first.badness - ranked.badness
    answer: Answer = "spared"
    if kill is not None:
        answer = "killed" if kill is case.victim else "member"
    elif selected_pid(case.event) in (ranked.pid, row.row_pid):
        answer = "selected"
    elif case.choice.predicted is None or (ranked.badness is None and case.choice.agrees is None):
        answer = "unranked"
    return Why(ranked.pid, ranked.comm, answer, ranked, place, behind)


def why_sentence(found: Why, case: Case, lang: str = "en") -> str:
    """Say the answer in one or two sentences."""
    choice = case.choice
    whom = who(found.comm, found.pid, lang)
    if not found.comm and lang == "en":  # begins the sentence, and is no name from a log
        whom = whom[:1].upper() + whom[1:]
    values: dict[str, int | float | str | None] = {"who": whom}
    if found.answer == "immune" and found.process is not None:
        text = say(f"immune.{found.process.immune}", lang, values)
        return say("why.immune", lang, {**values, "reason": text})
    if found.answer == "killed":
        text = victim_sentence(choice, lang)
        parts = [say("why.killed", lang, values), text]
        if case.place is not None and case.place.known is not None:
            parts.append(ran_in(case.place, lang))
        return " ".join(part for part in parts if part)
    if found.answer == "selected" and case.victim is not None:
        child = who(case.victim.comm, case.victim.pid, lang)
        return say("why.selected", lang, {**values, "child": child})
    if found.answer == "spared" and found.process is not None:
        first = choice.ranking[0]
        values |= {
            "place": found.place,
            "count": len(choice.ranking),
            "first": who(first.comm, first.pid, lang),
            "adj": found.process.oom_score_adj,
            "first_adj": first.oom_score_adj,
        }
        if differs(case) or not case.event.kills:
            form = "ranked" if choice.reason == "no_victim_named" else "spared_otherwise"
            return f"{say(f'why.{form}', lang, values)} {victim_sentence(choice, lang)}"
        if choice.margin_pages is None or not found.behind_pages:
            return say("why.spared", lang, values)
        values["behind_kb"] = found.behind_pages * case.page_kb
        if is_by_size(first, found.process):
            return say("why.spared_size", lang, values)
        differ = found.process.oom_score_adj != first.oom_score_adj
        return say("why.spared_adj" if differ else "why.spared", lang, values)
    return say(f"why.{found.answer}{_table_missing(found, case)}", lang, values)


def _table_missing(found: Why, case: Case) -> str:
    """Tell the sentence for a process that a whole table does not list from those for none and a cut one."""
    table = case.event.sections["tasks"]
    if found.answer != "not_listed" or table == "present":
        return ""
    return "_absent" if table == "absent" else "_cut"
