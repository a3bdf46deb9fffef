"""Whether the kernel chose whom the formula chooses, and if not, why.

Each explanation needs evidence in the log; where there is none, the difference stays "not explained".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from oomlog.events.tasks import CORE_COLUMNS
from oomlog.explain.formula import FormulaChoice
from oomlog.explain.mem_info import counters, swap
from oomlog.explain.model import Values, VictimChoice
from oomlog.explain.quote import lines_with
from oomlog.explain.ranking import Process, feasible_totalpages, rank
from oomlog.explain.totalpages import TotalPages
from oomlog.grammar import default_grammar
from oomlog.model import OomEvent

__all__ = ["Choice", "difference"]

# Until 6.1 each thread kept up to 64 faults of each of three counters to itself (check_sync_rss_stat());
# the per-CPU counters of 6.2 to 6.19 are read with an error that grows with the number of CPUs.
_COUNTER_SLACK_PAGES = 3 * 64

# A MiB to 256 TiB, in pages of 4 KiB.
_HALF_OCTAVES = (16, 73)

Verdict = tuple[bool | None, str | None, Values]


@dataclass(frozen=True)
class Choice:
    """What the choice was made from."""

    event: OomEvent
    processes: tuple[Process, ...]
    formula: FormulaChoice
    total: TotalPages | None
    immune: Mapping[int, str]
    page_kb: int

    @property
    def chosen_pid(self) -> int | None:
        """Return whom the kernel selected; until 5.0 a child may have died instead."""
        if not self.event.kills:
            return None
        first = self.event.kills[0]
        return first.selected.pid if first.selected is not None else first.pid

    @property
    def chosen_comm(self) -> str | None:
        """Return its name."""
        if self.chosen is not None:
            return self.chosen.comm
        first = self.event.kills[0]
        return first.selected.comm if first.selected is not None else first.comm

    @cached_property
    def chosen(self) -> Process | None:
        """Return the selected process's row."""
        pid = self.chosen_pid
        return next((p for p in self.processes if pid is not None and pid in (p.pid, p.row_pid)), None)


def difference(choice: Choice, found: VictimChoice) -> Verdict:
    """Return whether the kernel agrees, the key of the reason, and the reason's numbers."""
    event = choice.event
    if not event.kills:
        return None, _no_victim(event), {}
    values: dict[str, int | float | str | None] = {
        "pid": choice.chosen_pid,
        "comm": choice.chosen_comm,
    }
    if found.predicted is not None:
        values |= {"predicted_pid": found.predicted.pid, "predicted_comm": found.predicted.comm}
    if lines_with(event, "(oom_kill_allocating_task)"):
        same = found.predicted is not None and _is(choice, found.predicted.pid)
        return (same or None) if found.predicted is None else same, "allocating_task", values
    if event.killer != "kernel":
        return None, "userspace_killer", values
    if not choice.processes or found.formula is None:
        return None, _no_table(choice), values
    if choice.chosen is None:
        return _not_listed(choice, found, values)
    if found.predicted is None:
        return _without_totalpages(choice, found, values)
    if _is(choice, found.predicted.pid):
        first = event.kills[0]
        if first.selected is not None and first.selected.pid != first.pid:
            values |= {"child_pid": first.pid, "child_comm": first.comm}
            return True, "sacrificed_child", values
        tied = 0 if _lists_no_swap(choice) else _tied(choice, found)
        return True, "tie" if tied else None, values | ({"tied": tied} if tied else {})
    known = {column.key for column in default_grammar().columns}
    unknown = [name for name in event.tasks.columns if name not in known] if event.tasks else []
    if unknown:
        return False, "unknown_column", {**values, "column": unknown[0]}
    for explain in _EXPLANATIONS:
        verdict = explain(choice, found, values)
        if verdict is not None:
            return verdict
    return False, "unexplained", values | _gap(choice, found)


def _is(choice: Choice, pid: int) -> bool:
    return choice.chosen is not None and choice.chosen.pid == pid


