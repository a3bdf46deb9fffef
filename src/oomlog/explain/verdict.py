"""The verdict: one paragraph that says what died, of what, and why this one.

Built from the primary finding.  Facts come first; what is a hypothesis is called one.
"""

from __future__ import annotations

import re

from oomlog.explain.mem_info import zones
from oomlog.explain.model import Explanation, Finding, Ranked, VictimChoice
from oomlog.explain.phrases import say
from oomlog.explain.primary import holder
from oomlog.explain.quote import lines_of, lines_with
from oomlog.explain.watermarks import free_kb, has_free
from oomlog.explain.whose import limit_of, limit_sentence, names_victim, ran_in
from oomlog.model import OomEvent

__all__ = ["claim", "is_by_size", "verdict", "victim_sentence", "who"]

_SAID = frozenset({"allocating_task", "no_killable", "no_victim_named", "panic", "userspace_killer"})
"""Reasons that the sentences before them say already."""
_NOT_SAID = frozenset(
    {
        "allocating_task", "balloon", "fork_storm", "gpu_memory", "hugetlb_reserved", "mlocked",
        "page_cache_dirty", "page_tables", "reserved_ram", "slab_kernel", "tmpfs_shmem", "unaccounted_kernel",
    }
)  # fmt: skip
"""Causes whose claim says what held the memory or who was chosen, but not that memory ran out."""

_NOTABLE_SWAP = 0.1
"""Part of what the victim had in RAM."""
_LEAVES_OPEN = frozenset({"no_killable", "panic_on_oom", "memcg_limit", "parent_memcg_limit"})
"""Causes that leave open what the memory was."""
_ENDED_BY = frozenset({"no_killable", "panic_on_oom"})
_REFUSED = ("cma_only_free", "lowmem_zone", "fragmentation")
"""Causes that such an end hides: memory was free, but not for this request."""
_CHILD_SAID = frozenset({"sacrificed_child", "selected_thread"})
"""Reasons that tell of a child or a thread themselves."""
_WHY_CHOSEN = frozenset(
    {"sacrificed_child", "sacrificed_child_or_thread", "biased_victim_score", "biased_victim_adj"}
)
"""Claims that tell more of the choice than the task table, which may be missing."""
_CHOSEN = re.compile(r",task=(.{1,15}),pid=(\d{1,10}),uid=\d{1,10}\s*\Z")
_SUMMARY = "oom-kill:constraint="
_REAPED = re.compile(r"oom_reaper: reaped process (\d{1,10}) \(([^)]{1,32})\)")


def verdict(explanation: Explanation, lang: str = "en") -> str:
    """Return the paragraph: what happened, the cause, and why this victim."""
    parts = [_what(explanation.event, _swap_kb(explanation), lang)]
    primary = explanation.primary
    if primary is not None:
        if primary.id in _NOT_SAID and any(each.id == "system_exhausted" for each in explanation.findings):
            parts.append(say("verdict.ran_out", lang, {}))
        parts += _cause(explanation, primary, lang)
        held = holder(explanation.findings, explanation.ledger) if primary.id in _LEAVES_OPEN else None
        refused = primary.id in _ENDED_BY and next(
            (each for each in explanation.findings if each.id in _REFUSED and each.confidence != "possible"),
            None,
        )
        cache = primary.id == "system_exhausted" and next(
            (each for each in explanation.findings if each.id == "page_cache_kept"), None
        )
        parts += [claim(each, lang) for each in (refused, held, cache) if each]
    elif explanation.event.kills:
        parts.append(_no_cause(explanation, lang))
    if explanation.victim.reason not in _CHILD_SAID:
        told = (each for each in explanation.findings if (each.words or each.id) in _WHY_CHOSEN)
        parts += [claim(each, lang) for each in told]
    if primary is None or explanation.victim.reason not in _SAID:
        parts.append(victim_sentence(explanation.victim, lang))
    return " ".join(filter(None, parts))


def _cause(explanation: Explanation, primary: Finding, lang: str) -> list[str]:
    """Return the claim, with the names of what hit its limit, or of where the victim ran."""
    place = explanation.place
    named = limit_sentence(place, primary, lang)
    if named is not None:
        return [named]
    if place is None or place.owner.kind == "systemd":
        return [claim(primary, lang)]
    # Where nobody was chosen, the place is only that of the limit.
    where = ran_in(place, lang) if names_victim(explanation.event) else limit_of(place, lang)
    return [claim(primary, lang), where]


def _no_cause(explanation: Explanation, lang: str) -> str:
    """Say that no cause is known, and that memory was free where it was."""
    parts, page_kb = zones(explanation.event), explanation.victim.page_size_kb.value
    if not any(has_free(zone, page_kb) for zone in parts):
        return say("verdict.no_cause", lang, {})
    return say("verdict.no_cause_free", lang, {"free_kb": free_kb(parts)})


