"""What if: who would have died with another oom_score_adj, another size or another limit.

Everything else stays as the report has it, so this answers for the moment of the kill, not for what would
have happened later.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from oomlog.explain.case import Case
from oomlog.explain.chosen import differs, selected
from oomlog.explain.formula import FormulaChoice, formula_of
from oomlog.explain.model import Ranked
from oomlog.explain.ranking import Process, rank, winner
from oomlog.explain.totalpages import of_memcg, ram_pages, total_swap_kb
from oomlog.kernel import UNKILLABLE_ADJ, is_unlimited

__all__ = [
    "Setting",
    "Spared",
    "WhatIf",
    "died_before",
    "least_adj",
    "reached_limit",
    "read_limit",
    "read_setting",
    "whatif",
]

_SIZE = re.compile(r"(\d{1,15}(?:\.\d{1,6})?)\s*([kmgt]?)(?:i?b)?", re.IGNORECASE)
# Each CPU may hold so many pages of a charge back for later (MEMCG_CHARGE_BATCH; 32 until 6.0).
_CHARGED_PAGES = 64
Answer = Literal[
    "same", "other", "nobody", "no_oom", "unknown", "other_cgroup", "no_cgroup", "other_limit", "unmatched"
]
_NAMES_VICTIM = ("same", "other")
_KEYS = ("oom_score_adj", "rss", "swap")


@dataclass(frozen=True, slots=True)
class Setting:
    """One thing that is supposed to be different.

    :ivar who: A pid or a task's name.
    :ivar key: ``oom_score_adj``, or ``rss`` or ``swap`` with a value in kB.
    """

    who: str
    key: str
    value: int


@dataclass(frozen=True, slots=True)
class Spared:
    """The least change of oom_score_adj that would have spared a process, and who would have died instead.

    :ivar adj: ``None`` when nothing but -1000 spares it, when it would not have died anyway, or when the
        kernel did not choose by badness.
    :ivar pays: Who dies instead; ``None`` when nobody else can be chosen.
    """

    process: Ranked
    adj: int | None
    pays: Ranked | None


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The answer.

    :ivar before: The ranking of the report.
    :ivar after: The ranking with the settings.
    :ivar answer: Key of the sentence (``whatif.toml``).
    :ivar totalpages: With the settings; ``None`` when the log does not tell it.
    """

    before: tuple[Ranked, ...]
    after: tuple[Ranked, ...]
    victim: Ranked | None
    answer: Answer
    totalpages: int | None
    unmatched: tuple[str, ...] = ()
    """Settings that no process of the table matches."""
    impossible: tuple[tuple[Setting, int], ...] = ()
    """Settings beyond what the machine has, and what it has in kB."""


def read_setting(text: str) -> Setting:
    """Read ``WHO:KEY=VALUE``.

    :raise ValueError: With what is wrong, for the user.

    >>> read_setting("java:oom_score_adj=-500"), read_setting("77:rss=1.5G").value
    (Setting(who='java', key='oom_score_adj', value=-500), 1572864)
    """
    head, equals, value = text.rpartition("=")
    who, colon, key = head.rpartition(":")
    if not (equals and colon and who):
        raise ValueError(f"{text!r} is not WHO:KEY=VALUE, like java:oom_score_adj=-500")
    if key not in _KEYS:
        raise ValueError(f"{key!r} cannot be set; write one of {', '.join(_KEYS)}")
    if key != "oom_score_adj":
        return Setting(who, key, _kb(value))
    if not re.fullmatch(r"[+-]?\d{1,4}", value) or not -1000 <= int(value) <= 1000:
        raise ValueError(f"{value!r} is not an oom_score_adj; it goes from -1000 to 1000")
    return Setting(who, key, int(value))


