"""The kernel's arithmetic: how badness, the score in /proc and the limits of memory are computed.

Pure functions on numbers, for logs and for the running machine alike.  Each names the function of the kernel
that it mirrors and the versions that had it.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

__all__ = ["UNKILLABLE_ADJ", "Formula", "Terms", "badness", "is_unlimited", "oom_score", "terms"]

UNKILLABLE_ADJ = -1000
"""OOM_SCORE_ADJ_MIN: the task is never chosen (include/uapi/linux/oom.h, since 2.6.36)."""

Formula = Literal["permille", "root_bonus_adj", "root_bonus", "plain_clamped", "plain"]
"""How oom_badness() counts, by what changed:

``permille``
    2.6.36 to 3.4: thousandths of totalpages, 30 off for root, clamped to 1..1000.
``root_bonus_adj``
    3.5 to 3.13: pages; 30 is taken off root's oom_score_adj.  At least 1.
``root_bonus``
    3.14 to 4.16: pages; root gets 3 % of its own usage off.  At least 1.
``plain_clamped``
    4.17 to 5.8: pages, nothing for root.  At least 1.
``plain``
    5.9 and later: the same, may be negative.
    Linux kernel commit 9066e5cfb73c ("mm, oom: make the calculation of oom badness more accurate") (in v5.9).
"""


class Terms(NamedTuple):
    """What one task's badness is made of, in pages."""

    rss_pages: int
    swap_pages: int
    pgtables_pages: int
    root_pages: int = 0
    """Zero or less: the discount of root."""
    adj_pages: int = 0
    """oom_score_adj in pages: ``adj * (totalpages / 1000)``."""

    @property
    def total(self) -> int:
        """Return the sum, before any clamping."""
        return sum(self)


def terms(
    *,
    rss_pages: int,
    swap_pages: int,
    pgtables_pages: int,
    oom_score_adj: int,
    totalpages: int,
    formula: Formula = "plain",
    root: bool = False,
) -> Terms:
    """Return the terms that oom_badness() adds up.

    :param totalpages: Memory the task could have used: RAM and swap, or the limit of a cgroup.
    :param root: The task has CAP_SYS_ADMIN; until 4.16 that was worth 3 %.

    >>> terms(rss_pages=100, swap_pages=20, pgtables_pages=2, oom_score_adj=0, totalpages=10_000).total
    122
    """
    used = rss_pages + swap_pages + pgtables_pages
    per_adj = totalpages // 1000
    discount = 0
    adj_pages = oom_score_adj * per_adj
    if root and formula == "root_bonus":
        discount = -(used * 3 // 100)
    elif root and formula == "root_bonus_adj":
        discount = -30 * per_adj
    elif formula == "permille":
        # The nearest page, so that badness() finds the thousandths again.
        adj_pages = (oom_score_adj * totalpages + 500) // 1000
        discount = -(30 * totalpages // 1000) if root else 0
    return Terms(rss_pages, swap_pages, pgtables_pages, discount, adj_pages)


def badness(parts: Terms, *, totalpages: int, formula: Formula = "plain") -> int:
    """Return oom_badness() of a task that may be killed: pages, or thousandths for ``permille``.

    >>> badness(Terms(100, 0, 2, 0, -5000), totalpages=10_000, formula="plain_clamped")
    1
    """
    if formula == "permille":
        used = parts.rss_pages + parts.swap_pages + parts.pgtables_pages
        adj = round(parts.adj_pages * 1000 / max(totalpages, 1))
        points = used * 1000 // max(totalpages, 1) + adj - (30 if parts.root_pages else 0)
        return min(max(points, 1), 1000)
    points = parts.total
    return points if formula == "plain" else max(points, 1)


def oom_score(points: int | None, *, totalpages: int, formula: Formula = "plain") -> int:
    """Return what /proc/PID/oom_score shows for a badness, ``None`` being a task that is never chosen.

    Mirrors proc_oom_score() in fs/proc/base.c: 0..1000 until 3.4, 0 to about 2000 until 5.8, and since 5.9
    two thirds of 1000 + badness * 1000 / totalpages, so that an idle task has 666.

    >>> oom_score(0, totalpages=1000), oom_score(None, totalpages=1000)
    (666, 0)
    """
    if points is None:
        return 0
    if formula == "permille":
        return points
    if formula != "plain":
        return points * 1000 // max(totalpages, 1)
    total = max(totalpages, 1)
    share = points * 1000 // total if points >= 0 else -(-points * 1000 // total)  # C divides towards zero
    return max((1000 + share) * 2 // 3, 0)


# PAGE_COUNTER_MAX and the res_counter's maximum, in kB, as /proc and the log print them (mm/page_counter.c
# since 3.19; kernel/res_counter.c before): 2^63 bytes rounded down to pages, or 2^64, or 2^43 on 32 bits.
_UNLIMITED_FROM_KB = 2**53 - 2**10
_UNLIMITED_32BIT_KB = 8589934588


def is_unlimited(limit_kb: int) -> bool:
    """Tell whether a memory cgroup's limit is the number that stands for none.

    >>> is_unlimited(9007199254740988), is_unlimited(2097152)
    (True, False)
    """
    return limit_kb >= _UNLIMITED_FROM_KB or limit_kb == _UNLIMITED_32BIT_KB