def claim(finding: Finding, lang: str = "en") -> str:
    """Return a finding's sentence; a hypothesis says that it is one."""
    text = say(f"findings.{finding.words or finding.id}", lang, finding.values)
    return say("verdict.hypothesis", lang, {"claim": text}) if finding.confidence == "possible" else text


def who(comm: str | None, pid: int | None, lang: str = "en") -> str:
    """Name a process as far as it is known."""
    form = "who" if comm and pid is not None else "who_comm" if comm else "who_pid"
    return say(
        f"verdict.{form if comm or pid is not None else 'who_nobody'}", lang, {"comm": comm, "pid": pid}
    )


def _swap_kb(explanation: Explanation) -> int | None:
    """Return what the victim had in swap, where that is worth a word beside its RAM."""
    choice, kills = explanation.victim, explanation.event.kills
    if not kills or explanation.event.killer != "kernel":
        return None
    rows = (each for each in (*choice.ranking, *choice.immune) if each.pid == kills[0].pid)
    row = next(rows, None)
    if row is None or row.swap_pages is None or kills[0].rss_kb is None:
        return None
    swap_kb = row.swap_pages * choice.page_size_kb.value
    return swap_kb if swap_kb > kills[0].rss_kb * _NOTABLE_SWAP else None


def _what(event: OomEvent, swap_kb: int | None, lang: str) -> str:
    if not event.kills:
        told = event.outcome == "unknown"
        if told and (reaped := _reaped(event)) is not None:
            return say("verdict.unknown_reaped", lang, {"who": who(*reaped, lang)})
        if told and (chosen := _chosen(event)) is not None:
            return say("verdict.unknown_chosen", lang, {"who": who(*chosen, lang)})
        return say(f"verdict.{event.outcome}", lang, {})
    first, count = event.kills[0], len(event.kills)
    form = "killed_one" if count == 1 else "killed_many"
    by = "" if event.killer == "kernel" else "_userspace"
    size = "" if first.rss_kb is None else "_rss" if swap_kb is None else "_rss_swap"
    return say(
        f"verdict.{form}{by}{size}",
        lang,
        {
            "who": who(first.comm, first.pid, lang),
            "rss_kb": first.rss_kb,
            "swap_kb": swap_kb,
            "count": count,
            "others": count - 1,
            "killer": event.killer,
        },
    )


def _reaped(event: OomEvent) -> tuple[str, int] | None:
    """Return whose memory was reaped, if that is told of one process: the line of its kill is missing."""
    texts = (line.text for line in lines_of(event) if line.no > event.first_line)
    found = {(match[2], int(match[1])) for text in texts if (match := _REAPED.search(text))}
    return found.pop() if len(found) == 1 else None


def _chosen(event: OomEvent) -> tuple[str, int] | None:
    """Return whom the summary line (since 5.0) names, where the line of the kill is missing."""
    summaries = (line.text for line in lines_with(event, _SUMMARY))
    match = next(filter(None, map(_CHOSEN.search, summaries)), None)
    return None if match is None else (match[1], int(match[2]))


def victim_sentence(choice: VictimChoice, lang: str = "en") -> str:
    """Return why this victim, empty where there was none to choose."""
    if choice.reason is not None and not (choice.agrees and choice.reason == "root_open"):
        return say(f"reason.{choice.reason}", lang, choice.values)
    if choice.agrees and choice.predicted is not None:
        return _agreed(choice, choice.predicted, lang)
    return ""


def _agreed(choice: VictimChoice, first: Ranked, lang: str) -> str:
    second = next((each for each in choice.ranking if each.pid != first.pid), None)
    if second is None:
        return say("verdict.only_candidate", lang, {})
    values: dict[str, int | float | str | None] = {
        "count": len(choice.ranking),
        "second": who(second.comm, second.pid, lang),
        "adj": first.oom_score_adj,
        "second_adj": second.oom_score_adj,
    }
    if choice.margin_pages is None or choice.formula == "permille":
        return say("verdict.most_memory", lang, values)
    values["margin_kb"] = choice.margin_pages * choice.page_size_kb.value
    same_adj = first.oom_score_adj == second.oom_score_adj
    form = "by_size" if is_by_size(first, second) else "same_adj" if same_adj else "by_adj"
    return say(f"verdict.highest_{form}", lang, values)


def is_by_size(first: Ranked, second: Ranked) -> bool:
    """Tell whether the badness of the two differs by what they used, and by nothing else."""
    if first.terms is None or second.terms is None or first.oom_score_adj != second.oom_score_adj:
        return False
    return all(
        each.terms is not None and each.terms.root_pages == 0 and each.badness == each.terms.total
        for each in (first, second)
    )
