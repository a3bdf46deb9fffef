"""Many small processes of one name, not one big one, held the memory.

Holds when at least 50 listed processes of one name and user use 40 % of what all listed ones use, and
none of them is big by itself.  Shared pages are counted in each, so the sum is an upper bound; whether
somebody forks without end or a pool is simply large, the table does not say.
"""

from __future__ import annotations

from collections import defaultdict

from oomlog.explain.case import Case
from oomlog.explain.model import Confidence, Finding
from oomlog.explain.quote import row_lines
from oomlog.explain.ranking import Process

__all__ = ["ID", "REFERENCE", "find"]

ID = "fork_storm"
REFERENCE = "dump_tasks(), mm/oom_kill.c, since 2.6.25"

# Pools of workers have tens of processes; below this a few big ones are the better explanation.
_COUNT = 50
# Of what all listed processes use.
_SHARE = 0.4
# One that is bigger than this part of its group is a story of its own.
_ONE = 0.1
# Of what could have been used: with less, the group need not have caused the shortage.
_SHORTAGE = 0.25


def find(case: Case) -> Finding | None:
    """Return the name, how many there are, and their share of all listed memory."""
    rows = [each for each in case.processes if each.rss_pages is not None]
    groups: dict[tuple[str, int | None], list[Process]] = defaultdict(list)
    for each in rows:
        if each.comm:
            groups[each.comm, each.uid].append(each)
    all_pages = sum(each.used_pages for each in rows)
    if not groups or not all_pages:
        return None
    (comm, uid), group = max(groups.items(), key=lambda item: sum(each.used_pages for each in item[1]))
    pages, most = sum(each.used_pages for each in group), max(group, key=lambda each: each.used_pages)
    if len(group) < _COUNT or pages < _SHARE * all_pages or most.used_pages > _ONE * pages:
        return None
    values: dict[str, int | float | str | None] = {
        "comm": comm,
        "uid": uid,
        "count": len(group),
        "rows": len(rows),
        "used_kb": pages * case.page_kb,
        "most_kb": most.used_pages * case.page_kb,
        "share": round(pages / all_pages, 4),
    }
    evidence = row_lines(case.event, {each.row_pid for each in group[:3]})
    return Finding(ID, values, evidence, _confidence(case, pages), REFERENCE)


def _confidence(case: Case, pages: int) -> Confidence:
    total = case.choice.totalpages
    return "likely" if total is not None and pages >= _SHORTAGE * total.value else "possible"
