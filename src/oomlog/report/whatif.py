"""The answers of whatif and why, as blocks of a page and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from oomlog.explain.case import Case
from oomlog.explain.chosen import differs, selected, selected_pid
from oomlog.explain.model import Ranked, Values
from oomlog.explain.one_process import Why, why_sentence
from oomlog.explain.phrases import say
from oomlog.explain.supposed import Setting, Spared, WhatIf, died_before, reached_limit
from oomlog.explain.verdict import victim_sentence, who
from oomlog.explain.whose import ran_in
from oomlog.report.container import place_dict
from oomlog.report.document import Block, Heading, Paragraph, Table
from oomlog.report.explanation_json import terms_dict
from oomlog.report.shorten import short_ids
from oomlog.report.title import event_title
from oomlog.units import human_kb

__all__ = ["whatif_blocks", "whatif_dict", "why_dict"]

_SHOWN = 8
_WITH_RANKING = ("same", "other", "unknown")
Spare = Mapping[str, Sequence[Spared]]


def whatif_blocks(
    case: Case, answer: WhatIf | None, spared: Spare, lang: str, number: int | None = None
) -> Iterator[Block]:
    """Yield the answer for one event."""
    yield Heading(event_title(case.event, number, lang), 1)
    if case.place is not None and case.place.known is not None:
        yield Paragraph(short_ids(ran_in(case.place, lang)))
    if answer is not None:
        for name in answer.unmatched:
            yield Paragraph(say("whatif.unmatched", lang, {"name": name}), strong=True)
        for setting, most_kb in answer.impossible:
            yield Paragraph(_beyond(setting, most_kb, lang), strong=True)
        if answer.answer != "unmatched":
            yield Paragraph(_sentence(case, answer, lang), strong=True)
        if answer.after and answer.answer in _WITH_RANKING:
            yield _table(case, answer, lang)
    for name, those in spared.items():
        if not those:
            yield Paragraph(say("whatif.unmatched", lang, {"name": name}))
        for each in those:
            yield Paragraph(_spared(case, each, lang), strong=True)
    total = case.choice.totalpages
    computed = any(spared.values()) or (answer is not None and answer.answer in _WITH_RANKING)
    if computed and case.choice.lower_bounds:
        yield Paragraph(say("page.lower_bounds", lang, {}))
    if total is not None and not total.exact and computed:
        values = {**total.inputs, "totalpages_kb": total.value * case.page_kb}
        yield Paragraph(f"{say('page.totalpages', lang, values)} {say(f'basis.{total.basis}', lang, values)}")


def _beyond(setting: Setting, most_kb: int, lang: str) -> str:
    values: Values = {"comm": setting.who, "kb": setting.value, "most_kb": most_kb}
    return say(f"whatif.impossible_{setting.key}", lang, values)


def _sentence(case: Case, answer: WhatIf, lang: str) -> str:
    if answer.answer == "unmatched":
        return " ".join(say("whatif.unmatched", lang, {"name": name}) for name in answer.unmatched)
    reached = reached_limit(case)
    if answer.answer == "other_limit" and reached is not None:
        return say(
            "whatif.other_limit", lang, dict(zip(("counter", "usage_kb", "limit_kb"), reached, strict=True))
        )
    if answer.answer == "other_cgroup" and case.event.oom_memcg is not None:
        return say("whatif.other_cgroup", lang, {"oom_memcg": case.event.oom_memcg})
    before = died_before(case)
    values = {
        "victim": None if answer.victim is None else who(answer.victim.comm, answer.victim.pid, lang),
        "before": None if before is None else who(*before, lang),
    }
    if answer.victim is not None and differs(case):
        return f"{say('whatif.by_badness', lang, values)} {victim_sentence(case.choice, lang)}"
    is_open = answer.answer == "other_cgroup" or (answer.answer == "other" and before is None)
    words = f"{answer.answer}_open" if is_open else answer.answer
    return say(f"whatif.{words}", lang, values)


def _table(case: Case, answer: WhatIf, lang: str) -> Table:
    places = {each.pid: place for place, each in enumerate(answer.before, 1)}
    rows = [
        (
            str(place),
            str(places.get(each.pid, "")),
            str(each.pid),
            each.comm or "",
            _badness(case, each),
            "" if each.oom_score_adj is None else str(each.oom_score_adj),
        )
        for place, each in enumerate(answer.after[:_SHOWN], 1)
    ]
    head = ("rank", "rank_before", "pid", "comm", "badness", "oom_score_adj")
    return Table(tuple(say(f"page.{name}", lang, {}) for name in head), rows, frozenset({0, 1, 2, 4, 5}))


def _badness(case: Case, each: Ranked) -> str:
    if each.badness is None:
        return ""
    return f"{each.badness} ‰" if case.choice.formula == "permille" else human_kb(each.badness * case.page_kb)


def _chosen_pid(case: Case) -> int | None:
    row = selected(case)
    return selected_pid(case.event) if row is None else row.pid


def _spared(case: Case, found: Spared, lang: str) -> str:
    values: dict[str, int | float | str | None] = {
        "who": who(found.process.comm, found.process.pid, lang),
        "adj": found.adj,
        "before": found.process.oom_score_adj,
        "pays": None if found.pays is None else who(found.pays.comm, found.pays.pid, lang),
    }
    if found.process.immune is not None:
        values["reason"] = say(f"immune.{found.process.immune}", lang, {})
        return say("whatif.spare_immune", lang, values)
    if differs(case):
        form = "spare_chosen" if found.process.pid == _chosen_pid(case) else "spare_not_chosen"
        return f"{say(f'whatif.{form}', lang, values)} {victim_sentence(case.choice, lang)}"
    if case.choice.totalpages is None:
        return say("whatif.spare_unknown", lang, values)
    if found.adj is None:
        return say(
            "whatif.spare_not_needed" if found.pays is not None else "whatif.spare_unknown", lang, values
        )
    if found.pays is None:
        return say("whatif.spare_nobody", lang, values)
    return say("whatif.spare", lang, values)


def whatif_dict(
    case: Case, answer: WhatIf | None, spared: Spare, lang: str, number: int | None
) -> dict[str, Any]:
    """Return the answer with the keys of ``oomlog.whatif/1``."""
    before = died_before(case)
    return {
        "schema": "oomlog.whatif/1",
        "source": case.event.source,
        "first_line": case.event.first_line,
        "event": number,
        "container": None if case.place is None else place_dict(case.place),
        "whatif": None
        if answer is None
        else {
            "answer": answer.answer,
            "text": _sentence(case, answer, lang),
            "victim_pid": None if answer.victim is None else answer.victim.pid,
            "before_pid": None if before is None else before[1],
            "totalpages": answer.totalpages,
            "ranking": [{"pid": r.pid, "comm": r.comm, "badness": r.badness} for r in answer.after],
            "unmatched": list(answer.unmatched),
            "impossible": [
                {"who": setting.who, "key": setting.key, "kb": setting.value, "most_kb": most_kb}
                for setting, most_kb in answer.impossible
            ],
        },
        "spare": [
            {
                "pid": each.process.pid,
                "comm": each.process.comm,
                "oom_score_adj": each.adj,
                "pays_pid": None if each.pays is None else each.pays.pid,
                "text": _spared(case, each, lang),
            }
            for those in spared.values()
            for each in those
        ],
        "lower_bounds": case.choice.lower_bounds,
        "totalpages_exact": None if case.choice.totalpages is None else case.choice.totalpages.exact,
    }


def why_dict(case: Case, answer: Why, lang: str, number: int | None) -> dict[str, Any]:
    """Return the answer with the keys of ``oomlog.why/1``."""
    ranked = answer.process
    return {
        "schema": "oomlog.why/1",
        "source": case.event.source,
        "first_line": case.event.first_line,
        "event": number,
        "container": None if case.place is None else place_dict(case.place),
        "pid": answer.pid,
        "comm": answer.comm,
        "answer": answer.answer,
        "text": why_sentence(answer, case, lang),
        "place": answer.place,
        "behind_pages": answer.behind_pages,
        "badness": None if ranked is None else ranked.badness,
        "terms": None if ranked is None else terms_dict(ranked),
    }