def _tied(choice: Choice, found: VictimChoice) -> int:
    """Return how many are as bad as the first; where adjustments are equal, what they use tells."""
    first, *others = found.ranking
    used = {process.pid: process.used_pages for process in choice.processes}
    return sum(
        each.badness == first.badness
        if each.badness is not None and first.badness is not None
        else used[each.pid] == used[first.pid]
        for each in others
    )


def _no_victim(event: OomEvent) -> str:
    if event.outcome in ("panic", "no_killable"):
        return event.outcome
    return "no_victim_named"


def _no_table(choice: Choice) -> str:
    if choice.formula.reason in (None, "no_task_table"):
        state = choice.event.sections.get("tasks")
        if state != "cut" and _prints_no_sizes(choice.event):
            return "no_task_table_yet"
        if not choice.event.complete:
            return "report_cut"
        return "table_cut" if state == "cut" else "no_task_table"
    return choice.formula.reason


def _prints_no_sizes(event: OomEvent) -> bool:
    """Tell whether a kill line ends with the name as it did until 2.6.32, when tables were off by default.

    Since 5.1 the line begins with the message; without sizes it was cut.
    """
    named = [kill for kill in event.kills if kill.comm is not None]
    sized = any(kill.total_vm_kb is not None or kill.rss_kb is not None for kill in event.kills)
    return bool(named) and not sized and not lines_with(event, "ut of memory: Killed process")


def _not_listed(choice: Choice, found: VictimChoice, values: Values) -> Verdict:
    event = choice.event
    headless = event.tasks is not None and event.tasks.columns == CORE_COLUMNS
    if event.sections.get("tasks") == "cut" or not event.complete or headless:
        return None, "table_cut", values
    inside, limit = event.task_memcg, event.oom_memcg
    if inside and limit and inside != limit and not inside.startswith(limit.rstrip("/") + "/"):
        return False, "other_memcg", values
    first = event.kills[0]
    if first.selected is None or first.selected.pid == first.pid:
        owner = _with_address_space(choice)
        if owner is not None and found.predicted is not None and owner.pid == found.predicted.pid:
            return True, "victim_thread", values
        return None, "not_listed", values
    if found.predicted is not None and found.predicted.pid == first.pid:
        return (
            True,
            "selected_thread",
            values,
        )  # the table lists processes, and the kernel chooses threads, too
    return None, "selected_not_listed", values


def _with_address_space(choice: Choice) -> Process | None:
    """Return the one process of the table with as large an address space as the victim: they share it."""
    table, size = choice.event.tasks, choice.event.kills[0].total_vm_kb
    if table is None or not size:
        return None
    pids = {row.get("pid") for row in table if row.get("total_vm_pages") == size / choice.page_kb}
    found = [each for each in choice.processes if each.row_pid in pids]
    return found[0] if len(found) == 1 else None


def _without_totalpages(choice: Choice, found: VictimChoice, values: Values) -> Verdict:
    """Say for which totalpages the kernel's choice is right."""
    assert choice.chosen is not None
    if any(p.rss_pages is None or p.oom_score_adj is None for p in choice.processes):
        return None, "table_cut", values
    possible = feasible_totalpages(choice.chosen, _able(choice), 0, None)
    if possible is None:
        return False, "unexplained", values
    return None, "totalpages_unknown", {**values, "from_kb": possible[0] * choice.page_kb}


def _able(choice: Choice) -> list[Process]:
    return [p for p in choice.processes if p.pid not in choice.immune]


def _gap(choice: Choice, found: VictimChoice) -> dict[str, int | float | str | None]:
    assert found.predicted is not None
    chosen = next((each for each in found.ranking if _is(choice, each.pid)), None)
    if chosen is None or chosen.badness is None or found.predicted.badness is None:
        return {"gap_kb": None}
    gap = found.predicted.badness - chosen.badness
    if found.formula == "permille" and found.totalpages is not None:
        gap = gap * found.totalpages.value // 1000
    return {"gap_kb": gap * choice.page_kb}