def read_limit(text: str) -> tuple[str, int]:
    """Read ``CGROUP=SIZE`` to the path and kB.

    :raise ValueError: With what is wrong, for the user.

    >>> read_limit("/docker/abc=2G")
    ('/docker/abc', 2097152)
    """
    path, equals, size = text.rpartition("=")
    if not equals or not path.startswith("/"):
        raise ValueError(f"{text!r} is not CGROUP=SIZE, like /docker/abc=2G")
    return path, _kb(size)


def _kb(text: str) -> int:
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is not a size; write bytes or a number with K, M, G or T, like 2G")
    return int(float(found[1]) * 1024 ** " kmgt".index(found[2].lower() or " ")) // 1024


def whatif(case: Case, settings: Sequence[Setting] = (), limits: Mapping[str, int] | None = None) -> WhatIf:
    """Rank the processes of one event with some values changed.

    :param limits: New limits of cgroups in kB, by path.
    """
    processes, unmatched = _changed(case, settings)
    if settings and not limits and len(unmatched) == len(settings):
        return WhatIf(case.choice.ranking, (), None, "unmatched", None, tuple(dict.fromkeys(unmatched)))
    choice = formula_of(case.event)
    total, decided = _total(case, limits or {})
    after, _ = _ranked(case, processes, choice, total)
    victim = winner(after)
    answer = decided or _answer(case, after, victim)
    return WhatIf(
        case.choice.ranking,
        after,
        victim if answer in _NAMES_VICTIM else None,
        answer,
        total,
        tuple(dict.fromkeys(unmatched)),
        _impossible(case, settings),
    )


def _impossible(case: Case, settings: Sequence[Setting]) -> tuple[tuple[Setting, int], ...]:
    ram, swap_kb = ram_pages(case.event, case.page_kb), total_swap_kb(case.event)
    most = {"rss": None if ram is None else ram.value * case.page_kb, "swap": swap_kb}
    found = ((each, most.get(each.key)) for each in settings)
    return tuple((each, kb) for each, kb in found if kb is not None and each.value > kb)


def _answer(case: Case, after: Sequence[Ranked], victim: Ranked | None) -> Answer:
    if victim is None:
        return "unknown" if after or case.choice.formula is None else "nobody"
    before = died_before(case)
    return "same" if before is not None and before[1] == victim.pid else "other"


def died_before(case: Case) -> tuple[str | None, int] | None:
    """Return whom the settings are compared with: the formula's choice, or else the kernel's."""
    first = case.choice.predicted
    if first is not None:
        return first.comm, first.pid
    row = selected(case)
    return None if row is None else (row.comm, row.pid)


def _changed(case: Case, settings: Sequence[Setting]) -> tuple[list[Process], list[str]]:
    processes, unmatched = list(case.processes), []
    for setting in settings:
        found = False
        for index, process in enumerate(processes):
            if setting.who in (process.comm, str(process.pid), str(process.row_pid)):
                found = True
                processes[index] = _with(process, setting, case.page_kb)
        if not found and not any(setting.who in (kill.comm, str(kill.pid)) for kill in case.event.kills):
            unmatched.append(setting.who)
    return processes, unmatched


def _with(process: Process, setting: Setting, page_kb: int) -> Process:
    if setting.key == "oom_score_adj":
        return process._replace(oom_score_adj=setting.value)
    pages = setting.value // page_kb
    return process._replace(rss_pages=pages) if setting.key == "rss" else process._replace(swap_pages=pages)


def _total(
    case: Case, limits: Mapping[str, int]
) -> tuple[int | None, Literal["no_oom", "other_cgroup", "no_cgroup", "other_limit"] | None]:
    event, derived = case.event, case.choice.totalpages
    total = None if derived is None else derived.value
    if not limits:
        return total, None
    if event.scope != "memcg":
        return total, "no_cgroup"
    limit = limits.get(event.oom_memcg or "")
    memcg = event.memcg
    usage = (memcg.memory or {}).get("usage_kb") if memcg else None
    old = (memcg.memory or {}).get("limit_kb") if memcg else None
    if limit is None or usage is None or old is None:
        return total, "other_cgroup"
    if limit > usage and not is_unlimited(old):
        return total, "no_oom" if reached_limit(case) is None else "other_limit"
    if memcg is None or derived is None or is_unlimited(limit):
        return None, None
    # Swap may come on top up to limits of its own, which do not move.
    swap_kb = derived.inputs.get("total_swap_kb")
    supposed = replace(memcg, memory={**(memcg.memory or {}), "limit_kb": limit})
    found = of_memcg(supposed, case.page_kb, swap_kb if isinstance(swap_kb, int) else None)
    return (None if found is None else found.derived.value), None


