"""Which of the kernel's formulas for badness a report's shape shows.

The columns of the task table and the counters around it changed together with the formula, so they tell most
of it.  Where two formulas share one shape, the kernel release in the stack header is asked, as the only hint.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from oomlog.explain.mem_info import nodes
from oomlog.kernel import Formula
from oomlog.model import Kill, OomEvent

__all__ = ["FormulaChoice", "formula_of", "release_of"]

_RELEASE = re.compile(r"(\d{1,3})\.(\d{1,4})")


class FormulaChoice(NamedTuple):
    """A formula, or the key of the reason why there is none (``reason.toml``)."""

    formula: Formula | None
    reason: str | None = None
    last_wins: bool = True
    """Of equal badness the last row is chosen (since 5.3; also 4.7 and 4.8), before that the first."""


def release_of(event: OomEvent) -> tuple[int, int] | None:
    """Return the kernel's major and minor number as printed; distributions change what is behind them."""
    found = _RELEASE.match(event.kernel_release or "")
    return (int(found[1]), int(found[2])) if found else None


def formula_of(event: OomEvent) -> FormulaChoice:
    """Tell the formula by the columns of the task table, then by the counters, then by the release."""
    if event.tasks is None:
        return FormulaChoice(None, "no_task_table")
    columns = set(event.tasks.columns)
    release = release_of(event)
    if "oom_score_adj" not in columns:
        return FormulaChoice(None, "old_heuristics" if columns & {"oom_adj", "cpu"} else "no_adj_column")
    if "cpu" in columns:
        # 3.5 counts in pages already; its table got new columns one release later.
        return FormulaChoice("root_bonus_adj" if release == (3, 5) else "permille", last_wins=False)
    if "nr_ptes" in columns and "nr_pmds" not in columns:
        # 3.14 changed the discount of root, and 3.10.y, 3.13.y and RHEL 7 took it over.
        old = release is not None and (3, 5) <= release <= (3, 13) and release not in ((3, 10), (3, 13))
        return FormulaChoice("root_bonus_adj" if old else "root_bonus", last_wins=False)
    if "nr_pmds" in columns:
        return FormulaChoice("root_bonus", last_wins=release in ((4, 7), (4, 8)))
    if not columns & {"pgtables_bytes", "swapents_pages"}:
        return FormulaChoice(None, "no_adj_column")
    if release in ((4, 15), (4, 16)):
        return FormulaChoice("root_bonus", last_wins=False)
    formula = _plain(event, columns, release)
    last = formula == "plain" if release is None else release >= (5, 3)
    return FormulaChoice(formula, last_wins=last)


def _plain(event: OomEvent, columns: set[str], release: tuple[int, int] | None) -> Formula:
    if "rss_anon_pages" in columns:
        return "plain"
    if any(kill.score is not None or _older_than_5_4(kill) for kill in event.kills):
        return "plain_clamped"  # until 5.0 the score was printed
    for node in nodes(event):
        # kernel_stack moved to the node's line in 5.9, when badness became signed.
        return "plain" if "kernel_stack_kb" in node else "plain_clamped"
    return "plain_clamped" if release is not None and release < (5, 9) else "plain"


def _older_than_5_4(kill: Kill) -> bool:
    # 5.4 added page tables and oom_score_adj to the kill line.
    return kill.total_vm_kb is not None and kill.pgtables_kb is None and kill.oom_score_adj is None