def _lists_no_swap(choice: Choice) -> bool:
    """Tell whether the table has neither swap nor page tables (until 3.5): badness is a lower bound."""
    return choice.chosen is not None and choice.chosen.swap_pages is None


def _not_listed_sizes(choice: Choice, found: VictimChoice, values: Values) -> Verdict | None:
    """Look whether all that is in swap and page tables could have put the victim ahead."""
    gap = _gap(choice, found)["gap_kb"]
    if not _lists_no_swap(choice) or not isinstance(gap, int) or gap == 0:
        return None
    total, free = swap(choice.event).get("total_swap_kb"), swap(choice.event).get("free_swap_kb")
    tables = counters(choice.event).get("pagetables_pages")
    if total is not None and free is not None and tables is not None:
        unseen_kb = total - free + tables * choice.page_kb
        if gap > unseen_kb:
            return None
        values = {**values, "unseen_kb": unseen_kb}
        return None, "sizes_not_listed", {**values, "gap_kb": gap}
    return None, "sizes_not_listed_open", {**values, "gap_kb": gap}


def _thousandths(choice: Choice, found: VictimChoice, values: Values) -> Verdict | None:
    """Look for a totalpages that makes the victim first; thousandths of it are rounded, so many are equal."""
    if found.formula != "permille" or found.totalpages is not None or choice.chosen is None:
        return None
    for half_octave in range(*_HALF_OCTAVES):
        pages = int(2 ** (half_octave / 2))
        ranking, _ = rank(choice.processes, choice.formula, pages, choice.immune)
        if ranking and _is(choice, ranking[0].pid):
            known = {name: value for name, value in values.items() if not name.startswith("predicted")}
            return None, "permille_open", known
    return None


def _tie(choice: Choice, found: VictimChoice, values: Values) -> Verdict | None:
    if _gap(choice, found)["gap_kb"] != 0:
        return None
    return True, "tie", {**values, "tied": _tied(choice, found)}


def _root(choice: Choice, found: VictimChoice, values: Values) -> Verdict | None:
    if found.formula not in ("permille", "root_bonus", "root_bonus_adj") or found.totalpages is None:
        return None
    ranking, _ = rank(choice.processes, choice.formula, found.totalpages.value, choice.immune, root=False)
    return (True, "root_open", values) if ranking and _is(choice, ranking[0].pid) else None


def _open_totalpages(choice: Choice, found: VictimChoice, values: Values) -> Verdict | None:
    total = choice.total
    if total is None or total.derived.exact or choice.chosen is None or choice.chosen.pid in choice.immune:
        return None
    lowest = total.derived.value if total.lowest is None else total.lowest
    possible = feasible_totalpages(choice.chosen, _able(choice), lowest, total.highest)
    if possible is None:
        return None
    return True, "totalpages_open", {**values, "from_kb": possible[0] * choice.page_kb}


def _moved(choice: Choice, found: VictimChoice, values: Values) -> Verdict | None:
    """Compare the row with the kill line, which was printed later: so much moved in between."""
    kill, chosen = choice.event.kills[0], choice.chosen
    gap = _gap(choice, found)["gap_kb"]
    if chosen is None or not isinstance(gap, int) or chosen.rss_pages is None:
        return None
    moved = 0
    if kill.rss_kb is not None and kill.pid in (chosen.pid, chosen.row_pid):
        moved = abs(kill.rss_kb - chosen.rss_pages * choice.page_kb)
    if gap > moved + _COUNTER_SLACK_PAGES * choice.page_kb:
        return None
    return False, "values_moved", {**values, "gap_kb": gap, "moved_kb": moved}


def _immune(choice: Choice, found: VictimChoice, values: Values) -> Verdict | None:
    reason = next((each.immune for each in found.immune if _is(choice, each.pid)), None)
    return None if reason is None else (False, "thought_immune", values)


_EXPLANATIONS: tuple[Callable[[Choice, VictimChoice, Values], Verdict | None], ...] = (
    _thousandths,
    _not_listed_sizes,
    _tie,
    _root,
    _open_totalpages,
    _moved,
    _immune,
)