def reached_limit(case: Case) -> tuple[str, int, int] | None:
    """Return which other limit of the cgroup was reached, with its usage and limit in kB.

    In v1 memory with swap, and kernel memory until 5.15, have limits of their own, which another limit of
    memory does not move.
    """
    memcg = case.event.memcg
    for counter_name, counter in (
        ("memory+swap", memcg and memcg.memory_swap),
        ("kmem", memcg and memcg.kmem),
    ):
        usage, limit = (counter or {}).get("usage_kb"), (counter or {}).get("limit_kb")
        if usage and limit and not is_unlimited(limit) and usage + _CHARGED_PAGES * case.page_kb >= limit:
            return counter_name, usage, limit
    return None


def _ranked(
    case: Case, processes: Sequence[Process], choice: FormulaChoice, total: int | None
) -> tuple[tuple[Ranked, ...], tuple[Ranked, ...]]:
    if choice.formula is None:
        return (), ()
    immune = {each.pid: each.immune for each in case.choice.immune if each.immune not in (None, "adj_min")}
    return rank(processes, choice, total, {pid: reason for pid, reason in immune.items() if reason})


def least_adj(case: Case, who: str) -> tuple[Spared, ...]:
    """Return for each process of that name or pid what would have spared it."""
    choice, derived = formula_of(case.event), case.choice.totalpages
    total = None if derived is None else derived.value
    ranked = {each.pid: each for each in (*case.choice.ranking, *case.choice.immune)}
    first = None if total is None else winner(_ranked(case, case.processes, choice, total)[0])
    found = []
    for process in case.processes:
        if who in (process.comm, str(process.pid), str(process.row_pid)):
            own = ranked.get(process.pid) or _unranked(process)
            found.append(_spare(case, process, own, choice, total, first))
    return tuple(found) or tuple(
        Spared(Ranked(kill.pid, kill.comm, kill.uid, kill.oom_score_adj, None, None, None, None), None, None)
        for kill in case.event.kills
        if kill.pid is not None and who in (kill.comm, str(kill.pid))
    )


def _unranked(process: Process) -> Ranked:
    return Ranked(
        process.pid,
        process.comm,
        process.uid,
        process.oom_score_adj,
        process.rss_pages,
        process.swap_pages,
        terms=None,
        badness=None,
    )


def _spare(
    case: Case,
    process: Process,
    ranked: Ranked,
    choice: FormulaChoice,
    total: int | None,
    first: Ranked | None,
) -> Spared:
    if ranked.immune is not None or total is None or process.oom_score_adj is None or differs(case):
        return Spared(ranked, None, None)

    def dies_with(adj: int) -> Ranked | None:
        changed = [p._replace(oom_score_adj=adj) if p.pid == process.pid else p for p in case.processes]
        return winner(_ranked(case, changed, choice, total)[0])

    if first is None or first.pid != process.pid:
        return Spared(ranked, None, first)
    # Badness only falls with the adjustment, so the border can be found by halving.
    low, high = UNKILLABLE_ADJ, process.oom_score_adj  # spared at low, dies at high
    while high - low > 1:
        middle = (low + high) // 2
        died = dies_with(middle)
        if died is not None and died.pid == process.pid:
            high = middle
        else:
            low = middle
    return Spared(ranked, low, dies_with(low))
